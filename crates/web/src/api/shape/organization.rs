//! Organizations, their roles and memberships: contract B.0.3 to B.0.5.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Code;
use vestibule_core::access::PermissionSet;
use vestibule_core::id::{DeploymentId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId};
use vestibule_core::membership::{Membership, MembershipRole, OwnMembership, ShownMember};
use vestibule_core::organization::{Organization, Role};
use vestibule_core::time::Timestamp;

use super::user::of_member;
use super::{UserShape, list, object};
use crate::app::Here;

/// An organization as its members see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub(crate) struct OrganizationShape {
    id: OrganizationId,
    deployment_id: DeploymentId,
    name: String,
    description: String,
    image_url: String,
    member_count: i64,
    whitelisted_ips: Vec<String>,
    enable_ip_restriction: bool,
    enforce_mfa: bool,
    auto_assigned_workspace_id: Option<WorkspaceId>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    /// Always empty: there are no segments here.
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl OrganizationShape {
    pub(crate) fn new(organization: Organization, here: Here<'_>) -> Self {
        Self {
            id: organization.id,
            deployment_id: here.deployment,
            name: organization.name,
            description: organization.description,
            image_url: here.image_url(&organization.image_url),
            member_count: organization.member_count,
            whitelisted_ips: list(&organization.whitelisted_ips),
            enable_ip_restriction: organization.enable_ip_restriction,
            enforce_mfa: organization.enforce_mfa,
            auto_assigned_workspace_id: Some(organization.auto_assigned_workspace_id).filter(|id| id.get() != 0),
            public_metadata: object(&organization.public_metadata),
            segments: [],
            created_at: organization.created_at,
            updated_at: organization.updated_at,
        }
    }
}

/// A role for organizations.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OrganizationRole)]
pub(crate) struct RoleShape {
    id: RoleId,
    /// "0" for a role of the deployment, which all organizations share.
    organization_id: OrganizationId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    is_system_role: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_deployment_level: bool,
}

impl RoleShape {
    pub(crate) fn new(
        id: RoleId,
        organization: Option<OrganizationId>,
        name: String,
        permissions: PermissionSet,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        let shared = organization.is_none();
        let organization_id = organization.unwrap_or_else(|| 0.into());
        Self {
            id,
            organization_id,
            name,
            permissions,
            is_system_role: shared,
            created_at,
            updated_at,
            is_deployment_level: shared,
        }
    }
}

/// Two kinds of row hold a role.
macro_rules! roles {
    ($($row:ty),+) => {$(
        impl From<$row> for RoleShape {
            fn from(role: $row) -> Self {
                let times = (role.created_at, role.updated_at);
                Self::new(role.id, role.organization_id, role.name, role.permissions, times)
            }
        }
    )+};
}

roles!(Role, MembershipRole);

/// That a user belongs to an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationMembership)]
pub(crate) struct MembershipShape {
    id: MembershipId,
    organization_id: OrganizationId,
    user_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&Membership> for MembershipShape {
    fn from(membership: &Membership) -> Self {
        Self {
            id: membership.id,
            organization_id: membership.organization_id,
            user_id: membership.user_id,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
        }
    }
}

/// What keeps a member out for now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Eligibility {
    r#type: &'static str,
    message: &'static str,
}

impl Eligibility {
    pub(super) const NONE: Self = Self { r#type: "none", message: "" };

    /// What keeps somebody out who is where they are.
    pub(super) fn of(is_let_in: bool) -> Self {
        if is_let_in {
            return Self::NONE;
        }
        Self { r#type: "ip_not_allowed", message: Code::AddressNotAllowed.words() }
    }
}

/// A membership with everything around it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DetailedOrganizationMembership)]
pub(crate) struct OwnMembershipShape {
    #[serde(flatten)]
    membership: MembershipShape,
    organization: OrganizationShape,
    user: UserShape,
    roles: Vec<RoleShape>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    eligibility_restriction: Eligibility,
}

impl OwnMembershipShape {
    /// One of the caller's own memberships.
    pub(crate) fn own(own: OwnMembership, here: Here<'_>) -> Self {
        Self {
            membership: MembershipShape::from(&own.membership),
            organization: OrganizationShape::new(own.organization, here),
            user: UserShape::new(&own.user, here),
            roles: own.roles.into_iter().map(RoleShape::from).collect(),
            public_metadata: object(&own.membership.public_metadata),
            eligibility_restriction: Eligibility::of(own.is_let_in),
        }
    }

    /// A member of an organization.
    pub(crate) fn member(shown: ShownMember, organization: &OrganizationShape, here: Here<'_>) -> Self {
        let member = &shown.member;
        Self {
            membership: MembershipShape {
                id: member.id,
                organization_id: organization.id,
                user_id: member.user_id,
                created_at: member.created_at,
                updated_at: member.updated_at,
            },
            organization: organization.clone(),
            user: UserShape::new(&of_member(member), here),
            public_metadata: object(&member.public_metadata),
            roles: shown.roles.into_iter().map(RoleShape::from).collect(),
            eligibility_restriction: Eligibility::NONE,
        }
    }
}
