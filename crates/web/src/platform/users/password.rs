//! `PATCH /users/{id}/password` and `DELETE /users/{id}/password`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::id::UserId;
use vestibule_core::user_management::{RemovePassword, set_password};
use vestibule_core::{Code, Problem};

use super::choose_password;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::platform::response::{Empty, PlatformResponse};

/// A new password.
#[derive(ToSchema)]
#[schema(as = UserPassword)]
pub(crate) struct PasswordFields {
    new_password: String,
    /// Whether it may be short, common or known to attackers.
    #[schema(required = false)]
    skip_password_check: bool,
}

impl FromFields for PasswordFields {
    const ERRORS: &[Code] = &[Code::InvalidPassword];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            new_password: fields.required_text("new_password")?,
            skip_password_check: fields.flag("skip_password_check")?.unwrap_or(false),
        })
    }
}

/// Sets the password of a user, and ends all their sign-ins.
///
/// Their verified addresses get a security notice.
#[utoipa::path(patch, path = "/users/{id}/password", operation_id = "set_user_password", tag = "Users",
    request_body = PasswordFields, params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The password is set", body = Empty)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Body(PasswordFields { new_password, skip_password_check }): Body<PasswordFields>,
) -> Result<PlatformResponse<Empty>, Refusal> {
    let chosen = choose_password(&app, new_password, skip_password_check)?;
    Ok(set_password(app.service(), &caller, user, chosen).await.map(|()| Empty {}).into())
}

/// Removes the password of a user, and ends all their sign-ins.
///
/// They sign in with a mailed code, or choose a new password with one.
#[utoipa::path(delete, path = "/users/{id}/password", operation_id = "remove_user_password", tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The password is removed", body = Empty)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, RemovePassword { user }).await.map(|()| Empty {}).into()
}
