//! Workspaces, their roles and memberships.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::Assurance;
use vestibule_core::id::{MembershipId, OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use vestibule_core::permission::PermissionSet;
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::{
    OwnWorkspaceMembership, Workspace, WorkspaceMember, WorkspaceMembership, WorkspaceMembershipRole, WorkspaceRole,
    WorkspaceRoleDetails,
};

use super::organization::Eligibility;
use super::{NoMetadata, OrganizationResponse, UserResponse, list, object};
use crate::app::ResponseContext;

/// A workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceResponse {
    id: WorkspaceId,
    organization_id: OrganizationId,
    name: String,
    description: String,
    image_url: String,
    whitelisted_ips: Vec<String>,
    enable_ip_restriction: bool,
    enforce_mfa: bool,
    /// Alias of `enforce_mfa`.
    enforce_2fa: bool,
    /// What `enforce_mfa` requires of sign-ins: `two_factors` or `phishing_resistant`. Null without it.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Null without `enforce_mfa`.
    mfa_enforced_from: Option<Timestamp>,
    member_count: i64,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    private_metadata: NoMetadata,
    /// Always empty: segments are not supported.
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl WorkspaceResponse {
    pub(crate) fn new(workspace: Workspace, context: ResponseContext<'_>) -> Self {
        let mfa = workspace.mfa();
        Self {
            id: workspace.id,
            organization_id: workspace.organization_id,
            name: workspace.name,
            description: workspace.description,
            image_url: context.image_url(&workspace.image_url),
            whitelisted_ips: list(&workspace.whitelisted_ips),
            enable_ip_restriction: workspace.enable_ip_restriction,
            enforce_mfa: mfa.is_enforced,
            enforce_2fa: mfa.is_enforced,
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            member_count: workspace.member_count,
            public_metadata: object(&workspace.public_metadata),
            private_metadata: NoMetadata {},
            segments: [],
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
        }
    }
}

/// A membership in a workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMembership)]
pub(crate) struct WorkspaceMembershipResponse {
    id: WorkspaceMembershipId,
    workspace_id: WorkspaceId,
    organization_membership_id: MembershipId,
    user_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&WorkspaceMembership> for WorkspaceMembershipResponse {
    fn from(membership: &WorkspaceMembership) -> Self {
        Self {
            id: membership.id,
            workspace_id: membership.workspace_id,
            organization_membership_id: membership.organization_membership_id,
            user_id: membership.user_id,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
        }
    }
}

/// A workspace role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceRole)]
pub(crate) struct WorkspaceRoleResponse {
    id: WorkspaceRoleId,
    /// "0" for a deployment role, which all workspaces share.
    workspace_id: WorkspaceId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    is_system_role: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_deployment_level: bool,
}

// Roles come from two kinds of rows.
macro_rules! impl_from_role {
    ($($row:ty),+) => {$(
        impl From<$row> for WorkspaceRoleResponse {
            fn from(role: $row) -> Self {
                let is_shared = role.workspace_id.is_none();
                Self {
                    id: role.id,
                    workspace_id: role.workspace_id.unwrap_or_else(|| 0.into()),
                    name: role.name,
                    permissions: role.permissions,
                    is_system_role: is_shared,
                    created_at: role.created_at,
                    updated_at: role.updated_at,
                    is_deployment_level: is_shared,
                }
            }
        }
    )+};
}

impl_from_role!(WorkspaceRole, WorkspaceMembershipRole);

/// A role of the workspace or of the deployment, and who would be affected by a change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceRoleDetails)]
pub(crate) struct WorkspaceRoleDetailsResponse {
    #[serde(flatten)]
    role: WorkspaceRoleResponse,
    /// The number of members with the role.
    member_count: i64,
    /// The number of pending invitations with the role.
    pending_invitation_count: i64,
}

impl From<WorkspaceRoleDetails> for WorkspaceRoleDetailsResponse {
    fn from(details: WorkspaceRoleDetails) -> Self {
        Self {
            role: WorkspaceRoleResponse::from(details.role),
            member_count: details.usage.members,
            pending_invitation_count: details.usage.invitations,
        }
    }
}

/// A member of a workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMember)]
pub(crate) struct WorkspaceMemberResponse {
    #[serde(flatten)]
    membership: WorkspaceMembershipResponse,
    organization_id: OrganizationId,
    workspace: WorkspaceResponse,
    user: UserResponse,
    /// The same as `user`.
    public_user_data: UserResponse,
    roles: Vec<WorkspaceRoleResponse>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    eligibility_restriction: Eligibility,
}

impl WorkspaceMemberResponse {
    pub(crate) fn new(member: WorkspaceMember, workspace: &WorkspaceResponse, context: ResponseContext<'_>) -> Self {
        let user = UserResponse::new(&member.user, context);
        Self {
            membership: WorkspaceMembershipResponse::from(&member.membership),
            organization_id: member.membership.organization_id,
            workspace: workspace.clone(),
            public_user_data: user.clone(),
            user,
            roles: member.roles.into_iter().map(WorkspaceRoleResponse::from).collect(),
            public_metadata: object(&member.membership.public_metadata),
            eligibility_restriction: Eligibility::NONE,
        }
    }
}

/// One of the caller's workspace memberships, with its workspace, organization and roles.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DetailedWorkspaceMembership)]
pub(crate) struct DetailedWorkspaceMembershipResponse {
    #[serde(flatten)]
    membership: WorkspaceMembershipResponse,
    organization_id: OrganizationId,
    workspace: WorkspaceResponse,
    organization: Option<OrganizationResponse>,
    roles: Vec<WorkspaceRoleResponse>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    eligibility_restriction: Eligibility,
}

impl DetailedWorkspaceMembershipResponse {
    pub(crate) fn new(own: OwnWorkspaceMembership, context: ResponseContext<'_>) -> Self {
        Self {
            membership: WorkspaceMembershipResponse::from(&own.membership),
            organization_id: own.membership.organization_id,
            workspace: WorkspaceResponse::new(own.workspace, context),
            organization: Some(OrganizationResponse::new(own.organization, context)),
            roles: own.roles.into_iter().map(WorkspaceRoleResponse::from).collect(),
            public_metadata: object(&own.membership.public_metadata),
            eligibility_restriction: Eligibility::new(own.restriction),
        }
    }
}
