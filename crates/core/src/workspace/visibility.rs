//! Which fields of a workspace a member reads (ASVS 8.2.3).

use super::Workspace;
use crate::assurance::{Assurance, MfaRequirement};
use crate::permission::{AccessConditions, AddressList};

impl Workspace {
    /// What it requires of sign-ins.
    pub fn mfa(&self) -> MfaRequirement {
        MfaRequirement::new(self.enforce_mfa, self.minimum_assurance, self.mfa_enforced_from)
    }

    pub(crate) fn access_conditions(&self) -> AccessConditions<'_> {
        AccessConditions {
            organization: self.organization_id,
            restricts_addresses: self.enable_ip_restriction,
            allowed_addresses: &self.whitelisted_ips,
            requires_sso: false,
            is_admin: false,
            mfa: self.mfa(),
        }
    }

    /// For a member: the IP address restriction only if they may update the workspace.
    pub(crate) fn visible_to(self, can_update: bool) -> Self {
        if can_update {
            return self;
        }
        Self { whitelisted_ips: AddressList::default().to_json(), enable_ip_restriction: false, ..self }
    }

    /// For a member whose IP address the workspace or its organization does not allow, or whose sign-in is not enough: its
    /// id and name.
    pub(crate) fn name_only(self) -> Self {
        Self {
            id: self.id,
            organization_id: self.organization_id,
            name: self.name,
            description: String::new(),
            image_url: String::new(),
            member_count: 0,
            whitelisted_ips: AddressList::default().to_json(),
            enable_ip_restriction: false,
            enforce_mfa: false,
            minimum_assurance: Assurance::TwoFactors,
            mfa_enforced_from: self.created_at,
            public_metadata: "{}".to_owned(),
            private_metadata: "{}".to_owned(),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}
