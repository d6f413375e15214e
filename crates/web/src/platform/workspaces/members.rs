//! `GET` and `POST /workspaces/{id}/members`, `PATCH` and `DELETE /workspaces/{id}/members/{membership_id}`, and its
//! `/roles/{role_id}`

use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::id::{MemberId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use vestibule_core::metadata::Metadata;
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::{
    AddUser, AssignRole, FindMembers, RemoveMember, RevokeRole, UpdateMember, WorkspaceMember,
};
use vestibule_core::{Code, Problem};

use super::roles::WorkspaceRoleResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::platform::MAX_METADATA_BODY_BYTES;
use crate::platform::page::{ListQuery, Page};
use crate::platform::response::{Empty, PlatformResponse, stored_json};

/// A member of a workspace, with what is known of the user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMember)]
pub(crate) struct WorkspaceMemberResponse {
    /// The id of the workspace membership.
    id: WorkspaceMembershipId,
    created_at: Timestamp,
    updated_at: Timestamp,
    workspace_id: WorkspaceId,
    user_id: UserId,
    roles: Vec<WorkspaceRoleResponse>,
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    first_name: String,
    last_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, format = Email)]
    primary_email_address: Option<String>,
    /// Whether the user has proved access to the mailbox. Until then, the address does not say who they are.
    primary_email_address_verified: bool,
    user_created_at: Timestamp,
}

impl From<WorkspaceMember> for WorkspaceMemberResponse {
    fn from(WorkspaceMember { membership, user, roles }: WorkspaceMember) -> Self {
        Self {
            id: membership.id,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
            workspace_id: membership.workspace_id,
            user_id: membership.user_id,
            roles: roles.into_iter().map(Into::into).collect(),
            public_metadata: stored_json(membership.public_metadata),
            first_name: user.first_name,
            last_name: user.last_name,
            username: user.username,
            primary_email_address_verified: user.email_verified_at.is_some(),
            primary_email_address: user.email,
            user_created_at: user.created_at,
        }
    }
}

/// Lists the members of a workspace: those who joined last first, unless `sort_key` is `name`.
///
/// A search finds the newest 1,000 matches.
#[utoipa::path(get, path = "/workspaces/{id}/members", operation_id = "list_workspace_members", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"), ListQuery),
    responses((status = 200, description = "The members", body = Page<WorkspaceMemberResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Query(query): Query<ListQuery>,
) -> Result<PlatformResponse<Page<WorkspaceMemberResponse>>, Refusal> {
    let find = FindMembers {
        workspace,
        search: query.search_term(),
        sort: query.sort()?,
        start: query.start()?,
        limit: query.limit,
    };
    let reply = app.query(&caller, find).await;
    Ok(PlatformResponse::from(
        reply.map(|page| Page::new(page.members.into_iter().map(Into::into).collect(), page.total, page.next, &query)),
    ))
}

/// The fields of a new member of a workspace.
#[derive(Debug, ToSchema)]
#[schema(as = NewWorkspaceMember)]
pub(crate) struct AddFields {
    /// A member of the organization.
    user_id: UserId,
    /// The roles. Without any, the deployment's role for members of workspaces.
    #[schema(required = false)]
    role_ids: Vec<WorkspaceRoleId>,
}

impl FromFields for AddFields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { user_id: fields.required_id("user_id")?, role_ids: fields.ids("role_ids")?.unwrap_or_default() })
    }
}

/// Adds a member of the organization to a workspace.
#[utoipa::path(post, path = "/workspaces/{id}/members", operation_id = "add_workspace_member", tag = "Workspaces",
    request_body = AddFields, params(("id" = WorkspaceId, Path, description = "The workspace")),
    responses((status = 200, description = "The member", body = WorkspaceMemberResponse)))]
pub(crate) async fn add(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace,)): Path<(WorkspaceId,)>,
    Body(AddFields { user_id: user, role_ids: roles }): Body<AddFields>,
) -> PlatformResponse<WorkspaceMemberResponse> {
    app.run(&caller, AddUser { workspace, user, roles }).await.map(Into::into).into()
}

/// The changes to a member of a workspace. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = WorkspaceMemberChanges)]
pub(crate) struct UpdateFields {
    /// Exactly these roles, at least one.
    role_ids: Option<Vec<WorkspaceRoleId>>,
    /// A JSON object, which replaces what was there.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
}

impl FromFields for UpdateFields {
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { role_ids: fields.ids("role_ids")?, public_metadata: fields.metadata("public_metadata")? })
    }
}

type Ids = Path<(WorkspaceId, MemberId)>;
type RoleIds = Path<(WorkspaceId, MemberId, WorkspaceRoleId)>;

/// Changes the roles and the metadata of a member of a workspace.
#[utoipa::path(patch, path = "/workspaces/{id}/members/{membership_id}", operation_id = "update_workspace_member",
    tag = "Workspaces", request_body = UpdateFields,
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("membership_id" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user")),
    responses((status = 200, description = "Changed", body = Empty)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member)): Ids,
    Body(UpdateFields { role_ids: roles, public_metadata }): Body<UpdateFields>,
) -> PlatformResponse<Empty> {
    app.run(&caller, UpdateMember { workspace, member, roles, public_metadata }).await.map(|()| Empty {}).into()
}

/// Removes a member from a workspace. The organization membership remains.
#[utoipa::path(delete, path = "/workspaces/{id}/members/{membership_id}", operation_id = "remove_workspace_member",
    tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("membership_id" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user")),
    responses((status = 200, description = "Removed", body = Empty)))]
pub(crate) async fn remove(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member)): Ids,
) -> PlatformResponse<Empty> {
    app.run(&caller, RemoveMember { workspace, member }).await.map(|()| Empty {}).into()
}

/// Assigns a role to a member of a workspace. The call has no effect if the member has it.
#[utoipa::path(post, path = "/workspaces/{id}/members/{membership_id}/roles/{role_id}",
    operation_id = "assign_workspace_role", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("membership_id" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user"),
           ("role_id" = WorkspaceRoleId, Path, description = "A role of the workspace or of the deployment")),
    responses((status = 200, description = "Assigned", body = Empty)))]
pub(crate) async fn assign_role(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member, role)): RoleIds,
) -> PlatformResponse<Empty> {
    app.run(&caller, AssignRole { workspace, member, role }).await.map(|()| Empty {}).into()
}

/// Revokes a role of a member of a workspace. The call has no effect if the member does not have it.
#[utoipa::path(delete, path = "/workspaces/{id}/members/{membership_id}/roles/{role_id}",
    operation_id = "revoke_workspace_role", tag = "Workspaces",
    params(("id" = WorkspaceId, Path, description = "The workspace"),
           ("membership_id" = MemberId, Path, description = "The id of the workspace membership, of the organization membership, or of the user"),
           ("role_id" = WorkspaceRoleId, Path, description = "The role")),
    responses((status = 200, description = "Revoked", body = Empty)))]
pub(crate) async fn revoke_role(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((workspace, member, role)): RoleIds,
) -> PlatformResponse<Empty> {
    app.run(&caller, RevokeRole { workspace, member, role }).await.map(|()| Empty {}).into()
}
