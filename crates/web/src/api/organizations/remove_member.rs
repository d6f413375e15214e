//! `POST /organizations/{id}/members/{memberId}/remove`

use axum::extract::State;
use vestibule_core::id::{MemberId, OrganizationId};
use vestibule_core::offboarding::Remove;

use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Removes a member from an organization. Access ends immediately in all their sessions.
///
/// Invitations that the member sent remain valid, except those whose roles the member could no longer grant.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/remove",
    operation_id = "remove_organization_member", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user")),
    responses((status = 200, description = "Removed", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn remove_member(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member)): Path<(OrganizationId, MemberId)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Remove { organization, member }).await.map(|()| SuccessResponse::OK))
}
