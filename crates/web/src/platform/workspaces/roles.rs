//! `GET` and `POST /workspaces/{id}/roles`, `PATCH` and `DELETE /workspaces/{id}/roles/{role_id}`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{WorkspaceId, WorkspaceRoleId};
use vestibule_core::permission::PermissionSet;
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::{
    CreateRole, ListRoles, RemoveRole, UpdateRole, WorkspaceMembershipRole, WorkspaceRole,
};

use crate::api::organizations::roles::{Fields, UpdateRoleFields};
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Path, Query};
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{Empty, PlatformResponse};

/// A role for members of a workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceRole)]
pub(crate) struct WorkspaceRoleResponse {
    id: WorkspaceRoleId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    /// Whether all workspaces share it. Such a role cannot be changed.
    is_deployment_level: bool,
}

// Roles come from two kinds of rows.
macro_rules! impl_from_role {
    ($($row:ty),+) => {$(
        impl From<$row> for WorkspaceRoleResponse {
            fn from(role: $row) -> Self {
                Self {
                    id: role.id,
                    created_at: role.created_at,
                    updated_at: role.updated_at,
                    name: role.name,
                    permissions: role.permissions,
                    is_deployment_level: role.workspace_id.is_none(),
                }
            }
        }
    )+};
}

impl_from_role!(WorkspaceRole, WorkspaceMembershipRole);

/// Lists the roles that members of a workspace can have: the deployment's and its own.
///
/// The default role of members comes first, then the oldest; `sort_key` can be `created_at` or `name`.
#[utoipa::path(get, path = "/workspaces/{id}/roles", operation_id = "list_workspace_roles", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"), WholeListQuery),
    responses((status = 200, description = "The roles", body = Page<WorkspaceRoleResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<WorkspaceRoleResponse>> {
    let reply = app.query(&caller, ListRoles { workspace }).await;
    reply
        .map(|roles| Page::of_selected(roles, &query, |role| &role.name, |role| role.id, WorkspaceRoleResponse::from))
        .into()
}

/// Creates a role of a workspace. The key needs the scopes for its built-in permissions.
#[utoipa::path(post, path = "/workspaces/{id}/roles", operation_id = "create_workspace_role", tag = "Workspaces",
    request_body = Fields, params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The role", body = WorkspaceRoleResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(Fields { name, permissions }): Body<Fields>,
) -> PlatformResponse<WorkspaceRoleResponse> {
    app.run(&caller, CreateRole { workspace, name, permissions }).await.map(Into::into).into()
}

type Ids = Path<(WorkspaceId, WorkspaceRoleId)>;

/// Changes the name or the permissions of a role of a workspace.
#[utoipa::path(patch, path = "/workspaces/{id}/roles/{role_id}", operation_id = "update_workspace_role",
    tag = "Workspaces", request_body = UpdateRoleFields,
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("role_id" = WorkspaceRoleId, Path, description = "A role of the workspace")),
    responses((status = 200, description = "The role", body = WorkspaceRoleResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, role)): Ids,
    Body(UpdateRoleFields { name, permissions }): Body<UpdateRoleFields>,
) -> PlatformResponse<WorkspaceRoleResponse> {
    app.run(&caller, UpdateRole { workspace, role, name, permissions }).await.map(Into::into).into()
}

/// Deletes a role of a workspace that no member and no pending invitation has.
#[utoipa::path(delete, path = "/workspaces/{id}/roles/{role_id}", operation_id = "delete_workspace_role",
    tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("role_id" = WorkspaceRoleId, Path, description = "A role of the workspace")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, role)): Ids,
) -> PlatformResponse<Empty> {
    app.run(&caller, RemoveRole { workspace, role }).await.map(|()| Empty {}).into()
}
