//! `GET /users/{id}/organization-memberships` and `GET /users/{id}/workspace-memberships`

use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::id::{
    MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId,
};
use vestibule_core::membership::{Membership, MembershipRole};
use vestibule_core::organization::management::ManagedOrganization;
use vestibule_core::time::Timestamp;
use vestibule_core::user_management::{ListMemberships, ListWorkspaceMemberships};
use vestibule_core::workspace::{Workspace, WorkspaceMembership, WorkspaceMembershipRole};

use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::{Path, Query};
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{PlatformResponse, stored_json};

/// A role of a member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembershipRole)]
pub(crate) struct RoleResponse<I: ToSchema> {
    id: I,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    permissions: Vec<String>,
    /// Whether it is a role of all organizations.
    is_deployment_level: bool,
}

impl From<MembershipRole> for RoleResponse<RoleId> {
    fn from(role: MembershipRole) -> Self {
        Self {
            id: role.id,
            created_at: role.created_at,
            updated_at: role.updated_at,
            name: role.name,
            permissions: role.permissions.iter().map(str::to_owned).collect(),
            is_deployment_level: role.organization_id.is_none(),
        }
    }
}

impl From<WorkspaceMembershipRole> for RoleResponse<WorkspaceRoleId> {
    fn from(role: WorkspaceMembershipRole) -> Self {
        Self {
            id: role.id,
            created_at: role.created_at,
            updated_at: role.updated_at,
            name: role.name,
            permissions: role.permissions.iter().map(str::to_owned).collect(),
            is_deployment_level: role.workspace_id.is_none(),
        }
    }
}

/// The organization or the workspace of a membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembershipOf)]
pub(crate) struct GroupResponse<I: ToSchema> {
    id: I,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    description: String,
    /// Empty without an image.
    image_url: String,
    member_count: i64,
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    /// Empty for a key that lacks `organizations:read` or, for a workspace, `workspaces:read`.
    #[schema(value_type = Object)]
    private_metadata: Box<RawValue>,
}

impl GroupResponse<OrganizationId> {
    fn organization(organization: ManagedOrganization, context: ResponseContext<'_>) -> Self {
        Self {
            id: organization.id,
            created_at: organization.created_at,
            updated_at: organization.updated_at,
            name: organization.name,
            description: organization.description,
            image_url: context.image_url(&organization.image_url),
            member_count: organization.member_count,
            public_metadata: stored_json(organization.public_metadata),
            private_metadata: stored_json(organization.private_metadata),
        }
    }
}

impl GroupResponse<WorkspaceId> {
    fn workspace(workspace: Workspace, context: ResponseContext<'_>) -> Self {
        Self {
            id: workspace.id,
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
            name: workspace.name,
            description: workspace.description,
            image_url: context.image_url(&workspace.image_url),
            member_count: workspace.member_count,
            public_metadata: stored_json(workspace.public_metadata),
            private_metadata: stored_json(workspace.private_metadata),
        }
    }
}

/// A membership of a user in an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserOrganizationMembership)]
pub(crate) struct OrganizationMembershipResponse {
    id: MembershipId,
    created_at: Timestamp,
    updated_at: Timestamp,
    organization_id: OrganizationId,
    user_id: UserId,
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    roles: Vec<RoleResponse<RoleId>>,
    organization: GroupResponse<OrganizationId>,
}

impl OrganizationMembershipResponse {
    fn new(
        (membership, organization, roles): (Membership, ManagedOrganization, Vec<MembershipRole>),
        context: ResponseContext<'_>,
    ) -> Self {
        Self {
            id: membership.id,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
            organization_id: membership.organization_id,
            user_id: membership.user_id,
            public_metadata: stored_json(membership.public_metadata),
            roles: roles.into_iter().map(RoleResponse::from).collect(),
            organization: GroupResponse::organization(organization, context),
        }
    }
}

/// Lists the memberships of a user in organizations, newest first.
///
/// `search` and the `sort_key` `name` are about the name of the organization.
#[utoipa::path(get, path = "/users/{id}/organization-memberships", operation_id = "list_user_organization_memberships",
    tag = "User memberships", params(("id" = UserId, Path, description = "The user"), WholeListQuery),
    responses((status = 200, description = "The memberships", body = Page<OrganizationMembershipResponse>)))]
pub(crate) async fn in_organizations(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<OrganizationMembershipResponse>> {
    let response = |membership| OrganizationMembershipResponse::new(membership, app.response_context());
    let reply = app.query(&caller, ListMemberships { user }).await;
    reply
        .map(|memberships| {
            let memberships = query.select(
                memberships,
                |(_, organization, _)| organization.name.as_str(),
                |(membership, ..)| membership.id,
            );
            Page::of_whole(memberships.into_iter().map(response).collect(), &query)
        })
        .into()
}

/// A membership of a user in a workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserWorkspaceMembership)]
pub(crate) struct WorkspaceMembershipResponse {
    id: WorkspaceMembershipId,
    created_at: Timestamp,
    updated_at: Timestamp,
    workspace_id: WorkspaceId,
    organization_id: OrganizationId,
    organization_membership_id: MembershipId,
    user_id: UserId,
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    roles: Vec<RoleResponse<WorkspaceRoleId>>,
    workspace: GroupResponse<WorkspaceId>,
}

impl WorkspaceMembershipResponse {
    fn new(
        (membership, workspace, roles): (WorkspaceMembership, Workspace, Vec<WorkspaceMembershipRole>),
        context: ResponseContext<'_>,
    ) -> Self {
        Self {
            id: membership.id,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
            workspace_id: membership.workspace_id,
            organization_id: membership.organization_id,
            organization_membership_id: membership.organization_membership_id,
            user_id: membership.user_id,
            public_metadata: stored_json(membership.public_metadata),
            roles: roles.into_iter().map(RoleResponse::from).collect(),
            workspace: GroupResponse::workspace(workspace, context),
        }
    }
}

/// Lists the memberships of a user in workspaces, newest first.
///
/// `search` and the `sort_key` `name` are about the name of the workspace.
#[utoipa::path(get, path = "/users/{id}/workspace-memberships", operation_id = "list_user_workspace_memberships",
    tag = "User memberships", params(("id" = UserId, Path, description = "The user"), WholeListQuery),
    responses((status = 200, description = "The memberships", body = Page<WorkspaceMembershipResponse>)))]
pub(crate) async fn in_workspaces(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<WorkspaceMembershipResponse>> {
    let response = |membership| WorkspaceMembershipResponse::new(membership, app.response_context());
    let reply = app.query(&caller, ListWorkspaceMemberships { user }).await;
    reply
        .map(|memberships| {
            let memberships = query.select(
                memberships,
                |(_, workspace, _)| workspace.name.as_str(),
                |(membership, ..)| membership.id,
            );
            Page::of_whole(memberships.into_iter().map(response).collect(), &query)
        })
        .into()
}
