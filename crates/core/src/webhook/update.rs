//! Changing, enabling, disabling and deleting an endpoint, and replacing its secret.

use std::fmt;
use std::time::Duration;

use super::access::Access;
use super::endpoint::{DisabledReason, Endpoint, EndpointWithSecret, EventFilter, parse_url, seal};
use super::sql;
use crate::error::{Code, Result};
use crate::event::{Changed, WebhookEndpointDeleted, WebhookEndpointRotated, WebhookEndpointUpdated};
use crate::execution::{Command, Context};
use crate::id::WebhookEndpointId;
use crate::names::WebhookDescription;
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;
use crate::secret::WebhookSecret;
use crate::security_log::{Audit, Change};

/// The longest time for which a replaced secret still signs.
pub const MAX_SECRET_GRACE: Duration = Duration::from_hours(24 * 7);

/// Changes the given settings of an endpoint; `None` leaves a setting unchanged. What waits for a disabled endpoint is kept,
/// and sent once it is enabled.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`; `INVALID_FIELD` for a URL that nothing is sent to, or an event that the endpoint could not
/// get.
pub struct Update<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
    pub url: Option<String>,
    pub description: Option<WebhookDescription>,
    pub events: Option<EventFilter>,
    pub is_ordered: Option<bool>,
    pub is_enabled: Option<bool>,
}

/// Without the URL, which may contain a secret.
impl<A: fmt::Debug> fmt::Debug for Update<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (access, endpoint) = (&self.access, &self.endpoint);
        f.debug_struct("Update").field("access", access).field("endpoint", endpoint).finish_non_exhaustive()
    }
}

impl<A: Access> Command for Update<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound, Code::WebhookEndpointNotFound, Code::InvalidField];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// An endpoint would go on to get events after the support has ended.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Endpoint;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WebhookEndpointUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Endpoint> {
        let reach = self.access.authorize(cx).await?;
        let row = reach.find(cx, self.endpoint).await?;
        let old_url = cx.executor.http_client.parse_url(row.url.as_str()).ok();
        let url = self.url.as_ref().map(|url| parse_url(cx, url)).transpose()?;
        let events = match &self.events {
            Some(events) => {
                if row.organization_id != 0 {
                    events.check_for_organization()?;
                }
                events.to_stored()
            }
            None => row.events.clone(),
        };
        let is_enabled = self.is_enabled.unwrap_or(row.is_enabled);
        let (disabled_reason, disabled_at) = match (is_enabled, row.is_enabled) {
            (true, _) => ("", None),
            (false, true) => (DisabledReason::Manual.as_str(), Some(cx.now)),
            (false, false) => (row.disabled_reason.as_str(), row.disabled_at),
        };
        let change = sql::ChangedEndpoint {
            id: row.id,
            organization: row.organization_id,
            url: url.as_ref().map_or(row.url.as_str(), |url| url.as_str()),
            description: self.description.as_ref().map_or(row.description.as_str(), |text| text.as_str()),
            events: &events,
            is_ordered: self.is_ordered.unwrap_or(row.is_ordered),
            is_enabled,
            disabled_reason,
            disabled_at,
            now: cx.now,
        };
        cx.tx.execute(sql::UPDATE, change).await?;
        // The failures so far were those of another URL, or are to be forgotten.
        if url.is_some() || (is_enabled && !row.is_enabled) {
            cx.tx.execute(sql::RESET_STATE, (row.id,)).await?;
        }
        let old_host = old_url.map_or_else(String::new, |url| url.host().to_string());
        cx.emit(WebhookEndpointUpdated {
            organization_id: row.organization(),
            webhook_endpoint_id: row.id,
            host: url.and_then(|url| Changed::new(old_host, url.host().to_string())),
            events: Changed::new(EventFilter::names(&row.events), EventFilter::names(&events)),
            is_enabled: Changed::new(row.is_enabled, is_enabled),
        });
        cx.after_commit.on_success(|executor| executor.webhook_requests.wake_for_change());
        Ok(reach.find(cx, self.endpoint).await?.into())
    }
}

/// Gives an endpoint a new secret. The one before signs as well until the grace period ends, so that the receiver can change
/// over; still earlier ones end.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`.
#[derive(Debug)]
pub struct Rotate<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
    /// `None`: a new one is made.
    pub secret: Option<WebhookSecret>,
    /// At most [`MAX_SECRET_GRACE`].
    pub grace: Duration,
}

impl<A: Access> Command for Rotate<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound, Code::WebhookEndpointNotFound];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// An endpoint would go on to get events after the support has ended.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = EndpointWithSecret;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WebhookEndpointRotated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<EndpointWithSecret> {
        let reach = self.access.authorize(cx).await?;
        let row = reach.find(cx, self.endpoint).await?;
        let secret = self.secret.clone().unwrap_or_else(|| WebhookSecret::new(cx.random()));
        let sealed = seal(cx, row.id, &secret)?;
        let has_grace = !self.grace.is_zero();
        let rotation = sql::RotatedEndpoint {
            id: row.id,
            organization: row.organization_id,
            secret: &sealed,
            previous_secret: has_grace.then_some(row.secret.as_slice()),
            previous_secret_until: has_grace.then(|| cx.now.plus(self.grace.min(MAX_SECRET_GRACE))),
            now: cx.now,
        };
        cx.tx.execute(sql::ROTATE, rotation).await?;
        cx.emit(WebhookEndpointRotated { organization_id: row.organization(), webhook_endpoint_id: row.id });
        Ok(EndpointWithSecret { endpoint: reach.find(cx, self.endpoint).await?.into(), secret })
    }
}

/// Deletes an endpoint. Nothing more is sent to it, and the cleanup deletes its deliveries.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`.
#[derive(Debug)]
pub struct Delete<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
}

impl<A: Access> Command for Delete<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound, Code::WebhookEndpointNotFound];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// What the organization's servers get is not for support to change.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WebhookEndpointDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let reach = self.access.authorize(cx).await?;
        let row = reach.find(cx, self.endpoint).await?;
        cx.tx.execute(sql::DELETE, (row.id, row.organization_id)).await?;
        cx.emit(WebhookEndpointDeleted { organization_id: row.organization(), webhook_endpoint_id: row.id });
        Ok(())
    }
}
