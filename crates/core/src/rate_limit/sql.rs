//! The counters of attempts.

use crate::time::Timestamp;
use vestibule_db::{Bytes, record, sql};

record! {
    /// How often something was tried, and when that is forgotten.
    pub(crate) struct Counted {
        pub(crate) attempts: i64,
        pub(crate) window_end: Timestamp,
    }
}

sql! {
    /// One more attempt; a window that has ended begins anew.
    COUNT(Bytes, Timestamp, Timestamp) -> Counted =
        "INSERT INTO attempt_limits (limit_key, attempts, window_end) VALUES ($1, 1, $2)
             ON CONFLICT (limit_key) DO UPDATE
            SET attempts = CASE WHEN attempt_limits.window_end <= $3 THEN 1 ELSE attempt_limits.attempts + 1 END,
                window_end = CASE WHEN attempt_limits.window_end <= $3 THEN excluded.window_end
                                  ELSE attempt_limits.window_end END
      RETURNING attempts, window_end";

    FORGET(Bytes) =
        "DELETE FROM attempt_limits WHERE limit_key = $1";
}
