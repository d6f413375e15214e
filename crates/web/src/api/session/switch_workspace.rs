//! `POST /session/switch-workspace`

use axum::extract::State;
use vestibule_core::workspace::SwitchWorkspace;

use super::WorkspaceParameter;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Sets the active workspace of the active sign-in, and its organization as the active one.
///
/// Without an id, no workspace and no organization is active.
#[utoipa::path(post, path = "/session/switch-workspace",
    operation_id = "switch_workspace", tag = "Session", params(WorkspaceParameter),
    request_body = Option<WorkspaceParameter>,
    responses((status = 200, description = "Switched", body = Enveloped<SessionResponse>)))]
pub(crate) async fn switch_workspace(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<WorkspaceParameter>,
    Body(body): Body<WorkspaceParameter>,
) -> ApiResponse<SessionResponse> {
    let workspace = query.workspace_id.or(body.workspace_id);
    let reply = app.run(&caller, SwitchWorkspace { workspace }).await;
    ApiResponse::from(reply.map(|session| SessionResponse::new(&session, app.response_context())))
}
