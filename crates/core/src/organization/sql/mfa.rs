//! The statement on what an organization requires of sign-ins.

use vestibule_db::{record, sql};

use crate::assurance::Assurance;
use crate::id::OrganizationId;
use crate::time::Timestamp;

record! {
    /// What an organization requires of sign-ins, and how many of its members can meet it.
    pub(crate) struct MfaStatusRow {
        pub(crate) enforce_mfa: bool,
        pub(crate) minimum_assurance: Assurance,
        pub(crate) mfa_enforced_from: Timestamp,
        pub(crate) members: i64,
        pub(crate) members_with_second_factor: i64,
        pub(crate) members_with_passkey: i64,
    }
}

sql! {
    /// The requirement, and how many members have a second factor.
    STATUS(OrganizationId) -> MfaStatusRow =
        "SELECT o.enforce_mfa AS enforce_mfa, o.minimum_assurance AS minimum_assurance,
                o.mfa_enforced_from AS mfa_enforced_from, c.members AS members,
                c.with_second_factor AS members_with_second_factor, c.with_passkey AS members_with_passkey
           FROM organizations o
          CROSS JOIN (SELECT COUNT(*) AS members,
                             COUNT(CASE WHEN (u.second_factors & 3) <> 0 THEN 1 END) AS with_second_factor,
                             COUNT(CASE WHEN (u.second_factors & 2) <> 0 THEN 1 END) AS with_passkey
                        FROM organization_memberships m JOIN users u ON u.id = m.user_id
                       WHERE m.organization_id = $1) c
          WHERE o.id = $1 AND o.deleted_at IS NULL";
}
