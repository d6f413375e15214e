//! The statements of setup links. [`SETUP_LINK`](crate::caller::sql::SETUP_LINK) loads that of a caller.

use vestibule_db::{Bytes, Text, record, sql};

use crate::id::{MembershipId, OrganizationId, SetupLinkId, UserId};
use crate::setup_purpose::SetupPurposes;
use crate::time::Timestamp;

record! {
    /// A setup link as the admins of the organization see it, without its token.
    pub struct SetupLink {
        pub id: SetupLinkId,
        pub organization_id: OrganizationId,
        pub purposes: SetupPurposes,
        /// For whom it is, as the admin wrote it.
        pub recipient: String,
        /// The admin who made it.
        pub creator_id: UserId,
        pub creator_first_name: String,
        pub creator_last_name: String,
        /// Whether they are an admin still.
        pub(crate) is_creator_admin: bool,
        /// How often it was opened.
        pub uses: i64,
        pub last_used_at: Option<Timestamp>,
        pub revoked_at: Option<Timestamp>,
        /// Exclusive.
        pub expires_at: Timestamp,
        pub created_at: Timestamp,
    }
}

/// A statement with the columns of a [`SetupLink`].
macro_rules! setup_link {
    ($after:literal) => {
        concat!(
            "SELECT l.id AS id, l.organization_id AS organization_id, l.purposes AS purposes, l.recipient AS recipient,
                    u.id AS creator_id, u.first_name AS creator_first_name, u.last_name AS creator_last_name,
                    CASE WHEN u.disabled = 0
                          AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                                        JOIN organization_roles r
                                          ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                                       WHERE mr.organization_id = m.organization_id AND mr.membership_id = m.id)
                         THEN 1 ELSE 0 END AS is_creator_admin,
                    l.uses AS uses, l.last_used_at AS last_used_at, l.revoked_at AS revoked_at,
                    l.expires_at AS expires_at, l.created_at AS created_at
               FROM setup_links l
               JOIN organization_memberships m ON m.organization_id = l.organization_id AND m.id = l.created_by
               JOIN users u ON u.id = m.user_id ",
            $after
        )
    };
}

sql! {
    /// Inserts nothing if `max` links of the organization can be opened.
    INSERT(NewLink {
        id: SetupLinkId,
        organization: OrganizationId,
        created_by: MembershipId,
        token_digest: Bytes,
        purposes: SetupPurposes,
        recipient: Text,
        expires_at: Timestamp,
        now: Timestamp,
        max: i64,
    }) =
        "INSERT INTO setup_links (id, organization_id, created_by, token_digest, purposes, recipient, expires_at, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE (SELECT COUNT(*) FROM setup_links l
                  WHERE l.organization_id = $2 AND l.expires_at > $8 AND l.revoked_at IS NULL) < $9";

    /// Deletes the links that have ended, but for those among the newest `$3` of the organization.
    DELETE_ENDED(OrganizationId, Timestamp, i64) =
        "DELETE FROM setup_links
          WHERE organization_id = $1 AND (expires_at <= $2 OR revoked_at IS NOT NULL)
            AND id NOT IN (SELECT l.id FROM setup_links l WHERE l.organization_id = $1 ORDER BY l.id DESC LIMIT $3)";

    /// Newest first.
    LIST(OrganizationId) -> SetupLink = setup_link!("WHERE l.organization_id = $1 ORDER BY l.id DESC");

    FIND(OrganizationId, SetupLinkId) -> SetupLink = setup_link!("WHERE l.organization_id = $1 AND l.id = $2");

    /// Changes no link that was revoked or has expired.
    MARK_USED(OrganizationId, SetupLinkId, Timestamp) =
        "UPDATE setup_links SET uses = uses + 1, last_used_at = $3
          WHERE organization_id = $1 AND id = $2 AND expires_at > $3 AND revoked_at IS NULL";

    /// Changes no link that was revoked or has expired.
    REVOKE(OrganizationId, SetupLinkId, Timestamp) =
        "UPDATE setup_links SET revoked_at = $3
          WHERE organization_id = $1 AND id = $2 AND expires_at > $3 AND revoked_at IS NULL";
}
