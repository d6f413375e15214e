//! Statements on memberships and their roles.

use vestibule_db::{Text, record, sql};

use crate::assurance::SecondFactors;
use crate::cache::Scope;
use crate::id::{EmailAddressId, MemberId, MembershipId, OrganizationId, RoleId, UserId};
use crate::organization::Organization;
use crate::permission::PermissionSet;
use crate::time::Timestamp;

record! {
    pub struct Membership {
        pub id: MembershipId,
        pub organization_id: OrganizationId,
        pub user_id: UserId,
        /// A JSON object.
        pub public_metadata: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A role that a membership has.
    pub struct MembershipRole {
        pub membership_id: MembershipId,
        pub id: RoleId,
        /// `None` for a shared role of the deployment.
        pub organization_id: Option<OrganizationId>,
        pub name: String,
        pub permissions: PermissionSet,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A member as other members see them.
    pub struct Member {
        pub id: MembershipId,
        pub user_id: UserId,
        /// A JSON object.
        pub public_metadata: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub(crate) sort_name: String,
        pub first_name: String,
        pub last_name: String,
        pub username: Option<String>,
        /// The picture's file name; empty without one.
        pub image_url: String,
        pub user_created_at: Timestamp,
        pub user_updated_at: Timestamp,
        pub(crate) second_factors: SecondFactors,
        pub email_id: Option<EmailAddressId>,
        pub email: Option<String>,
        pub email_verified_at: Option<Timestamp>,
        pub email_created_at: Option<Timestamp>,
        pub email_updated_at: Option<Timestamp>,
    }
}

record! {
    /// The member who has verified an address.
    pub(crate) struct MemberByEmail {
        pub(crate) membership_id: MembershipId,
        pub(crate) user_id: UserId,
    }
}

/// Selects members with their public profile from `$from`, which names a membership `m`.
macro_rules! members {
    ($from:expr, $rest:literal) => {
        concat!(
            "SELECT m.id AS id, u.id AS user_id, m.public_metadata AS public_metadata, m.created_at AS created_at,
                    m.updated_at AS updated_at, m.sort_name AS sort_name, u.first_name AS first_name,
                    u.last_name AS last_name,
                    u.username AS username, u.image_url AS image_url, u.created_at AS user_created_at,
                    u.updated_at AS user_updated_at, u.second_factors AS second_factors, e.id AS email_id, e.address_key AS email,
                    e.verified_at AS email_verified_at, e.created_at AS email_created_at,
                    e.updated_at AS email_updated_at
               FROM ",
            $from,
            " JOIN users u ON u.id = m.user_id
               LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 ",
            $rest
        )
    };
}

pub(crate) mod lists;
pub(crate) mod management;

sql! {
    /// If the transaction is not serializable, the user has to be locked: their name may change concurrently.
    INSERT(MembershipId, OrganizationId, UserId, Timestamp) invalidates Organization(2) =
        "INSERT INTO organization_memberships (id, organization_id, user_id, created_at, updated_at, sort_name)
         VALUES ($1, $2, $3, $4, $4, (SELECT u.sort_name FROM users u WHERE u.id = $3))";

    OF_USER(OrganizationId, UserId) -> (MembershipId,) =
        "SELECT m.id FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
          WHERE m.organization_id = $1 AND m.user_id = $2";

    ALL_OF_USER(UserId) -> Membership =
        "SELECT id, organization_id, user_id, public_metadata, created_at, updated_at
           FROM organization_memberships WHERE user_id = $1 ORDER BY id DESC";

    /// The names of a user's newest 100 organizations.
    ORGANIZATION_NAMES_OF_USER(UserId) -> (String,) =
        "SELECT o.name FROM organization_memberships m JOIN organizations o ON o.id = m.organization_id
          WHERE m.user_id = $1 ORDER BY m.id DESC LIMIT 100";

    ROLES_OF_USER(UserId) -> MembershipRole =
        "SELECT mr.membership_id AS membership_id, r.id AS id, r.organization_id AS organization_id, r.name AS name,
                r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
           FROM organization_memberships m
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.user_id = $1
          ORDER BY r.id";

    /// All verified addresses of all members.
    ADDRESSES(OrganizationId) -> (String,) =
        "SELECT e.address_key FROM organization_memberships m JOIN email_addresses e ON e.user_id = m.user_id
          WHERE m.organization_id = $1 AND e.verified_at IS NOT NULL";

    /// The member who has verified this address.
    BY_EMAIL(OrganizationId, Text) -> MemberByEmail =
        "SELECT m.id AS membership_id, m.user_id AS user_id
           FROM organization_memberships m JOIN email_addresses e ON e.user_id = m.user_id
          WHERE m.organization_id = $1 AND e.address_key = $2 AND e.verified_at IS NOT NULL";

    /// Newest first, those before an id.
    PAGE(OrganizationId, MembershipId, i64, i64) -> Member =
        members!(
            "organization_memberships m",
            "WHERE m.organization_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3 OFFSET $4"
        );

    MEMBER(OrganizationId, MembershipId) -> Member = members!("organization_memberships m", "WHERE m.organization_id = $1 AND m.id = $2");

    /// By the id of the membership or of the user.
    FIND(OrganizationId, MemberId) -> (MembershipId,) =
        "SELECT id FROM organization_memberships WHERE organization_id = $1 AND (id = $2 OR user_id = $2)";

    USER(OrganizationId, MembershipId) -> (UserId,) =
        "SELECT user_id FROM organization_memberships WHERE organization_id = $1 AND id = $2";

    /// Returns no row if the organization or one of its workspaces would be left without an admin. A disabled user does
    /// not count as an admin of the organization. Roles and workspace memberships are deleted by cascade.
    DELETE(OrganizationId, MembershipId) -> (MembershipId,) invalidates Organization(1) =
        "DELETE FROM organization_memberships
          WHERE organization_id = $1 AND id = $2
            AND (EXISTS (SELECT 1 FROM organization_membership_roles mr
                           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                           JOIN organization_memberships m ON m.organization_id = $1 AND m.id = mr.membership_id
                           JOIN users u ON u.id = m.user_id AND u.disabled = 0
                          WHERE mr.organization_id = $1 AND mr.membership_id <> $2)
                 OR NOT EXISTS (SELECT 1 FROM organization_membership_roles mr
                                  JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                                 WHERE mr.organization_id = $1 AND mr.membership_id = $2))
            AND NOT EXISTS (SELECT 1 FROM workspace_memberships wm
                              JOIN workspace_membership_roles mr ON mr.organization_id = wm.organization_id
                                   AND mr.workspace_id = wm.workspace_id AND mr.workspace_membership_id = wm.id
                              JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                             WHERE wm.organization_id = $1 AND wm.organization_membership_id = $2
                               AND NOT EXISTS (SELECT 1 FROM workspace_membership_roles o
                                                 JOIN workspace_roles a ON a.scope = o.role_scope AND a.id = o.role_id AND a.grants_admin = 1
                                                WHERE o.organization_id = wm.organization_id AND o.workspace_id = wm.workspace_id
                                                  AND o.workspace_membership_id <> wm.id))
      RETURNING id";

    /// For a deleted organization, which needs no admin.
    DELETE_IN_DELETED_ORGANIZATION(OrganizationId, MembershipId) -> (MembershipId,) invalidates Organization(1) =
        "DELETE FROM organization_memberships
          WHERE organization_id = $1 AND id = $2
            AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = $1 AND o.deleted_at IS NOT NULL)
      RETURNING id";

    RECOUNT_WORKSPACE_MEMBERS(OrganizationId) invalidates Organization(1) =
        "UPDATE workspaces
            SET member_count = (SELECT COUNT(*) FROM workspace_memberships m
                                 WHERE m.organization_id = $1 AND m.workspace_id = workspaces.id)
          WHERE organization_id = $1";

    /// For every workspace of a membership that is about to be deleted.
    DECREMENT_WORKSPACE_MEMBER_COUNTS(OrganizationId, MembershipId, Timestamp) invalidates Organization(1) =
        "UPDATE workspaces SET member_count = member_count - 1, updated_at = $3
          WHERE organization_id = $1
            AND id IN (SELECT wm.workspace_id FROM workspace_memberships wm
                        WHERE wm.organization_id = $1 AND wm.organization_membership_id = $2)";

    DECREMENT_MEMBER_COUNT(OrganizationId, Timestamp) invalidates Organization(1) =
        "UPDATE organizations SET member_count = member_count - 1, updated_at = $2 WHERE id = $1";

    /// Returns no row if the role grants admin and no enabled admin would remain. Another role of the same member may
    /// still grant admin.
    REVOKE_ROLE(OrganizationId, MembershipId, RoleId) -> (RoleId,) invalidates Organization(1) =
        "DELETE FROM organization_membership_roles
          WHERE organization_id = $1 AND membership_id = $2 AND role_id = $3
            AND (EXISTS (SELECT 1 FROM organization_membership_roles mr
                           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                           JOIN organization_memberships m ON m.organization_id = $1 AND m.id = mr.membership_id
                           JOIN users u ON u.id = m.user_id AND u.disabled = 0
                          WHERE mr.organization_id = $1 AND NOT (mr.membership_id = $2 AND mr.role_id = $3))
                 OR NOT EXISTS (SELECT 1 FROM organization_roles r WHERE r.id = $3 AND r.grants_admin = 1))
      RETURNING role_id";

    HAS_ROLE(OrganizationId, MembershipId, RoleId) -> (RoleId,) =
        "SELECT role_id FROM organization_membership_roles
          WHERE organization_id = $1 AND membership_id = $2 AND role_id = $3";

    ROLES_OF_MEMBER(OrganizationId, MembershipId) -> MembershipRole =
        "SELECT mr.membership_id AS membership_id, r.id AS id, r.organization_id AS organization_id, r.name AS name,
                r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
           FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE mr.organization_id = $1 AND mr.membership_id = $2
          ORDER BY r.id";

    /// The workspaces in which nobody but this member is an admin.
    SOLE_ADMIN_WORKSPACES(OrganizationId, MembershipId) -> (String,) =
        "SELECT w.name FROM workspace_memberships wm
           JOIN workspaces w ON w.organization_id = wm.organization_id AND w.id = wm.workspace_id
          WHERE wm.organization_id = $1 AND wm.organization_membership_id = $2
            AND EXISTS (SELECT 1 FROM workspace_membership_roles mr
                          JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = $1 AND mr.workspace_id = wm.workspace_id
                           AND mr.workspace_membership_id = wm.id)
            AND NOT EXISTS (SELECT 1 FROM workspace_membership_roles mr
                              JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                             WHERE mr.organization_id = $1 AND mr.workspace_id = wm.workspace_id
                               AND mr.workspace_membership_id <> wm.id)
          ORDER BY w.id LIMIT 20";

    ORGANIZATION(OrganizationId) -> Organization =
        "SELECT id, name, description, image_url, member_count, whitelisted_ips, enable_ip_restriction, enforce_mfa,
                minimum_assurance, mfa_enforced_from, requires_sso, auto_assigned_workspace_id, public_metadata, created_at,
                updated_at
           FROM organizations WHERE id = $1";
}
