//! `GET /users/{id}/organization-memberships` and `GET /users/{id}/workspace-memberships`

use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::id::{MembershipId, OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId};
use vestibule_core::membership::{Membership, MembershipRole};
use vestibule_core::organization::management::ManagedOrganization;
use vestibule_core::time::Timestamp;
use vestibule_core::user_management::{ListMemberships, ListWorkspaceMemberships};
use vestibule_core::workspace::{Workspace, WorkspaceMembership, WorkspaceMembershipRole};

use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::{Path, Query};
use crate::platform::organizations::OrganizationResponse;
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{PlatformResponse, stored_json};
use crate::platform::roles::RoleResponse;
use crate::platform::workspaces::WorkspaceResponse;
use crate::platform::workspaces::roles::WorkspaceRoleResponse;

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
    roles: Vec<RoleResponse>,
    /// Its private metadata is empty for a key that lacks `organizations:read`.
    organization: OrganizationResponse,
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
            organization: OrganizationResponse::new(organization, context),
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
    let length = |(membership, organization, _): &(Membership, ManagedOrganization, Vec<MembershipRole>)| {
        membership.public_metadata.len() + organization.metadata_length()
    };
    let reply = app.query(&caller, ListMemberships { user }).await;
    reply
        .map(|memberships| {
            let memberships = query.select(
                memberships,
                |(_, organization, _)| organization.name.as_str(),
                |(membership, ..)| membership.id,
            );
            Page::of_whole_with_metadata(memberships, &query, length, response)
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
    roles: Vec<WorkspaceRoleResponse>,
    /// Its private metadata is empty for a key that lacks `workspaces:read`.
    workspace: WorkspaceResponse,
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
            roles: roles.into_iter().map(WorkspaceRoleResponse::from).collect(),
            workspace: WorkspaceResponse::new(workspace, context),
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
    let length = |(membership, workspace, _): &(WorkspaceMembership, Workspace, Vec<WorkspaceMembershipRole>)| {
        membership.public_metadata.len() + workspace.public_metadata.len() + workspace.private_metadata.len()
    };
    let reply = app.query(&caller, ListWorkspaceMemberships { user }).await;
    reply
        .map(|memberships| {
            let memberships = query.select(
                memberships,
                |(_, workspace, _)| workspace.name.as_str(),
                |(membership, ..)| membership.id,
            );
            Page::of_whole_with_metadata(memberships, &query, length, response)
        })
        .into()
}
