//! Statements on users and their addresses. A user belongs to no organization, so these tables have no
//! `organization_id`.
//!
//! `email_addresses` has the verified addresses and, at most, the unverified primary address of an account that signed
//! up without verification. That one is only the login name of the account: it identifies no person, and a user who
//! proves access to the mailbox takes it over. So every statement that finds a user by an address, or shows an address
//! to other users, requires `verified_at IS NOT NULL`. A test lists the exceptions. Other unverified addresses are in
//! `email_claims`: see [`claims`].

pub(crate) mod claims;
pub(crate) mod second_factors;

use vestibule_db::{Text, record, sql};

use crate::cache::Scope;
use crate::id::{EmailAddressId, SessionId, SignInId, UserId};
use crate::language::Language;
use crate::password::PasswordDigest;
use crate::time::Timestamp;

record! {
    /// A user as other users see them.
    pub struct PublicUser {
        pub id: UserId,
        pub first_name: String,
        pub last_name: String,
        pub username: Option<String>,
        /// The picture's file name; empty without one.
        pub image_url: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub email_id: Option<EmailAddressId>,
        /// The primary address, normalized.
        pub email: Option<String>,
        pub email_verified_at: Option<Timestamp>,
        pub email_created_at: Option<Timestamp>,
        pub email_updated_at: Option<Timestamp>,
    }
}

record! {
    /// The private part of a user, shown to themselves.
    pub struct Account {
        pub id: UserId,
        pub has_password: bool,
        pub disabled: bool,
        /// A JSON object.
        pub public_metadata: String,
    }
}

record! {
    /// An address of a user.
    pub struct OwnedAddress {
        pub id: EmailAddressId,
        /// As the user typed it.
        pub(crate) address: String,
        /// The normalized address.
        pub email: String,
        pub is_primary: bool,
        pub verified_at: Option<Timestamp>,
        /// Whether the account had another verified address when this one was verified.
        pub(crate) is_linked: bool,
        /// Whether it is in `email_claims`.
        pub is_claim: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// The password digest for a sign-in.
    pub(crate) struct PasswordRow {
        pub(crate) user_id: UserId,
        pub(crate) password_digest: Option<PasswordDigest>,
        pub(crate) disabled: bool,
    }
}

record! {
    /// The owner of an address, and their sign-in in one session.
    pub(crate) struct AddressOwnerInSession {
        pub(crate) email_id: EmailAddressId,
        pub(crate) user_id: UserId,
        pub(crate) verified_at: Option<Timestamp>,
        pub(crate) sign_in_id: Option<SignInId>,
    }
}

macro_rules! insert_user {
    ($rest:literal) => {
        concat!(
            "INSERT INTO users (id, first_name, last_name, username, username_key, password_digest, language, sort_name,
                                sort_email, sort_username, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, COALESCE($5, ''), $10, $10)
                 ON CONFLICT (username_key) DO NOTHING ",
            $rest
        )
    };
}

macro_rules! insert_address {
    ($rest:literal) => {
        concat!(
            "INSERT INTO email_addresses (id, user_id, address, address_key, domain, is_primary, verified_at, created_at,
                                          updated_at)
             VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $7)
                 ON CONFLICT (address_key) DO NOTHING ",
            $rest
        )
    };
}

record! {
    /// An address that was taken from an account.
    pub(crate) struct RemovedAddress {
        pub(crate) id: EmailAddressId,
        pub(crate) user_id: UserId,
    }
}

record! {
    /// An address that was linked to an account.
    pub(crate) struct LinkedAddress {
        pub(crate) is_primary: bool,
    }
}

sql! {
    PUBLIC_PROFILE(UserId) -> PublicUser =
        "SELECT u.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username,
                u.image_url AS image_url, u.created_at AS created_at, u.updated_at AS updated_at,
                e.id AS email_id, e.address_key AS email, e.verified_at AS email_verified_at,
                e.created_at AS email_created_at, e.updated_at AS email_updated_at
           FROM users u
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE u.id = $1";

    ACCOUNT(UserId) -> Account =
        "SELECT id, CASE WHEN password_digest IS NULL THEN 0 ELSE 1 END AS has_password, disabled, public_metadata
           FROM users WHERE id = $1";

    /// All addresses of a user, with the claims that have not expired.
    OWN_ADDRESSES(UserId, Timestamp) -> OwnedAddress =
        "SELECT id, address, address_key AS email, is_primary, verified_at, is_linked, 0 AS is_claim, created_at, updated_at
           FROM email_addresses WHERE user_id = $1
          UNION ALL
         SELECT id, address, address_key, 0, NULL, 0, 1, created_at, updated_at
           FROM email_claims WHERE user_id = $1 AND expires_at > $2
          ORDER BY id";

    VERIFIED_ADDRESSES(UserId) -> OwnedAddress =
        "SELECT id, address, address_key AS email, is_primary, verified_at, is_linked, 0 AS is_claim, created_at, updated_at
           FROM email_addresses WHERE user_id = $1 AND verified_at IS NOT NULL ORDER BY id";

    /// Finds an unverified address too: it is the login name of its account.
    PASSWORD_BY_EMAIL(Text) -> PasswordRow =
        "SELECT u.id AS user_id, u.password_digest AS password_digest, u.disabled AS disabled
           FROM email_addresses e JOIN users u ON u.id = e.user_id
          WHERE e.address_key = $1";

    PASSWORD_BY_USERNAME(Text) -> PasswordRow =
        "SELECT id AS user_id, password_digest, disabled FROM users WHERE username_key = $1";

    /// Returns the user if it is enabled and still has this digest.
    ENABLED_WITH_DIGEST(UserId, Text) -> (UserId,) =
        "SELECT id FROM users WHERE id = $1 AND password_digest = $2 AND disabled = 0";

    /// Returns no row when the user name is taken.
    INSERT(InsertUser {
        id: UserId,
        first_name: Text,
        last_name: Text,
        username: Option<Text>,
        username_key: Option<Text>,
        password_digest: Option<Text>,
        language: Option<Language>,
        sort_name: Text,
        sort_email: Text,
        now: Timestamp,
    }) -> (UserId,) invalidates nothing("a new account is not cached yet") =
        insert_user!("RETURNING id");

    /// Like `INSERT`, for a batch.
    INSERT_EACH(= InsertUser) invalidates nothing("a new account is not cached yet") = insert_user!("");

    /// The account that has an address, verified or not. For the sign-up and for hints to the owner of the mailbox.
    ADDRESS_OWNER(Text) -> (UserId,) =
        "SELECT user_id FROM email_addresses WHERE address_key = $1";

    /// An unverified address counts only for the user of this session who has it, and as a hint to the owner of the
    /// mailbox.
    OWNER_IN_SESSION(Text, SessionId, Timestamp) -> AddressOwnerInSession =
        "SELECT e.id AS email_id, e.user_id AS user_id, e.verified_at AS verified_at, i.id AS sign_in_id
           FROM email_addresses e
           LEFT JOIN users u ON u.id = e.user_id AND u.disabled = 0
           LEFT JOIN sign_ins i ON i.session_id = $2 AND i.user_id = u.id AND i.expires_at > $3 AND i.impersonator_id IS NULL
          WHERE e.address_key = $1";

    /// Returns no row when the address is taken.
    INSERT_ADDRESS(InsertAddress {
        id: EmailAddressId,
        user: UserId,
        address: Text,
        address_key: Text,
        domain: Text,
        verified_at: Option<Timestamp>,
        now: Timestamp,
    }) -> (EmailAddressId,) invalidates nothing("a new account has no session yet") =
        insert_address!("RETURNING id");

    /// Like `INSERT_ADDRESS`, for a batch.
    INSERT_ADDRESS_EACH(= InsertAddress) invalidates nothing("a new account has no session yet") =
        insert_address!("");

    /// Removes an unverified address from its account, so that the owner of the mailbox can use it. There is no
    /// exception for accounts with organizations: otherwise anyone could block an address by creating one.
    DELETE_UNVERIFIED_ADDRESS(Text) -> RemovedAddress invalidates Everyone(all) =
        "DELETE FROM email_addresses WHERE address_key = $1 AND verified_at IS NULL RETURNING id, user_id";

    /// Changes no row if there is none.
    CLEAR_PASSWORD(UserId, Timestamp) invalidates User(1) =
        "UPDATE users SET password_digest = NULL, updated_at = $2 WHERE id = $1 AND password_digest IS NOT NULL";

    USERNAME_OWNER(Text) -> (UserId,) = "SELECT id FROM users WHERE username_key = $1";

    /// Organizations show the address from now on, and count no seat for an invitation to it. Like a linked address, it
    /// has to wait if the account has another verified one.
    VERIFY_ADDRESS(UserId, EmailAddressId, Timestamp) invalidates Everyone(all) =
        "UPDATE email_addresses
            SET verified_at = $3, updated_at = $3,
                is_linked = CASE WHEN EXISTS (SELECT 1 FROM email_addresses o
                                               WHERE o.user_id = $1 AND o.id <> $2 AND o.verified_at IS NOT NULL)
                                 THEN 1 ELSE 0 END
          WHERE user_id = $1 AND id = $2 AND verified_at IS NULL";

    /// Adds a verified address to an account. It is the primary one if the account has none. Returns no row when the
    /// address is taken.
    LINK_ADDRESS(EmailAddressId, UserId, Text, Text, Timestamp, Text) -> LinkedAddress invalidates Everyone(all) =
        "INSERT INTO email_addresses (id, user_id, address, address_key, is_primary, verified_at, is_linked, created_at,
                                      updated_at, domain)
         SELECT $1, $2, $3, $4,
                CASE WHEN EXISTS (SELECT 1 FROM email_addresses p WHERE p.user_id = $2 AND p.is_primary = 1)
                     THEN 0 ELSE 1 END, $5,
                CASE WHEN EXISTS (SELECT 1 FROM email_addresses o WHERE o.user_id = $2 AND o.verified_at IS NOT NULL)
                     THEN 1 ELSE 0 END, $5, $5, $6
           FROM users u WHERE u.id = $2
             ON CONFLICT (address_key) DO NOTHING
      RETURNING is_primary";

    /// Deletes an unverified primary address, which is a claim from now on.
    DELETE_UNVERIFIED_PRIMARY(UserId) invalidates Everyone(all) =
        "DELETE FROM email_addresses WHERE user_id = $1 AND is_primary = 1 AND verified_at IS NULL";

    DELETE_ADDRESS(UserId, EmailAddressId) -> (EmailAddressId,) invalidates Everyone(all) =
        "DELETE FROM email_addresses WHERE user_id = $1 AND id = $2 AND is_primary = 0 RETURNING id";

    UNSET_PRIMARY_ADDRESS(UserId, Timestamp) invalidates Everyone(all) =
        "UPDATE email_addresses SET is_primary = 0, updated_at = $2 WHERE user_id = $1 AND is_primary = 1";

    SET_PRIMARY_ADDRESS(UserId, EmailAddressId, Timestamp) invalidates Everyone(all) =
        "UPDATE email_addresses SET is_primary = 1, updated_at = $3
          WHERE user_id = $1 AND id = $2 AND verified_at IS NOT NULL";

    /// Returns no row when another user has the user name.
    UPDATE(UpdateUser {
        id: UserId,
        first_name: Text,
        last_name: Text,
        username: Option<Text>,
        username_key: Option<Text>,
        image_url: Text,
        now: Timestamp,
    }) -> (UserId,) invalidates Everyone(all) =
        "UPDATE users SET first_name = $2, last_name = $3, username = $4, username_key = $5,
                sort_username = COALESCE($5, ''), image_url = $6, updated_at = $7
          WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users o WHERE o.username_key = $5 AND o.id <> $1)
      RETURNING id";

    SET_LANGUAGE(UserId, Language, Timestamp) invalidates User(1) =
        "UPDATE users SET language = $2, updated_at = $3 WHERE id = $1 AND COALESCE(language, '') <> $2";

    /// What lists of all users sort by.
    SET_SORT_KEYS(UserId, Text, Text) invalidates nothing("only lists of all users and new memberships have them") =
        "UPDATE users SET sort_name = $2, sort_email = $3 WHERE id = $1";

    /// The search reads the rows themselves from now on.
    SET_SORT_NAME_OF_MEMBERSHIPS(UserId, Text) invalidates nothing("lists that are sorted by it are not cached") =
        "UPDATE organization_memberships SET sort_name = $2, search_segment = 0 WHERE user_id = $1";

    /// Waits for a concurrent change of the user, and makes later ones wait.
    LOCK(UserId) invalidates nothing("it changes nothing") = "UPDATE users SET sort_name = sort_name WHERE id = $1";

    PASSWORD_DIGEST(UserId) -> (Option<PasswordDigest>,) = "SELECT password_digest FROM users WHERE id = $1";

    SET_PASSWORD(UserId, Text, Timestamp) invalidates User(1) =
        "UPDATE users SET password_digest = $2, updated_at = $3 WHERE id = $1";

    /// Replaces a digest by another one of the same password.
    REPLACE_PASSWORD_DIGEST(UserId, Text, Text) invalidates nothing("no response shows a digest") =
        "UPDATE users SET password_digest = $3 WHERE id = $1 AND password_digest = $2";

    /// The names of organizations and workspaces that have no other admin than this user, organizations first. Disabled
    /// users do not count as admins of organizations.
    SOLE_ADMIN_OF(UserId) -> (String,) =
        "SELECT o.name FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
          WHERE m.user_id = $1
            AND EXISTS (SELECT 1 FROM organization_membership_roles mr
                          JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                         WHERE mr.organization_id = m.organization_id AND mr.membership_id = m.id)
            AND NOT EXISTS (SELECT 1 FROM organization_membership_roles mr
                              JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                              JOIN organization_memberships n ON n.organization_id = mr.organization_id AND n.id = mr.membership_id
                              JOIN users a ON a.id = n.user_id AND a.disabled = 0
                             WHERE mr.organization_id = m.organization_id AND mr.membership_id <> m.id)
          UNION ALL
         SELECT w.name FROM workspace_memberships m
           JOIN workspaces w ON w.organization_id = m.organization_id AND w.id = m.workspace_id
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
          WHERE m.user_id = $1
            AND NOT EXISTS (SELECT 1 FROM workspace_membership_roles mr
                              JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
                             WHERE mr.organization_id = m.organization_id AND mr.workspace_id = m.workspace_id
                               AND mr.workspace_membership_id <> m.id)";

    DELETE(UserId) invalidates Everyone(all) = "DELETE FROM users WHERE id = $1";
}
