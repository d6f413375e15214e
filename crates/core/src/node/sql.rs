//! The leases on node numbers.

use crate::time::Timestamp;
use vestibule_db::{Bytes, sql};

sql! {
    /// Numbers that somebody holds.
    TAKEN(Timestamp) -> (i64,) =
        "SELECT node FROM nodes WHERE lease_end > $1 ORDER BY node";

    /// Takes a number that nobody holds; nothing comes back when somebody was first.
    CLAIM(i64, Bytes, Timestamp, Timestamp) -> (i64,) =
        "INSERT INTO nodes (node, holder, lease_end) VALUES ($1, $2, $4)
             ON CONFLICT (node) DO UPDATE SET holder = excluded.holder, lease_end = excluded.lease_end
          WHERE nodes.lease_end <= $3
      RETURNING node";

    /// Nothing comes back when the number is somebody else's by now.
    RENEW(i64, Bytes, Timestamp) -> (i64,) =
        "UPDATE nodes SET lease_end = $3 WHERE node = $1 AND holder = $2 RETURNING node";

    RELEASE(i64, Bytes) =
        "DELETE FROM nodes WHERE node = $1 AND holder = $2";
}
