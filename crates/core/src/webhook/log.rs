//! The deliveries of an endpoint: listing, testing, replaying and cancelling them.

use super::access::Access;
use super::delivery::DeliveryState;
use super::sql::{self, Attempt, Delivery};
use super::worker::LEASE_LIFETIME;
use crate::error::{Code, Result};
use crate::event::{WebhookCancelled, WebhooksReplayed, webhook_body};
use crate::execution::{Command, Context, Query};
use crate::id::{AuditEntryId, WebhookEndpointId};
use crate::permission::Requirement;
use crate::rate_limit;
use crate::scope::ScopeRequirement;
use crate::time::Timestamp;

/// The event of a test.
pub const TEST_EVENT: &str = "webhook.test";
/// The most deliveries that one replay of a span sends.
pub const MAX_REPLAYED: i64 = 10_000;

/// Which deliveries. Each part that is `None` applies to all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    /// The name of the event.
    pub event: Option<String>,
    /// The time of the event. Inclusive.
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

/// The deliveries of an endpoint, newest first.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`.
#[derive(Debug)]
pub struct ListDeliveries<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
    pub filter: DeliveryFilter,
    /// The last delivery of the previous page.
    pub before: Option<AuditEntryId>,
    /// From 1 to 500.
    pub limit: u16,
}

/// A part of the list.
#[derive(Debug)]
pub struct DeliveriesPage {
    pub deliveries: Vec<Delivery>,
    pub has_more: bool,
}

impl<A: Access> Query for ListDeliveries<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound, Code::WebhookEndpointNotFound];
    const SCOPE: ScopeRequirement = A::READ;
    type Out = DeliveriesPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<DeliveriesPage> {
        let endpoint = self.access.authorize(cx).await?.find(cx, self.endpoint).await?.id;
        let limit = self.limit.clamp(1, 500);
        let DeliveryFilter { state, event, from, to } = &self.filter;
        // Ids begin with the time.
        let first = from.map_or_else(|| 0.into(), AuditEntryId::first_at);
        let end = to.map_or_else(|| i64::MAX.into(), AuditEntryId::first_at);
        let end = self.before.map_or(end, |before| before.min(end));
        let (event, fetched) = (event.as_deref().unwrap_or_default(), i64::from(limit) + 1);
        let mut deliveries = match *state {
            Some(state) => {
                cx.tx.all(sql::log::DELIVERIES_IN_STATE, (endpoint, first, end, event, fetched, state)).await?
            }
            None => cx.tx.all(sql::log::DELIVERIES, (endpoint, first, end, event, fetched)).await?,
        };
        let has_more = deliveries.len() > usize::from(limit);
        deliveries.truncate(limit.into());
        Ok(DeliveriesPage { deliveries, has_more })
    }
}

/// A delivery with its last attempts, newest first.
#[derive(Debug)]
pub struct DeliveryWithAttempts {
    pub delivery: Delivery,
    /// What is sent, byte for byte.
    pub body: String,
    pub attempts: Vec<Attempt>,
}

/// Shows a delivery.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`; `WEBHOOK_DELIVERY_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowDelivery<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
    pub delivery: AuditEntryId,
}

impl<A: Access> Query for ShowDelivery<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] =
        &[Code::OrganizationNotFound, Code::WebhookEndpointNotFound, Code::WebhookDeliveryNotFound];
    const SCOPE: ScopeRequirement = A::READ;
    type Out = DeliveryWithAttempts;

    async fn run(&self, cx: &mut Context<'_>) -> Result<DeliveryWithAttempts> {
        let endpoint = self.access.authorize(cx).await?.find(cx, self.endpoint).await?.id;
        let found = cx.tx.optional(sql::FIND_DELIVERY, (endpoint, self.delivery)).await?;
        let delivery = found.ok_or(Code::WebhookDeliveryNotFound)?;
        let (body,) = cx.tx.one(sql::log::BODY, (endpoint, self.delivery)).await?;
        let mut attempts = cx.tx.all(sql::ATTEMPTS, (endpoint, self.delivery)).await?;
        // A person who sets a URL must not read what an internal server behind it answers.
        if !cx.caller.is_operator {
            attempts.iter_mut().for_each(|attempt| attempt.answer.clear());
        }
        Ok(DeliveryWithAttempts { delivery, body, attempts })
    }
}

/// Sends a test to an endpoint, whatever its filter is.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`; `WEBHOOK_ENDPOINT_DISABLED`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct Test<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
}

impl<A: Access> Command for Test<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[
        Code::OrganizationNotFound,
        Code::WebhookEndpointNotFound,
        Code::WebhookEndpointDisabled,
        Code::TooManyRequests,
    ];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// What the organization's servers get is not for support to change.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Delivery;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Delivery> {
        let row = self.access.authorize(cx).await?.find(cx, self.endpoint).await?;
        if !row.is_enabled {
            return Err(Code::WebhookEndpointDisabled.into());
        }
        rate_limit::take_webhook_replays(cx, row.organization_id, 1).await?;
        let id = cx.id();
        let data = format!(r#"{{"entity_type":"webhook_endpoint","entity_id":"{}"}}"#, row.id);
        let body = webhook_body(TEST_EVENT, cx.now, &data);
        cx.tx.execute(sql::INSERT_TEST, (row.id, id, TEST_EVENT, body.as_str(), cx.now)).await?;
        cx.after_commit.on_success(|executor| executor.webhook_requests.wake_for_change());
        Ok(cx.tx.one(sql::FIND_DELIVERY, (row.id, id)).await?)
    }
}

/// Which deliveries to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    One(AuditEntryId),
    /// Those of the events from this time on and before the other.
    Between {
        from: Timestamp,
        to: Timestamp,
        only_failed: bool,
    },
}

/// Sends deliveries again, with the same ids and bodies, and returns their number: at most [`MAX_REPLAYED`], oldest first. The
/// schedule of attempts starts over. A delivery with an attempt in progress is not changed.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`; `WEBHOOK_DELIVERY_NOT_FOUND` for one that is not there; `WEBHOOK_ENDPOINT_DISABLED`;
/// `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct Replay<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
    pub span: Span,
}

impl<A: Access> Command for Replay<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[
        Code::OrganizationNotFound,
        Code::WebhookEndpointNotFound,
        Code::WebhookDeliveryNotFound,
        Code::WebhookEndpointDisabled,
        Code::TooManyRequests,
    ];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// What the organization's servers get is not for support to change.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = usize;

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let row = self.access.authorize(cx).await?.find(cx, self.endpoint).await?;
        if !row.is_enabled {
            return Err(Code::WebhookEndpointDisabled.into());
        }
        rate_limit::check_webhook_replays(cx, row.organization_id).await?;
        let (from, to, only_failed) = match self.span {
            Span::One(id) => {
                cx.tx.optional(sql::FIND_DELIVERY, (row.id, id)).await?.ok_or(Code::WebhookDeliveryNotFound)?;
                (id, (id.get().saturating_add(1)).into(), false)
            }
            Span::Between { from, to, only_failed } => {
                (AuditEntryId::first_at(from), AuditEntryId::first_at(to), only_failed)
            }
        };
        let max = rate_limit::max_webhook_replays(cx).map_or(MAX_REPLAYED, |max| MAX_REPLAYED.min(max.into()));
        let replayed = cx.tx.all(sql::REPLAY, (row.id, from, to, only_failed, cx.now, max)).await?.len();
        let hurried = match self.span {
            Span::One(id) if replayed == 0 => {
                cx.tx.execute(sql::HURRY, (row.id, id, cx.now, cx.now.plus(LEASE_LIFETIME))).await?
            }
            _ => 0,
        };
        let count = replayed + hurried;
        rate_limit::take_webhook_replays(cx, row.organization_id, count).await?;
        if count > 0 {
            cx.emit(WebhooksReplayed {
                organization_id: row.organization(),
                webhook_endpoint_id: row.id,
                count: i64::try_from(count).unwrap_or(i64::MAX),
            });
        }
        cx.after_commit.on_success(|executor| executor.webhook_requests.wake_for_change());
        Ok(count)
    }
}

/// Cancels a delivery that waits. An attempt in progress is not stopped, but no other follows.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`; `WEBHOOK_DELIVERY_NOT_FOUND`; `WEBHOOK_DELIVERY_NOT_WAITING`.
#[derive(Debug)]
pub struct Cancel<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
    pub delivery: AuditEntryId,
}

impl<A: Access> Command for Cancel<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[
        Code::OrganizationNotFound,
        Code::WebhookEndpointNotFound,
        Code::WebhookDeliveryNotFound,
        Code::WebhookDeliveryNotWaiting,
    ];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// What the organization's servers get is not for support to change.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Delivery;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Delivery> {
        let row = self.access.authorize(cx).await?.find(cx, self.endpoint).await?;
        let is_cancelled = cx.tx.execute(sql::CANCEL, (row.id, self.delivery, cx.now)).await? > 0;
        let found = cx.tx.optional(sql::FIND_DELIVERY, (row.id, self.delivery)).await?;
        let delivery = found.ok_or(Code::WebhookDeliveryNotFound)?;
        if !is_cancelled {
            return Err(Code::WebhookDeliveryNotWaiting.into());
        }
        cx.emit(WebhookCancelled {
            organization_id: row.organization(),
            webhook_endpoint_id: row.id,
            delivery_id: delivery.id,
            event: delivery.event.clone(),
        });
        Ok(delivery)
    }
}
