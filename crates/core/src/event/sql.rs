//! Storing events.

use vestibule_db::{Bytes, Text, sql};

use super::EntityType;
use super::record::ActorKind;
use crate::id::{AuditEntryId, UserId};
use crate::time::Timestamp;

sql! {
    /// Adds an entry to the audit log. The sealer moves it to the others.
    INSERT(NewEntry {
        organization: i64,
        id: AuditEntryId,
        created_at: Timestamp,
        action: Text,
        actor_kind: ActorKind,
        actor: Option<i64>,
        impersonator: Option<UserId>,
        target_kind: EntityType,
        target: i64,
        request: Option<i64>,
        payload: Text,
        personal: Option<Text>,
        salt: Option<Bytes>,
    }) =
        "INSERT INTO audit_queue (organization_id, id, created_at, action, actor_kind, actor_id, impersonator_id,
                                    target_kind, target_id, request_id, payload, personal, salt)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13";

    /// Makes the sealer erase a user's personal data from the entries.
    ERASE_LATER(UserId, Timestamp) =
        "INSERT INTO audit_erasures (subject_id, is_organization, created_at) VALUES ($1, 0, $2)
             ON CONFLICT (subject_id) DO NOTHING";
}
