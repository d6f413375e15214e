//! The results of bulk invitations that can be replayed with an idempotency key.

use vestibule_db::{Bytes, Text, record, sql};

use crate::id::OrganizationId;
use crate::time::Timestamp;

record! {
    pub(crate) struct IdempotencyRecord {
        pub(crate) request_digest: Vec<u8>,
        /// JSON.
        pub(crate) result: String,
    }
}

sql! {
    FIND(OrganizationId, Bytes, Timestamp) -> IdempotencyRecord =
        "SELECT asked_digest AS request_digest, answer AS result FROM idempotent_answers
          WHERE organization_id = $1 AND key_digest = $2 AND created_at > $3";

    DELETE_EXPIRED(OrganizationId, Timestamp) =
        "DELETE FROM idempotent_answers WHERE organization_id = $1 AND created_at <= $2";

    INSERT(OrganizationId, Bytes, Bytes, Text, Timestamp) =
        "INSERT INTO idempotent_answers (organization_id, key_digest, asked_digest, answer, created_at)
         VALUES ($1, $2, $3, $4, $5)";
}
