//! Which fields of an organization a member reads (ASVS 8.2.3). `docs/security.md` has the rules of all resources.

use super::Organization;
use crate::assurance::{Assurance, MfaRequirement};
use crate::permission::{AccessConditions, AddressList, PermissionSet, RequiredPermission};

impl Organization {
    /// What it requires of sign-ins.
    pub fn mfa(&self) -> MfaRequirement {
        MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from)
    }

    /// What it requires of a member, who `requires_sso` if they have to sign in through its identity provider.
    pub(crate) fn access_conditions(&self, requires_sso: bool, is_admin: bool) -> AccessConditions<'_> {
        AccessConditions {
            organization: self.id,
            restricts_addresses: self.enable_ip_restriction,
            allowed_addresses: &self.whitelisted_ips,
            requires_sso,
            is_admin,
            mfa: self.mfa(),
        }
    }

    /// For a member with these permissions: the IP address restriction only if they may manage settings. It would tell
    /// an attacker which network to attack from.
    pub(crate) fn visible_to(self, permissions: &PermissionSet) -> Self {
        if permissions.satisfies(RequiredPermission::ManageSettings) {
            return self;
        }
        Self { whitelisted_ips: AddressList::default().to_json(), enable_ip_restriction: false, ..self }
    }

    /// For a member whose IP address the organization does not allow, or whose sign-in is not enough: its id and name.
    pub(crate) fn name_only(self) -> Self {
        Self {
            id: self.id,
            name: self.name,
            description: String::new(),
            image_url: String::new(),
            member_count: 0,
            whitelisted_ips: AddressList::default().to_json(),
            enable_ip_restriction: false,
            enforce_mfa: false,
            minimum_assurance: Assurance::TwoFactors,
            mfa_enforced_from: self.created_at,
            requires_sso: false,
            auto_assigned_workspace_id: 0.into(),
            public_metadata: "{}".to_owned(),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}
