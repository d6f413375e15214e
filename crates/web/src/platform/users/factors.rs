//! `/users/{id}/authenticators`, `/users/{id}/backup-codes` and `/users/{id}/second-factors`: authenticator apps, backup
//! codes, and the reset of all second factors.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::id::{AuthenticatorId, UserId};
use vestibule_core::second_factor::{
    AddAuthenticatorForUser, CancelReset, DeleteAuthenticatorsOfUser, RegenerateBackupCodesOfUser, ResetOutcome,
    ResetSecondFactors,
};
use vestibule_core::secret::TotpSecret;
use vestibule_core::time::Timestamp;

use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::platform::response::{Empty, PlatformResponse};

/// An authenticator app that your application has set up with the user.
#[derive(ToSchema)]
#[schema(as = NewUserAuthenticator)]
pub(crate) struct AuthenticatorFields {
    /// In Base32, 16 to 64 bytes. The app makes codes of six digits with SHA-1, every 30 seconds.
    #[schema(value_type = String)]
    secret: TotpSecret,
    /// The name of the account in the app. Without it, the primary address.
    account_name: Option<String>,
}

impl FromFields for AuthenticatorFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            secret: TotpSecret::parse("secret", &fields.required_text("secret")?)?,
            account_name: fields.text("account_name")?.filter(|name| !name.is_empty()),
        })
    }
}

/// An authenticator app that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedUserAuthenticator)]
pub(crate) struct NewAuthenticatorResponse {
    id: AuthenticatorId,
    /// For a QR code. It contains the secret.
    otp_url: String,
}

/// Adds an authenticator app for a user, in place of the one that they have.
///
/// From then on, signing in takes a second factor. The user's verified addresses get a security
/// notice. Refused with `second_factors.reset_delay` for a user who has a second factor.
#[utoipa::path(post, path = "/users/{id}/authenticators", operation_id = "add_user_authenticator", tag = "User factors",
    request_body = AuthenticatorFields, params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The authenticator app", body = NewAuthenticatorResponse)))]
pub(crate) async fn add_authenticator(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Body(AuthenticatorFields { secret, account_name }): Body<AuthenticatorFields>,
) -> PlatformResponse<NewAuthenticatorResponse> {
    let reply = app.run(&caller, AddAuthenticatorForUser { user, secret, account_name }).await;
    reply.map(|added| NewAuthenticatorResponse { id: added.id, otp_url: added.otp_url }).into()
}

/// Deletes the authenticator app of a user, with their backup codes.
///
/// Their verified addresses get a security notice. With `second_factors.reset_delay`, reset all second factors instead.
#[utoipa::path(delete, path = "/users/{id}/authenticators", operation_id = "delete_user_authenticator",
    tag = "User factors", params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete_authenticators(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, DeleteAuthenticatorsOfUser { user }).await.map(|()| Empty {}).into()
}

/// New backup codes. They are shown here only.
#[derive(Serialize, ToSchema)]
#[schema(as = UserBackupCodes)]
pub(crate) struct BackupCodesResponse {
    backup_codes: Vec<String>,
}

/// Generates new backup codes for a user who has an authenticator app or a passkey. Earlier ones stop working.
///
/// Their verified addresses get a security notice. Refused with `second_factors.reset_delay`.
#[utoipa::path(post, path = "/users/{id}/backup-codes/regenerate", operation_id = "regenerate_user_backup_codes",
    tag = "User factors", params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The codes", body = BackupCodesResponse)))]
pub(crate) async fn regenerate_backup_codes(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<BackupCodesResponse> {
    let reply = app.run(&caller, RegenerateBackupCodesOfUser { user }).await;
    reply.map(|backup_codes| BackupCodesResponse { backup_codes }).into()
}

/// When second factors are removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecondFactorReset)]
pub(crate) struct ResetResponse {
    /// Until then, the user can object. `null` if they are removed already.
    due_at: Option<Timestamp>,
}

/// Removes all second factors of a user who has lost them, and ends all their sign-ins.
///
/// Make sure that the person who asks is the user: after the reset, a password or a mailed code is enough to sign in.
/// Their verified addresses get a security notice. With `second_factors.reset_delay`, the reset takes effect after that
/// time, and the link of the notice cancels it. A reset that is waiting already keeps its time.
#[utoipa::path(post, path = "/users/{id}/second-factors/reset", operation_id = "reset_user_second_factors",
    tag = "User factors", params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "They are removed, or will be", body = ResetResponse)))]
pub(crate) async fn reset(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<ResetResponse> {
    let reply = app.run(&caller, ResetSecondFactors { user }).await;
    reply.map(|ResetOutcome { due_at, .. }| ResetResponse { due_at }).into()
}

/// Cancels a reset of second factors that waits for `second_factors.reset_delay`.
#[utoipa::path(post, path = "/users/{id}/second-factors/reset/cancel", operation_id = "cancel_user_second_factor_reset",
    tag = "User factors", params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "Cancelled", body = Empty)))]
pub(crate) async fn cancel_reset(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, CancelReset { user }).await.map(|()| Empty {}).into()
}
