//! `GET` and `POST /workspaces/{id}/members`, `POST /workspaces/{id}/members/{memberId}/remove`, and
//! `POST /workspaces/{id}/leave`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{MemberId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::workspace::{AddMember, Leave, ListMembers, RemoveMember};
use vestibule_core::{Code, Problem};

use crate::api::organizations::members::{PageMeta, PageParams};
use crate::api::response::{SuccessResponse, WorkspaceMemberResponse, WorkspaceMembershipResponse, WorkspaceResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMembersPage)]
pub(crate) struct Page {
    data: Vec<WorkspaceMemberResponse>,
    meta: PageMeta,
}

/// Lists a workspace's members, newest first.
#[utoipa::path(get, path = "/workspaces/{id}/members", operation_id = "list_workspace_members", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"), PageParams),
    responses((status = 200, description = "Members retrieved successfully", body = Enveloped<Page>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Query(PageParams { page, limit, search }): Query<PageParams>,
) -> ApiResponse<Page> {
    let reply = app.query(&caller, ListMembers { workspace, page, limit, search }).await;
    ApiResponse::from(reply.map(|page_of_members| {
        let context = app.response_context();
        let workspace = WorkspaceResponse::new(page_of_members.workspace, context);
        let members =
            page_of_members.members.into_iter().map(|member| WorkspaceMemberResponse::new(member, &workspace, context));
        Page { data: members.collect(), meta: PageMeta::new(page, limit, page_of_members.total) }
    }))
}

/// The fields of a new workspace member.
#[derive(Debug, ToSchema)]
#[schema(as = NewWorkspaceMember)]
pub(crate) struct Fields {
    /// The email address of a member of the organization.
    #[schema(value_type = String)]
    email: EmailAddress,
    /// The workspace role. The default is the deployment's workspace member role.
    #[schema(value_type = Option<String>)]
    role_id: Option<WorkspaceRoleId>,
}

impl FromFields for Fields {
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { email: EmailAddress::parse(&fields.required_text("email")?)?, role_id: fields.id("role_id")? })
    }
}

/// The new membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedWorkspaceMember)]
pub(crate) struct Added {
    membership: WorkspaceMembershipResponse,
}

/// Adds a member of the organization to a workspace.
#[utoipa::path(post, path = "/workspaces/{id}/members",
    operation_id = "add_workspace_member", tag = "Workspaces", request_body = Fields,
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The membership", body = Enveloped<Added>)))]
pub(crate) async fn add(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(Fields { email, role_id: role }): Body<Fields>,
) -> ApiResponse<Added> {
    let reply = app.run(&caller, AddMember { workspace, email, role }).await;
    ApiResponse::from(reply.map(|membership| Added { membership: WorkspaceMembershipResponse::from(&membership) }))
}

/// Removes a member from a workspace.
///
/// The organization membership remains.
#[utoipa::path(post, path = "/workspaces/{id}/members/{memberId}/remove",
    operation_id = "remove_workspace_member", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("memberId" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user")),
    responses((status = 200, description = "Removed", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member)): Path<(WorkspaceId, MemberId)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, RemoveMember { workspace, member }).await.map(|()| SuccessResponse::OK))
}

/// Leaves a workspace.
///
/// The last admin cannot leave.
#[utoipa::path(post, path = "/workspaces/{id}/leave", operation_id = "leave_workspace", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "Left", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn leave(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Leave { workspace }).await.map(|()| SuccessResponse::OK))
}
