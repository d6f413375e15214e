//! Statements that delete what is not kept any more.

use vestibule_db::{record, sql};

use crate::id::{AuditEntryId, WebhookEndpointId};
use crate::time::Timestamp;

record! {
    pub(crate) struct DeletedRow {
        pub(crate) endpoint_id: WebhookEndpointId,
        pub(crate) id: AuditEntryId,
    }
}

sql! {
    /// Finished deliveries of before `$1`, at most `$2`.
    DELETE_FINISHED(Timestamp, i64) -> DeletedRow =
        "DELETE FROM webhook_deliveries
          WHERE (endpoint_id, id) IN (SELECT d.endpoint_id, d.id FROM webhook_deliveries d
                                       WHERE d.created_at < $1 AND d.state <> 'waiting' ORDER BY d.created_at LIMIT $2)
      RETURNING endpoint_id, id";

    /// Deliveries of before `$1` that still wait, at most `$2`.
    DELETE_WAITING(Timestamp, i64) -> DeletedRow =
        "DELETE FROM webhook_deliveries
          WHERE (endpoint_id, id) IN (SELECT d.endpoint_id, d.id FROM webhook_deliveries d
                                       WHERE d.created_at < $1 AND d.state = 'waiting' ORDER BY d.created_at LIMIT $2)
      RETURNING endpoint_id, id";

    /// Deletes replaced secrets that have expired, at most `$2`. `updated_at` stays: it is no change of the endpoint.
    DELETE_PREVIOUS_SECRETS(Timestamp, i64) =
        "UPDATE webhook_endpoints SET previous_secret = NULL, previous_secret_until = NULL
          WHERE id IN (SELECT e.id FROM webhook_endpoints e WHERE e.previous_secret_until <= $1
                        ORDER BY e.previous_secret_until LIMIT $2)
            AND previous_secret_until <= $1";

    DELETE_ATTEMPTS(WebhookEndpointId, AuditEntryId) =
        "DELETE FROM webhook_attempts WHERE endpoint_id = $1 AND delivery_id = $2";

    /// At most `$2` of them.
    DELETE_ATTEMPTS_OF_ENDPOINT(WebhookEndpointId, i64) =
        "DELETE FROM webhook_attempts
          WHERE endpoint_id = $1
            AND (delivery_id, number) IN (SELECT a.delivery_id, a.number FROM webhook_attempts a
                                           WHERE a.endpoint_id = $1 LIMIT $2)";

    /// An endpoint that was deleted, and whose deliveries were not.
    DELETED_ENDPOINT() -> (WebhookEndpointId,) =
        "SELECT t.endpoint_id FROM webhook_endpoint_states t
          WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = t.endpoint_id) LIMIT 1";

    DELETE_DELIVERIES(WebhookEndpointId, i64) =
        "DELETE FROM webhook_deliveries
          WHERE endpoint_id = $1 AND id IN (SELECT d.id FROM webhook_deliveries d WHERE d.endpoint_id = $1 LIMIT $2)";

    DELETE_STATE(WebhookEndpointId) = "DELETE FROM webhook_endpoint_states WHERE endpoint_id = $1";
}
