//! The statements of the waitlist.

use vestibule_db::{Text, record, sql};

use crate::id::WaitlistEntryId;
use crate::time::Timestamp;

record! {
    /// A person who wants an account.
    pub struct WaitlistEntry {
        pub id: WaitlistEntryId,
        pub(crate) address: String,
        /// The normalized address.
        pub address_key: String,
        pub first_name: String,
        pub last_name: String,
        pub created_at: Timestamp,
    }
}

sql! {
    /// Inserts nothing if the address has an entry.
    INSERT(WaitlistEntryId, Text, Text, Text, Text, Timestamp) =
        "INSERT INTO waitlist (id, address, address_key, first_name, last_name, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (address_key) DO NOTHING";

    NEWEST(WaitlistEntryId, i64, i64) -> WaitlistEntry =
        "SELECT id, address, address_key, first_name, last_name, created_at FROM waitlist
          WHERE id < $1 ORDER BY id DESC LIMIT $2 OFFSET $3";

    OLDEST(WaitlistEntryId, i64, i64) -> WaitlistEntry =
        "SELECT id, address, address_key, first_name, last_name, created_at FROM waitlist
          WHERE id > $1 ORDER BY id LIMIT $2 OFFSET $3";

    BY_ADDRESS(i64, i64) -> WaitlistEntry =
        "SELECT id, address, address_key, first_name, last_name, created_at FROM waitlist
          ORDER BY address_key LIMIT $1 OFFSET $2";

    BY_ADDRESS_DESCENDING(i64, i64) -> WaitlistEntry =
        "SELECT id, address, address_key, first_name, last_name, created_at FROM waitlist
          ORDER BY address_key DESC LIMIT $1 OFFSET $2";

    /// Counts up to a limit.
    COUNT(i64) -> (i64,) = "SELECT COUNT(*) FROM (SELECT id FROM waitlist LIMIT $1) counted";

    DELETE(WaitlistEntryId) -> WaitlistEntry =
        "DELETE FROM waitlist WHERE id = $1
      RETURNING id, address, address_key, first_name, last_name, created_at";
}
