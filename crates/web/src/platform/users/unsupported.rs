//! What clients can ask for and the service does not have: phone numbers. Their list is empty; the rest is refused with a
//! code.

use axum::extract::State;
use vestibule_core::Code;
use vestibule_core::id::{EmailAddressId, UserId};
use vestibule_core::user_management::{CheckUser, CheckUserForChange};

use crate::app::{App, CurrentCaller};
use crate::extract::{Path, Query};
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{Empty, PlatformResponse};

async fn refuse(app: &App, CurrentCaller(caller): CurrentCaller, user: UserId, code: Code) -> PlatformResponse<Empty> {
    let mut reply = app.query(&caller, CheckUserForChange { user: Some(user) }).await.map(|()| Empty {});
    if reply.result.is_ok() {
        reply.result = Err(code.into());
    }
    reply.into()
}

/// Lists the phone numbers of a user: none.
#[utoipa::path(get, path = "/users/{id}/phones", operation_id = "list_user_phones", tag = "User phone numbers",
    params(("id" = UserId, Path, description = "The user"), WholeListQuery),
    responses((status = 200, description = "An empty page", body = Page<Empty>)))]
pub(crate) async fn list_phones(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<Empty>> {
    app.query(&caller, CheckUser { user }).await.map(|()| Page::of_whole(Vec::new(), &query)).into()
}

/// Calls that are refused with a code: of a user alone, and of one of their things.
macro_rules! refused {
    ($($(#[$doc:meta])* $name:ident = $method:ident $path:literal $id:literal $tag:literal $code:ident;)+) => {$(
        $(#[$doc])*
        #[utoipa::path($method, path = $path, operation_id = $id, tag = $tag,
            params(("id" = UserId, Path, description = "The user")),
            responses((status = 200, description = "Never", body = Empty)))]
        pub(crate) async fn $name(
            State(app): State<App>,
            caller: CurrentCaller,
            Path((user,)): Path<(UserId,)>,
        ) -> PlatformResponse<Empty> {
            refuse(&app, caller, user, Code::$code).await
        }
    )+};
    (of_item $($(#[$doc:meta])* $name:ident = $method:ident $path:literal $id:literal $tag:literal $code:ident;)+) => {$(
        $(#[$doc])*
        #[utoipa::path($method, path = $path, operation_id = $id, tag = $tag,
            params(("id" = UserId, Path, description = "The user"), ("item_id" = EmailAddressId, Path, description = "Unknown")),
            responses((status = 200, description = "Never", body = Empty)))]
        pub(crate) async fn $name(
            State(app): State<App>,
            caller: CurrentCaller,
            Path((user, _item)): Path<(UserId, EmailAddressId)>,
        ) -> PlatformResponse<Empty> {
            refuse(&app, caller, user, Code::$code).await
        }
    )+};
}

refused! {
    /// Refused: phone numbers are not supported.
    add_phone = post "/users/{id}/phones" "add_user_phone" "User phone numbers" PhonesNotSupported;
}

refused! {
    of_item
    /// Refused: phone numbers are not supported.
    update_phone = patch "/users/{id}/phones/{item_id}" "update_user_phone" "User phone numbers" PhonesNotSupported;
    /// Refused: phone numbers are not supported.
    delete_phone = delete "/users/{id}/phones/{item_id}" "delete_user_phone" "User phone numbers" PhonesNotSupported;
    /// Refused: phone numbers are not supported.
    make_phone_primary = post "/users/{id}/phones/{item_id}/make-primary" "make_user_phone_primary" "User phone numbers" PhonesNotSupported;
}
