//! The statements of the waitlist.

use vestibule_db::{Text, sql};

use crate::id::WaitlistEntryId;
use crate::time::Timestamp;

sql! {
    /// Inserts nothing if the address has an entry.
    INSERT(WaitlistEntryId, Text, Text, Text, Text, Timestamp) =
        "INSERT INTO waitlist (id, address, address_key, first_name, last_name, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (address_key) DO NOTHING";
}
