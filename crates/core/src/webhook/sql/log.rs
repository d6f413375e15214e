//! Statements that show what was delivered.

use vestibule_db::{Text, record, sql};

use super::Delivery;
use crate::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use crate::time::Timestamp;
use crate::webhook::DeliveryState;

record! {
    /// The newest delivery of an endpoint.
    pub struct LatestDelivery {
        pub endpoint_id: WebhookEndpointId,
        pub state: DeliveryState,
        pub all_attempts: i64,
        pub last_status: Option<i64>,
        /// The kind of the last failure; empty after a response.
        pub last_error: String,
        pub updated_at: Timestamp,
    }
}

sql! {
    /// What is sent, byte for byte.
    BODY(WebhookEndpointId, AuditEntryId) -> (String,) =
        "SELECT d.body FROM webhook_deliveries d WHERE d.endpoint_id = $1 AND d.id = $2";

    /// The newest delivery of each endpoint of an organization.
    LATEST(OrganizationId, i64) -> LatestDelivery =
        "SELECT d.endpoint_id AS endpoint_id, d.state AS state, d.all_attempts AS all_attempts,
                d.last_status AS last_status, d.last_error AS last_error, d.updated_at AS updated_at
           FROM webhook_endpoints e JOIN webhook_deliveries d ON d.endpoint_id = e.id
          WHERE e.organization_id = $1
            AND d.id = (SELECT MAX(m.id) FROM webhook_deliveries m WHERE m.endpoint_id = e.id)
          ORDER BY e.id LIMIT $2";

    /// Those from the id `$2` up to but not `$3`, newest first. `$4` is the name of the event, or empty for all.
    DELIVERIES(WebhookEndpointId, AuditEntryId, AuditEntryId, Text, i64) -> Delivery =
        delivery!(
            "WHERE d.endpoint_id = $1 AND d.id >= $2 AND d.id < $3 AND ($4 = '' OR d.event = $4)
             ORDER BY d.id DESC LIMIT $5"
        );

    /// Like [`DELIVERIES`]. Ids are never null: `NULLS LAST` is for the planner of PostgreSQL, whose index by state has it.
    DELIVERIES_IN_STATE(WebhookEndpointId, AuditEntryId, AuditEntryId, Text, i64, DeliveryState) -> Delivery =
        delivery!(
            "WHERE d.endpoint_id = $1 AND d.id >= $2 AND d.id < $3 AND ($4 = '' OR d.event = $4) AND d.state = $6
             ORDER BY d.id DESC NULLS LAST LIMIT $5"
        );
}
