//! Statements that add members for API keys, and show one of them.

use vestibule_db::{Text, record, sql};

use super::Member;
use crate::cache::Scope;
use crate::id::{MemberId, MembershipId, OrganizationId, UserId};
use crate::listing::packed_ids;
use crate::time::Timestamp;

record! {
    /// A user who may become a member.
    pub(crate) struct Candidate {
        pub(crate) user_id: UserId,
        pub(crate) disabled: bool,
        /// `None` unless they are a member.
        pub(crate) membership_id: Option<MembershipId>,
    }
}

sql! {
    CANDIDATES(OrganizationId, Text) -> Candidate =
        concat!(
            "SELECT u.id AS user_id, u.disabled AS disabled, m.id AS membership_id FROM ",
            packed_ids!("$2"),
            "CROSS JOIN users u
               LEFT JOIN organization_memberships m ON m.organization_id = $1 AND m.user_id = u.id
              WHERE u.id = p.id"
        );

    /// Those of the users who hold a seat by an open invitation to a verified address of theirs.
    INVITED(OrganizationId, Text, Timestamp) -> (UserId,) =
        concat!(
            "SELECT e.user_id FROM ",
            packed_ids!("$2"),
            "CROSS JOIN email_addresses e
               JOIN invitations i ON i.organization_id = $1 AND i.email_key = e.address_key
                AND i.status = 'pending' AND i.expires_at > $3
              WHERE e.user_id = p.id AND e.verified_at IS NOT NULL"
        );

    SET_PUBLIC_METADATA(OrganizationId, MembershipId, Text, Timestamp) invalidates Organization(1) =
        "UPDATE organization_memberships SET public_metadata = $3, updated_at = $4
          WHERE organization_id = $1 AND id = $2";

    /// By the id of the membership or of the user, in an organization that is not deleted.
    MEMBER(OrganizationId, MemberId) -> Member =
        members!(
            "organizations o JOIN organization_memberships m ON m.organization_id = o.id",
            "WHERE m.organization_id = $1 AND o.deleted_at IS NULL AND (m.id = $2 OR m.user_id = $2)"
        );
}
