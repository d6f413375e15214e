//! Statements on identities. A user belongs to no organization, so the table has no `organization_id`.
//!
//! Those of connections decide whether single sign-on is required of a member, so changing them invalidates more.

use vestibule_db::{Bytes, Text, record, sql};

use crate::cache::Scope;
use crate::id::{ConnectionId, IdentityId, UserId};
use crate::time::Timestamp;

record! {
    /// An identity of a user, as lists show it.
    pub struct Identity {
        pub id: IdentityId,
        pub user_id: UserId,
        /// The id of the provider; `enterprise` for a connection of an organization.
        pub provider: String,
        pub connection_id: Option<ConnectionId>,
        pub issuer: String,
        /// What the provider said last. Each may be empty.
        pub email: String,
        pub first_name: String,
        pub last_name: String,
        pub last_used_at: Timestamp,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// The user of an identity.
    pub(crate) struct KnownIdentity {
        pub(crate) id: IdentityId,
        pub(crate) user_id: UserId,
        pub(crate) user_is_disabled: bool,
    }
}

record! {
    /// An identity that was deleted.
    pub(crate) struct DeletedIdentity {
        pub(crate) id: IdentityId,
        pub(crate) provider: String,
        pub(crate) connection_id: Option<ConnectionId>,
    }
}

record! {
    /// The sealed tokens of an identity, if they are kept.
    pub(crate) struct TokensRow {
        pub(crate) id: IdentityId,
        pub(crate) tokens: Option<Vec<u8>>,
    }
}

record! {
    /// How a user can sign in, besides by social providers and by mail.
    pub(crate) struct WaysInRow {
        pub(crate) has_password: bool,
        pub(crate) has_passkey: bool,
        /// Whether an enabled connection of an organization of theirs knows them.
        pub(crate) has_connection: bool,
    }
}

macro_rules! insert {
    () => {
        "INSERT INTO identities (id, user_id, provider, connection_id, issuer, subject, email, first_name, last_name, tokens,
                                 last_used_at, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11
          WHERE (SELECT COUNT(*) FROM identities i WHERE i.user_id = $2) < $12
             ON CONFLICT DO NOTHING
      RETURNING id"
    };
}

/// A statement that reads all columns of an [`Identity`].
macro_rules! identity {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, provider, connection_id, issuer, email, first_name, last_name, last_used_at, created_at,
                    updated_at
               FROM identities ",
            $rest
        )
    };
}

sql! {
    /// Returns no row if an account has the identity, or if the user has as many as allowed.
    INSERT_SOCIAL(NewRow {
        id: IdentityId,
        user: UserId,
        provider: Text,
        connection: Option<ConnectionId>,
        issuer: Text,
        subject: Text,
        email: Text,
        first_name: Text,
        last_name: Text,
        tokens: Option<Bytes>,
        now: Timestamp,
        max: i64,
    }) -> (IdentityId,) invalidates User(user) = insert!();

    /// Like `INSERT_SOCIAL`, at a connection.
    INSERT_ENTERPRISE(= NewRow) -> (IdentityId,) invalidates Everyone(all) = insert!();

    COUNT(UserId) -> (i64,) = "SELECT COUNT(*) FROM identities WHERE user_id = $1";

    FIND_SOCIAL(Text, Text, Text) -> KnownIdentity =
        "SELECT i.id AS id, i.user_id AS user_id, u.disabled AS user_is_disabled
           FROM identities i JOIN users u ON u.id = i.user_id
          WHERE i.provider = $1 AND i.issuer = $2 AND i.subject = $3 AND i.connection_id IS NULL";

    FIND_ENTERPRISE(ConnectionId, Text, Text) -> KnownIdentity =
        "SELECT i.id AS id, i.user_id AS user_id, u.disabled AS user_is_disabled
           FROM identities i JOIN users u ON u.id = i.user_id
          WHERE i.connection_id = $1 AND i.issuer = $2 AND i.subject = $3";

    /// With any issuer.
    OF_PROVIDER(UserId, Text) -> (IdentityId,) =
        "SELECT id FROM identities WHERE user_id = $1 AND provider = $2 AND connection_id IS NULL LIMIT 1";

    OF_CONNECTION(UserId, ConnectionId, Text) -> (IdentityId,) =
        "SELECT id FROM identities WHERE user_id = $1 AND connection_id = $2 AND issuer = $3 LIMIT 1";

    /// Oldest first.
    OF_USER(UserId) -> Identity = identity!("WHERE user_id = $1 ORDER BY id");

    OWN(UserId, IdentityId) -> Identity = identity!("WHERE user_id = $1 AND id = $2");

    TOKENS_OF_USER(UserId) -> TokensRow = "SELECT id, tokens FROM identities WHERE user_id = $1 ORDER BY id";

    TOKENS(IdentityId) -> TokensRow = "SELECT id, tokens FROM identities WHERE id = $1";

    PROVIDERS_OF_USER(UserId) -> (String,) =
        "SELECT DISTINCT provider FROM identities WHERE user_id = $1 AND connection_id IS NULL";

    WAYS_IN(UserId) -> WaysInRow =
        "SELECT CASE WHEN u.password_digest IS NOT NULL THEN 1 ELSE 0 END AS has_password,
                CASE WHEN EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) THEN 1 ELSE 0 END AS has_passkey,
                CASE WHEN EXISTS (SELECT 1 FROM identities i
                                    JOIN enterprise_connections c ON c.id = i.connection_id AND c.is_enabled = 1
                                    JOIN organizations o ON o.id = c.organization_id AND o.deleted_at IS NULL
                                    JOIN organization_memberships m ON m.organization_id = o.id AND m.user_id = u.id
                                   WHERE i.user_id = u.id)
                     THEN 1 ELSE 0 END AS has_connection
           FROM users u WHERE u.id = $1";

    /// Stores a use, and what the provider says now.
    TOUCH(TouchedIdentity {
        id: IdentityId,
        email: Text,
        first_name: Text,
        last_name: Text,
        tokens: Option<Bytes>,
        now: Timestamp,
    }) invalidates nothing("no cached response shows it") =
        "UPDATE identities
            SET email = $2, first_name = $3, last_name = $4, tokens = $5, last_used_at = $6, updated_at = $6
          WHERE id = $1";

    /// Not one of a connection: nobody evades single sign-on by it.
    DELETE_SOCIAL(UserId, IdentityId) -> DeletedIdentity invalidates User(1) =
        "DELETE FROM identities WHERE user_id = $1 AND id = $2 AND connection_id IS NULL
      RETURNING id, provider, connection_id";

    DELETE(UserId, IdentityId) -> DeletedIdentity invalidates Everyone(all) =
        "DELETE FROM identities WHERE user_id = $1 AND id = $2 RETURNING id, provider, connection_id";

    DELETE_ALL_OF_USER(UserId) -> DeletedIdentity invalidates Everyone(all) =
        "DELETE FROM identities WHERE user_id = $1 RETURNING id, provider, connection_id";
}
