//! `GET /me/invitations`

use axum::extract::State;
use vestibule_core::invitation::ListOwn;

use crate::api::response::OwnInvitationResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::openapi::Enveloped;

/// Lists the caller's pending invitations of all organizations, newest first.
///
/// It contains the invitations for the caller's verified email addresses, including expired ones.
#[utoipa::path(get, path = "/me/invitations", operation_id = "list_own_invitations", tag = "Me",
    responses((status = 200, description = "The invitations", body = Enveloped<Vec<OwnInvitationResponse>>)))]
pub(crate) async fn invitations(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<OwnInvitationResponse>> {
    ApiResponse::from(
        app.query(&caller, ListOwn)
            .await
            .map(|own| own.into_iter().map(|own| OwnInvitationResponse::new(own, app.response_context())).collect()),
    )
}
