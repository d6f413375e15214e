//! What the organizations and workspaces of a session require of those who read its roles.

use super::sql::{SignInRole, SignInWorkspaceRole};
use crate::assurance::MfaRequirement;
use crate::permission::AccessConditions;

impl SignInRole {
    pub(super) fn access_conditions(&self) -> AccessConditions<'_> {
        AccessConditions {
            restricts_addresses: self.restricts_addresses,
            allowed_addresses: &self.allowed_addresses,
            mfa: MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from),
        }
    }
}

impl SignInWorkspaceRole {
    /// Those of the organization and of the workspace.
    pub(super) fn access_conditions(&self) -> [AccessConditions<'_>; 2] {
        let of_organization = AccessConditions {
            restricts_addresses: self.organization_restricts_addresses,
            allowed_addresses: &self.organization_allowed_addresses,
            mfa: MfaRequirement::new(
                self.organization_enforces_mfa,
                self.organization_minimum_assurance,
                self.organization_mfa_enforced_from,
            ),
        };
        let of_workspace = AccessConditions {
            restricts_addresses: self.restricts_addresses,
            allowed_addresses: &self.allowed_addresses,
            mfa: MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from),
        };
        [of_organization, of_workspace]
    }
}

/// Those of all organizations and workspaces that the roles are in.
pub(super) fn access_conditions<'a>(
    roles: &'a [SignInRole],
    workspace_roles: &'a [SignInWorkspaceRole],
) -> impl Iterator<Item = AccessConditions<'a>> {
    let of_organizations = roles.iter().map(SignInRole::access_conditions);
    of_organizations.chain(workspace_roles.iter().flat_map(SignInWorkspaceRole::access_conditions))
}
