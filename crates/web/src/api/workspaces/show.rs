//! `GET /workspaces/{id}`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::WorkspaceId;
use vestibule_core::workspace::Show;

use crate::api::response::{WorkspaceMembershipResponse, WorkspaceResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// A workspace and the caller's membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceWithMembership)]
pub(crate) struct ShowResponse {
    workspace: WorkspaceResponse,
    /// `null` for an admin of the organization who is not a member of the workspace.
    membership: Option<WorkspaceMembershipResponse>,
}

/// Returns a workspace and the caller's membership.
#[utoipa::path(get, path = "/workspaces/{id}", operation_id = "get_workspace", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace", body = Enveloped<ShowResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> ApiResponse<ShowResponse> {
    ApiResponse::from(app.query(&caller, Show { workspace }).await.map(|details| ShowResponse {
        workspace: WorkspaceResponse::new(details.workspace, app.response_context()),
        membership: details.membership.as_ref().map(WorkspaceMembershipResponse::from),
    }))
}
