//! Changes of webhook endpoints and deliveries that operators can request.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule_core::id::WebhookEndpointId;
use vestibule_core::names::WebhookDescription;
use vestibule_core::service::Service;
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::{
    Cancel, Create, Delete, Endpoint, EndpointWithSecret, EventFilter, ForBackend, Replay, Rotate, Span, Test, Update,
};
use vestibule_core::{Caller, Code, Command, Problem};

use super::actions::Action;

/// A change, with ids as decimal strings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ChangeWebhooks {
    Create {
        url: String,
        organization: Option<String>,
        events: Vec<String>,
        description: String,
        ordered: bool,
    },
    SetEnabled {
        endpoint: String,
        enabled: bool,
    },
    SetUrl {
        endpoint: String,
        url: String,
    },
    SetEvents {
        endpoint: String,
        events: Vec<String>,
    },
    Rotate {
        endpoint: String,
        grace_seconds: u64,
    },
    Delete {
        endpoint: String,
    },
    Test {
        endpoint: String,
    },
    ReplayOne {
        endpoint: String,
        delivery: String,
    },
    /// Times in microseconds since 1970.
    Replay {
        endpoint: String,
        from: i64,
        to: i64,
        only_failed: bool,
    },
    Cancel {
        endpoint: String,
        delivery: String,
    },
}

/// An endpoint as JSON.
pub(crate) fn endpoint_json(endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id,
        "organization_id": endpoint.organization_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "ordered": endpoint.is_ordered,
        "enabled": endpoint.is_enabled,
        "disabled_reason": endpoint.disabled_reason,
        "disabled_at": endpoint.disabled_at,
        "failing_since": endpoint.failing_since,
        "created_at": endpoint.created_at,
    })
}

fn with_secret(EndpointWithSecret { endpoint, secret }: &EndpointWithSecret) -> Value {
    let mut json = endpoint_json(endpoint);
    json["secret"] = Value::String(secret.reveal().to_string());
    json
}

fn endpoint_id(text: &str) -> Result<WebhookEndpointId, Problem> {
    text.parse().map_err(|_| Code::WebhookEndpointNotFound.into())
}

fn delivery_id<I: std::str::FromStr>(text: &str) -> Result<I, Problem> {
    text.parse().map_err(|_| Code::WebhookDeliveryNotFound.into())
}

fn unchanged(endpoint: WebhookEndpointId) -> Update<ForBackend> {
    Update {
        access: ForBackend,
        endpoint,
        url: None,
        description: None,
        events: None,
        is_ordered: None,
        is_enabled: None,
    }
}

async fn run<C: Command>(service: &Service, command: C) -> Result<C::Out, Problem> {
    service.run(&Caller::operator(), command).await.result
}

impl Action for ChangeWebhooks {
    const NAME: &'static str = "change_webhooks";
    type Output = Value;

    async fn run(self, service: &Service) -> Result<Value, Problem> {
        let access = ForBackend;
        Ok(match self {
            Self::Create { url, organization, events, description, ordered } => {
                let organization = organization.map(|id| id.parse()).transpose();
                let command = Create {
                    access,
                    organization: organization.map_err(|_| Problem::from(Code::OrganizationNotFound))?,
                    url,
                    description: WebhookDescription::parse("description", &description)?,
                    events: EventFilter::parse(&events)?,
                    is_ordered: ordered,
                    secret: None,
                };
                with_secret(&run(service, command).await?)
            }
            Self::SetEnabled { endpoint, enabled } => {
                let update = Update { is_enabled: Some(enabled), ..unchanged(endpoint_id(&endpoint)?) };
                endpoint_json(&run(service, update).await?)
            }
            Self::SetUrl { endpoint, url } => {
                let update = Update { url: Some(url), ..unchanged(endpoint_id(&endpoint)?) };
                endpoint_json(&run(service, update).await?)
            }
            Self::SetEvents { endpoint, events } => {
                let events = Some(EventFilter::parse(&events)?);
                endpoint_json(&run(service, Update { events, ..unchanged(endpoint_id(&endpoint)?) }).await?)
            }
            Self::Rotate { endpoint, grace_seconds } => {
                let (endpoint, grace) = (endpoint_id(&endpoint)?, Duration::from_secs(grace_seconds));
                with_secret(&run(service, Rotate { access, endpoint, secret: None, grace }).await?)
            }
            Self::Delete { endpoint } => {
                run(service, Delete { access, endpoint: endpoint_id(&endpoint)? }).await?;
                json!({"id": endpoint})
            }
            Self::Test { endpoint } => {
                let delivery = run(service, Test { access, endpoint: endpoint_id(&endpoint)? }).await?;
                json!({"id": delivery.id})
            }
            Self::ReplayOne { endpoint, delivery } => {
                let span = Span::One(delivery_id(&delivery)?);
                json!({"replayed": run(service, Replay { access, endpoint: endpoint_id(&endpoint)?, span }).await?})
            }
            Self::Replay { endpoint, from, to, only_failed } => {
                let (from, to) = (Timestamp::from_microseconds(from), Timestamp::from_microseconds(to));
                let (endpoint, span) = (endpoint_id(&endpoint)?, Span::Between { from, to, only_failed });
                json!({"replayed": run(service, Replay { access, endpoint, span }).await?})
            }
            Self::Cancel { endpoint, delivery } => {
                let (endpoint, delivery) = (endpoint_id(&endpoint)?, delivery_id(&delivery)?);
                let cancelled = run(service, Cancel { access, endpoint, delivery }).await?;
                json!({"id": cancelled.id, "state": cancelled.state})
            }
        })
    }

    fn target(&self) -> String {
        match self {
            Self::Create { .. } => String::new(),
            Self::SetEnabled { endpoint, .. }
            | Self::SetUrl { endpoint, .. }
            | Self::SetEvents { endpoint, .. }
            | Self::Rotate { endpoint, .. }
            | Self::Delete { endpoint }
            | Self::Test { endpoint }
            | Self::ReplayOne { endpoint, .. }
            | Self::Replay { endpoint, .. }
            | Self::Cancel { endpoint, .. } => endpoint.clone(),
        }
    }
}
