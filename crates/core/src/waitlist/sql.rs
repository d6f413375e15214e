//! The waitlist's rows.

use crate::id::WaitlistEntryId;
use crate::time::Timestamp;
use vestibule_db::{Text, sql};

sql! {
    /// The first entry of an address stays.
    INSERT(WaitlistEntryId, Text, Text, Text, Text, Timestamp) =
        "INSERT INTO waitlist (id, address, address_key, first_name, last_name, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (address_key) DO NOTHING";
}
