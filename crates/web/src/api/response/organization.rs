//! Organizations, their roles and memberships.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::{Assurance, SecondFactors};
use vestibule_core::id::{DeploymentId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId};
use vestibule_core::membership::{MemberDetails, Membership, MembershipRole, OwnMembership};
use vestibule_core::organization::{Organization, Role, RoleDetails};
use vestibule_core::permission::{PermissionSet, Restriction};
use vestibule_core::time::Timestamp;

use super::user::user_of_member;
use super::{NoMetadata, UserResponse, list, object};
use crate::app::ResponseContext;

/// An organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub(crate) struct OrganizationResponse {
    id: OrganizationId,
    deployment_id: DeploymentId,
    name: String,
    description: String,
    image_url: String,
    member_count: i64,
    whitelisted_ips: Vec<String>,
    enable_ip_restriction: bool,
    enforce_mfa: bool,
    /// What `enforce_mfa` requires of sign-ins: `two_factors` or `phishing_resistant`. Null without it.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Null without `enforce_mfa`.
    mfa_enforced_from: Option<Timestamp>,
    auto_assigned_workspace_id: Option<WorkspaceId>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    private_metadata: NoMetadata,
    /// Always empty: segments are not supported.
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl OrganizationResponse {
    pub(crate) fn new(organization: Organization, context: ResponseContext<'_>) -> Self {
        let mfa = organization.mfa();
        Self {
            id: organization.id,
            deployment_id: context.deployment,
            name: organization.name,
            description: organization.description,
            image_url: context.image_url(&organization.image_url),
            member_count: organization.member_count,
            whitelisted_ips: list(&organization.whitelisted_ips),
            enable_ip_restriction: organization.enable_ip_restriction,
            enforce_mfa: mfa.is_enforced,
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            auto_assigned_workspace_id: Some(organization.auto_assigned_workspace_id).filter(|id| id.get() != 0),
            public_metadata: object(&organization.public_metadata),
            private_metadata: NoMetadata {},
            segments: [],
            created_at: organization.created_at,
            updated_at: organization.updated_at,
        }
    }
}

/// An organization role.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OrganizationRole)]
pub(crate) struct RoleResponse {
    id: RoleId,
    /// "0" for a deployment role, which all organizations share.
    organization_id: OrganizationId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    is_system_role: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_deployment_level: bool,
}

impl RoleResponse {
    pub(crate) fn new(
        id: RoleId,
        organization: Option<OrganizationId>,
        name: String,
        permissions: PermissionSet,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        let is_shared = organization.is_none();
        let organization_id = organization.unwrap_or_else(|| 0.into());
        Self {
            id,
            organization_id,
            name,
            permissions,
            is_system_role: is_shared,
            created_at,
            updated_at,
            is_deployment_level: is_shared,
        }
    }
}

// Roles come from two kinds of rows.
macro_rules! impl_from_role {
    ($($row:ty),+) => {$(
        impl From<$row> for RoleResponse {
            fn from(role: $row) -> Self {
                let times = (role.created_at, role.updated_at);
                Self::new(role.id, role.organization_id, role.name, role.permissions, times)
            }
        }
    )+};
}

impl_from_role!(Role, MembershipRole);

/// A role of the organization or of the deployment, and who would be affected by a change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationRoleDetails)]
pub(crate) struct RoleDetailsResponse {
    #[serde(flatten)]
    role: RoleResponse,
    /// The number of members with the role.
    member_count: i64,
    /// The number of pending invitations with the role.
    pending_invitation_count: i64,
}

impl From<RoleDetails> for RoleDetailsResponse {
    fn from(details: RoleDetails) -> Self {
        Self {
            role: RoleResponse::from(details.role),
            member_count: details.usage.members,
            pending_invitation_count: details.usage.invitations,
        }
    }
}

/// A user's membership in an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationMembership)]
pub(crate) struct MembershipResponse {
    id: MembershipId,
    organization_id: OrganizationId,
    user_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&Membership> for MembershipResponse {
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

/// The reason why a member cannot use the organization now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Eligibility {
    /// `none`, `ip_not_allowed`, `sso_required`, `mfa_required` or `ip_and_mfa_required`: what the member has to do first.
    r#type: &'static str,
    /// What the member can do about it.
    message: &'static str,
}

impl Eligibility {
    pub(super) const NONE: Self = Self::new(Restriction::NONE);

    pub(super) const fn new(restriction: Restriction) -> Self {
        let needs_mfa = restriction.missing_assurance().is_some();
        let r#type = match (restriction.is_address_allowed(), restriction.requires_sso(), needs_mfa) {
            (true, false, false) => "none",
            (true, true, _) => "sso_required",
            (true, false, true) => "mfa_required",
            (false, false, true) => "ip_and_mfa_required",
            (false, _, _) => "ip_not_allowed",
        };
        Self { r#type, message: restriction.message() }
    }
}

/// A membership with its organization, user and roles.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DetailedOrganizationMembership)]
pub(crate) struct DetailedMembershipResponse {
    #[serde(flatten)]
    membership: MembershipResponse,
    organization: OrganizationResponse,
    user: UserResponse,
    roles: Vec<RoleResponse>,
    #[schema(value_type = Object)]
    public_metadata: serde_json::Value,
    eligibility_restriction: Eligibility,
    /// Which second factors the member has: `authenticator`, `passkey`, `backup_codes`. Null without
    /// `organization:manage_members`, and in the caller's own memberships.
    #[schema(value_type = Option<Vec<String>>)]
    second_factors: Option<Vec<&'static str>>,
}

impl DetailedMembershipResponse {
    pub(crate) fn from_own(own: OwnMembership, context: ResponseContext<'_>) -> Self {
        Self {
            membership: MembershipResponse::from(&own.membership),
            organization: OrganizationResponse::new(own.organization, context),
            user: UserResponse::new(&own.user, context),
            roles: own.roles.into_iter().map(RoleResponse::from).collect(),
            public_metadata: object(&own.membership.public_metadata),
            eligibility_restriction: Eligibility::new(own.restriction),
            second_factors: None,
        }
    }

    pub(crate) fn from_member(
        details: MemberDetails,
        organization: &OrganizationResponse,
        context: ResponseContext<'_>,
    ) -> Self {
        let member = &details.member;
        Self {
            membership: MembershipResponse {
                id: member.id,
                organization_id: organization.id,
                user_id: member.user_id,
                created_at: member.created_at,
                updated_at: member.updated_at,
            },
            organization: organization.clone(),
            user: UserResponse::new(&user_of_member(member), context),
            public_metadata: object(&member.public_metadata),
            roles: details.roles.into_iter().map(RoleResponse::from).collect(),
            eligibility_restriction: Eligibility::NONE,
            second_factors: details.second_factors.map(SecondFactors::names),
        }
    }
}
