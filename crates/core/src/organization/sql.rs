//! Statements on organizations and their roles. An organization's `id` is its tenant id.

pub(crate) mod management;
pub(crate) mod mfa;

use vestibule_db::{Text, record, sql};

use crate::assurance::Assurance;
use crate::cache::Scope;
use crate::id::{InvitationId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId};
use crate::permission::PermissionSet;
use crate::time::Timestamp;

record! {
    /// The number of members who have a role.
    pub(crate) struct RoleMemberCount {
        pub(crate) id: i64,
        pub(crate) members: i64,
    }
}

record! {
    /// An organization as its members see it.
    pub struct Organization {
        pub id: OrganizationId,
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
        /// Whether it requires single sign-on of some of its members.
        pub requires_sso: bool,
        /// The workspace that new members join automatically; 0 for none.
        pub auto_assigned_workspace_id: WorkspaceId,
        /// A JSON object.
        pub public_metadata: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A role for organizations.
    pub struct Role {
        pub id: RoleId,
        /// `None` for a shared role of the deployment.
        pub organization_id: Option<OrganizationId>,
        pub name: String,
        pub permissions: PermissionSet,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        /// A removed role cannot be assigned.
        pub(crate) removed_at: Option<Timestamp>,
    }
}

record! {
    /// A deleted organization that can be restored.
    pub struct DeletedOrganization {
        pub id: OrganizationId,
        pub name: String,
        pub deleted_at: Timestamp,
    }
}

record! {
    /// A member who has a role.
    pub(crate) struct RoleHolder {
        pub(crate) membership_id: MembershipId,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
    }
}

record! {
    /// How many have a role.
    pub struct RoleUsage {
        pub members: i64,
        /// Pending invitations, expired or not.
        pub invitations: i64,
    }
}

record! {
    /// Members and open invitations of an organization.
    pub(crate) struct SeatUsage {
        pub(crate) used: i64,
        /// Distinct invitees with an open invitation.
        pub(crate) reserved: i64,
    }
}

record! {
    /// What waits for a decision.
    pub(crate) struct PendingCounts {
        pub(crate) invitations: i64,
        pub(crate) join_requests: i64,
    }
}

sql! {
    MEMBER_COUNT(OrganizationId) -> (i64,) = "SELECT member_count FROM organizations WHERE id = $1";

    /// Counts each up to `$2`.
    COUNT_PENDING(OrganizationId, i64) -> PendingCounts =
        "SELECT (SELECT COUNT(*) FROM (SELECT i.id FROM invitations i
                                        WHERE i.organization_id = $1 AND i.status = 'pending' LIMIT $2) counted) AS invitations,
                (SELECT COUNT(*) FROM (SELECT r.id FROM join_requests r
                                        WHERE r.organization_id = $1 AND r.status = 'pending' LIMIT $2) counted) AS join_requests";

    INSERT(NewOrganization {
        id: OrganizationId,
        name: Text,
        sort_name: Text,
        description: Text,
        image_url: Text,
        members: i64,
        now: Timestamp,
    }) -> Organization invalidates Organization(id) =
        "INSERT INTO organizations (id, name, sort_name, description, image_url, member_count, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
      RETURNING id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction, enforce_mfa,
                minimum_assurance, mfa_enforced_from, requires_sso, auto_assigned_workspace_id, public_metadata, created_at,
                updated_at";

    /// Sets all editable columns.
    UPDATE(UpdateOrganization {
        organization: OrganizationId,
        name: Text,
        sort_name: Text,
        description: Text,
        image_url: Text,
        allowed_addresses: Text,
        restricts_addresses: bool,
        auto_assigned_workspace: WorkspaceId,
        now: Timestamp,
        enforce_mfa: bool,
        minimum_assurance: Assurance,
        mfa_enforced_from: Timestamp,
    }) -> Organization invalidates Organization(organization) =
        "UPDATE organizations
            SET name = $2, sort_name = $3, description = $4, image_url = $5, whitelisted_ips = $6,
                enable_ip_restriction = $7, auto_assigned_workspace_id = $8, updated_at = $9, enforce_mfa = $10,
                minimum_assurance = $11, mfa_enforced_from = $12
          WHERE id = $1 AND deleted_at IS NULL
      RETURNING id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction, enforce_mfa,
                minimum_assurance, mfa_enforced_from, requires_sso, auto_assigned_workspace_id, public_metadata, created_at,
                updated_at";

    /// Counts the organizations in which a user has the creator role.
    COUNT_CREATED(UserId, RoleId) -> (i64,) =
        "SELECT COUNT(*) FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
          WHERE m.user_id = $1 AND mr.role_id = $2";

    DELETE(OrganizationId, Timestamp) -> (OrganizationId,) invalidates Organization(1) =
        "UPDATE organizations SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING id";

    /// Clears the active organization of sign-ins that have it.
    DEACTIVATE_IN_SIGN_INS(OrganizationId) invalidates Organization(1) =
        "UPDATE sign_ins SET active_organization_membership_id = NULL, active_workspace_membership_id = NULL
          WHERE active_organization_membership_id IN (SELECT id FROM organization_memberships WHERE organization_id = $1)";

    DEACTIVATE_IN_DEFAULTS(OrganizationId) invalidates Everyone(all) =
        "UPDATE users SET active_organization_membership_id = NULL, active_workspace_membership_id = NULL
          WHERE active_organization_membership_id IN (SELECT id FROM organization_memberships WHERE organization_id = $1)";

    /// Organizations deleted after `$2` in which the user is an admin.
    RESTORABLE_BY_USER(UserId, Timestamp) -> DeletedOrganization =
        "SELECT DISTINCT o.id AS id, o.name AS name, o.deleted_at AS deleted_at
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at > $2
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
          WHERE m.user_id = $1
          ORDER BY o.deleted_at DESC, o.id";

    RESTORE(OrganizationId, Timestamp) -> Organization invalidates Organization(1) =
        "UPDATE organizations SET deleted_at = NULL, updated_at = $2 WHERE id = $1 AND deleted_at IS NOT NULL
      RETURNING id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction, enforce_mfa,
                minimum_assurance, mfa_enforced_from, requires_sso, auto_assigned_workspace_id, public_metadata, created_at,
                updated_at";

    /// The next organization after `$2` that was deleted before `$1`.
    NEXT_TO_ERASE(Timestamp, OrganizationId) -> (OrganizationId,) =
        "SELECT id FROM organizations WHERE deleted_at <= $1 AND id > $2 ORDER BY id LIMIT 1";

    START_ERASURE(OrganizationId, Timestamp, Timestamp) -> (OrganizationId,) invalidates Organization(1) =
        "UPDATE organizations SET deleted_at = $3 WHERE id = $1 AND deleted_at <= $2 RETURNING id";

    ERASE_INVITATIONS(OrganizationId, i64) invalidates Invitations(1) =
        "DELETE FROM invitations WHERE organization_id = $1
            AND id IN (SELECT id FROM invitations WHERE organization_id = $1 LIMIT $2)";

    ERASE_WORKSPACE_MEMBERSHIPS(OrganizationId, i64) invalidates Organization(1) =
        "DELETE FROM workspace_memberships WHERE organization_id = $1
            AND id IN (SELECT id FROM workspace_memberships WHERE organization_id = $1 LIMIT $2)";

    ERASE_WORKSPACES(OrganizationId, i64) invalidates Organization(1) =
        "DELETE FROM workspaces WHERE organization_id = $1
            AND id IN (SELECT id FROM workspaces WHERE organization_id = $1 LIMIT $2)";

    ERASE_MEMBERSHIPS(OrganizationId, i64) invalidates Organization(1) =
        "DELETE FROM organization_memberships WHERE organization_id = $1
            AND id IN (SELECT id FROM organization_memberships WHERE organization_id = $1 LIMIT $2)";

    ERASE_ROLES(OrganizationId, i64) invalidates Organization(1) =
        "DELETE FROM organization_roles WHERE organization_id = $1
            AND id IN (SELECT id FROM organization_roles WHERE organization_id = $1 LIMIT $2)";

    /// Their deliveries are deleted by the cleanup.
    ERASE_WEBHOOK_ENDPOINTS(OrganizationId) = "DELETE FROM webhook_endpoints WHERE organization_id = $1";

    ERASE_ORGANIZATION(OrganizationId) invalidates Organization(1) = "DELETE FROM organizations WHERE id = $1";

    OF_USER(UserId) -> Organization =
        "SELECT o.id AS id, o.name AS name, o.description AS description, o.image_url AS image_url,
                o.member_count AS member_count, o.whitelisted_ips AS whitelisted_ips,
                o.enable_ip_restriction AS enable_ip_restriction, o.enforce_mfa AS enforce_mfa,
                o.minimum_assurance AS minimum_assurance, o.mfa_enforced_from AS mfa_enforced_from,
                o.requires_sso AS requires_sso, o.auto_assigned_workspace_id AS auto_assigned_workspace_id,
                o.public_metadata AS public_metadata, o.created_at AS created_at, o.updated_at AS updated_at
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
          WHERE m.user_id = $1
          ORDER BY m.id DESC";

    /// Returns no row when fewer seats than `$2` are free.
    TAKE_SEATS(OrganizationId, i64, i64, Timestamp) -> Organization invalidates Organization(1) =
        "UPDATE organizations SET member_count = member_count + $2, updated_at = $4
          WHERE id = $1 AND member_count + $2 <= $3
      RETURNING id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction, enforce_mfa,
                minimum_assurance, mfa_enforced_from, requires_sso, auto_assigned_workspace_id, public_metadata, created_at,
                updated_at";

    INCREMENT_MEMBER_COUNT(OrganizationId, Timestamp) invalidates Organization(1) =
        "UPDATE organizations SET member_count = member_count + 1, updated_at = $2 WHERE id = $1";

    /// Members, and distinct invitees with an open invitation who are not members.
    SEAT_USAGE(OrganizationId, Timestamp) -> SeatUsage =
        "SELECT o.member_count AS used,
                (SELECT COUNT(DISTINCT i.email_key) FROM invitations i
                  WHERE i.organization_id = $1 AND i.status = 'pending' AND i.expires_at > $2
                    AND NOT EXISTS (SELECT 1 FROM email_addresses e
                                      JOIN organization_memberships m ON m.organization_id = $1 AND m.user_id = e.user_id
                                     WHERE e.address_key = i.email_key AND e.verified_at IS NOT NULL)) AS reserved
           FROM organizations o WHERE o.id = $1";

    NAME(OrganizationId) -> (String,) = "SELECT name FROM organizations WHERE id = $1";

    /// The deployment's shared roles and the organization's own.
    ROLES(OrganizationId) -> Role =
        "SELECT id, organization_id, name, permissions, created_at, updated_at, removed_at
           FROM organization_roles WHERE (organization_id = $1 OR scope = 0) AND removed_at IS NULL ORDER BY id";

    /// A role that can be assigned in this organization: its own, or a shared one.
    ROLE(OrganizationId, RoleId) -> Role =
        "SELECT id, organization_id, name, permissions, created_at, updated_at, removed_at
           FROM organization_roles WHERE (organization_id = $1 OR scope = 0) AND id = $2 AND removed_at IS NULL";

    /// Returns no row if the organization has as many roles as `max`.
    INSERT_ROLE(NewRole {
        organization: OrganizationId,
        id: RoleId,
        name: Text,
        permissions: PermissionSet,
        grants_admin: bool,
        now: Timestamp,
        max: i64,
    }) -> Role invalidates Organization(organization) =
        "INSERT INTO organization_roles (organization_id, id, scope, name, permissions, grants_admin, created_at, updated_at)
         SELECT $1, $2, $1, $3, $4, $5, $6, $6
          WHERE (SELECT COUNT(*) FROM organization_roles r WHERE r.organization_id = $1 AND r.removed_at IS NULL) < $7
      RETURNING id, organization_id, name, permissions, created_at, updated_at, removed_at";

    /// Returns no row if the role would no longer grant admin and no enabled admin would remain. A role that nobody has
    /// makes nobody an admin.
    UPDATE_ROLE(RoleUpdate {
        organization: OrganizationId,
        id: RoleId,
        name: Text,
        permissions: PermissionSet,
        grants_admin: bool,
        now: Timestamp,
    }) -> Role invalidates Organization(organization) =
        "UPDATE organization_roles SET name = $3, permissions = $4, grants_admin = $5, updated_at = $6
          WHERE organization_id = $1 AND id = $2 AND removed_at IS NULL
            AND (grants_admin <= $5
                 OR NOT EXISTS (SELECT 1 FROM organization_membership_roles mr
                                 WHERE mr.role_scope = $1 AND mr.role_id = $2 AND mr.organization_id = $1)
                 OR EXISTS (SELECT 1 FROM organization_membership_roles mr
                              JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                              JOIN organization_memberships m ON m.organization_id = $1 AND m.id = mr.membership_id
                              JOIN users u ON u.id = m.user_id AND u.disabled = 0
                             WHERE mr.organization_id = $1 AND mr.role_id <> $2))
      RETURNING id, organization_id, name, permissions, created_at, updated_at, removed_at";

    ROLE_USAGE(OrganizationId, RoleId) -> RoleUsage =
        "SELECT (SELECT COUNT(*) FROM organization_membership_roles mr
                  WHERE mr.role_scope IN (0, $1) AND mr.role_id = $2 AND mr.organization_id = $1) AS members,
                (SELECT COUNT(*) FROM invitations i
                  WHERE i.organization_id = $1 AND i.role_id = $2 AND i.status = 'pending') AS invitations";

    /// The number of members of each role that can be assigned, up to a limit.
    ROLE_MEMBER_COUNTS(OrganizationId, i64) -> RoleMemberCount =
        "SELECT r.id AS id,
                (SELECT COUNT(*) FROM (SELECT mr.membership_id FROM organization_membership_roles mr
                                        WHERE mr.role_scope = r.scope AND mr.role_id = r.id AND mr.organization_id = $1
                                        LIMIT $2) counted) AS members
           FROM organization_roles r WHERE (r.organization_id = $1 OR r.scope = 0) AND r.removed_at IS NULL";

    /// The first members who have a role.
    ROLE_HOLDERS(OrganizationId, RoleId) -> RoleHolder =
        "SELECT m.id AS membership_id, u.first_name AS first_name, u.last_name AS last_name
           FROM organization_membership_roles mr
           JOIN organization_memberships m ON m.organization_id = mr.organization_id AND m.id = mr.membership_id
           JOIN users u ON u.id = m.user_id
          WHERE mr.organization_id = $1 AND mr.role_id = $2
          ORDER BY m.id LIMIT 5";

    /// A pending invitation with this role.
    INVITATION_WITH_ROLE(OrganizationId, RoleId) -> (InvitationId,) =
        "SELECT id FROM invitations WHERE organization_id = $1 AND role_id = $2 AND status = 'pending' LIMIT 1";

    /// Assigns role `$3` to every member who has role `$2`.
    REPLACE_ROLE(OrganizationId, RoleId, RoleId) invalidates Organization(1) =
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
         SELECT $1, mr.membership_id, r.scope, r.id
           FROM organization_membership_roles mr
           JOIN organization_roles r ON (r.organization_id = $1 OR r.scope = 0) AND r.id = $3
          WHERE mr.organization_id = $1 AND mr.role_id = $2
             ON CONFLICT (role_scope, role_id, organization_id, membership_id) DO NOTHING";

    REPLACE_INVITED_ROLE(OrganizationId, RoleId, RoleId, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations
            SET role_id = $3, role_scope = (SELECT r.scope FROM organization_roles r WHERE r.id = $3), updated_at = $4
          WHERE organization_id = $1 AND role_id = $2 AND status = 'pending'";

    REVOKE_ROLE_FROM_ALL(OrganizationId, RoleId) invalidates Organization(1) =
        "DELETE FROM organization_membership_roles WHERE organization_id = $1 AND role_id = $2";

    /// Any admin who is not disabled.
    HAS_ADMIN(OrganizationId) -> (MembershipId,) =
        "SELECT mr.membership_id FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
           JOIN organization_memberships m ON m.organization_id = mr.organization_id AND m.id = mr.membership_id
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
          WHERE mr.organization_id = $1 LIMIT 1";

    /// Any admin besides this membership who is not disabled.
    OTHER_ADMIN(OrganizationId, MembershipId) -> (MembershipId,) =
        "SELECT mr.membership_id FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
           JOIN organization_memberships m ON m.organization_id = mr.organization_id AND m.id = mr.membership_id
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
          WHERE mr.organization_id = $1 AND mr.membership_id <> $2 LIMIT 1";

    /// Removed roles cannot be assigned.
    REMOVE_ROLE(OrganizationId, RoleId, Timestamp) -> (RoleId,) invalidates Organization(1) =
        "UPDATE organization_roles SET removed_at = $3, updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND removed_at IS NULL
      RETURNING id";

    /// For a new member. Another member's roles are limited: see [`ASSIGN_ANOTHER_ROLE`].
    ASSIGN_ROLE(OrganizationId, MembershipId, RoleId) invalidates Organization(1) =
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
         SELECT $1, $2, r.scope, r.id FROM organization_roles r WHERE (r.organization_id = $1 OR r.scope = 0) AND r.id = $3
             ON CONFLICT (role_scope, role_id, organization_id, membership_id) DO NOTHING";

    /// Changes no row if the member has the role, or as many roles as the last argument.
    ASSIGN_ANOTHER_ROLE(OrganizationId, MembershipId, RoleId, i64) invalidates Organization(1) =
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
         SELECT $1, $2, r.scope, r.id FROM organization_roles r
          WHERE (r.organization_id = $1 OR r.scope = 0) AND r.id = $3
            AND (SELECT COUNT(*) FROM organization_membership_roles mr
                  WHERE mr.organization_id = $1 AND mr.membership_id = $2) < $4
             ON CONFLICT (role_scope, role_id, organization_id, membership_id) DO NOTHING";

    COUNT_ROLES_OF_MEMBER(OrganizationId, MembershipId) -> (i64,) =
        "SELECT COUNT(*) FROM organization_membership_roles WHERE organization_id = $1 AND membership_id = $2";
}
