//! `POST /me/backup-codes` and `POST /me/backup-codes/regenerate`

use axum::extract::State;
use vestibule_core::second_factor::GenerateBackupCodes;

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::openapi::Enveloped;

/// Makes the first backup codes of the caller.
///
/// There are 12, and each signs in once in place of a code of the authenticator app. They are shown here only:
/// `backup_codes_left` of `GET /me` says how many are left. It requires an authenticator or a passkey, and a recent
/// proof with it.
#[utoipa::path(post, path = "/me/backup-codes", operation_id = "generate_backup_codes", tag = "Me",
    responses((status = 200, description = "The codes", body = Enveloped<Vec<String>>)))]
pub(crate) async fn generate(State(app): State<App>, CurrentCaller(caller): CurrentCaller) -> ApiResponse<Vec<String>> {
    ApiResponse::from(app.run(&caller, GenerateBackupCodes { replaces: false }).await)
}

/// Replaces the backup codes of the caller.
///
/// The old ones stop working. It requires what the first codes require.
#[utoipa::path(post, path = "/me/backup-codes/regenerate", operation_id = "regenerate_backup_codes", tag = "Me",
    responses((status = 200, description = "The codes", body = Enveloped<Vec<String>>)))]
pub(crate) async fn regenerate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<String>> {
    ApiResponse::from(app.run(&caller, GenerateBackupCodes { replaces: true }).await)
}
