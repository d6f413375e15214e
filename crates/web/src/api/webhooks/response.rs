//! Endpoints and deliveries in a response, of both APIs.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::{Attempt, Delivery, DeliveryWithAttempts, Endpoint, EndpointWithSecret, MessageId};

/// An endpoint that webhooks are delivered to, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub(crate) struct EndpointResponse {
    id: WebhookEndpointId,
    /// `null`: it belongs to the installation, and gets the events of all organizations.
    organization_id: Option<OrganizationId>,
    url: String,
    description: String,
    /// The names of the events that it gets; empty for all.
    events: Vec<String>,
    /// Whether deliveries are sent one after the other, in the order of their events. One that fails then holds up those that
    /// follow.
    ordered: bool,
    enabled: bool,
    /// `manual`, `gone` (the receiver answered 410) or `failing` (no success for five days); `null` while it is enabled.
    disabled_reason: Option<&'static str>,
    disabled_at: Option<Timestamp>,
    /// The first failure since the last success.
    failing_since: Option<Timestamp>,
    /// Until when the previous secret signs too.
    previous_secret_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Endpoint> for EndpointResponse {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            organization_id: endpoint.organization_id,
            url: endpoint.url,
            description: endpoint.description,
            events: endpoint.events,
            ordered: endpoint.is_ordered,
            enabled: endpoint.is_enabled,
            disabled_reason: endpoint.disabled_reason.map(vestibule_core::webhook::DisabledReason::as_str),
            disabled_at: endpoint.disabled_at,
            failing_since: endpoint.failing_since,
            previous_secret_until: endpoint.previous_secret_until,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// An endpoint with its secret, which is shown here only.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpointWithSecret)]
pub(crate) struct EndpointWithSecretResponse {
    #[serde(flatten)]
    endpoint: EndpointResponse,
    /// Verifies the signatures: `whsec_` and base64, as Standard Webhooks specifies.
    secret: String,
}

impl From<EndpointWithSecret> for EndpointWithSecretResponse {
    fn from(EndpointWithSecret { endpoint, secret }: EndpointWithSecret) -> Self {
        Self { endpoint: endpoint.into(), secret: secret.reveal().to_string() }
    }
}

/// What is or was sent to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryResponse {
    /// That of the event's entry in the audit log.
    id: AuditEntryId,
    /// The header `webhook-id`.
    #[schema(example = "msg_123456789012345678", pattern = "^msg_[1-9][0-9]{0,18}$")]
    message_id: String,
    /// The name of the event.
    #[schema(example = "organization.member.added")]
    event: String,
    /// `waiting`, `delivered`, `failed` or `cancelled`.
    #[schema(example = "delivered")]
    state: &'static str,
    /// The header `webhook-sequence`; `null` before the first attempt.
    sequence: Option<i64>,
    attempts: i64,
    /// When the next attempt is due; `null` if there is none.
    next_attempt_at: Option<Timestamp>,
    /// The status of the last response.
    last_status: Option<i64>,
    /// The kind of the last failure; `null` after a response.
    #[schema(example = "timeout")]
    last_error: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Delivery> for DeliveryResponse {
    fn from(delivery: Delivery) -> Self {
        let is_waiting = delivery.state == vestibule_core::webhook::DeliveryState::Waiting;
        Self {
            id: delivery.id,
            message_id: MessageId::new(delivery.id.get()).to_string(),
            event: delivery.event,
            state: delivery.state.as_str(),
            sequence: delivery.sequence,
            attempts: delivery.all_attempts,
            next_attempt_at: is_waiting.then_some(delivery.due_at),
            last_status: delivery.last_status,
            last_error: Some(delivery.last_error).filter(|error| !error.is_empty()),
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

/// An attempt to deliver.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(crate) struct AttemptResponse {
    number: i64,
    started_at: Timestamp,
    duration_ms: i64,
    /// `null` without a response.
    status: Option<i64>,
    /// The kind of failure; `null` after a response.
    error: Option<String>,
}

impl From<Attempt> for AttemptResponse {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at,
            duration_ms: attempt.duration / 1000,
            status: attempt.status,
            error: Some(attempt.error).filter(|error| !error.is_empty()),
        }
    }
}

/// A delivery with its last 20 attempts, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryWithAttempts)]
pub(crate) struct DeliveryWithAttemptsResponse {
    #[serde(flatten)]
    delivery: DeliveryResponse,
    attempt_log: Vec<AttemptResponse>,
}

impl From<DeliveryWithAttempts> for DeliveryWithAttemptsResponse {
    fn from(DeliveryWithAttempts { delivery, attempts, .. }: DeliveryWithAttempts) -> Self {
        let attempt_log = attempts.into_iter().map(AttemptResponse::from).collect();
        Self { delivery: delivery.into(), attempt_log }
    }
}

/// How many deliveries are sent again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReplay)]
pub(crate) struct ReplayResponse {
    pub(crate) replayed: usize,
}
