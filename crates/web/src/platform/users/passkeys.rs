//! `/users/{id}/passkeys`: the passkeys of a user. Only the user can add one.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::{PasskeyId, UserId};
use vestibule_core::passkey::{Passkey, PasskeyName};
use vestibule_core::second_factor::{DeletePasskeyOfUser, ListPasskeysOfUser, RenamePasskeyOfUser};
use vestibule_core::time::Timestamp;

use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{Empty, PlatformResponse};

/// A passkey of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserPasskey)]
pub(crate) struct PasskeyResponse {
    id: PasskeyId,
    created_at: Timestamp,
    updated_at: Timestamp,
    user_id: UserId,
    name: String,
    /// As the authenticator counts, if it does.
    sign_count: i64,
    /// Such as `internal` or `usb`.
    transports: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Timestamp, required = false)]
    last_used_at: Option<Timestamp>,
    /// Whether it is synchronized between the devices of the user.
    backed_up: bool,
    /// `multi_device` if it may be synchronized, else `single_device`.
    device_type: &'static str,
}

impl From<Passkey> for PasskeyResponse {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            created_at: passkey.created_at,
            updated_at: passkey.updated_at,
            user_id: passkey.user_id,
            device_type: passkey.device_type(),
            transports: passkey.transports.iter().map(|transport| transport.as_str()).collect(),
            name: passkey.name,
            sign_count: passkey.sign_count,
            last_used_at: passkey.last_used_at,
            backed_up: passkey.backed_up,
        }
    }
}

/// Lists the passkeys of a user, oldest first.
#[utoipa::path(get, path = "/users/{id}/passkeys", operation_id = "list_user_passkeys", tag = "User factors",
    params(("id" = UserId, Path, description = "The user"), WholeListQuery),
    responses((status = 200, description = "The passkeys", body = Page<PasskeyResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<PasskeyResponse>> {
    let reply = app.query(&caller, ListPasskeysOfUser { user }).await;
    reply
        .map(|listed| {
            Page::of_selected(listed, &query, |passkey| &passkey.name, |passkey| passkey.id, PasskeyResponse::from)
        })
        .into()
}

/// The new name of a passkey.
#[derive(Debug, ToSchema)]
#[schema(as = UserPasskeyName)]
pub(crate) struct RenameFields {
    #[schema(value_type = String)]
    name: PasskeyName,
}

impl FromFields for RenameFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { name: PasskeyName::parse("name", &fields.required_text("name")?)? })
    }
}

/// Renames a passkey of a user.
#[utoipa::path(patch, path = "/users/{id}/passkeys/{passkey_id}", operation_id = "rename_user_passkey",
    tag = "User factors", request_body = RenameFields,
    params(("id" = UserId, Path, description = "The user"), ("passkey_id" = PasskeyId, Path, description = "The passkey")),
    responses((status = 200, description = "The passkey is renamed", body = Empty)))]
pub(crate) async fn rename(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, passkey)): Path<(UserId, PasskeyId)>,
    Body(RenameFields { name }): Body<RenameFields>,
) -> PlatformResponse<Empty> {
    app.run(&caller, RenamePasskeyOfUser { user, passkey, name }).await.map(|_| Empty {}).into()
}

/// Deletes a passkey of a user.
///
/// Their verified addresses get a security notice. With `second_factors.reset_delay`, reset all second factors instead.
#[utoipa::path(delete, path = "/users/{id}/passkeys/{passkey_id}", operation_id = "delete_user_passkey",
    tag = "User factors",
    params(("id" = UserId, Path, description = "The user"), ("passkey_id" = PasskeyId, Path, description = "The passkey")),
    responses((status = 200, description = "The passkey is deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, passkey)): Path<(UserId, PasskeyId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, DeletePasskeyOfUser { user, passkey }).await.map(|()| Empty {}).into()
}
