//! The counters of the rate limits.

use vestibule_db::{Bytes, record, sql};

use crate::time::Timestamp;

record! {
    /// The attempts in the current window.
    pub(crate) struct Counter {
        pub(crate) attempts: i64,
        pub(crate) window_end: Timestamp,
    }
}

sql! {
    /// Adds one attempt. If the window has ended, a new one starts.
    INCREMENT(Bytes, Timestamp, Timestamp) -> Counter =
        "INSERT INTO attempt_limits (limit_key, attempts, window_end) VALUES ($1, 1, $2)
             ON CONFLICT (limit_key) DO UPDATE
            SET attempts = CASE WHEN attempt_limits.window_end <= $3 THEN 1 ELSE attempt_limits.attempts + 1 END,
                window_end = CASE WHEN attempt_limits.window_end <= $3 THEN excluded.window_end
                                  ELSE attempt_limits.window_end END
      RETURNING attempts, window_end";

    DELETE(Bytes) =
        "DELETE FROM attempt_limits WHERE limit_key = $1";
}
