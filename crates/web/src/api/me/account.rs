//! `GET /me`

use axum::extract::State;
use vestibule_core::account::ShowAccount;

use crate::api::response::AccountResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::openapi::Enveloped;

/// Returns the signed-in user's account.
#[utoipa::path(get, path = "/me", operation_id = "get_account", tag = "Me",
    responses((status = 200, description = "The account", body = Enveloped<AccountResponse>)))]
pub(crate) async fn account(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<AccountResponse> {
    ApiResponse::from(
        app.query(&caller, ShowAccount).await.map(|account| AccountResponse::new(account, app.response_context())),
    )
}
