//! `GET` and `POST /workspaces/{id}/roles`, `POST /workspaces/{id}/roles/{roleId}/delete`, and
//! `POST /workspaces/{id}/members/{memberId}/roles/{roleId}/add` and `…/remove`

use axum::extract::State;
use vestibule_core::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::workspace::{AssignRole, CreateRole, ListRoles, RemoveRole, RevokeRole};

use crate::api::organizations::roles::Fields;
use crate::api::response::{MessageResponse, SuccessResponse, WorkspaceRoleResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Path};
use crate::openapi::Enveloped;

/// Lists the roles that members of a workspace can have: the deployment's and its own.
#[utoipa::path(get, path = "/workspaces/{id}/roles", operation_id = "list_workspace_roles", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The roles", body = Enveloped<Vec<WorkspaceRoleResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> ApiResponse<Vec<WorkspaceRoleResponse>> {
    let reply = app.query(&caller, ListRoles { workspace }).await;
    ApiResponse::from(reply.map(|roles| roles.into_iter().map(WorkspaceRoleResponse::from).collect()))
}

/// Creates a workspace role.
#[utoipa::path(post, path = "/workspaces/{id}/roles",
    operation_id = "create_workspace_role", tag = "Workspaces", request_body = Fields,
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The role", body = Enveloped<WorkspaceRoleResponse>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(Fields { name, permissions }): Body<Fields>,
) -> ApiResponse<WorkspaceRoleResponse> {
    ApiResponse::from(
        app.run(&caller, CreateRole { workspace, name, permissions }).await.map(WorkspaceRoleResponse::from),
    )
}

/// Removes a workspace role that is not in use.
#[utoipa::path(post, path = "/workspaces/{id}/roles/{roleId}/delete",
    operation_id = "delete_workspace_role", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("roleId" = WorkspaceRoleId, Path, description = "The role")),
    responses((status = 200, description = "Role deleted successfully", body = Enveloped<MessageResponse>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, role)): Path<(WorkspaceId, WorkspaceRoleId)>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, RemoveRole { workspace, role }).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Workspace role deleted")))
}

type Ids = Path<(WorkspaceId, MemberId, WorkspaceRoleId)>;

/// Assigns a role to a member of a workspace.
///
/// The call has no effect if the member has the role already.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/roles/{roleId}/add",
    operation_id = "assign_workspace_role", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user"),
           ("roleId" = WorkspaceRoleId, Path, description = "A role of the workspace or of the deployment")),
    responses((status = 200, description = "Role added successfully", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn assign(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member, role)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, AssignRole { workspace, member, role }).await.map(|()| SuccessResponse::OK))
}

/// Revokes a role of a member of a workspace.
///
/// The last admin's role cannot be revoked.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/roles/{roleId}/remove",
    operation_id = "revoke_workspace_role", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user"),
           ("roleId" = WorkspaceRoleId, Path, description = "The role")),
    responses((status = 200, description = "Revoked", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member, role)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, RevokeRole { workspace, member, role }).await.map(|()| SuccessResponse::OK))
}
