//! `POST /organizations/{id}/invitations/{invitationId}/discard`

use axum::extract::State;
use vestibule_core::id::{InvitationId, OrganizationId};
use vestibule_core::invitation::Discard;

use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Revokes a pending invitation.
///
/// Its links stop working immediately.
#[utoipa::path(post, path = "/organizations/{id}/invitations/{invitationId}/discard",
    operation_id = "discard_organization_invitation", tag = "Invitations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("invitationId" = InvitationId, Path, description = "The invitation")),
    responses((status = 200, description = "Discarded", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn discard(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, invitation)): Path<(OrganizationId, InvitationId)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Discard { organization, invitation }).await.map(|()| SuccessResponse::OK))
}
