//! Creating an endpoint.

use std::fmt;

use super::access::Access;
use super::endpoint::{Endpoint, EndpointWithSecret, EventFilter, parse_url, seal};
use super::sql;
use crate::error::{Code, Result};
use crate::event::WebhookEndpointCreated;
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::names::WebhookDescription;
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;
use crate::secret::WebhookSecret;
use crate::security_log::{Audit, Change};

/// The endpoints of the installation.
pub const MAX_ENDPOINTS: i64 = 50;
/// The endpoints of one organization. Each event of it is stored for each of them, so its members decide how much is stored
/// for a request of theirs.
pub const MAX_ENDPOINTS_OF_ORGANIZATION: i64 = 10;

/// Creates an endpoint, which is enabled.
///
/// # Errors
/// `INVALID_FIELD` for a URL that nothing is sent to, or an event that the endpoint could not get; `WEBHOOK_ENDPOINT_LIMIT`;
/// for a backend, `ORGANIZATION_NOT_FOUND` and `KEY_BOUND_TO_ORGANIZATION`.
pub struct Create<A> {
    pub access: A,
    /// `None`: the endpoint belongs to the installation.
    pub organization: Option<OrganizationId>,
    pub url: String,
    pub description: WebhookDescription,
    pub events: EventFilter,
    pub is_ordered: bool,
    /// `None`: a new one is made.
    pub secret: Option<WebhookSecret>,
}

/// Without the URL, which may contain a secret.
impl<A: fmt::Debug> fmt::Debug for Create<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (access, organization) = (&self.access, &self.organization);
        f.debug_struct("Create").field("access", access).field("organization", organization).finish_non_exhaustive()
    }
}

impl<A: Access> Command for Create<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] =
        &[Code::InvalidField, Code::WebhookEndpointLimit, Code::OrganizationNotFound, Code::KeyBoundToOrganization];
    const SCOPE: ScopeRequirement = A::WRITE;
    /// An endpoint would go on to get events after the support has ended.
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = EndpointWithSecret;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WebhookEndpointCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<EndpointWithSecret> {
        let reach = self.access.authorize(cx).await?;
        let organization = reach.for_new(cx, self.organization).await?;
        let url = parse_url(cx, &self.url)?;
        if organization != 0 {
            self.events.check_for_organization()?;
        }
        let id = cx.id();
        let secret = self.secret.clone().unwrap_or_else(|| WebhookSecret::new(cx.random()));
        let (sealed, events) = (seal(cx, id, &secret)?, self.events.to_stored());
        let row = sql::NewEndpoint {
            id,
            organization,
            url: url.as_str(),
            description: self.description.as_str(),
            events: &events,
            is_ordered: self.is_ordered,
            secret: &sealed,
            now: cx.now,
            max: if organization == 0 { MAX_ENDPOINTS } else { MAX_ENDPOINTS_OF_ORGANIZATION },
        };
        if cx.tx.execute(sql::INSERT, row).await? == 0 {
            return Err(Code::WebhookEndpointLimit.into());
        }
        cx.tx.execute(sql::INSERT_STATE, (id,)).await?;
        cx.emit(WebhookEndpointCreated {
            organization_id: self.organization,
            webhook_endpoint_id: id,
            host: url.host().to_string(),
            events: EventFilter::names(&events),
        });
        cx.after_commit.on_success(|executor| executor.webhook_requests.wake_for_change());
        let endpoint = Endpoint::from(cx.tx.one(sql::FIND, (id, organization)).await?);
        Ok(EndpointWithSecret { endpoint, secret })
    }
}
