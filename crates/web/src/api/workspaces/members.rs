//! `GET` and `POST /workspaces/{id}/members`, `POST /workspaces/{id}/members/{memberId}/remove`, `POST /workspaces/{id}/leave`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::workspace::{AddMember, Leave, ListMembers, RemoveMember};

use crate::answer::Answer;
use crate::api::organizations::members::{Meta, WhichPage};
use crate::api::shape::{Done, WorkspaceMemberShape, WorkspaceMembershipShape, WorkspaceShape};
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Query, Reader};
use crate::openapi::Enveloped;

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMembersPage)]
pub(crate) struct Page {
    data: Vec<WorkspaceMemberShape>,
    meta: Meta,
}

/// The members of a workspace, the newest first.
#[utoipa::path(get, path = "/workspaces/{id}/members", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"), WhichPage),
    responses((status = 200, description = "Members retrieved successfully", body = Enveloped<Page>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Query(WhichPage { page, limit, search }): Query<WhichPage>,
) -> Answer<Page> {
    let reply = app.ask(&caller, ListMembers { workspace, page, limit, search }).await;
    Answer::from(reply.map(|found| {
        let here = app.here();
        let workspace = WorkspaceShape::new(found.workspace, here);
        let shown = found.members.into_iter().map(|member| WorkspaceMemberShape::new(member, &workspace, here));
        Page { data: shown.collect(), meta: Meta::of(page, limit, found.total) }
    }))
}

/// Who shall come in.
#[derive(Debug, ToSchema)]
#[schema(as = NewWorkspaceMember)]
pub(crate) struct Fields {
    /// The address of a member of the organization.
    #[schema(value_type = String)]
    email: EmailAddress,
    /// Left out: the deployment's workspace member.
    #[schema(value_type = Option<String>)]
    role_id: Option<WorkspaceRoleId>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { email: EmailAddress::parse(&fields.required_text("email")?)?, role_id: fields.id("role_id")? })
    }
}

/// The new membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedWorkspaceMember)]
pub(crate) struct Added {
    membership: WorkspaceMembershipShape,
}

/// Take a member of the organization into a workspace.
#[utoipa::path(post, path = "/workspaces/{id}/members", tag = "Workspaces", request_body = Fields,
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The membership", body = Enveloped<Added>)))]
pub(crate) async fn add(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(Fields { email, role_id: role }): Body<Fields>,
) -> Answer<Added> {
    let reply = app.run(&caller, AddMember { workspace, email, role }).await;
    Answer::from(reply.map(|membership| Added { membership: WorkspaceMembershipShape::from(&membership) }))
}

/// Remove a member from a workspace. They stay a member of the organization.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/remove", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The membership of the workspace or organization, or the user")),
    responses((status = 200, description = "Removed", body = Enveloped<Done>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace, member)): Path<(WorkspaceId, MemberId)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, RemoveMember { workspace, member }).await.map(|()| Done::DONE))
}

/// Leave a workspace. Its last admin cannot.
#[utoipa::path(post, path = "/workspaces/{id}/leave", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "Left", body = Enveloped<Done>)))]
pub(crate) async fn leave(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Leave { workspace }).await.map(|()| Done::DONE))
}
