//! Deliveries of an event to the endpoints of webhooks that subscribe to it.

use super::record::PendingEvent;
use super::sql::NewDeliveries;
use crate::id::AuditEntryId;
use crate::time::Timestamp;

/// A checkpoint of the audit log was made. It is delivered only, to the endpoints that name it. An entry of the log would make
/// the chain grow, so that each checkpoint would cause the next one.
pub const CHECKPOINT_CREATED: &str = "audit_log.checkpoint.created";

/// What is stored for each endpoint that subscribes to an event.
///
/// One statement stores all of them in the transaction of the event. It reads the endpoints itself instead of a cache: on
/// PostgreSQL it is sent with the commit, and without an endpoint it reads one page of an index.
#[derive(Debug)]
pub(crate) struct Deliveries {
    id: AuditEntryId,
    organization: i64,
    event: &'static str,
    /// The name as filters have it.
    name_in_filter: String,
    body: String,
}

impl Deliveries {
    /// The body has what the audit log has of the event, but nothing of the client that caused it.
    pub(super) fn new(pending: &PendingEvent, now: Timestamp) -> Self {
        let (event, data) = (pending.action(), pending.data());
        Self {
            id: pending.id(),
            organization: pending.organization(),
            event,
            name_in_filter: name_in_filter(event),
            body: webhook_body(event, now, &data),
        }
    }

    /// Those of a checkpoint of a chain. `data` is a JSON object.
    pub(crate) fn of_checkpoint(id: AuditEntryId, organization: i64, now: Timestamp, data: &str) -> Self {
        Self {
            id,
            organization,
            event: CHECKPOINT_CREATED,
            name_in_filter: name_in_filter(CHECKPOINT_CREATED),
            body: webhook_body(CHECKPOINT_CREATED, now, data),
        }
    }

    pub(crate) fn arguments(&self, now: Timestamp) -> NewDeliveries<'_> {
        NewDeliveries {
            id: self.id,
            organization: self.organization,
            event: self.event,
            name_in_filter: &self.name_in_filter,
            body: &self.body,
            now,
        }
    }
}

/// The name as filters have it: with the space before and after each name, no name is found in a longer one.
pub(crate) fn name_in_filter(event: &str) -> String {
    format!(" {event} ")
}

/// The body of a webhook. `data` is a JSON object.
pub(crate) fn webhook_body(event: &str, now: Timestamp, data: &str) -> String {
    format!(r#"{{"type":"{event}","timestamp":"{now}","data":{data}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json() {
        let body = webhook_body("user.created", Timestamp::from_microseconds(0), r#"{"user_id":"7"}"#);
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(value["type"], "user.created");
        assert_eq!(value["timestamp"], "1970-01-01T00:00:00Z");
        assert_eq!(value["data"]["user_id"], "7");
    }
}
