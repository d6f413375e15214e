//! Statements on tickets.

use vestibule_db::{Bytes, record, sql};

use crate::id::{ApiKeyId, UserId};
use crate::time::Timestamp;

record! {
    /// A ticket that can be exchanged.
    pub(crate) struct Ticket {
        pub(crate) user_id: UserId,
        /// The person who is going to be signed in as the user.
        pub(crate) actor_id: UserId,
        pub(crate) api_key_id: ApiKeyId,
        pub(crate) expires_at: Timestamp,
    }
}

sql! {
    USER_IS_DISABLED(UserId) -> (bool,) = "SELECT disabled FROM users WHERE id = $1";

    INSERT(NewTicket {
        digest: Bytes,
        user: UserId,
        actor: UserId,
        key: ApiKeyId,
        now: Timestamp,
        expires_at: Timestamp,
    }) =
        "INSERT INTO session_tickets (digest, user_id, actor_id, api_key_id, created_at, expires_at, spent_at)
         VALUES ($1, $2, $3, $4, $5, $6, NULL)";

    /// Finds a ticket that [`SPEND`] would spend.
    FIND(Bytes, Timestamp) -> Ticket =
        "SELECT user_id, actor_id, api_key_id, expires_at FROM session_tickets
          WHERE digest = $1 AND spent_at IS NULL AND expires_at > $2
            AND EXISTS (SELECT 1 FROM api_keys k WHERE k.id = api_key_id AND k.valid_until > $2)
            AND NOT EXISTS (SELECT 1 FROM users a WHERE a.id = actor_id AND a.disabled = 1)";

    /// Succeeds once per ticket, and not after its API key was revoked or the person who got it was disabled.
    SPEND(Bytes, Timestamp) -> Ticket =
        "UPDATE session_tickets SET spent_at = $2
          WHERE digest = $1 AND spent_at IS NULL AND expires_at > $2
            AND EXISTS (SELECT 1 FROM api_keys k WHERE k.id = api_key_id AND k.valid_until > $2)
            AND NOT EXISTS (SELECT 1 FROM users a WHERE a.id = actor_id AND a.disabled = 1)
      RETURNING user_id, actor_id, api_key_id, expires_at";
}
