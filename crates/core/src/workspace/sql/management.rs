//! Statements that only API keys run: on the workspaces of all organizations, on those of one with their private
//! metadata, and on the metadata of members.

use vestibule_db::{Text, record, sql};

use super::Workspace;
use crate::cache::Scope;
use crate::id::{OrganizationId, WorkspaceId, WorkspaceMembershipId};
use crate::listing::packed_ids;
use crate::time::Timestamp;

record! {
    /// A workspace with the name of its organization.
    pub struct WorkspaceOverview {
        pub id: WorkspaceId,
        pub organization_id: OrganizationId,
        pub organization_name: String,
        pub name: String,
        pub description: String,
        pub image_url: String,
        pub member_count: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A workspace in a sorted list.
    pub(crate) struct SortedWorkspace {
        pub(crate) id: WorkspaceId,
        pub(crate) name: String,
        pub(crate) sort_name: String,
    }
}

/// Workspaces of organizations that are not deleted, read in the order of an index of theirs.
macro_rules! workspaces {
    ($condition:literal, $end:literal) => {
        concat!(
            "FROM workspaces w CROSS JOIN organizations o
              WHERE o.id = w.organization_id AND o.deleted_at IS NULL AND ",
            $condition,
            $end
        )
    };
}

macro_rules! keys {
    ($rest:expr) => {
        concat!("SELECT w.id AS id, w.name AS name, w.sort_name AS sort_name ", $rest)
    };
}

sql! {
    /// Before an id.
    NEWEST(WorkspaceId, i64, i64) -> SortedWorkspace =
        keys!(workspaces!("w.id < $1", " ORDER BY w.id DESC LIMIT $2 OFFSET $3"));

    /// After an id.
    OLDEST(WorkspaceId, i64, i64) -> SortedWorkspace =
        keys!(workspaces!("w.id > $1", " ORDER BY w.id LIMIT $2 OFFSET $3"));

    /// After a folded name and an id.
    BY_NAME(Text, WorkspaceId, i64, i64) -> SortedWorkspace =
        keys!(workspaces!("(w.sort_name, w.id) > ($1, $2)", " ORDER BY w.sort_name, w.id LIMIT $3 OFFSET $4"));

    /// Before a folded name and an id.
    BY_NAME_DESCENDING(Text, WorkspaceId, i64, i64) -> SortedWorkspace =
        keys!(workspaces!(
            "(w.sort_name, w.id) < ($1, $2)",
            " ORDER BY w.sort_name DESC, w.id DESC LIMIT $3 OFFSET $4"
        ));

    /// Counts up to a limit. The first argument is 0.
    COUNT(WorkspaceId, i64) -> (i64,) =
        concat!("SELECT COUNT(*) FROM (SELECT w.id ", workspaces!("w.id > $1", " LIMIT $2"), ") counted");

    SET_MEMBER_METADATA(OrganizationId, WorkspaceId, WorkspaceMembershipId, Text, Timestamp) invalidates Organization(1) =
        "UPDATE workspace_memberships SET public_metadata = $4, updated_at = $5
          WHERE organization_id = $1 AND workspace_id = $2 AND id = $3";

    /// Newest first.
    OF_ORGANIZATION(OrganizationId, i64) -> Workspace =
        "SELECT id, organization_id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction,
                enforce_mfa, minimum_assurance, mfa_enforced_from, public_metadata, private_metadata, created_at, updated_at
           FROM workspaces WHERE organization_id = $1 ORDER BY id DESC LIMIT $2";

    OVERVIEWS(Text) -> WorkspaceOverview =
        concat!(
            "SELECT w.id AS id, w.organization_id AS organization_id, o.name AS organization_name, w.name AS name,
                    w.description AS description, w.image_url AS image_url, w.member_count AS member_count,
                    w.created_at AS created_at, w.updated_at AS updated_at
               FROM ",
            packed_ids!("$1"),
            "CROSS JOIN workspaces w CROSS JOIN organizations o
              WHERE w.id = p.id AND o.id = w.organization_id AND o.deleted_at IS NULL"
        );
}
