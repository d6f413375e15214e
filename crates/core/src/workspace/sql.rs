//! Statements on workspaces, their memberships and roles.

pub(crate) mod lists;
pub(crate) mod management;
pub(crate) mod members;
pub(crate) mod own;

use vestibule_db::{Text, record, sql};

use crate::assurance::Assurance;
use crate::cache::Scope;
use crate::id::{
    InvitationId, MemberId, MembershipId, OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId,
};
use crate::organization::RoleUsage;
use crate::organization::sql::RoleHolder;
use crate::permission::PermissionSet;
use crate::time::Timestamp;
use crate::user::PublicUser;

record! {
    /// A workspace as its members see it.
    pub struct Workspace {
        pub id: WorkspaceId,
        pub organization_id: OrganizationId,
        pub name: String,
        pub description: String,
        pub image_url: String,
        pub member_count: i64,
        /// A JSON array.
        pub whitelisted_ips: String,
        pub enable_ip_restriction: bool,
        pub enforce_mfa: bool,
        pub minimum_assurance: Assurance,
        /// The end of the grace period; it means something only with `enforce_mfa`.
        pub mfa_enforced_from: Timestamp,
        /// A JSON object.
        pub public_metadata: String,
        /// A JSON object that only backends read.
        pub private_metadata: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A workspace membership of a member of the organization.
    pub struct WorkspaceMembership {
        pub id: WorkspaceMembershipId,
        pub organization_id: OrganizationId,
        pub workspace_id: WorkspaceId,
        pub organization_membership_id: MembershipId,
        pub user_id: UserId,
        /// A JSON object.
        pub public_metadata: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A role that a workspace membership has.
    pub struct WorkspaceMembershipRole {
        pub membership_id: WorkspaceMembershipId,
        pub id: WorkspaceRoleId,
        /// `None` for a shared role of the deployment.
        pub workspace_id: Option<WorkspaceId>,
        pub name: String,
        pub permissions: PermissionSet,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A role for workspaces.
    pub struct WorkspaceRole {
        pub id: WorkspaceRoleId,
        /// `None` for a shared role of the deployment.
        pub workspace_id: Option<WorkspaceId>,
        pub name: String,
        pub permissions: PermissionSet,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A workspace's name and number of members.
    pub(crate) struct WorkspaceSummary {
        pub(crate) name: String,
        pub(crate) member_count: i64,
    }
}

sql! {
    INSERT(NewWorkspace {
        id: WorkspaceId,
        organization: OrganizationId,
        name: Text,
        sort_name: Text,
        description: Text,
        image_url: Text,
        member_count: i64,
        public_metadata: Text,
        private_metadata: Text,
        now: Timestamp,
    }) -> Workspace invalidates Organization(organization) =
        "INSERT INTO workspaces (id, organization_id, name, sort_name, description, image_url, member_count,
                                 public_metadata, private_metadata, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
      RETURNING id, organization_id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction,
                enforce_mfa, minimum_assurance, mfa_enforced_from, public_metadata, private_metadata, created_at, updated_at";

    SUMMARY(OrganizationId, WorkspaceId) -> WorkspaceSummary =
        "SELECT name, member_count FROM workspaces WHERE organization_id = $1 AND id = $2";

    /// Returns no row for an existing member.
    INSERT_MEMBERSHIP(OrganizationId, WorkspaceId, WorkspaceMembershipId, MembershipId, UserId, Timestamp) -> WorkspaceMembership invalidates Organization(1) =
        "INSERT INTO workspace_memberships (organization_id, workspace_id, id, organization_membership_id, user_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
             ON CONFLICT (workspace_id, organization_membership_id) DO NOTHING
      RETURNING id, organization_id, workspace_id, organization_membership_id, user_id, public_metadata, created_at, updated_at";

    WORKSPACE(OrganizationId, WorkspaceId) -> Workspace =
        "SELECT id, organization_id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction,
                enforce_mfa, minimum_assurance, mfa_enforced_from, public_metadata, private_metadata, created_at, updated_at
           FROM workspaces WHERE organization_id = $1 AND id = $2";

    /// Any workspace. `$1` is 0, less than every id: it makes the statement seek in the index by organization, because
    /// PostgreSQL's sequential scans conflict with every write to the table.
    ANY(OrganizationId) -> (WorkspaceId,) = "SELECT id FROM workspaces WHERE organization_id > $1 LIMIT 1";

    COUNT(OrganizationId) -> (i64,) = "SELECT COUNT(*) FROM workspaces WHERE organization_id = $1";

    /// Sets all editable columns. Metadata that is NULL stays.
    UPDATE(UpdateWorkspace {
        organization: OrganizationId,
        workspace: WorkspaceId,
        name: Text,
        sort_name: Text,
        description: Text,
        image_url: Text,
        allowed_addresses: Text,
        restricts_addresses: bool,
        now: Timestamp,
        public_metadata: Option<Text>,
        private_metadata: Option<Text>,
        enforce_mfa: bool,
        minimum_assurance: Assurance,
        mfa_enforced_from: Timestamp,
    }) -> Workspace invalidates Organization(organization) =
        "UPDATE workspaces
            SET name = $3, sort_name = $4, description = $5, image_url = $6, whitelisted_ips = $7,
                enable_ip_restriction = $8, updated_at = $9, public_metadata = COALESCE($10, public_metadata),
                private_metadata = COALESCE($11, private_metadata), enforce_mfa = $12, minimum_assurance = $13,
                mfa_enforced_from = $14
          WHERE organization_id = $1 AND id = $2
      RETURNING id, organization_id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction,
                enforce_mfa, minimum_assurance, mfa_enforced_from, public_metadata, private_metadata, created_at, updated_at";

    /// Denies the requests for a new invitation to the workspace. Nothing could be sent for them any more.
    DENY_REQUESTS(OrganizationId, WorkspaceId, Timestamp) =
        "UPDATE join_requests SET status = 'denied', updated_at = $3
          WHERE organization_id = $1 AND status = 'pending'
            AND invitation_id IN (SELECT i.id FROM invitations i WHERE i.organization_id = $1 AND i.workspace_id = $2)";

    /// Discards the pending invitations to the workspace, and removes the reference to it from all of them. The foreign
    /// key would delete what still refers to the workspace.
    DETACH_INVITATIONS(OrganizationId, WorkspaceId, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations
            SET status = CASE WHEN status = 'pending' THEN 'discarded' ELSE status END,
                updated_at = CASE WHEN status = 'pending' THEN $3 ELSE updated_at END,
                workspace_scope = 0, workspace_id = NULL, workspace_role_scope = NULL, workspace_role_id = NULL
          WHERE organization_id = $1 AND workspace_id = $2";

    DELETE_MEMBERSHIPS(OrganizationId, WorkspaceId) invalidates Organization(1) =
        "DELETE FROM workspace_memberships WHERE organization_id = $1 AND workspace_id = $2";

    DELETE(OrganizationId, WorkspaceId) invalidates Organization(1) =
        "DELETE FROM workspaces WHERE organization_id = $1 AND id = $2";

    /// By the id of the workspace membership, of the organization membership, or of the user.
    FIND_MEMBER(OrganizationId, WorkspaceId, MemberId) -> (WorkspaceMembershipId,) =
        "SELECT id FROM workspace_memberships
          WHERE organization_id = $1 AND workspace_id = $2
            AND (id = $3 OR organization_membership_id = $3 OR user_id = $3)";

    OF_MEMBER(OrganizationId, WorkspaceId, MembershipId) -> WorkspaceMembership =
        "SELECT id, organization_id, workspace_id, organization_membership_id, user_id, public_metadata, created_at, updated_at
           FROM workspace_memberships
          WHERE organization_id = $1 AND workspace_id = $2 AND organization_membership_id = $3";

    PERMISSIONS_OF_MEMBERSHIP(OrganizationId, WorkspaceId, WorkspaceMembershipId) -> (PermissionSet,) =
        "SELECT r.permissions FROM workspace_membership_roles mr
           JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.workspace_membership_id = $3";

    /// Returns no row for the last admin. A workspace that an API key created may have members and no admin.
    DELETE_MEMBERSHIP(OrganizationId, WorkspaceId, WorkspaceMembershipId) -> (WorkspaceMembershipId,) invalidates Organization(1) =
        "DELETE FROM workspace_memberships
          WHERE organization_id = $1 AND workspace_id = $2 AND id = $3
            AND (NOT EXISTS (SELECT 1 FROM workspace_membership_roles mr
                               JOIN workspace_roles r
                                 ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                              WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.workspace_membership_id = $3)
                 OR EXISTS (SELECT 1 FROM workspace_membership_roles mr
                              JOIN workspace_roles r
                                ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                             WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.workspace_membership_id <> $3))
      RETURNING id";

    /// All verified addresses of all members.
    ADDRESSES(OrganizationId, WorkspaceId) -> (String,) =
        "SELECT e.address_key FROM workspace_memberships m JOIN email_addresses e ON e.user_id = m.user_id
          WHERE m.organization_id = $1 AND m.workspace_id = $2 AND e.verified_at IS NOT NULL";

    DECREMENT_MEMBER_COUNT(OrganizationId, WorkspaceId, Timestamp) invalidates Organization(1) =
        "UPDATE workspaces SET member_count = member_count - 1, updated_at = $3 WHERE organization_id = $1 AND id = $2";

    /// Newest first.
    PAGE(OrganizationId, WorkspaceId, i64, i64) -> WorkspaceMembership =
        "SELECT id, organization_id, workspace_id, organization_membership_id, user_id, public_metadata, created_at, updated_at
           FROM workspace_memberships
          WHERE organization_id = $1 AND workspace_id = $2
          ORDER BY id DESC LIMIT $3 OFFSET $4";

    /// The users of a page's memberships, by the range of their ids.
    USERS_BETWEEN(OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceMembershipId) -> PublicUser =
        "SELECT u.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username,
                u.image_url AS image_url, u.created_at AS created_at, u.updated_at AS updated_at,
                e.id AS email_id, e.address_key AS email, e.verified_at AS email_verified_at,
                e.created_at AS email_created_at, e.updated_at AS email_updated_at
           FROM workspace_memberships m
           JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.id >= $3 AND m.id <= $4";

    /// The roles of a page's memberships, by the range of their ids.
    ROLES_BETWEEN(OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceMembershipId) -> WorkspaceMembershipRole =
        "SELECT mr.workspace_membership_id AS membership_id, r.id AS id, r.workspace_id AS workspace_id, r.name AS name,
                r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
           FROM workspace_membership_roles mr
           JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE mr.organization_id = $1 AND mr.workspace_id = $2
            AND mr.workspace_membership_id >= $3 AND mr.workspace_membership_id <= $4
          ORDER BY r.id";

    /// Returns no row for the role of the last admin.
    REVOKE_ROLE(OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId) -> (WorkspaceRoleId,) invalidates Organization(1) =
        "DELETE FROM workspace_membership_roles
          WHERE organization_id = $1 AND workspace_id = $2 AND workspace_membership_id = $3 AND role_id = $4
            AND (NOT EXISTS (SELECT 1 FROM workspace_roles r WHERE r.id = $4 AND r.grants_admin = 1)
                 OR EXISTS (SELECT 1 FROM workspace_membership_roles mr
                              JOIN workspace_roles r
                                ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                             WHERE mr.organization_id = $1 AND mr.workspace_id = $2
                               AND NOT (mr.workspace_membership_id = $3 AND mr.role_id = $4)))
      RETURNING role_id";

    HAS_ROLE(OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId) -> (WorkspaceRoleId,) =
        "SELECT role_id FROM workspace_membership_roles
          WHERE organization_id = $1 AND workspace_id = $2 AND workspace_membership_id = $3 AND role_id = $4";

    /// The deployment's shared roles and the workspace's own.
    ROLES(OrganizationId, WorkspaceId) -> WorkspaceRole =
        "SELECT id, workspace_id, name, permissions, created_at, updated_at FROM workspace_roles
          WHERE ((organization_id = $1 AND workspace_id = $2) OR scope = 0) AND removed_at IS NULL ORDER BY id";

    ROLES_OF_MEMBER(OrganizationId, WorkspaceId, WorkspaceMembershipId) -> WorkspaceMembershipRole =
        "SELECT mr.workspace_membership_id AS membership_id, r.id AS id, r.workspace_id AS workspace_id, r.name AS name,
                r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
           FROM workspace_membership_roles mr
           JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.workspace_membership_id = $3
          ORDER BY r.id";

    /// Returns no row if the role would no longer grant admin and no admin would remain. A role that nobody has makes
    /// nobody an admin.
    UPDATE_ROLE(WorkspaceRoleUpdate {
        organization: OrganizationId,
        workspace: WorkspaceId,
        id: WorkspaceRoleId,
        name: Text,
        permissions: PermissionSet,
        grants_admin: bool,
        now: Timestamp,
    }) -> WorkspaceRole invalidates Organization(organization) =
        "UPDATE workspace_roles SET name = $4, permissions = $5, grants_admin = $6, updated_at = $7
          WHERE organization_id = $1 AND workspace_id = $2 AND id = $3 AND removed_at IS NULL
            AND (grants_admin <= $6
                 OR NOT EXISTS (SELECT 1 FROM workspace_membership_roles mr
                                 WHERE mr.role_scope = $2 AND mr.role_id = $3 AND mr.organization_id = $1
                                   AND mr.workspace_id = $2)
                 OR EXISTS (SELECT 1 FROM workspace_membership_roles mr
                              JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                             WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.role_id <> $3))
      RETURNING id, workspace_id, name, permissions, created_at, updated_at";

    ROLE_USAGE(OrganizationId, WorkspaceId, WorkspaceRoleId) -> RoleUsage =
        "SELECT (SELECT COUNT(*) FROM workspace_membership_roles mr
                  WHERE mr.role_scope IN (0, $2) AND mr.role_id = $3 AND mr.organization_id = $1
                    AND mr.workspace_id = $2) AS members,
                (SELECT COUNT(*) FROM invitations i
                  WHERE i.organization_id = $1 AND i.workspace_id = $2 AND i.workspace_role_id = $3
                    AND i.status = 'pending') AS invitations";

    /// The first members who have a role.
    ROLE_HOLDERS(OrganizationId, WorkspaceId, WorkspaceRoleId) -> RoleHolder =
        "SELECT m.organization_membership_id AS membership_id, u.first_name AS first_name, u.last_name AS last_name
           FROM workspace_membership_roles mr
           JOIN workspace_memberships m ON m.organization_id = mr.organization_id AND m.workspace_id = mr.workspace_id
                AND m.id = mr.workspace_membership_id
           JOIN users u ON u.id = m.user_id
          WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.role_id = $3
          ORDER BY m.id LIMIT 5";

    INVITATION_WITH_ROLE(OrganizationId, WorkspaceId, WorkspaceRoleId) -> (InvitationId,) =
        "SELECT id FROM invitations
          WHERE organization_id = $1 AND workspace_id = $2 AND workspace_role_id = $3 AND status = 'pending' LIMIT 1";

    /// Removed roles cannot be assigned.
    REMOVE_ROLE(OrganizationId, WorkspaceId, WorkspaceRoleId, Timestamp) -> (WorkspaceRoleId,) invalidates Organization(1) =
        "UPDATE workspace_roles SET removed_at = $4, updated_at = $4
          WHERE organization_id = $1 AND workspace_id = $2 AND id = $3 AND removed_at IS NULL
      RETURNING id";

    /// The workspace membership of a member of the organization.
    MEMBERSHIP(OrganizationId, WorkspaceId, MembershipId) -> (WorkspaceMembershipId,) =
        "SELECT id FROM workspace_memberships
          WHERE organization_id = $1 AND workspace_id = $2 AND organization_membership_id = $3";

    /// Returns no row when no seat is free.
    TAKE_SEAT(OrganizationId, WorkspaceId, i64, Timestamp) -> (WorkspaceId,) invalidates Organization(1) =
        "UPDATE workspaces SET member_count = member_count + 1, updated_at = $4
          WHERE organization_id = $1 AND id = $2 AND member_count < $3
      RETURNING id";

    /// Changes no row if the member has the role, or as many roles as the last argument.
    ASSIGN_ANOTHER_ROLE(OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId, i64) invalidates Organization(1) =
        "INSERT INTO workspace_membership_roles (organization_id, workspace_id, workspace_membership_id, role_scope, role_id)
         SELECT $1, $2, $3, r.scope, r.id FROM workspace_roles r
          WHERE ((r.organization_id = $1 AND r.workspace_id = $2) OR r.scope = 0) AND r.id = $4
            AND (SELECT COUNT(*) FROM workspace_membership_roles mr
                  WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.workspace_membership_id = $3) < $5
             ON CONFLICT (role_scope, role_id, organization_id, workspace_id, workspace_membership_id) DO NOTHING";

    /// For a new member. Another member's roles are limited: see [`ASSIGN_ANOTHER_ROLE`].
    ASSIGN_ROLE(OrganizationId, WorkspaceId, WorkspaceMembershipId, WorkspaceRoleId) invalidates Organization(1) =
        "INSERT INTO workspace_membership_roles (organization_id, workspace_id, workspace_membership_id, role_scope, role_id)
         SELECT $1, $2, $3, r.scope, r.id FROM workspace_roles r
          WHERE ((r.organization_id = $1 AND r.workspace_id = $2) OR r.scope = 0) AND r.id = $4
             ON CONFLICT (role_scope, role_id, organization_id, workspace_id, workspace_membership_id) DO NOTHING";

    /// A role that can be assigned in this workspace: its own, or a shared one.
    ROLE(OrganizationId, WorkspaceId, WorkspaceRoleId) -> WorkspaceRole =
        "SELECT id, workspace_id, name, permissions, created_at, updated_at FROM workspace_roles
          WHERE ((organization_id = $1 AND workspace_id = $2) OR scope = 0) AND id = $3 AND removed_at IS NULL";

    /// Returns no row if the workspace has as many roles as `max`.
    INSERT_ROLE(NewWorkspaceRole {
        organization: OrganizationId,
        workspace: WorkspaceId,
        id: WorkspaceRoleId,
        name: Text,
        permissions: PermissionSet,
        grants_admin: bool,
        now: Timestamp,
        max: i64,
    }) -> WorkspaceRole invalidates Organization(organization) =
        "INSERT INTO workspace_roles (organization_id, workspace_id, scope, id, name, permissions, grants_admin, created_at, updated_at)
         SELECT $1, $2, $2, $3, $4, $5, $6, $7, $7
          WHERE (SELECT COUNT(*) FROM workspace_roles r
                  WHERE r.organization_id = $1 AND r.workspace_id = $2 AND r.removed_at IS NULL) < $8
      RETURNING id, workspace_id, name, permissions, created_at, updated_at";

    /// The member who has verified this address.
    BY_EMAIL(OrganizationId, WorkspaceId, Text) -> (WorkspaceMembershipId,) =
        "SELECT m.id FROM workspace_memberships m JOIN email_addresses e ON e.user_id = m.user_id
          WHERE m.organization_id = $1 AND m.workspace_id = $2 AND e.address_key = $3 AND e.verified_at IS NOT NULL";
}
