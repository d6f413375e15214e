//! The list of endpoints.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::id::WebhookEndpointId;
use vestibule_core::webhook::{
    Endpoint, ForOrganization, LatestDelivery, List, ListLatestDeliveries, MAX_ENDPOINTS_OF_ORGANIZATION,
};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::TAB;
use super::status::{Badge, delivery_badge, endpoint_badge, endpoint_reason, outcome};

/// The most events that a row names.
const MAX_NAMED: usize = 2;

/// The newest delivery of an endpoint.
struct LatestView {
    badge: Badge,
    outcome: String,
    /// HTML
    time: String,
}

struct EndpointView {
    id: WebhookEndpointId,
    url: String,
    description: String,
    events: String,
    badge: Badge,
    reason: Option<String>,
    /// `None` if there is no delivery yet.
    latest: Option<LatestView>,
}

#[derive(Template)]
#[template(path = "organization/webhooks/list.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    path: String,
    endpoints: Vec<EndpointView>,
    /// Whether there can be another endpoint.
    can_add: bool,
    max_endpoints: i64,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization).await)
}

async fn page(cx: &PageContext, organization: &str) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, TAB).await?;
    let limit = u16::try_from(MAX_ENDPOINTS_OF_ORGANIZATION).unwrap_or(u16::MAX);
    let found = cx.query(List { access: ForOrganization(org.id), after: None, limit }).await?.endpoints;
    let latest = cx.query(ListLatestDeliveries { organization: org.id }).await?;
    let latest: HashMap<i64, LatestDelivery> =
        latest.into_iter().map(|latest| (latest.endpoint_id.get(), latest)).collect();
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.webhooks(), org.name), true),
        path: org.path(TAB),
        can_add: found.len() < usize::from(limit),
        max_endpoints: MAX_ENDPOINTS_OF_ORGANIZATION,
        endpoints: found.into_iter().map(|endpoint| view(cx, endpoint, &latest)).collect(),
        org,
    };
    Ok(cx.render(StatusCode::OK, &page))
}

fn view(cx: &PageContext, endpoint: Endpoint, latest: &HashMap<i64, LatestDelivery>) -> EndpointView {
    let t = cx.words;
    let latest = latest.get(&endpoint.id.get()).map(|latest| LatestView {
        badge: delivery_badge(t, latest.state, latest.all_attempts),
        outcome: outcome(t, latest.last_status, &latest.last_error),
        time: t.time_html(latest.updated_at, cx.now()),
    });
    EndpointView {
        id: endpoint.id,
        badge: endpoint_badge(t, &endpoint),
        reason: endpoint_reason(cx, &endpoint),
        events: events(cx, &endpoint.events),
        url: endpoint.url,
        description: endpoint.description,
        latest,
    }
}

/// Names the events, or says how many they are.
fn events(cx: &PageContext, names: &[String]) -> String {
    let t = cx.words;
    match names.len() {
        0 => t.webhook_all_events(),
        1..=MAX_NAMED => names.iter().map(|name| t.event(name)).collect::<Vec<_>>().join(", "),
        count => t.webhook_events_count(count),
    }
}
