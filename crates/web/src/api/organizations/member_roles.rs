//! `POST /organizations/{id}/members/{memberId}/roles/{roleId}/add` and `…/remove`

use axum::extract::State;
use vestibule_core::id::{MemberId, OrganizationId, RoleId};
use vestibule_core::membership::{AssignRole, RevokeRole};

use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

type Ids = Path<(OrganizationId, MemberId, RoleId)>;

/// Assigns a role to a member.
///
/// The call has no effect if the member has the role already.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles/{roleId}/add",
    operation_id = "assign_organization_role", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user"),
           ("roleId" = RoleId, Path, description = "A role of the organization or of the deployment")),
    responses((status = 200, description = "Assigned", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn assign(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member, role)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, AssignRole { organization, member, role }).await.map(|()| SuccessResponse::OK))
}

/// Revokes a member's role.
///
/// The call has no effect if the member does not have the role. The last admin's role cannot be revoked.
#[utoipa::path(post, path = "/organizations/{id}/members/{memberId}/roles/{roleId}/remove",
    operation_id = "revoke_organization_role", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("memberId" = MemberId, Path, description = "The id of the membership or of its user"),
           ("roleId" = RoleId, Path, description = "The role")),
    responses((status = 200, description = "Revoked", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, member, role)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, RevokeRole { organization, member, role }).await.map(|()| SuccessResponse::OK))
}
