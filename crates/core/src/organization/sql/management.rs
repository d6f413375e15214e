//! Statements on organizations as API keys see them: all organizations, with the private metadata.

use vestibule_db::{Text, record, sql};

use crate::assurance::Assurance;
use crate::cache::Scope;
use crate::id::OrganizationId;
use crate::listing::packed_ids;
use crate::time::Timestamp;

record! {
    /// An organization with its private metadata.
    pub struct ManagedOrganization {
        pub id: OrganizationId,
        pub name: String,
        pub description: String,
        pub image_url: String,
        pub member_count: i64,
        pub enforce_mfa: bool,
        pub minimum_assurance: Assurance,
        pub mfa_enforced_from: Timestamp,
        /// A JSON object.
        pub public_metadata: String,
        /// A JSON object.
        pub private_metadata: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// An organization in a sorted list.
    pub(crate) struct SortedOrganization {
        pub(crate) id: OrganizationId,
        pub(crate) name: String,
        pub(crate) sort_name: String,
    }
}

/// Selects the keys of organizations that are not deleted.
macro_rules! keys {
    ($where:literal) => {
        concat!(
            "SELECT o.id AS id, o.name AS name, o.sort_name AS sort_name FROM organizations o
              WHERE o.deleted_at IS NULL AND ",
            $where
        )
    };
}

sql! {
    /// Between two ids, exclusive, as [`OLDEST`].
    NEWEST(OrganizationId, OrganizationId, i64, i64) -> SortedOrganization =
        keys!("o.id > $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3 OFFSET $4");

    OLDEST(OrganizationId, OrganizationId, i64, i64) -> SortedOrganization =
        keys!("o.id > $1 AND o.id < $2 ORDER BY o.id LIMIT $3 OFFSET $4");

    /// After a name and an id.
    BY_NAME(Text, OrganizationId, i64, i64) -> SortedOrganization =
        keys!("(o.sort_name, o.id) > ($1, $2) ORDER BY o.sort_name, o.id LIMIT $3 OFFSET $4");

    /// Before a name and an id.
    BY_NAME_DESCENDING(Text, OrganizationId, i64, i64) -> SortedOrganization =
        keys!("(o.sort_name, o.id) < ($1, $2) ORDER BY o.sort_name DESC, o.id DESC LIMIT $3 OFFSET $4");

    /// Counts up to a limit. `$1` is less than every id: the statement seeks in the primary key.
    COUNT(OrganizationId, i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT o.id FROM organizations o
                                WHERE o.id > $1 AND o.deleted_at IS NULL LIMIT $2) counted";

    ORGANIZATIONS(Text) -> ManagedOrganization =
        concat!(
            "SELECT o.id AS id, o.name AS name, o.description AS description, o.image_url AS image_url,
                    o.member_count AS member_count, o.enforce_mfa AS enforce_mfa, o.minimum_assurance AS minimum_assurance,
                    o.mfa_enforced_from AS mfa_enforced_from, o.public_metadata AS public_metadata,
                    o.private_metadata AS private_metadata, o.created_at AS created_at, o.updated_at AS updated_at
               FROM ",
            packed_ids!("$1"),
            "CROSS JOIN organizations o WHERE o.id = p.id AND o.deleted_at IS NULL"
        );

    ORGANIZATION(OrganizationId) -> ManagedOrganization =
        "SELECT id, name, description, image_url, member_count, enforce_mfa, minimum_assurance, mfa_enforced_from,
                public_metadata, private_metadata, created_at, updated_at
           FROM organizations WHERE id = $1 AND deleted_at IS NULL";

    /// `NULL` leaves metadata unchanged.
    SET_METADATA(OrganizationId, Option<Text>, Option<Text>, Timestamp) -> ManagedOrganization invalidates Organization(1) =
        "UPDATE organizations SET public_metadata = COALESCE($2, public_metadata),
                                  private_metadata = COALESCE($3, private_metadata), updated_at = $4
          WHERE id = $1 AND deleted_at IS NULL
      RETURNING id, name, description, image_url, member_count, enforce_mfa, minimum_assurance, mfa_enforced_from,
                public_metadata, private_metadata, created_at, updated_at";
}
