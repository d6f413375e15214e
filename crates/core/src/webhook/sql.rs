//! Statements on endpoints of webhooks and on their deliveries. The worker serves all organizations.

use vestibule_db::{Bytes, Text, record, sql};

use super::delivery::DeliveryState;
use super::endpoint::DisabledReason;
use super::endpoint_url::EndpointUrl;
use crate::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use crate::time::Timestamp;

record! {
    /// An endpoint as it is stored.
    pub(crate) struct EndpointRow {
        pub(crate) id: WebhookEndpointId,
        /// 0: the installation.
        pub(crate) organization_id: i64,
        pub(crate) url: EndpointUrl,
        pub(crate) description: String,
        pub(crate) events: String,
        pub(crate) is_ordered: bool,
        pub(crate) is_enabled: bool,
        pub(crate) disabled_reason: String,
        pub(crate) disabled_at: Option<Timestamp>,
        pub(crate) failing_since: Option<Timestamp>,
        pub(crate) secret: Vec<u8>,
        pub(crate) previous_secret: Option<Vec<u8>>,
        pub(crate) previous_secret_until: Option<Timestamp>,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
    }
}

record! {
    /// An endpoint that the worker has disabled.
    pub(crate) struct DisabledEndpoint {
        pub(crate) id: WebhookEndpointId,
        pub(crate) url: EndpointUrl,
        pub(crate) disabled_reason: String,
    }
}

record! {
    /// A delivery without its body.
    pub struct Delivery {
        pub id: AuditEntryId,
        pub event: String,
        pub state: DeliveryState,
        /// `None` before the first attempt.
        pub sequence: Option<i64>,
        /// Since it was stored or replayed.
        pub attempts: i64,
        pub all_attempts: i64,
        /// When the next attempt is due.
        pub due_at: Timestamp,
        pub last_status: Option<i64>,
        /// The kind of the last failure; empty after a response.
        pub last_error: String,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// An attempt.
    pub struct Attempt {
        pub number: i64,
        pub started_at: Timestamp,
        /// In microseconds.
        pub duration: i64,
        pub status: Option<i64>,
        /// The kind of failure; empty after a response.
        pub error: String,
        /// The beginning of the response, for the operator only.
        pub answer: Vec<u8>,
    }
}

record! {
    /// A delivery that the worker claims.
    pub(crate) struct ClaimedRow {
        pub(crate) id: AuditEntryId,
        pub(crate) body: String,
        pub(crate) sequence: Option<i64>,
        pub(crate) attempts: i64,
        pub(crate) all_attempts: i64,
    }
}

record! {
    /// When the next delivery of an endpoint is due, and the pause that its receiver has asked for.
    pub(crate) struct NextDueRow {
        pub(crate) due_at: Option<Timestamp>,
        pub(crate) paused_until: Timestamp,
    }
}

impl NextDueRow {
    /// When the next delivery is sent. `None` without one.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.due_at.map(|due_at| due_at.max(self.paused_until))
    }
}

macro_rules! endpoint {
    ($after:literal) => {
        concat!(
            "SELECT e.id AS id, e.organization_id AS organization_id, e.url AS url, e.description AS description,
                    e.events AS events, e.is_ordered AS is_ordered, e.is_enabled AS is_enabled,
                    e.disabled_reason AS disabled_reason, e.disabled_at AS disabled_at,
                    t.failing_since AS failing_since, e.secret AS secret, e.previous_secret AS previous_secret,
                    e.previous_secret_until AS previous_secret_until, e.created_at AS created_at,
                    e.updated_at AS updated_at
               FROM webhook_endpoints e JOIN webhook_endpoint_states t ON t.endpoint_id = e.id ",
            $after
        )
    };
}

macro_rules! delivery {
    ($after:literal) => {
        concat!(
            "SELECT d.id AS id, d.event AS event, d.state AS state, d.sequence AS sequence, d.attempts AS attempts,
                    d.all_attempts AS all_attempts, d.due_at AS due_at, d.last_status AS last_status,
                    d.last_error AS last_error, d.created_at AS created_at, d.updated_at AS updated_at
               FROM webhook_deliveries d ",
            $after
        )
    };
}

/// When the delivery of the endpoint `e` is due that is sent next: the first one if the endpoint is ordered. Each engine finds
/// it at the beginning of an index, however many wait. `EXISTS` would let PostgreSQL read all of them. Ids are never null:
/// `NULLS FIRST` is for PostgreSQL's planner, as only the intended index has this order.
macro_rules! next_due_at {
    () => {
        "CASE WHEN e.is_ordered = 0
              THEN (SELECT MIN(d.due_at) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'waiting')
              ELSE (SELECT d.due_at FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'waiting'
                     ORDER BY d.id NULLS FIRST LIMIT 1) END"
    };
}

/// Whether the endpoint `$1` is the one that was last changed at `$2`.
macro_rules! is_unchanged {
    () => {
        "endpoint_id IN (SELECT e.id FROM webhook_endpoints e WHERE e.id = $1 AND e.updated_at = $2)"
    };
}

pub(crate) mod cleanup;
pub(crate) mod log;

sql! {
    /// Inserts nothing if the organization has `max` endpoints.
    INSERT(NewEndpoint {
        id: WebhookEndpointId,
        organization: i64,
        url: Text,
        description: Text,
        events: Text,
        is_ordered: bool,
        secret: Bytes,
        now: Timestamp,
        max: i64,
    }) =
        "INSERT INTO webhook_endpoints (id, organization_id, url, description, events, is_ordered, is_enabled,
                                          disabled_reason, secret, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, $6, 1, '', $7, $8, $8
          WHERE (SELECT COUNT(*) FROM webhook_endpoints e WHERE e.organization_id = $2) < $9";

    INSERT_STATE(WebhookEndpointId) =
        "INSERT INTO webhook_endpoint_states (endpoint_id, sequence, paused_until) VALUES ($1, 0, 0)";

    ORGANIZATION_EXISTS(OrganizationId) -> (OrganizationId,) =
        "SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL";

    /// `$2` is the organization, 0 for the installation, or -1 for any.
    FIND(WebhookEndpointId, i64) -> EndpointRow =
        endpoint!("WHERE e.id = $1 AND (e.organization_id = $2 OR $2 = -1)");

    /// Like `FIND`, oldest first.
    AFTER(WebhookEndpointId, i64, i64) -> EndpointRow =
        endpoint!("WHERE e.id > $1 AND (e.organization_id = $2 OR $2 = -1) ORDER BY e.id LIMIT $3");

    UPDATE(ChangedEndpoint {
        id: WebhookEndpointId,
        organization: i64,
        url: Text,
        description: Text,
        events: Text,
        is_ordered: bool,
        is_enabled: bool,
        disabled_reason: Text,
        disabled_at: Option<Timestamp>,
        now: Timestamp,
    }) =
        "UPDATE webhook_endpoints
            SET url = $3, description = $4, events = $5, is_ordered = $6, is_enabled = $7, disabled_reason = $8,
                disabled_at = $9, updated_at = $10
          WHERE id = $1 AND organization_id = $2";

    ROTATE(RotatedEndpoint {
        id: WebhookEndpointId,
        organization: i64,
        secret: Bytes,
        previous_secret: Option<Bytes>,
        previous_secret_until: Option<Timestamp>,
        now: Timestamp,
    }) =
        "UPDATE webhook_endpoints
            SET secret = $3, previous_secret = $4, previous_secret_until = $5, updated_at = $6
          WHERE id = $1 AND organization_id = $2";

    DELETE(WebhookEndpointId, i64) = "DELETE FROM webhook_endpoints WHERE id = $1 AND organization_id = $2";

    /// Forgets the failures and the pause of an endpoint that is changed or enabled.
    RESET_STATE(WebhookEndpointId) =
        "UPDATE webhook_endpoint_states SET failing_since = NULL, paused_until = 0 WHERE endpoint_id = $1";

    /// Disables an endpoint that is enabled, unless it was changed after `$4`.
    DISABLE(WebhookEndpointId, DisabledReason, Timestamp, Timestamp) -> (i64,) =
        "UPDATE webhook_endpoints SET is_enabled = 0, disabled_reason = $2, disabled_at = $3, updated_at = $3
          WHERE id = $1 AND is_enabled = 1 AND updated_at = $4
      RETURNING organization_id";

    /// The endpoints that the worker has disabled after `$2` and until `$3`, newest first, at most `$4`.
    DISABLED(OrganizationId, Timestamp, Timestamp, i64) -> DisabledEndpoint =
        "SELECT e.id AS id, e.url AS url, e.disabled_reason AS disabled_reason
           FROM webhook_endpoints e
          WHERE e.organization_id = $1 AND e.is_enabled = 0 AND e.disabled_reason IN ('gone', 'failing')
            AND e.disabled_at > $2 AND e.disabled_at <= $3
          ORDER BY e.disabled_at DESC, e.id DESC LIMIT $4";

    ANY() -> (WebhookEndpointId,) = "SELECT e.id FROM webhook_endpoints e LIMIT 1";

    /// The enabled endpoints after `$2` to which something is to be sent.
    DUE(Timestamp, WebhookEndpointId, i64) -> EndpointRow =
        concat!(
            endpoint!("WHERE e.is_enabled = 1 AND e.id > $2 AND t.paused_until <= $1 AND "),
            next_due_at!(),
            " <= $1 ORDER BY e.id LIMIT $3"
        );

    NEXT_DUE(i64) -> NextDueRow =
        concat!(
            "SELECT ",
            next_due_at!(),
            " AS due_at, t.paused_until AS paused_until
               FROM webhook_endpoints e JOIN webhook_endpoint_states t ON t.endpoint_id = e.id
              WHERE e.is_enabled = 1 ORDER BY e.id LIMIT $1"
        );

    /// Excludes another worker that claims deliveries of the endpoint, and returns the last number.
    LOCK_NUMBERS(WebhookEndpointId) -> (i64,) =
        "UPDATE webhook_endpoint_states SET sequence = sequence WHERE endpoint_id = $1 RETURNING sequence";

    SET_LAST_NUMBER(WebhookEndpointId, i64) =
        "UPDATE webhook_endpoint_states SET sequence = $2 WHERE endpoint_id = $1";

    /// The deliveries that are due at `$2`, those that have been due longest first. They are claimed one by one: for a change
    /// of all that a subquery finds, PostgreSQL may read everything that waits.
    FIND_DUE(WebhookEndpointId, Timestamp, i64) -> ClaimedRow =
        "SELECT d.id AS id, d.body AS body, d.sequence AS sequence, d.attempts AS attempts, d.all_attempts AS all_attempts
           FROM webhook_deliveries d
          WHERE d.endpoint_id = $1 AND d.state = 'waiting' AND d.due_at <= $2
          ORDER BY d.due_at, d.id LIMIT $3";

    /// The first waiting delivery, if it is due at `$2`.
    FIND_FIRST(WebhookEndpointId, Timestamp) -> ClaimedRow =
        "SELECT d.id AS id, d.body AS body, d.sequence AS sequence, d.attempts AS attempts, d.all_attempts AS all_attempts
           FROM webhook_deliveries d
          WHERE d.endpoint_id = $1 AND d.due_at <= $2
            AND d.id = (SELECT w.id FROM webhook_deliveries w WHERE w.endpoint_id = $1 AND w.state = 'waiting'
                         ORDER BY w.id NULLS FIRST LIMIT 1)";

    /// Claims a delivery until the lease ends at `$4`, with its number, unless it is not due any more.
    CLAIM(WebhookEndpointId, AuditEntryId, Timestamp, Timestamp, i64) =
        "UPDATE webhook_deliveries
            SET attempts = attempts + 1, all_attempts = all_attempts + 1, due_at = $4, updated_at = $3, sequence = $5
          WHERE endpoint_id = $1 AND id = $2 AND state = 'waiting' AND due_at <= $3";

    /// Stores the outcome of an attempt, unless the delivery was cancelled, replayed or claimed again since.
    STORE_OUTCOME(AttemptOutcome {
        endpoint: WebhookEndpointId,
        id: AuditEntryId,
        number: i64,
        state: DeliveryState,
        due_at: Timestamp,
        status: Option<i64>,
        error: Text,
        now: Timestamp,
        attempts: i64,
    }) =
        "UPDATE webhook_deliveries
            SET state = $4, due_at = $5, last_status = $6, last_error = $7, updated_at = $8
          WHERE endpoint_id = $1 AND id = $2 AND all_attempts = $3 AND attempts = $9 AND state = 'waiting'";

    /// Inserts nothing if the delivery was deleted meanwhile: nothing would delete the attempt.
    INSERT_ATTEMPT(NewAttempt {
        endpoint: WebhookEndpointId,
        delivery: AuditEntryId,
        number: i64,
        started_at: Timestamp,
        duration: i64,
        status: Option<i64>,
        error: Text,
        answer: Bytes,
    }) =
        "INSERT INTO webhook_attempts (endpoint_id, delivery_id, number, started_at, duration, status, error, answer)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = $1 AND d.id = $2)
             ON CONFLICT (endpoint_id, delivery_id, number) DO NOTHING";

    TRIM_ATTEMPTS(WebhookEndpointId, AuditEntryId, i64) =
        "DELETE FROM webhook_attempts WHERE endpoint_id = $1 AND delivery_id = $2 AND number <= $3";

    /// Unless the endpoint was changed after `$2`.
    CLEAR_FAILING(WebhookEndpointId, Timestamp) =
        concat!(
            "UPDATE webhook_endpoint_states SET failing_since = NULL
              WHERE endpoint_id = $1 AND failing_since IS NOT NULL AND ",
            is_unchanged!()
        );

    /// Like [`CLEAR_FAILING`].
    SET_FAILING(WebhookEndpointId, Timestamp, Timestamp) -> (Timestamp,) =
        concat!(
            "UPDATE webhook_endpoint_states SET failing_since = COALESCE(failing_since, $3) WHERE endpoint_id = $1 AND ",
            is_unchanged!(),
            " RETURNING failing_since"
        );

    /// Like [`CLEAR_FAILING`].
    PAUSE(WebhookEndpointId, Timestamp, Timestamp) =
        concat!(
            "UPDATE webhook_endpoint_states SET paused_until = $3 WHERE endpoint_id = $1 AND paused_until < $3 AND ",
            is_unchanged!()
        );

    INSERT_TEST(WebhookEndpointId, AuditEntryId, Text, Text, Timestamp) =
        "INSERT INTO webhook_deliveries (endpoint_id, id, event, body, state, attempts, all_attempts, due_at, last_error,
                                           created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'waiting', 0, 0, $5, '', $5, $5)";

    FIND_DELIVERY(WebhookEndpointId, AuditEntryId) -> Delivery =
        delivery!("WHERE d.endpoint_id = $1 AND d.id = $2");

    ATTEMPTS(WebhookEndpointId, AuditEntryId) -> Attempt =
        "SELECT number, started_at, duration, status, error, answer FROM webhook_attempts
          WHERE endpoint_id = $1 AND delivery_id = $2 ORDER BY number DESC LIMIT 20";

    /// Makes deliveries from the id `$2` up to but not `$3` due again, in the order of their ids; with `$4`, only those that
    /// failed. One that is being sent is not changed. `$5` is the time, `$6` the most that are changed.
    REPLAY(WebhookEndpointId, AuditEntryId, AuditEntryId, bool, Timestamp, i64) -> (AuditEntryId,) =
        "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, due_at = $5, updated_at = $5
          WHERE endpoint_id = $1 AND state <> 'waiting'
            AND id IN (SELECT d.id FROM webhook_deliveries d
                        WHERE d.endpoint_id = $1 AND d.id >= $2 AND d.id < $3 AND d.state <> 'waiting'
                          AND ($4 = 0 OR d.state = 'failed')
                        ORDER BY d.id LIMIT $6)
      RETURNING id";

    /// Makes a waiting delivery due, unless it is being sent: it has no attempt, or its next one is later than a lease.
    HURRY(WebhookEndpointId, AuditEntryId, Timestamp, Timestamp) =
        "UPDATE webhook_deliveries SET attempts = 0, due_at = $3, updated_at = $3
          WHERE endpoint_id = $1 AND id = $2 AND state = 'waiting' AND (attempts = 0 OR due_at > $4)";

    CANCEL(WebhookEndpointId, AuditEntryId, Timestamp) =
        "UPDATE webhook_deliveries SET state = 'cancelled', updated_at = $3
          WHERE endpoint_id = $1 AND id = $2 AND state = 'waiting'";

    /// Counts the deliveries that wait for enabled endpoints, up to `$1`. `(SELECT e.id)` keeps PostgreSQL from a merge join,
    /// which would read what waits for disabled ones; `CROSS JOIN` does the same for SQLite.
    COUNT_WAITING(i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT d.id AS id
           FROM webhook_endpoints e CROSS JOIN webhook_deliveries d
          WHERE e.is_enabled = 1 AND d.state = 'waiting' AND d.endpoint_id = (SELECT e.id)
          ORDER BY e.id LIMIT $1) w";
}
