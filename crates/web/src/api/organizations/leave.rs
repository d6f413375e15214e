//! `POST /organizations/{id}/leave`

use axum::extract::State;
use vestibule_core::id::OrganizationId;
use vestibule_core::offboarding::Leave;

use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Leaves an organization and all its workspaces.
///
/// The last admin cannot leave.
#[utoipa::path(post, path = "/organizations/{id}/leave", operation_id = "leave_organization", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Left", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn leave(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Leave { organization }).await.map(|()| SuccessResponse::OK))
}
