//! `GET /workspaces/{id}`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::WorkspaceId;
use vestibule_core::workspace::Show;

use crate::answer::Answer;
use crate::api::shape::{WorkspaceMembershipShape, WorkspaceShape};
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// A workspace and the caller's membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceWithMembership)]
pub(crate) struct Shown {
    workspace: WorkspaceShape,
    /// `null` for an admin of the organization who is not in it.
    membership: Option<WorkspaceMembershipShape>,
}

/// One workspace.
#[utoipa::path(get, path = "/workspaces/{id}", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The workspace", body = Enveloped<Shown>)))]
pub(crate) async fn show(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> Answer<Shown> {
    Answer::from(app.ask(&caller, Show { workspace }).await.map(|shown| Shown {
        workspace: WorkspaceShape::new(shown.workspace, app.here()),
        membership: shown.membership.as_ref().map(WorkspaceMembershipShape::from),
    }))
}
