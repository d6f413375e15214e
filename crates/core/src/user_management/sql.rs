//! Statements on all users, for API keys.

use vestibule_db::{Text, record, sql};

use crate::assurance::{SecondFactorPolicy, SecondFactors};
use crate::cache::Scope;
use crate::id::{EmailAddressId, MembershipId, UserId, WorkspaceMembershipId};
use crate::time::Timestamp;

record! {
    /// A user as backends see them.
    pub struct ManagedUser {
        pub id: UserId,
        pub first_name: String,
        pub last_name: String,
        pub username: Option<String>,
        /// The picture's file name; empty without one.
        pub image_url: String,
        /// The primary address, normalized.
        pub email: Option<String>,
        pub(crate) sort_name: String,
        pub second_factor_policy: SecondFactorPolicy,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// The rest of a user.
    pub struct ManagedUserDetails {
        pub disabled: bool,
        pub has_password: bool,
        pub second_factors: SecondFactors,
        pub email_id: Option<EmailAddressId>,
        pub active_organization_membership_id: Option<MembershipId>,
        pub active_workspace_membership_id: Option<WorkspaceMembershipId>,
        /// A JSON object.
        pub public_metadata: String,
        /// A JSON object that only backends see.
        pub private_metadata: String,
    }
}

record! {
    /// The account that has an address, verified or not.
    pub(crate) struct AddressRow {
        pub(crate) address_key: String,
        pub(crate) verified_at: Option<Timestamp>,
    }
}

/// Selects users with their primary address from `$from`, which names a user `u`.
macro_rules! users {
    ($from:expr, $rest:literal) => {
        concat!(
            "SELECT u.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username,
                    u.image_url AS image_url, e.address_key AS email, u.sort_name AS sort_name,
                    u.second_factor_policy AS second_factor_policy, u.created_at AS created_at,
                    u.updated_at AS updated_at
               FROM ",
            $from,
            " LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 ",
            $rest
        )
    };
}

/// Selects a page of users in any order. Only the index is read for the users before it. The page comes first in the
/// join: PostgreSQL would compare each user with each row of a page in an `IN`.
macro_rules! page {
    ($rest:literal) => {
        users!(concat!("(SELECT p.id FROM users p ", $rest, ") p CROSS JOIN users u"), "WHERE u.id = p.id")
    };
}

/// A table `p` of texts of one length, which are packed in the first argument; see [`super::bulk`].
macro_rules! packed_keys {
    ($width:literal) => {
        concat!(
            "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < LENGTH($1) / ",
            $width,
            ") SELECT RTRIM(SUBSTR($1, i * ",
            $width,
            " + 1, ",
            $width,
            ")) AS packed FROM n) p "
        )
    };
}

sql! {
    FIND(UserId) -> ManagedUser = users!("users u", "WHERE u.id = $1");

    DETAILS(UserId) -> ManagedUserDetails =
        "SELECT u.disabled AS disabled, CASE WHEN u.password_digest IS NULL THEN 0 ELSE 1 END AS has_password,
                u.second_factors AS second_factors, e.id AS email_id,
                u.active_organization_membership_id AS active_organization_membership_id,
                u.active_workspace_membership_id AS active_workspace_membership_id,
                u.public_metadata AS public_metadata, u.private_metadata AS private_metadata
           FROM users u
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE u.id = $1";

    /// Counts up to a limit. The first argument is 0, less than every id: it makes the statement use the index.
    COUNT(UserId, i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT p.id FROM users p WHERE p.id > $1 LIMIT $2) counted";

    AFTER(UserId, i64, i64) -> ManagedUser = page!("WHERE p.id > $1 ORDER BY p.id LIMIT $2 OFFSET $3");

    BEFORE(UserId, i64, i64) -> ManagedUser = page!("WHERE p.id < $1 ORDER BY p.id DESC LIMIT $2 OFFSET $3");

    /// After a name, and after an id within the same name.
    AFTER_NAME(Text, UserId, i64, i64) -> ManagedUser =
        page!("WHERE (p.sort_name, p.id) > ($1, $2) ORDER BY p.sort_name, p.id LIMIT $3 OFFSET $4");

    BEFORE_NAME(Text, UserId, i64, i64) -> ManagedUser =
        page!("WHERE (p.sort_name, p.id) < ($1, $2) ORDER BY p.sort_name DESC, p.id DESC LIMIT $3 OFFSET $4");

    AFTER_EMAIL(Text, UserId, i64, i64) -> ManagedUser =
        page!("WHERE (p.sort_email, p.id) > ($1, $2) ORDER BY p.sort_email, p.id LIMIT $3 OFFSET $4");

    BEFORE_EMAIL(Text, UserId, i64, i64) -> ManagedUser =
        page!("WHERE (p.sort_email, p.id) < ($1, $2) ORDER BY p.sort_email DESC, p.id DESC LIMIT $3 OFFSET $4");

    AFTER_USERNAME(Text, UserId, i64, i64) -> ManagedUser =
        page!("WHERE (p.sort_username, p.id) > ($1, $2)
               ORDER BY p.sort_username, p.id LIMIT $3 OFFSET $4");

    BEFORE_USERNAME(Text, UserId, i64, i64) -> ManagedUser =
        page!("WHERE (p.sort_username, p.id) < ($1, $2)
               ORDER BY p.sort_username DESC, p.id DESC LIMIT $3 OFFSET $4");

    /// `private_metadata` is in no cached response.
    SET_METADATA(UserId, Text, Text, Timestamp) invalidates User(1) =
        "UPDATE users SET public_metadata = $2, private_metadata = $3, updated_at = $4 WHERE id = $1";

    /// `$1` has address keys, padded to 254 characters each. There is at least one.
    TAKEN_ADDRESSES(Text) -> AddressRow =
        concat!(
            "SELECT e.address_key AS address_key, e.verified_at AS verified_at FROM ",
            packed_keys!("254"),
            "CROSS JOIN email_addresses e WHERE e.address_key = p.packed"
        );

    /// `$1` has user name keys, padded to 32 characters each. There is at least one.
    TAKEN_USERNAMES(Text) -> (String,) =
        concat!("SELECT u.username_key FROM ", packed_keys!("32"), "CROSS JOIN users u WHERE u.username_key = p.packed");
}
