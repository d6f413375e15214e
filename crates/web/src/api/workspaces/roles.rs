//! `GET` and `POST /workspaces/{id}/roles`, `POST /workspaces/{id}/roles/{roleId}/delete`, and giving and taking them:
//! `POST /workspaces/{id}/members/{memberId}/roles/{roleId}/add` and `…/remove`.

use axum::extract::State;
use vestibule_core::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::workspace::{DefineRole, GiveRole, ListRoles, RemoveRole, TakeRole};

use crate::answer::Answer;
use crate::api::organizations::roles::Fields;
use crate::api::shape::{Done, Told, WorkspaceRoleShape};
use crate::app::{App, Visitor};
use crate::extract::{Body, Path};
use crate::openapi::Enveloped;

/// The roles that can be given in a workspace: the deployment's and its own.
#[utoipa::path(get, path = "/workspaces/{id}/roles", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The roles", body = Enveloped<Vec<WorkspaceRoleShape>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> Answer<Vec<WorkspaceRoleShape>> {
    let reply = app.ask(&caller, ListRoles { workspace }).await;
    Answer::from(reply.map(|roles| roles.into_iter().map(WorkspaceRoleShape::from).collect()))
}

/// Define a role of the workspace's own.
#[utoipa::path(post, path = "/workspaces/{id}/roles", tag = "Workspaces", request_body = Fields,
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The role", body = Enveloped<WorkspaceRoleShape>)))]
pub(crate) async fn define(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(Fields { name, permissions }): Body<Fields>,
) -> Answer<WorkspaceRoleShape> {
    Answer::from(app.run(&caller, DefineRole { workspace, name, permissions }).await.map(WorkspaceRoleShape::from))
}

/// Remove a role of the workspace's own that nobody has.
#[utoipa::path(post, path = "/workspaces/{id}/roles/{roleId}/delete", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("roleId" = WorkspaceRoleId, Path, description = "The role")),
    responses((status = 200, description = "Role deleted successfully", body = Enveloped<Told>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace, role)): Path<(WorkspaceId, WorkspaceRoleId)>,
) -> Answer<Told> {
    let reply = app.run(&caller, RemoveRole { workspace, role }).await;
    Answer::from(reply.map(|()| Told::new("Workspace role deleted")))
}

type Ids = Path<(WorkspaceId, MemberId, WorkspaceRoleId)>;

/// Give a member of the workspace a role. One they have already stays as it is.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/roles/{roleId}/add", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The membership of the workspace or organization, or the user"),
           ("roleId" = WorkspaceRoleId, Path, description = "The role: the workspace's own, or the deployment's")),
    responses((status = 200, description = "Role added successfully", body = Enveloped<Done>)))]
pub(crate) async fn give(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace, member, role)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, GiveRole { workspace, member, role }).await.map(|()| Done::DONE))
}

/// Take a role from a member of the workspace. Its last admin keeps theirs.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/roles/{roleId}/remove", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The membership of the workspace or organization, or the user"),
           ("roleId" = WorkspaceRoleId, Path, description = "The role")),
    responses((status = 200, description = "Taken", body = Enveloped<Done>)))]
pub(crate) async fn take(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace, member, role)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, TakeRole { workspace, member, role }).await.map(|()| Done::DONE))
}
