//! `POST /organizations/{id}/delete` and `POST /organizations/{id}/restore`

use axum::extract::State;
use vestibule_core::id::OrganizationId;
use vestibule_core::organization::{Delete, Restore};

use crate::api::response::{OrganizationResponse, SuccessResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// Deletes an organization.
///
/// Its members lose access immediately; its admins can restore it during the grace period.
#[utoipa::path(post, path = "/organizations/{id}/delete", operation_id = "delete_organization", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Deleted", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Delete { organization }).await.map(|()| SuccessResponse::OK))
}

/// Restores a deleted organization with its members, roles and invitations.
#[utoipa::path(post, path = "/organizations/{id}/restore", operation_id = "restore_organization", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The organization", body = Enveloped<OrganizationResponse>)))]
pub(crate) async fn restore(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<OrganizationResponse> {
    let context = app.response_context();
    let restored = app.run(&caller, Restore { organization }).await;
    ApiResponse::from(restored.map(|organization| OrganizationResponse::new(organization, context)))
}
