//! The counters of the rate limits.

use vestibule_db::{Bytes, Text, record, sql};

use crate::id::UserId;
use crate::time::Timestamp;

record! {
    /// The attempts in the current window.
    pub(crate) struct Counter {
        pub(crate) attempts: i64,
        pub(crate) window_end: Timestamp,
    }
}

sql! {
    USER_BY_ADDRESS(Text) -> (UserId,) =
        "SELECT user_id FROM email_addresses WHERE address_key = $1";

    USER_BY_USERNAME(Text) -> (UserId,) = "SELECT id FROM users WHERE username_key = $1";

    /// Adds one attempt. If the window has ended, a new one starts.
    INCREMENT(Bytes, Timestamp, Timestamp) -> Counter =
        "INSERT INTO attempt_limits (limit_key, attempts, window_end) VALUES ($1, 1, $2)
             ON CONFLICT (limit_key) DO UPDATE
            SET attempts = CASE WHEN attempt_limits.window_end <= $3 THEN 1 ELSE attempt_limits.attempts + 1 END,
                window_end = CASE WHEN attempt_limits.window_end <= $3 THEN excluded.window_end
                                  ELSE attempt_limits.window_end END
      RETURNING attempts, window_end";

    /// Adds `$2` unless the sum exceeds `$3`; it changes no row then. If the window has ended by `$5`, a new one
    /// starts, which ends at `$4`.
    TAKE(Bytes, i64, i64, Timestamp, Timestamp) =
        "INSERT INTO attempt_limits (limit_key, attempts, window_end) SELECT $1, $2, $4 WHERE $2 <= $3
             ON CONFLICT (limit_key) DO UPDATE
            SET attempts = CASE WHEN attempt_limits.window_end <= $5 THEN $2 ELSE attempt_limits.attempts + $2 END,
                window_end = CASE WHEN attempt_limits.window_end <= $5 THEN $4 ELSE attempt_limits.window_end END
          WHERE attempt_limits.window_end <= $5 OR attempt_limits.attempts + $2 <= $3";

    /// The end of the window of a counter that has reached `$2`.
    EXHAUSTED(Bytes, i64, Timestamp) -> (Timestamp,) =
        "SELECT window_end FROM attempt_limits WHERE limit_key = $1 AND attempts >= $2 AND window_end > $3";

    WINDOW_END(Bytes, Timestamp) -> (Timestamp,) =
        "SELECT window_end FROM attempt_limits WHERE limit_key = $1 AND window_end > $2";

    /// Adds `$2` to a block of size `$3`. Returns no row if the block has too few left, and more than the size if there
    /// is no block. The end of the window decides only when the cleanup deletes an unused block.
    TAKE_FROM_BLOCK(Bytes, i64, i64, Timestamp) -> (i64,) =
        "INSERT INTO attempt_limits (limit_key, attempts, window_end) VALUES ($1, $3 + 1, $4)
             ON CONFLICT (limit_key) DO UPDATE SET attempts = attempt_limits.attempts + $2
          WHERE attempt_limits.attempts + $2 <= $3
      RETURNING attempts";

    RESTART_BLOCK(Bytes, i64, Timestamp) =
        "UPDATE attempt_limits SET attempts = $2, window_end = $3 WHERE limit_key = $1";

    DELETE(Bytes) =
        "DELETE FROM attempt_limits WHERE limit_key = $1";
}
