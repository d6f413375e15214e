//! `GET /workspaces/{id}`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::workspace::ShowWithRoles;

use super::WorkspaceResponse;
use super::roles::WorkspaceRoleResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::platform::response::PlatformResponse;

/// A workspace with its organization and its roles.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceDetails)]
pub(crate) struct WorkspaceDetailsResponse {
    #[serde(flatten)]
    workspace: WorkspaceResponse,
    organization_id: OrganizationId,
    organization_name: String,
    /// Those of the deployment and its own.
    roles: Vec<WorkspaceRoleResponse>,
    /// Always empty: segments are not supported.
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
}

/// Shows a workspace.
#[utoipa::path(get, path = "/workspaces/{id}", operation_id = "get_workspace", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace", body = WorkspaceDetailsResponse)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> PlatformResponse<WorkspaceDetailsResponse> {
    let reply = app.query(&caller, ShowWithRoles { workspace }).await;
    PlatformResponse::from(reply.map(|details| WorkspaceDetailsResponse {
        organization_id: details.workspace.organization_id,
        organization_name: details.organization_name,
        roles: details.roles.into_iter().map(Into::into).collect(),
        segments: [],
        workspace: WorkspaceResponse::new(details.workspace, app.response_context()),
    }))
}
