//! Storing events.

use vestibule_db::{Bytes, Text, sql};

use super::EntityType;
use super::record::ActorKind;
use crate::id::{AuditEntryId, OrganizationId, UserId, WebhookEndpointId};
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

    /// Stores a delivery for each enabled endpoint of the installation or of the organization whose filter is empty or names
    /// the event. The limit is higher than the number of endpoints that there can be.
    FAN_OUT(NewDeliveries {
        id: AuditEntryId,
        organization: i64,
        event: Text,
        name_in_filter: Text,
        body: Text,
        now: Timestamp,
    }) =
        "INSERT INTO webhook_deliveries (endpoint_id, id, event, body, state, attempts, all_attempts, due_at, last_error,
                                           created_at, updated_at)
         SELECT s.id, $1, $3, $5, 'waiting', 0, 0, $6, '', $6, $6
           FROM (SELECT e.id AS id FROM webhook_endpoints e
                  WHERE (e.organization_id = $2 OR e.organization_id = 0) AND e.is_enabled = 1
                    AND (e.events = '' OR REPLACE(e.events, $4, '') <> e.events)
                  LIMIT 200) s";

    /// An enabled endpoint of the installation or of any organization.
    ENABLED_ENDPOINT() -> (WebhookEndpointId,) = "SELECT e.id FROM webhook_endpoints e WHERE e.is_enabled = 1 LIMIT 1";

    /// Like [`FAN_OUT`], for the endpoints whose filter names the event only.
    FAN_OUT_BY_NAME(= NewDeliveries) =
        "INSERT INTO webhook_deliveries (endpoint_id, id, event, body, state, attempts, all_attempts, due_at, last_error,
                                           created_at, updated_at)
         SELECT s.id, $1, $3, $5, 'waiting', 0, 0, $6, '', $6, $6
           FROM (SELECT e.id AS id FROM webhook_endpoints e
                  WHERE (e.organization_id = $2 OR e.organization_id = 0) AND e.is_enabled = 1
                    AND REPLACE(e.events, $4, '') <> e.events
                  LIMIT 200) s";

    /// An enabled endpoint whose filter names an event.
    SUBSCRIBER(Text) -> (WebhookEndpointId,) =
        "SELECT e.id FROM webhook_endpoints e WHERE e.is_enabled = 1 AND REPLACE(e.events, $1, '') <> e.events LIMIT 1";

    /// Makes the sealer erase a user's personal data from the entries.
    ERASE_LATER(UserId, Timestamp) =
        "INSERT INTO audit_erasures (subject_id, is_organization, created_at) VALUES ($1, 0, $2)
             ON CONFLICT (subject_id) DO NOTHING";

    /// Makes the sealer erase an organization's payloads.
    ERASE_ORGANIZATION_LATER(OrganizationId, Timestamp) =
        "INSERT INTO audit_erasures (subject_id, is_organization, created_at) VALUES ($1, 1, $2)
             ON CONFLICT (subject_id) DO NOTHING";
}
