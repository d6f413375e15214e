//! Listing endpoints.

use super::access::{Access, ForOrganization};
use super::create::MAX_ENDPOINTS_OF_ORGANIZATION;
use super::endpoint::Endpoint;
use super::sql::log::LatestDelivery;
use super::sql::{self, log};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{OrganizationId, WebhookEndpointId};
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;

/// The endpoints that the caller manages after the one with the id `after`, oldest first.
///
/// # Errors
/// See [`Access::authorize`].
#[derive(Debug)]
pub struct List<A> {
    pub access: A,
    pub after: Option<WebhookEndpointId>,
    /// From 1 to 1,000.
    pub limit: u16,
}

/// A part of the list.
#[derive(Debug)]
pub struct EndpointsPage {
    pub endpoints: Vec<Endpoint>,
    pub has_more: bool,
}

impl<A: Access> Query for List<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound];
    const SCOPE: ScopeRequirement = A::READ;
    type Out = EndpointsPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<EndpointsPage> {
        let reach = self.access.authorize(cx).await?;
        let limit = self.limit.clamp(1, 1000);
        let after = self.after.unwrap_or_else(|| 0.into());
        let mut rows = cx.tx.all(sql::AFTER, (after, reach.number(), i64::from(limit) + 1)).await?;
        let has_more = rows.len() > usize::from(limit);
        rows.truncate(limit.into());
        Ok(EndpointsPage { endpoints: rows.into_iter().map(Endpoint::from).collect(), has_more })
    }
}

/// Shows an endpoint.
///
/// # Errors
/// `WEBHOOK_ENDPOINT_NOT_FOUND`.
#[derive(Debug)]
pub struct Show<A> {
    pub access: A,
    pub endpoint: WebhookEndpointId,
}

impl<A: Access> Query for Show<A> {
    const REQUIRES: Requirement = A::REQUIRES;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound, Code::WebhookEndpointNotFound];
    const SCOPE: ScopeRequirement = A::READ;
    type Out = Endpoint;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Endpoint> {
        let reach = self.access.authorize(cx).await?;
        Ok(reach.find(cx, self.endpoint).await?.into())
    }
}

/// The newest delivery of each endpoint of an organization that has one.
#[derive(Debug)]
pub struct ListLatestDeliveries {
    pub organization: OrganizationId,
}

impl Query for ListLatestDeliveries {
    const REQUIRES: Requirement = ForOrganization::REQUIRES;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ForOrganization::READ;
    type Out = Vec<LatestDelivery>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<LatestDelivery>> {
        ForOrganization(self.organization).authorize(cx).await?;
        Ok(cx.tx.all(log::LATEST, (self.organization, MAX_ENDPOINTS_OF_ORGANIZATION)).await?)
    }
}
