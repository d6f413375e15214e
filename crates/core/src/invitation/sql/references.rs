//! Statements for what invitations refer to: roles, workspaces and inviters.

use vestibule_db::{Text, record, sql};

use crate::id::{InvitationId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::invitation::Status;
use crate::listing::packed_ids;
use crate::organization::Role;
use crate::permission::PermissionSet;
use crate::time::Timestamp;

record! {
    /// An inviter with one of their roles.
    pub(crate) struct InviterRoleRow {
        pub(crate) membership_id: MembershipId,
        pub(crate) user_id: UserId,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
        pub(crate) email: Option<String>,
        pub(crate) email_verified_at: Option<Timestamp>,
        pub(crate) disabled: bool,
        pub(crate) role_id: Option<RoleId>,
    }
}

record! {
    /// The workspace of an invitation.
    pub struct InvitedWorkspace {
        pub id: WorkspaceId,
        pub name: String,
    }
}

record! {
    /// The workspace role of an invitation.
    pub struct InvitedWorkspaceRole {
        pub id: WorkspaceRoleId,
        /// `None` for a role of the deployment.
        pub workspace_id: Option<WorkspaceId>,
        pub name: String,
        pub permissions: PermissionSet,
    }
}

record! {
    /// One of an inviter's roles in a workspace; without permissions for a workspace membership without a role.
    pub(crate) struct InviterWorkspaceRoleRow {
        pub(crate) membership_id: MembershipId,
        pub(crate) workspace_id: WorkspaceId,
        pub(crate) permissions: Option<PermissionSet>,
    }
}

/// The distinct ids in one column of a page's invitations. The subquery comes first in the join, so that only rows that
/// the page refers to are read.
macro_rules! ids_of_page {
    ($column:literal) => {
        concat!(
            "(SELECT DISTINCT ",
            $column,
            " AS id FROM invitations i
               WHERE i.organization_id = $1 AND i.id >= $2 AND i.id <= $3 AND i.status = $4) p "
        )
    };
}

/// A single id that the caller knows, so that `invitations` is not read.
macro_rules! single_id {
    () => {
        "(SELECT $2 AS id) p "
    };
}

macro_rules! inviters {
    ($ids:expr) => {
        concat!(
            "SELECT m.id AS membership_id, u.id AS user_id, u.first_name AS first_name, u.last_name AS last_name,
             u.username AS username, e.address_key AS email, e.verified_at AS email_verified_at,
             u.disabled AS disabled, mr.role_id AS role_id FROM ",
            $ids,
            "JOIN organization_memberships m ON m.organization_id = $1 AND m.id = p.id
             JOIN users u ON u.id = m.user_id
             LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
             LEFT JOIN organization_membership_roles mr ON mr.organization_id = $1 AND mr.membership_id = m.id
             ORDER BY mr.role_id"
        )
    };
}

macro_rules! workspaces {
    ($ids:expr) => {
        concat!(
            "SELECT w.id AS id, w.name AS name FROM ",
            $ids,
            "JOIN workspaces w ON w.organization_id = $1 AND w.id = p.id"
        )
    };
}

macro_rules! workspace_roles {
    ($ids:expr) => {
        concat!(
            "SELECT r.id AS id, r.workspace_id AS workspace_id, r.name AS name, r.permissions AS permissions FROM ",
            $ids,
            "JOIN workspace_roles r ON r.id = p.id AND (r.organization_id = $1 OR r.scope = 0)"
        )
    };
}

macro_rules! inviter_workspace_roles {
    ($ids:expr) => {
        concat!(
            "SELECT m.organization_membership_id AS membership_id, m.workspace_id AS workspace_id, r.permissions AS permissions
               FROM ",
            $ids,
            "CROSS JOIN workspace_memberships m
             LEFT JOIN workspace_membership_roles mr ON mr.organization_id = m.organization_id
                  AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
             LEFT JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
             WHERE m.organization_id = $1 AND m.organization_membership_id = p.id"
        )
    };
}

sql! {
    /// Includes removed roles, which older invitations refer to.
    ROLES(OrganizationId) -> Role =
        "SELECT id, organization_id, name, permissions, created_at, updated_at, removed_at
           FROM organization_roles WHERE organization_id = $1 OR scope = 0";

    INVITERS(OrganizationId, InvitationId, InvitationId, Status) -> InviterRoleRow =
        inviters!(ids_of_page!("i.inviter_membership_id"));

    INVITERS_BY_IDS(OrganizationId, Text) -> InviterRoleRow = inviters!(packed_ids!("$2"));

    WORKSPACES(OrganizationId, InvitationId, InvitationId, Status) -> InvitedWorkspace =
        workspaces!(ids_of_page!("i.workspace_id"));

    WORKSPACES_BY_IDS(OrganizationId, Text) -> InvitedWorkspace = workspaces!(packed_ids!("$2"));

    WORKSPACE_ROLES(OrganizationId, InvitationId, InvitationId, Status) -> InvitedWorkspaceRole =
        workspace_roles!(ids_of_page!("i.workspace_role_id"));

    WORKSPACE_ROLES_BY_IDS(OrganizationId, Text) -> InvitedWorkspaceRole = workspace_roles!(packed_ids!("$2"));

    INVITER_WORKSPACE_ROLES(OrganizationId, InvitationId, InvitationId, Status) -> InviterWorkspaceRoleRow =
        inviter_workspace_roles!(ids_of_page!("i.inviter_membership_id"));

    INVITER_WORKSPACE_ROLES_BY_IDS(OrganizationId, Text) -> InviterWorkspaceRoleRow = inviter_workspace_roles!(packed_ids!("$2"));

    SINGLE_INVITER(OrganizationId, MembershipId) -> InviterRoleRow = inviters!(single_id!());

    SINGLE_WORKSPACE(OrganizationId, WorkspaceId) -> InvitedWorkspace = workspaces!(single_id!());

    SINGLE_WORKSPACE_ROLE(OrganizationId, WorkspaceRoleId) -> InvitedWorkspaceRole = workspace_roles!(single_id!());

    SINGLE_INVITER_WORKSPACE_ROLES(OrganizationId, MembershipId) -> InviterWorkspaceRoleRow =
        inviter_workspace_roles!(single_id!());
}
