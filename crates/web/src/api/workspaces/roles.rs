//! `GET` and `POST /workspaces/{id}/roles`, `GET /workspaces/{id}/roles/{roleId}` and its `…/update` and `…/delete`,
//! `POST /workspaces/{id}/members/{memberId}/roles`, and its `…/{roleId}/add` and `…/remove`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::workspace::{
    AssignRole, CreateRole, ListRoles, RemoveRole, ReplaceRoles, RevokeRole, ShowRole, UpdateRole,
};

use crate::api::organizations::member_roles::RolesFields;
use crate::api::organizations::roles::{Fields, UpdateRoleFields};
use crate::api::response::{MessageResponse, SuccessResponse, WorkspaceRoleDetailsResponse, WorkspaceRoleResponse};
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

/// Shows a role, and how many members and pending invitations have it.
#[utoipa::path(get, path = "/workspaces/{id}/roles/{roleId}", operation_id = "show_workspace_role", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("roleId" = WorkspaceRoleId, Path, description = "A role of the workspace or of the deployment")),
    responses((status = 200, description = "The role", body = Enveloped<WorkspaceRoleDetailsResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, role)): Path<(WorkspaceId, WorkspaceRoleId)>,
) -> ApiResponse<WorkspaceRoleDetailsResponse> {
    let reply = app.query(&caller, ShowRole { workspace, role }).await;
    ApiResponse::from(reply.map(WorkspaceRoleDetailsResponse::from))
}

/// Changes the name or the permissions of a workspace role.
///
/// The change takes effect at once for every member with the role. The role of the last admin stays one that grants
/// `workspace:admin`.
#[utoipa::path(post, path = "/workspaces/{id}/roles/{roleId}/update",
    operation_id = "update_workspace_role", tag = "Workspaces", request_body = UpdateRoleFields,
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("roleId" = WorkspaceRoleId, Path, description = "A role of the workspace")),
    responses((status = 200, description = "The role", body = Enveloped<WorkspaceRoleResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, role)): Path<(WorkspaceId, WorkspaceRoleId)>,
    Body(UpdateRoleFields { name, permissions }): Body<UpdateRoleFields>,
) -> ApiResponse<WorkspaceRoleResponse> {
    let command = UpdateRole { workspace, role, name, permissions };
    ApiResponse::from(app.run(&caller, command).await.map(WorkspaceRoleResponse::from))
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

/// The roles of a member of a workspace before and after a change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplacedWorkspaceRoles)]
pub(crate) struct ReplacedWorkspaceRolesResponse {
    roles: Vec<WorkspaceRoleResponse>,
    /// The roles that the member had. The same call with their ids undoes the change.
    previous_roles: Vec<WorkspaceRoleResponse>,
}

/// Gives a member of a workspace exactly these roles.
///
/// The last admin keeps a role that grants `workspace:admin`.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/roles",
    operation_id = "replace_workspace_member_roles", tag = "Workspaces", request_body = RolesFields,
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user")),
    responses((status = 200, description = "The roles", body = Enveloped<ReplacedWorkspaceRolesResponse>)))]
pub(crate) async fn replace(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member)): Path<(WorkspaceId, MemberId)>,
    Body(RolesFields { role_ids }): Body<RolesFields>,
) -> ApiResponse<ReplacedWorkspaceRolesResponse> {
    let roles = role_ids.into_iter().map(|role| WorkspaceRoleId::from(role.get())).collect();
    let reply = app.run(&caller, ReplaceRoles { workspace, member, roles }).await;
    ApiResponse::from(reply.map(|replaced| ReplacedWorkspaceRolesResponse {
        roles: replaced.current.into_iter().map(WorkspaceRoleResponse::from).collect(),
        previous_roles: replaced.previous.into_iter().map(WorkspaceRoleResponse::from).collect(),
    }))
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
