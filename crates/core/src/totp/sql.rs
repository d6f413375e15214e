//! Statements on authenticator apps.

use vestibule_db::{Bytes, record, sql};

use crate::id::{AuthenticatorId, UserId};
use crate::time::Timestamp;

record! {
    /// An authenticator with its sealed secret.
    pub(crate) struct AuthenticatorRow {
        pub(crate) id: AuthenticatorId,
        pub(crate) secret: Vec<u8>,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
    }
}

record! {
    /// An authenticator that was deleted.
    pub(crate) struct DeletedAuthenticator {
        pub(crate) id: AuthenticatorId,
        /// `None` if it was not in use.
        pub(crate) verified_at: Option<Timestamp>,
    }
}

sql! {
    /// Replaces an authenticator that was not verified.
    START(AuthenticatorId, UserId, Bytes, Timestamp) =
        "INSERT INTO authenticators (id, user_id, secret, last_step, verified_at, created_at, updated_at)
         VALUES ($1, $2, $3, 0, NULL, $4, $4)
             ON CONFLICT (user_id) WHERE verified_at IS NULL DO UPDATE
            SET id = excluded.id, secret = excluded.secret, last_step = 0, created_at = excluded.created_at,
                updated_at = excluded.updated_at";

    /// Adds one that is in use at once. The user has no other one in use.
    ADD_VERIFIED(AuthenticatorId, UserId, Bytes, Timestamp) =
        "INSERT INTO authenticators (id, user_id, secret, last_step, verified_at, created_at, updated_at)
         VALUES ($1, $2, $3, 0, $4, $4, $4)";

    FIND_VERIFIED(UserId) -> AuthenticatorRow =
        "SELECT id, secret, created_at, updated_at FROM authenticators WHERE user_id = $1 AND verified_at IS NOT NULL";

    /// Finds one that was started after a time.
    FIND_STARTED(UserId, AuthenticatorId, Timestamp) -> AuthenticatorRow =
        "SELECT id, secret, created_at, updated_at FROM authenticators
          WHERE id = $2 AND user_id = $1 AND verified_at IS NULL AND created_at > $3";

    /// Changes no row if the step, or a later one, was used already: a code is accepted once (RFC 6238, section 5.2).
    USE_STEP(UserId, AuthenticatorId, i64, Timestamp) =
        "UPDATE authenticators SET last_step = $3, updated_at = $4
          WHERE id = $2 AND user_id = $1 AND verified_at IS NOT NULL AND last_step < $3";

    /// Changes no row if it is in use already.
    VERIFY(UserId, AuthenticatorId, i64, Timestamp) =
        "UPDATE authenticators SET last_step = $3, verified_at = $4, updated_at = $4
          WHERE id = $2 AND user_id = $1 AND verified_at IS NULL";

    DELETE_VERIFIED(UserId) -> DeletedAuthenticator =
        "DELETE FROM authenticators WHERE user_id = $1 AND verified_at IS NOT NULL RETURNING id, verified_at";

    DELETE(UserId, AuthenticatorId) -> DeletedAuthenticator =
        "DELETE FROM authenticators WHERE id = $2 AND user_id = $1 RETURNING id, verified_at";

    DELETE_ALL(UserId) = "DELETE FROM authenticators WHERE user_id = $1";
}
