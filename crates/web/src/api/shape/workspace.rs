//! Workspaces and their memberships: contract B.0.8.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::access::PermissionSet;
use vestibule_core::id::{MembershipId, OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId};
use vestibule_core::time::Timestamp;
use vestibule_core::workspace::{
    OwnWorkspaceMembership, Workspace, WorkspaceMember, WorkspaceMembership, WorkspaceMembershipRole, WorkspaceRole,
};

use super::organization::Eligibility;
use super::{OrganizationShape, UserShape, list, object};
use crate::app::Here;

/// A workspace as its members see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceShape {
    id: WorkspaceId,
    organization_id: OrganizationId,
    name: String,
    description: String,
    image_url: String,
    whitelisted_ips: Vec<String>,
    enable_ip_restriction: bool,
    enforce_mfa: bool,
    /// The same as `enforce_mfa`, under its later name.
    enforce_2fa: bool,
    member_count: i64,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    /// Always empty: there are no segments here.
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl WorkspaceShape {
    pub(crate) fn new(workspace: Workspace, here: Here<'_>) -> Self {
        Self {
            id: workspace.id,
            organization_id: workspace.organization_id,
            name: workspace.name,
            description: workspace.description,
            image_url: here.image_url(&workspace.image_url),
            whitelisted_ips: list(&workspace.whitelisted_ips),
            enable_ip_restriction: workspace.enable_ip_restriction,
            enforce_mfa: workspace.enforce_mfa,
            enforce_2fa: workspace.enforce_mfa,
            member_count: workspace.member_count,
            public_metadata: object(&workspace.public_metadata),
            segments: [],
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
        }
    }
}

/// That a member of an organization belongs to one of its workspaces.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMembership)]
pub(crate) struct WorkspaceMembershipShape {
    id: WorkspaceMembershipId,
    workspace_id: WorkspaceId,
    organization_membership_id: MembershipId,
    user_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&WorkspaceMembership> for WorkspaceMembershipShape {
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

/// A role for workspaces.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceRole)]
pub(crate) struct WorkspaceRoleShape {
    id: WorkspaceRoleId,
    /// "0" for a role of the deployment, which all workspaces share.
    workspace_id: WorkspaceId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    is_system_role: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_deployment_level: bool,
}

/// Two kinds of row hold a role.
macro_rules! roles {
    ($($row:ty),+) => {$(
        impl From<$row> for WorkspaceRoleShape {
            fn from(role: $row) -> Self {
                let shared = role.workspace_id.is_none();
                Self {
                    id: role.id,
                    workspace_id: role.workspace_id.unwrap_or_else(|| 0.into()),
                    name: role.name,
                    permissions: role.permissions,
                    is_system_role: shared,
                    created_at: role.created_at,
                    updated_at: role.updated_at,
                    is_deployment_level: shared,
                }
            }
        }
    )+};
}

roles!(WorkspaceRole, WorkspaceMembershipRole);

/// A member of a workspace as the others see them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkspaceMember)]
pub(crate) struct WorkspaceMemberShape {
    #[serde(flatten)]
    membership: WorkspaceMembershipShape,
    organization_id: OrganizationId,
    workspace: WorkspaceShape,
    user: UserShape,
    roles: Vec<WorkspaceRoleShape>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    eligibility_restriction: Eligibility,
}

impl WorkspaceMemberShape {
    pub(crate) fn new(member: WorkspaceMember, workspace: &WorkspaceShape, here: Here<'_>) -> Self {
        Self {
            membership: WorkspaceMembershipShape::from(&member.membership),
            organization_id: member.membership.organization_id,
            workspace: workspace.clone(),
            user: UserShape::new(&member.user, here),
            roles: member.roles.into_iter().map(WorkspaceRoleShape::from).collect(),
            public_metadata: object(&member.membership.public_metadata),
            eligibility_restriction: Eligibility::NONE,
        }
    }
}

/// One of the caller's workspace memberships with everything around it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DetailedWorkspaceMembership)]
pub(crate) struct OwnWorkspaceMembershipShape {
    #[serde(flatten)]
    membership: WorkspaceMembershipShape,
    organization_id: OrganizationId,
    workspace: WorkspaceShape,
    organization: Option<OrganizationShape>,
    roles: Vec<WorkspaceRoleShape>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    eligibility_restriction: Eligibility,
}

impl OwnWorkspaceMembershipShape {
    pub(crate) fn new(own: OwnWorkspaceMembership, here: Here<'_>) -> Self {
        Self {
            membership: WorkspaceMembershipShape::from(&own.membership),
            organization_id: own.membership.organization_id,
            workspace: WorkspaceShape::new(own.workspace, here),
            organization: Some(OrganizationShape::new(own.organization, here)),
            roles: own.roles.into_iter().map(WorkspaceRoleShape::from).collect(),
            public_metadata: object(&own.membership.public_metadata),
            eligibility_restriction: Eligibility::of(own.is_let_in),
        }
    }
}
