//! Which fields of a workspace a member reads (ASVS 8.2.3).

use super::Workspace;
use crate::permission::AddressList;

impl Workspace {
    /// For a member: the IP address restriction only if they may update the workspace.
    pub(crate) fn visible_to(self, can_update: bool) -> Self {
        if can_update {
            return self;
        }
        Self { whitelisted_ips: AddressList::default().to_json(), enable_ip_restriction: false, ..self }
    }

    /// For a member whose IP address the workspace or its organization does not allow: its id and name.
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
            public_metadata: "{}".to_owned(),
            private_metadata: "{}".to_owned(),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}
