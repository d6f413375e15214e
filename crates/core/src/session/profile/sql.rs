//! Statements on profiles that wait to be completed. They belong to a session and to no organization.

use vestibule_db::{Bytes, Text, record, sql};

use crate::id::{AttemptId, SessionId};
use crate::identity_provider::ProviderId;
use crate::time::Timestamp;

record! {
    /// A profile that waits to be completed.
    pub struct PendingProfile {
        pub id: AttemptId,
        pub session_id: SessionId,
        pub provider: ProviderId,
        pub(crate) issuer: String,
        pub(crate) subject: String,
        /// As the provider writes it, and not verified here. Each of these may be empty.
        pub email: String,
        pub first_name: String,
        pub last_name: String,
        pub(crate) tokens: Option<Vec<u8>>,
        pub(crate) invitation: Option<Vec<u8>>,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
    }
}

/// A statement that reads all columns of a [`PendingProfile`].
macro_rules! profile {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, session_id, provider, issuer, subject, email, first_name, last_name, tokens, invitation, created_at,
              expires_at ",
            $after
        )
    };
}

sql! {
    INSERT(NewRow {
        id: AttemptId,
        session: SessionId,
        provider: ProviderId,
        issuer: Text,
        subject: Text,
        email: Text,
        first_name: Text,
        last_name: Text,
        tokens: Option<Bytes>,
        invitation: Option<Bytes>,
        now: Timestamp,
        expires_at: Timestamp,
    }) =
        "INSERT INTO pending_identities (id, session_id, attempt_id, provider, issuer, subject, email, first_name,
                                         last_name, tokens, invitation, created_at, expires_at)
         VALUES ($1, $2, NULL, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// Deletes the oldest ones of a session that has more than `$2`.
    DELETE_OLDEST(SessionId, i64) =
        "DELETE FROM pending_identities
          WHERE session_id = $1
            AND id NOT IN (SELECT p.id FROM pending_identities p WHERE p.session_id = $1
                            ORDER BY p.created_at DESC, p.id DESC LIMIT $2)";

    FIND(SessionId, AttemptId, Timestamp) -> PendingProfile =
        profile!("SELECT", "FROM pending_identities WHERE session_id = $1 AND id = $2 AND expires_at > $3");

    /// Without those whose address is being verified, oldest first.
    OPEN(SessionId, Timestamp) -> PendingProfile =
        profile!("SELECT", "FROM pending_identities
                  WHERE session_id = $1 AND expires_at > $2
                    AND NOT EXISTS (SELECT 1 FROM attempts a
                                     WHERE a.id = pending_identities.attempt_id AND a.completed_at IS NULL
                                       AND a.expires_at > $2)
                  ORDER BY created_at, id");

    EXTEND(SessionId, AttemptId, AttemptId, Timestamp, Timestamp) -> (AttemptId,) =
        "UPDATE pending_identities
            SET attempt_id = $3, expires_at = CASE WHEN expires_at < $4 THEN $4 ELSE expires_at END
          WHERE session_id = $1 AND id = $2 AND expires_at > $5
      RETURNING id";

    TAKE(SessionId, AttemptId, Timestamp) -> PendingProfile =
        profile!("DELETE FROM pending_identities WHERE session_id = $1 AND id = $2 AND expires_at > $3 RETURNING", "");

    TAKE_OF_ATTEMPT(SessionId, AttemptId, Timestamp) -> PendingProfile =
        profile!("DELETE FROM pending_identities WHERE session_id = $1 AND attempt_id = $2 AND expires_at > $3
               RETURNING", "");

    DELETE_OF_SESSION(SessionId) = "DELETE FROM pending_identities WHERE session_id = $1";
}
