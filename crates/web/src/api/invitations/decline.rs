//! `POST /organizations/invitations/decline`

use axum::extract::State;
use vestibule_core::invitation::Decline;

use super::accept::Fields;
use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Body;
use crate::openapi::Enveloped;

/// Declines an invitation.
///
/// With the token from the mail, no account is needed. With the token that admins see, the invitee must be signed in
/// with the verified address.
#[utoipa::path(post, path = "/organizations/invitations/decline",
    operation_id = "decline_invitation", tag = "Invitations", request_body = Fields,
    responses((status = 200, description = "Declined", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn decline(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { token }): Body<Fields>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Decline { token }).await.map(|()| SuccessResponse::OK))
}
