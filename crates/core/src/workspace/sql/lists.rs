//! Statements of sorted lists of workspaces.

use vestibule_db::{Text, record, sql};

use super::Workspace;
use crate::id::{MembershipId, OrganizationId, WorkspaceId};
use crate::listing::packed_ids;
use crate::organization::sql::RoleMemberCount;
use crate::permission::PermissionSet;

record! {
    /// A workspace in a sorted list.
    pub(crate) struct WorkspaceKey {
        pub(crate) id: WorkspaceId,
        pub(crate) name: String,
    }
}

record! {
    /// A role of the caller in a workspace of the list.
    pub struct OwnRole {
        pub(crate) in_workspace: WorkspaceId,
        /// `None` for a shared role of the deployment.
        pub workspace_id: Option<WorkspaceId>,
        pub name: String,
        pub permissions: PermissionSet,
    }
}

sql! {
    /// Between two ids, exclusive.
    NEWEST(OrganizationId, WorkspaceId, WorkspaceId, i64, i64) -> WorkspaceKey =
        "SELECT id, name FROM workspaces WHERE organization_id = $1 AND id > $2 AND id < $3
          ORDER BY id DESC LIMIT $4 OFFSET $5";

    OLDEST(OrganizationId, WorkspaceId, WorkspaceId, i64, i64) -> WorkspaceKey =
        "SELECT id, name FROM workspaces WHERE organization_id = $1 AND id > $2 AND id < $3
          ORDER BY id LIMIT $4 OFFSET $5";

    NEWEST_OF_MEMBER(OrganizationId, MembershipId, i64) -> WorkspaceKey =
        "SELECT w.id AS id, w.name AS name
           FROM workspace_memberships m
           JOIN workspaces w ON w.organization_id = $1 AND w.id = m.workspace_id
          WHERE m.organization_id = $1 AND m.organization_membership_id = $2
          ORDER BY m.workspace_id DESC LIMIT $3";

    /// Counts up to a limit.
    COUNT(OrganizationId, i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT id FROM workspaces WHERE organization_id = $1 LIMIT $2) counted";

    /// The number of members of each role that can be assigned, up to a limit.
    ROLE_MEMBER_COUNTS(OrganizationId, WorkspaceId, i64) -> RoleMemberCount =
        "SELECT r.id AS id,
                (SELECT COUNT(*) FROM (SELECT mr.workspace_membership_id FROM workspace_membership_roles mr
                                        WHERE mr.role_scope = r.scope AND mr.role_id = r.id AND mr.organization_id = $1
                                          AND mr.workspace_id = $2
                                        LIMIT $3) counted) AS members
           FROM workspace_roles r
          WHERE ((r.organization_id = $1 AND r.workspace_id = $2) OR r.scope = 0) AND r.removed_at IS NULL";

    WORKSPACES(OrganizationId, Text) -> Workspace =
        concat!(
            "SELECT w.id AS id, w.organization_id AS organization_id, w.name AS name, w.description AS description,
                    w.image_url AS image_url, w.member_count AS member_count, w.whitelisted_ips AS whitelisted_ips,
                    w.enable_ip_restriction AS enable_ip_restriction, w.enforce_mfa AS enforce_mfa,
                    w.minimum_assurance AS minimum_assurance, w.mfa_enforced_from AS mfa_enforced_from,
                    w.public_metadata AS public_metadata, w.private_metadata AS private_metadata,
                    w.created_at AS created_at, w.updated_at AS updated_at
               FROM ",
            packed_ids!("$2"),
            "CROSS JOIN workspaces w WHERE w.organization_id = $1 AND w.id = p.id"
        );

    OWN_ROLES(OrganizationId, Text, MembershipId) -> OwnRole =
        concat!(
            "SELECT m.workspace_id AS in_workspace, r.workspace_id AS workspace_id, r.name AS name,
                    r.permissions AS permissions
               FROM ",
            packed_ids!("$2"),
            "CROSS JOIN workspace_memberships m
               JOIN workspace_membership_roles mr ON mr.organization_id = m.organization_id
                    AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
               JOIN workspace_roles r ON r.scope = mr.role_scope + 0 AND r.id = mr.role_id + 0
              WHERE m.organization_id = $1 AND m.workspace_id = p.id AND m.organization_membership_id = $3
              ORDER BY r.id"
        );
}
