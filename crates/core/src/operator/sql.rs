//! Statements of operators, who see all users and organizations.

use vestibule_db::{Text, record, sql};

use crate::assurance::SecondFactorPolicy;
use crate::cache::Scope;
use crate::id::{OrganizationId, SignInId, UserId};
use crate::time::Timestamp;

record! {
    /// A user in a list.
    pub struct ListedUser {
        pub id: UserId,
        pub first_name: String,
        pub last_name: String,
        pub username: Option<String>,
        /// The primary address, normalized.
        pub email: Option<String>,
        pub email_verified_at: Option<Timestamp>,
        pub disabled: bool,
        pub has_password: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// A user who has an address, or claims it.
    pub struct AddressHolder {
        pub user_id: UserId,
        /// `None` if the user has not proved that the mailbox is theirs.
        pub verified_at: Option<Timestamp>,
    }
}

record! {
    /// A sign-in that has not ended.
    pub struct ListedSignIn {
        pub id: SignInId,
        pub ip_address: String,
        pub user_agent: String,
        pub created_at: Timestamp,
        pub last_active_at: Timestamp,
        pub expires_at: Timestamp,
    }
}

record! {
    /// The second factors of a user, without their passkeys.
    pub struct ListedFactors {
        pub policy: SecondFactorPolicy,
        /// `None` without an authenticator app.
        pub authenticator_added_at: Option<Timestamp>,
        pub backup_codes_left: i64,
        /// When a waiting reset removes the second factors; `None` if none is waiting.
        pub reset_due_at: Option<Timestamp>,
    }
}

record! {
    /// A passkey of a user.
    pub struct ListedPasskey {
        pub name: String,
        pub created_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
    }
}

record! {
    /// A membership with one of its roles.
    pub(crate) struct MembershipRow {
        pub(crate) organization_id: OrganizationId,
        pub(crate) organization_name: String,
        pub(crate) deleted_at: Option<Timestamp>,
        pub(crate) role_name: Option<String>,
    }
}

record! {
    pub struct NamedOrganization {
        pub id: OrganizationId,
        pub name: String,
    }
}

record! {
    /// An organization in a list.
    pub struct ListedOrganization {
        pub id: OrganizationId,
        pub name: String,
        pub member_count: i64,
        /// Admins who are not disabled.
        pub admin_count: i64,
        pub workspace_count: i64,
        /// Also expired ones that were not discarded.
        pub pending_invitation_count: i64,
        /// Members cannot use a deleted organization any more.
        pub deleted_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// An admin of an organization.
    pub struct OrganizationAdmin {
        pub user_id: UserId,
        pub first_name: String,
        pub last_name: String,
        pub email: Option<String>,
        pub email_verified_at: Option<Timestamp>,
        pub disabled: bool,
    }
}

record! {
    /// A domain of an organization.
    pub struct OrganizationDomain {
        pub domain: String,
        pub verified_at: Option<Timestamp>,
    }
}

/// Selects users with their primary address.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username,
                    e.address_key AS email, e.verified_at AS email_verified_at, u.disabled AS disabled,
                    CASE WHEN u.password_digest IS NULL THEN 0 ELSE 1 END AS has_password, u.created_at AS created_at,
                    u.updated_at AS updated_at
               FROM users u
               LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 ",
            $rest
        )
    };
}

/// Selects organizations with their numbers.
macro_rules! organizations {
    ($rest:literal) => {
        concat!(
            "SELECT o.id AS id, o.name AS name, o.member_count AS member_count,
                    (SELECT COUNT(DISTINCT m.id)
                       FROM organization_memberships m
                       JOIN users u ON u.id = m.user_id AND u.disabled = 0
                       JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
                       JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                      WHERE m.organization_id = o.id) AS admin_count,
                    (SELECT COUNT(*) FROM workspaces w WHERE w.organization_id = o.id) AS workspace_count,
                    (SELECT COUNT(*) FROM invitations i WHERE i.organization_id = o.id AND i.status = 'pending')
                        AS pending_invitation_count,
                    o.deleted_at AS deleted_at, o.created_at AS created_at, o.updated_at AS updated_at
               FROM organizations o ",
            $rest
        )
    };
}

sql! {
    USERS_AFTER(UserId, i64) -> ListedUser = users!("WHERE u.id > $1 ORDER BY u.id LIMIT $2");

    USER(UserId) -> ListedUser = users!("WHERE u.id = $1");

    /// The users who have this address or claim it, those who verified it first.
    ADDRESS_HOLDERS(Text, Timestamp, i64) -> AddressHolder =
        "SELECT a.user_id AS user_id, a.verified_at AS verified_at
           FROM (SELECT e.user_id AS user_id, e.verified_at AS verified_at
                   FROM email_addresses e WHERE e.address_key = $1
                  UNION ALL
                 SELECT c.user_id AS user_id, NULL AS verified_at
                   FROM email_claims c WHERE c.address_key = $1 AND c.expires_at > $2) a
          ORDER BY CASE WHEN a.verified_at IS NULL THEN 1 ELSE 0 END, a.user_id
          LIMIT $3";

    /// Newest first.
    SIGN_INS(UserId, Timestamp, i64) -> ListedSignIn =
        "SELECT id, ip_address, user_agent, created_at, last_active_at, expires_at
           FROM sign_ins WHERE user_id = $1 AND expires_at > $2 ORDER BY id DESC LIMIT $3";

    COUNT_SIGN_INS(UserId, Timestamp) -> (i64,) =
        "SELECT COUNT(*) FROM sign_ins WHERE user_id = $1 AND expires_at > $2";

    SECOND_FACTORS(UserId) -> ListedFactors =
        "SELECT u.second_factor_policy AS policy, a.verified_at AS authenticator_added_at,
                (SELECT COUNT(*) FROM backup_codes b WHERE b.user_id = u.id) AS backup_codes_left,
                r.due_at AS reset_due_at
           FROM users u
           LEFT JOIN authenticators a ON a.user_id = u.id AND a.verified_at IS NOT NULL
           LEFT JOIN second_factor_resets r ON r.user_id = u.id
          WHERE u.id = $1";

    PASSKEYS(UserId, i64) -> ListedPasskey =
        "SELECT name, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY id LIMIT $2";

    MEMBERSHIPS(UserId, i64) -> MembershipRow =
        "SELECT o.id AS organization_id, o.name AS organization_name, o.deleted_at AS deleted_at, r.name AS role_name
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id
           LEFT JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           LEFT JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.user_id = $1
          ORDER BY o.id, r.id LIMIT $2";

    /// The organizations that have no other enabled admin than this user.
    SOLE_ENABLED_ADMIN_OF(UserId, i64) -> NamedOrganization =
        "SELECT o.id AS id, o.name AS name
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
          WHERE m.user_id = $1
            AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                          JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = m.organization_id AND mr.membership_id = m.id)
            AND NOT EXISTS (SELECT 1 FROM organization_membership_roles mr
                              JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                              JOIN organization_memberships n ON n.organization_id = mr.organization_id AND n.id = mr.membership_id
                              JOIN users u ON u.id = n.user_id AND u.disabled = 0
                             WHERE mr.organization_id = m.organization_id AND mr.membership_id <> m.id)
          ORDER BY o.id LIMIT $2";

    /// Returns no row if the user is in this state already. Lists of every organization may show the user.
    SET_DISABLED(UserId, bool, Timestamp) -> (UserId,) invalidates Everyone(all) =
        "UPDATE users SET disabled = $2, updated_at = $3 WHERE id = $1 AND disabled <> $2 RETURNING id";

    /// Starts a new generation of every open verification of the user's addresses: the mailed codes, links and reset
    /// tokens stop working. The rows stay, so that nobody can tell from a verification whether the account is disabled.
    END_VERIFICATIONS(UserId, i64, Timestamp) =
        "UPDATE attempts SET generation = $2, proved_at = NULL, updated_at = $3
          WHERE expires_at > $3 AND completed_at IS NULL
            AND (address_key IN (SELECT address_key FROM email_addresses WHERE user_id = $1)
                 OR claim_id IN (SELECT id FROM email_claims WHERE user_id = $1))";

    /// Withdraws the ownership transfers that the user offered, and those that were offered to them. Returns their
    /// organizations.
    END_OWNERSHIP_TRANSFERS(UserId) -> (OrganizationId,) =
        "DELETE FROM handovers
          WHERE organization_id IN (SELECT organization_id FROM organization_memberships WHERE user_id = $1)
            AND (from_membership_id IN (SELECT id FROM organization_memberships WHERE user_id = $1)
                 OR to_membership_id IN (SELECT id FROM organization_memberships WHERE user_id = $1))
      RETURNING organization_id";

    ORGANIZATIONS_AFTER(OrganizationId, i64) -> ListedOrganization =
        organizations!("WHERE o.id > $1 ORDER BY o.id LIMIT $2");

    ORGANIZATION(OrganizationId) -> ListedOrganization = organizations!("WHERE o.id = $1");

    ADMINS(OrganizationId, i64) -> OrganizationAdmin =
        "SELECT u.id AS user_id, u.first_name AS first_name, u.last_name AS last_name, e.address_key AS email,
                e.verified_at AS email_verified_at, u.disabled AS disabled
           FROM organization_memberships m
           JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE m.organization_id = $1
            AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                          JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = $1 AND mr.membership_id = m.id)
          ORDER BY m.id LIMIT $2";

    DOMAINS(OrganizationId) -> OrganizationDomain =
        "SELECT domain, verified_at FROM domains WHERE organization_id = $1 ORDER BY id LIMIT 100";
}
