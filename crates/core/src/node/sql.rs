//! The leases on node numbers.

use vestibule_db::{Bytes, sql};

use crate::time::Timestamp;

sql! {
    /// Numbers with a lease that has not expired.
    LEASED(Timestamp) -> (i64,) =
        "SELECT node FROM nodes WHERE lease_end > $1 ORDER BY node";

    /// Leases a free number. Returns no row if another process was faster.
    CLAIM(i64, Bytes, Timestamp, Timestamp) -> (i64,) =
        "INSERT INTO nodes (node, holder, lease_end) VALUES ($1, $2, $4)
             ON CONFLICT (node) DO UPDATE SET holder = excluded.holder, lease_end = excluded.lease_end
          WHERE nodes.lease_end <= $3
      RETURNING node";

    /// Returns no row if another process has taken the number.
    RENEW(i64, Bytes, Timestamp) -> (i64,) =
        "UPDATE nodes SET lease_end = $3 WHERE node = $1 AND holder = $2 RETURNING node";

    RELEASE(i64, Bytes) =
        "DELETE FROM nodes WHERE node = $1 AND holder = $2";
}
