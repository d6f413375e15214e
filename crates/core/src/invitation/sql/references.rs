//! The statements of what invitations name: roles, workspaces, and those who invite.

use crate::id::{InvitationId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::invitation::Status;
use crate::organization::Role;
use crate::permission::PermissionSet;
use vestibule_db::{record, sql};

record! {
    /// Who sent invitations of a page, with one of their roles.
    pub(crate) struct InviterWithRole {
        pub(crate) membership_id: MembershipId,
        pub(crate) user_id: UserId,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
        pub(crate) email: Option<String>,
        pub(crate) role_id: Option<RoleId>,
    }
}

record! {
    /// A workspace that invitations of a page lead into.
    pub struct InvitedInto {
        /// Which one.
        pub id: WorkspaceId,
        /// Its name.
        pub name: String,
    }
}

record! {
    /// What invitations of a page give in a workspace.
    pub struct GivenRole {
        /// Which role.
        pub id: WorkspaceRoleId,
        /// Its name.
        pub name: String,
        /// What it allows.
        pub permissions: PermissionSet,
    }
}

record! {
    /// What an inviter's role in a workspace allows; nothing for one who has no role there.
    pub(crate) struct InviterWorkspaceRole {
        pub(crate) membership_id: MembershipId,
        pub(crate) workspace_id: WorkspaceId,
        pub(crate) permissions: Option<PermissionSet>,
    }
}

/// What a page's invitations name by this column, each once. It is read first, so that nothing is looked at that the page
/// does not name.
macro_rules! named_by_page {
    ($named:literal, $narrowed:literal) => {
        concat!(
            "(SELECT DISTINCT ",
            $named,
            " AS id FROM invitations i WHERE i.organization_id = $1 AND i.id >= $2 AND i.id <= $3",
            $narrowed,
            ") p "
        )
    };
}

/// What one invitation names, whose reader has it already: invitations are not read again for it.
macro_rules! named_by_one {
    () => {
        "(SELECT $2 AS id) p "
    };
}

/// Those who sent the invitations.
macro_rules! inviters {
    ($named:expr) => {
        concat!(
            "SELECT m.id AS membership_id, u.id AS user_id, u.first_name AS first_name, u.last_name AS last_name,
             u.username AS username, e.address_key AS email, mr.role_id AS role_id FROM ",
            $named,
            "JOIN organization_memberships m ON m.organization_id = $1 AND m.id = p.id
             JOIN users u ON u.id = m.user_id
             LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
             LEFT JOIN organization_membership_roles mr ON mr.organization_id = $1 AND mr.membership_id = m.id
             ORDER BY mr.role_id"
        )
    };
}

macro_rules! workspaces {
    ($named:expr) => {
        concat!(
            "SELECT w.id AS id, w.name AS name FROM ",
            $named,
            "JOIN workspaces w ON w.organization_id = $1 AND w.id = p.id"
        )
    };
}

macro_rules! workspace_roles {
    ($named:expr) => {
        concat!(
            "SELECT r.id AS id, r.name AS name, r.permissions AS permissions FROM ",
            $named,
            "JOIN workspace_roles r ON r.id = p.id AND (r.organization_id = $1 OR r.scope = 0)"
        )
    };
}

/// What those who sent the invitations may do in workspaces.
macro_rules! inviter_workspace_roles {
    ($named:expr) => {
        concat!(
            "SELECT m.organization_membership_id AS membership_id, m.workspace_id AS workspace_id, r.permissions AS permissions
               FROM ",
            $named,
            "JOIN workspace_memberships m ON m.organization_id = $1 AND m.organization_membership_id = p.id
             LEFT JOIN workspace_membership_roles mr ON mr.organization_id = m.organization_id
                  AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
             LEFT JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id"
        )
    };
}

sql! {
    /// All that its invitations can give, the ones that were removed since among them.
    ROLES(OrganizationId) -> Role =
        "SELECT id, organization_id, name, permissions, created_at, updated_at, removed_at
           FROM organization_roles WHERE organization_id = $1 OR scope = 0";

    INVITERS(OrganizationId, InvitationId, InvitationId, Status) -> InviterWithRole =
        inviters!(named_by_page!("i.inviter_membership_id", " AND i.status = $4"));

    INVITERS_OF_ALL(OrganizationId, InvitationId, InvitationId) -> InviterWithRole =
        inviters!(named_by_page!("i.inviter_membership_id", ""));

    WORKSPACES(OrganizationId, InvitationId, InvitationId, Status) -> InvitedInto =
        workspaces!(named_by_page!("i.workspace_id", " AND i.status = $4"));

    WORKSPACES_OF_ALL(OrganizationId, InvitationId, InvitationId) -> InvitedInto =
        workspaces!(named_by_page!("i.workspace_id", ""));

    WORKSPACE_ROLES(OrganizationId, InvitationId, InvitationId, Status) -> GivenRole =
        workspace_roles!(named_by_page!("i.workspace_role_id", " AND i.status = $4"));

    WORKSPACE_ROLES_OF_ALL(OrganizationId, InvitationId, InvitationId) -> GivenRole =
        workspace_roles!(named_by_page!("i.workspace_role_id", ""));

    INVITER_WORKSPACE_ROLES(OrganizationId, InvitationId, InvitationId, Status) -> InviterWorkspaceRole =
        inviter_workspace_roles!(named_by_page!("i.inviter_membership_id", " AND i.status = $4"));

    INVITER_WORKSPACE_ROLES_OF_ALL(OrganizationId, InvitationId, InvitationId) -> InviterWorkspaceRole =
        inviter_workspace_roles!(named_by_page!("i.inviter_membership_id", ""));

    /// The same of one invitation, for whoever has just written it.
    INVITER(OrganizationId, MembershipId) -> InviterWithRole = inviters!(named_by_one!());

    WORKSPACE(OrganizationId, WorkspaceId) -> InvitedInto = workspaces!(named_by_one!());

    WORKSPACE_ROLE(OrganizationId, WorkspaceRoleId) -> GivenRole = workspace_roles!(named_by_one!());

    WORKSPACE_ROLES_OF_INVITER(OrganizationId, MembershipId) -> InviterWorkspaceRole =
        inviter_workspace_roles!(named_by_one!());
}
