//! What the organizations and workspaces of a session require of those who read its roles.

use std::collections::HashSet;

use super::sql::{SignInRole, SignInWorkspaceRole};
use crate::assurance::MfaRequirement;
use crate::id::MembershipId;
use crate::permission::{ADMIN, AccessConditions};

impl SignInRole {
    pub(super) fn access_conditions(&self, is_admin: bool) -> AccessConditions<'_> {
        AccessConditions {
            organization: self.organization_id,
            restricts_addresses: self.restricts_addresses,
            allowed_addresses: &self.allowed_addresses,
            requires_sso: self.requires_sso,
            is_admin,
            mfa: MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from),
        }
    }
}

impl SignInWorkspaceRole {
    /// Those of the organization and of the workspace.
    pub(super) fn access_conditions(&self, is_admin: bool) -> [AccessConditions<'_>; 2] {
        let of_organization = AccessConditions {
            organization: self.organization_id,
            restricts_addresses: self.organization_restricts_addresses,
            allowed_addresses: &self.organization_allowed_addresses,
            requires_sso: self.requires_sso,
            is_admin,
            mfa: MfaRequirement::new(
                self.organization_enforces_mfa,
                self.organization_minimum_assurance,
                self.organization_mfa_enforced_from,
            ),
        };
        let of_workspace = AccessConditions {
            organization: self.organization_id,
            restricts_addresses: self.restricts_addresses,
            allowed_addresses: &self.allowed_addresses,
            requires_sso: false,
            is_admin,
            mfa: MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from),
        };
        [of_organization, of_workspace]
    }
}

/// The memberships of admins among the roles.
pub(super) fn admins(roles: &[SignInRole]) -> HashSet<MembershipId> {
    roles.iter().filter(|role| role.permissions.contains(ADMIN)).map(|role| role.membership_id).collect()
}

/// Those of all organizations and workspaces that the roles are in, for members who are no admins.
pub(super) fn access_conditions<'a>(
    roles: &'a [SignInRole],
    workspace_roles: &'a [SignInWorkspaceRole],
) -> impl Iterator<Item = AccessConditions<'a>> {
    let of_organizations = roles.iter().map(|role| role.access_conditions(false));
    of_organizations.chain(workspace_roles.iter().flat_map(|role| role.access_conditions(false)))
}
