//! Statements of filtered and sorted lists of members.
//!
//! A list reads the index that fits its filter, in both directions: of the organization, of a role, of a workspace, or
//! of names. The other filters are conditions on each row that it reads. They are subqueries for one value, because
//! PostgreSQL may load a whole table for an `EXISTS`.

use vestibule_db::{Text, record, sql};

use super::Member;
use crate::id::{MembershipId, OrganizationId, RoleId, WorkspaceId};
use crate::listing::packed_ids;
use crate::time::Timestamp;

record! {
    /// A member in a sorted list.
    pub(crate) struct MemberKey {
        pub(crate) id: MembershipId,
        pub(crate) sort_name: String,
    }
}

record! {
    /// What a search compares.
    pub(crate) struct SearchedMember {
        pub(crate) id: MembershipId,
        pub(crate) sort_name: String,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
        pub(crate) email: Option<String>,
        /// Whether the member has the role and the second factors of the filter, and is in its workspace.
        pub(crate) is_admitted: bool,
    }
}

record! {
    /// A role that a membership has, with its permissions as they are stored.
    pub(crate) struct HeldRole {
        pub(crate) membership_id: MembershipId,
        pub(crate) id: RoleId,
        pub(crate) organization_id: Option<OrganizationId>,
        pub(crate) name: String,
        pub(crate) permissions: String,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
    }
}

/// Whether member `m` has role `$role`; 0 for any.
macro_rules! has_role {
    ($role:literal) => {
        concat!(
            "CASE WHEN ",
            $role,
            " = 0 THEN 1 ELSE COALESCE((SELECT 1 FROM organization_membership_roles mr
                WHERE mr.organization_id = $1 AND mr.membership_id = m.id AND mr.role_id = ",
            $role,
            " LIMIT 1), 0) END = 1"
        )
    };
}

/// Whether member `m` is in workspace `$workspace`; 0 for any.
macro_rules! is_in_workspace {
    ($workspace:literal) => {
        concat!(
            "CASE WHEN ",
            $workspace,
            " = 0 THEN 1 ELSE COALESCE((SELECT 1 FROM workspace_memberships wm
                WHERE wm.workspace_id = ",
            $workspace,
            " AND wm.organization_membership_id = m.id LIMIT 1), 0) END = 1"
        )
    };
}

/// 1 if user `u` has the second factors `$mask`, which is not 0; otherwise 0.
macro_rules! matches_mask {
    ($mask:literal) => {
        concat!(
            "CASE WHEN ",
            $mask,
            " < 0 AND (u.second_factors & 3) = 0 THEN 1 WHEN ",
            $mask,
            " > 0 AND (u.second_factors & ",
            $mask,
            ") <> 0 THEN 1 ELSE 0 END"
        )
    };
}

/// Whether the user of member `m` has the second factors `$mask`: see `SecondFactorFilter::to_mask`; 0 for any user. It
/// reads the user by the membership's id, which is in every index that lists read.
macro_rules! has_second_factor {
    ($mask:literal) => {
        concat!(
            "CASE WHEN ",
            $mask,
            " = 0 THEN 1 ELSE (SELECT ",
            matches_mask!($mask),
            " FROM organization_memberships f JOIN users u ON u.id = f.user_id
                WHERE f.organization_id = $1 AND f.id = m.id) END = 1"
        )
    };
}

/// `$1` is the organization; `$2` and `$3` are ids around the page, exclusive.
macro_rules! of_organization {
    ($select:literal, $end:literal) => {
        concat!(
            $select,
            " FROM organization_memberships m WHERE m.organization_id = $1 AND m.id > $2 AND m.id < $3 ",
            $end
        )
    };
}

/// `$4` and `$5` are the role's scope and id.
macro_rules! with_role {
    ($select:literal, $end:literal) => {
        concat!(
            $select,
            " FROM organization_membership_roles r
              JOIN organization_memberships m ON m.organization_id = $1 AND m.id = r.membership_id
             WHERE r.role_scope = $4 AND r.role_id = $5 AND r.organization_id = $1
               AND r.membership_id > $2 AND r.membership_id < $3 ",
            $end
        )
    };
}

/// `$4` is the workspace, `$5` a role or 0.
macro_rules! in_workspace {
    ($select:literal, $end:literal) => {
        concat!(
            $select,
            " FROM workspace_memberships w
              JOIN organization_memberships m ON m.organization_id = w.organization_id AND m.id = w.organization_membership_id
             WHERE w.workspace_id = $4 AND w.organization_id = $1
               AND w.organization_membership_id > $2 AND w.organization_membership_id < $3 AND ",
            has_role!("$5"),
            " ",
            $end
        )
    };
}

/// Reads the index of the organization. `$4` is a mask of second factors, `$5` a role or 0, `$6` a workspace or 0.
macro_rules! with_second_factor {
    ($select:literal, $end:literal) => {
        concat!(
            $select,
            " FROM organization_memberships m
              WHERE m.organization_id = $1 AND m.id > $2 AND m.id < $3 AND ",
            has_second_factor!("$4"),
            " AND ",
            has_role!("$5"),
            " AND ",
            is_in_workspace!("$6"),
            " ",
            $end
        )
    };
}

/// After or before a name and an id.
macro_rules! by_name {
    ($compare:literal, $order:literal) => {
        concat!(
            "SELECT m.id AS id, m.sort_name AS sort_name FROM organization_memberships m
              WHERE m.organization_id = $1 AND (m.sort_name, m.id) ",
            $compare,
            " ($2, $3) AND m.id > $4 AND m.id < $5 AND ",
            has_role!("$6"),
            " AND ",
            is_in_workspace!("$7"),
            " AND ",
            has_second_factor!("$8"),
            $order
        )
    };
}

/// Selects what a search compares from `$from`, which names a membership `m`.
macro_rules! searched {
    ($from:expr, $role:literal, $workspace:literal, $mask:literal, $end:literal) => {
        concat!(
            "SELECT m.id AS id, m.sort_name AS sort_name, u.first_name AS first_name, u.last_name AS last_name,
                    u.username AS username, e.address_key AS email, CASE WHEN ",
            has_role!($role),
            " AND ",
            is_in_workspace!($workspace),
            " AND CASE WHEN ",
            $mask,
            " = 0 THEN 1 ELSE ",
            matches_mask!($mask),
            " END = 1 THEN 1 ELSE 0 END AS is_admitted
               FROM ",
            $from,
            " JOIN users u ON u.id = m.user_id
               LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
              WHERE m.organization_id = $1",
            $end
        )
    };
}

/// Selects the roles that memberships have from `$from`, which names the table `mr`, in any order.
macro_rules! held_roles {
    ($from:expr, $condition:literal) => {
        concat!(
            "SELECT mr.membership_id AS membership_id, r.id AS id, r.organization_id AS organization_id, r.name AS name,
                    r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
               FROM ",
            $from,
            " JOIN organization_roles r ON r.scope = mr.role_scope + 0 AND r.id = mr.role_id + 0
              WHERE mr.organization_id = $1 AND ",
            $condition
        )
    };
}

sql! {
    NEWEST(OrganizationId, MembershipId, MembershipId, i64, i64) -> MemberKey =
        of_organization!("SELECT m.id AS id, m.sort_name AS sort_name", "ORDER BY m.id DESC LIMIT $4 OFFSET $5");

    OLDEST(OrganizationId, MembershipId, MembershipId, i64, i64) -> MemberKey =
        of_organization!("SELECT m.id AS id, m.sort_name AS sort_name", "ORDER BY m.id LIMIT $4 OFFSET $5");

    /// Counts up to a limit, as the next two do.
    COUNT(OrganizationId, MembershipId, MembershipId, i64) -> (i64,) =
        of_organization!("SELECT COUNT(*) FROM (SELECT m.id", "LIMIT $4) counted");

    NEWEST_WITH_ROLE(RolePage {
        organization: OrganizationId,
        after: MembershipId,
        before: MembershipId,
        role_scope: i64,
        role: RoleId,
        limit: i64,
        offset: i64,
    }) -> MemberKey =
        with_role!("SELECT m.id AS id, m.sort_name AS sort_name", "ORDER BY r.membership_id DESC LIMIT $6 OFFSET $7");

    OLDEST_WITH_ROLE(= RolePage) -> MemberKey =
        with_role!("SELECT m.id AS id, m.sort_name AS sort_name", "ORDER BY r.membership_id LIMIT $6 OFFSET $7");

    COUNT_WITH_ROLE(OrganizationId, MembershipId, MembershipId, i64, RoleId, i64) -> (i64,) =
        with_role!("SELECT COUNT(*) FROM (SELECT m.id", "LIMIT $6) counted");

    NEWEST_IN_WORKSPACE(WorkspacePage {
        organization: OrganizationId,
        after: MembershipId,
        before: MembershipId,
        workspace: WorkspaceId,
        role: RoleId,
        limit: i64,
        offset: i64,
    }) -> MemberKey =
        in_workspace!(
            "SELECT m.id AS id, m.sort_name AS sort_name",
            "ORDER BY w.organization_membership_id DESC LIMIT $6 OFFSET $7"
        );

    OLDEST_IN_WORKSPACE(= WorkspacePage) -> MemberKey =
        in_workspace!(
            "SELECT m.id AS id, m.sort_name AS sort_name",
            "ORDER BY w.organization_membership_id LIMIT $6 OFFSET $7"
        );

    COUNT_IN_WORKSPACE(OrganizationId, MembershipId, MembershipId, WorkspaceId, RoleId, i64) -> (i64,) =
        in_workspace!("SELECT COUNT(*) FROM (SELECT m.id", "LIMIT $6) counted");

    NEWEST_WITH_FACTOR(FactorPage {
        organization: OrganizationId,
        after: MembershipId,
        before: MembershipId,
        factor_mask: i64,
        role: RoleId,
        workspace: WorkspaceId,
        limit: i64,
        offset: i64,
    }) -> MemberKey =
        with_second_factor!("SELECT m.id AS id, m.sort_name AS sort_name", "ORDER BY m.id DESC LIMIT $7 OFFSET $8");

    OLDEST_WITH_FACTOR(= FactorPage) -> MemberKey =
        with_second_factor!("SELECT m.id AS id, m.sort_name AS sort_name", "ORDER BY m.id LIMIT $7 OFFSET $8");

    COUNT_WITH_FACTOR(FactorCount {
        organization: OrganizationId,
        after: MembershipId,
        before: MembershipId,
        factor_mask: i64,
        role: RoleId,
        workspace: WorkspaceId,
        limit: i64,
    }) -> (i64,) =
        with_second_factor!("SELECT COUNT(*) FROM (SELECT m.id", "LIMIT $7) counted");

    BY_NAME(NamePage {
        organization: OrganizationId,
        name: Text,
        id: MembershipId,
        after: MembershipId,
        before: MembershipId,
        role: RoleId,
        workspace: WorkspaceId,
        factor_mask: i64,
        limit: i64,
        offset: i64,
    }) -> MemberKey = by_name!(">", " ORDER BY m.sort_name, m.id LIMIT $9 OFFSET $10");

    BY_NAME_DESCENDING(= NamePage) -> MemberKey =
        by_name!("<", " ORDER BY m.sort_name DESC, m.id DESC LIMIT $9 OFFSET $10");

    /// Members that the search index does not have, newest first.
    UNINDEXED(UnindexedMembers {
        organization: OrganizationId,
        after: MembershipId,
        before: MembershipId,
        role: RoleId,
        workspace: WorkspaceId,
        factor_mask: i64,
        limit: i64,
    }) -> SearchedMember =
        searched!(
            "organization_memberships m",
            "$4",
            "$5",
            "$6",
            " AND m.search_segment = 0 AND m.id > $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $7"
        );

    SEARCHED(OrganizationId, Text, RoleId, WorkspaceId, i64) -> SearchedMember =
        searched!(
            concat!(packed_ids!("$2"), "CROSS JOIN organization_memberships m"),
            "$3",
            "$4",
            "$5",
            " AND m.id = p.id"
        );

    MEMBERS(OrganizationId, Text) -> Member =
        members!(
            concat!(packed_ids!("$2"), "CROSS JOIN organization_memberships m"),
            "WHERE m.organization_id = $1 AND m.id = p.id"
        );

    /// Starts at the ids: neither from the organization's roles, which all its members have, nor from its members.
    ROLES(OrganizationId, Text) -> HeldRole =
        held_roles!(
            concat!(packed_ids!("$2"), "CROSS JOIN organization_membership_roles mr"),
            "mr.membership_id = p.id"
        );

    /// Of the members between two ids, inclusive.
    ROLES_BETWEEN(OrganizationId, MembershipId, MembershipId) -> HeldRole =
        held_roles!("organization_membership_roles mr", "mr.membership_id >= $2 AND mr.membership_id <= $3");
}
