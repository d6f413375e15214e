//! `POST /session/switch-workspace`, and `PUT` of the same.

use axum::extract::State;
use vestibule_core::session::SwitchWorkspace;

use super::WorkspaceParameter;
use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, Query};
use crate::openapi::Enveloped;

/// Choose the workspace the active sign-in acts in, and its organization with it.
///
/// Without an id it acts in none of either.
#[utoipa::path(post, path = "/session/switch-workspace", tag = "Session", params(WorkspaceParameter),
    request_body = Option<WorkspaceParameter>,
    responses((status = 200, description = "Switched", body = Enveloped<SessionShape>)))]
pub(crate) async fn switch_workspace(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(query): Query<WorkspaceParameter>,
    Body(body): Body<WorkspaceParameter>,
) -> Answer<SessionShape> {
    let workspace = query.workspace_id.or(body.workspace_id);
    let reply = app.run(&caller, SwitchWorkspace { workspace }).await;
    Answer::from(reply.map(|shown| SessionShape::new(&shown, app.here())))
}
