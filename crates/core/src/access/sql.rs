//! The statements behind every question of permission.

use super::PermissionSet;
use crate::id::{MembershipId, OrganizationId, UserId, WorkspaceId};
use vestibule_db::{record, sql};

record! {
    /// A user's membership of an organization with one of its roles' permissions; without a role, with none.
    pub(crate) struct HeldRow {
        pub(crate) membership_id: MembershipId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) permissions: Option<PermissionSet>,
    }
}

record! {
    /// Whose a workspace is, and from where it lets its members in.
    pub(crate) struct WorkspaceGate {
        pub(crate) organization_id: OrganizationId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
    }
}

record! {
    /// One of the roles that a membership has in a workspace it is in; without a role, with none.
    pub(crate) struct HeldThere {
        pub(crate) workspace_id: WorkspaceId,
        pub(crate) permissions: Option<PermissionSet>,
    }
}

sql! {
    /// A path names the workspace alone; what is asked next is asked of its organization.
    WORKSPACE(WorkspaceId) -> WorkspaceGate =
        "SELECT organization_id, enable_ip_restriction AS restricts_addresses, whitelisted_ips AS allowed_addresses
           FROM workspaces WHERE id = $1";

    MEMBERSHIP(OrganizationId, UserId) -> HeldRow =
        "SELECT m.id AS membership_id, o.enable_ip_restriction AS restricts_addresses,
                o.whitelisted_ips AS allowed_addresses, r.permissions AS permissions
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
           LEFT JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           LEFT JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.user_id = $2";

    HELD_BY_MEMBERSHIP(OrganizationId, MembershipId) -> (PermissionSet,) =
        "SELECT r.permissions
           FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE mr.organization_id = $1 AND mr.membership_id = $2";

    /// The same in every workspace they are in.
    HELD_IN_WORKSPACES(OrganizationId, MembershipId) -> HeldThere =
        "SELECT m.workspace_id AS workspace_id, r.permissions AS permissions
           FROM workspace_memberships m
           LEFT JOIN workspace_membership_roles mr
             ON mr.organization_id = m.organization_id AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
           LEFT JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.organization_membership_id = $2";

    HELD_IN_WORKSPACE(OrganizationId, WorkspaceId, MembershipId) -> (Option<PermissionSet>,) =
        "SELECT r.permissions
           FROM workspace_memberships m
           LEFT JOIN workspace_membership_roles mr
             ON mr.organization_id = m.organization_id AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
           LEFT JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.organization_membership_id = $3";
}
