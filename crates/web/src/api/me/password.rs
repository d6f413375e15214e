//! `POST /me/update-password`, `POST /me/remove-password` and `POST /me/account/delete`: calls that require the current
//! password.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::account::{change_password, delete_account, remove_password};
use vestibule_core::password::Password;
use vestibule_core::{Code, Problem};

use crate::api::response::MessageResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;
use crate::site_data::OutdatedCookies;

/// The current and the new password.
#[derive(Debug, ToSchema)]
#[schema(as = PasswordChange)]
pub(crate) struct ChangePasswordFields {
    /// Required if the account has a password.
    #[schema(value_type = Option<String>)]
    current_password: Option<Password>,
    #[schema(value_type = String)]
    new_password: String,
}

impl FromFields for ChangePasswordFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidPassword];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            current_password: optional_password(fields, "current_password")?,
            new_password: fields.required_text("new_password")?,
        })
    }
}

fn optional_password(fields: &mut FieldReader, name: &str) -> Result<Option<Password>, Problem> {
    Ok(fields.text(name)?.filter(|text| !text.is_empty()).map(Password::from_input))
}

/// Changes the caller's password.
///
/// All other sign-ins of the user end. The session token is replaced. An account without a password requires a recent
/// proof of identity.
#[utoipa::path(post, path = "/me/update-password",
    operation_id = "change_password", tag = "Me", request_body = ChangePasswordFields,
    responses((status = 200, description = "Password changed", body = Enveloped<MessageResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(ChangePasswordFields { current_password, new_password }): Body<ChangePasswordFields>,
) -> Result<ApiResponse<MessageResponse>, Refusal> {
    let chosen = Password::parse_new(new_password, app.settings().passwords.minimum_length)?;
    let reply = change_password(app.service(), &caller, current_password, chosen).await;
    let token = reply.result.as_ref().ok().cloned();
    let reply = reply.map(|_| MessageResponse::new("Password updated"));
    Ok(ApiResponse::from(reply).with_session_token(&app, token))
}

/// The current password.
#[derive(Debug, ToSchema)]
#[schema(as = PasswordRemoval)]
pub(crate) struct RemovePasswordFields {
    #[schema(value_type = Option<String>)]
    current_password: Option<Password>,
}

impl FromFields for RemovePasswordFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { current_password: optional_password(fields, "current_password")? })
    }
}

/// Removes the caller's password, if there is another way to sign in.
#[utoipa::path(post, path = "/me/remove-password",
    operation_id = "remove_password", tag = "Me", request_body = RemovePasswordFields,
    responses((status = 200, description = "Removed", body = Enveloped<MessageResponse>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(RemovePasswordFields { current_password }): Body<RemovePasswordFields>,
) -> ApiResponse<MessageResponse> {
    let reply = remove_password(app.service(), &caller, current_password).await;
    let token = reply.result.as_ref().ok().cloned();
    ApiResponse::from(reply.map(|_| MessageResponse::new("Password removed"))).with_session_token(&app, token)
}

/// The current password, as confirmation.
#[derive(Debug, ToSchema)]
#[schema(as = AccountDeletion)]
pub(crate) struct DeleteAccountFields {
    /// May be missing or empty after a recent proof of identity.
    #[schema(value_type = Option<String>)]
    password: Option<Password>,
}

impl FromFields for DeleteAccountFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { password: optional_password(fields, "password")? })
    }
}

/// Deletes the caller's account with all its memberships.
///
/// It requires the password, or a proof of identity that is recent: the sign-in, or `POST /me/reauthenticate`. The last
/// admin of an organization or workspace cannot be deleted; the error lists these.
#[utoipa::path(post, path = "/me/account/delete",
    operation_id = "delete_account", tag = "Me", request_body = DeleteAccountFields,
    responses((status = 200, description = "Deleted", body = Enveloped<MessageResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    outdated_cookies: OutdatedCookies,
    Body(DeleteAccountFields { password }): Body<DeleteAccountFields>,
) -> ApiResponse<MessageResponse> {
    let reply = delete_account(app.service(), &caller, password).await;
    let response = ApiResponse::from(reply.map(|()| MessageResponse::new("Account deleted")));
    response.with_site_data_cleared(&outdated_cookies)
}
