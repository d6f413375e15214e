//! The page of an endpoint: its settings, its deliveries, and what can be done with it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::AuditEntryId;
use vestibule_core::webhook::{Delivery, DeliveryState, ListDeliveries, TEST_EVENT};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::event_names::{EventGroup, delivered_events};
use super::super::{OrganizationPage, load_organization, page_or_response};
use super::filter::ListState;
use super::replay::SpanFields;
use super::secret::{DEFAULT_GRACE, GRACES};
use super::status::{Badge, delivery_badge, endpoint_badge, endpoint_explanation, outcome, state_label};
use super::{Ids, PathIds, TAB};

const PAGE_SIZE: u16 = 50;
const STATES: [DeliveryState; 4] =
    [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed, DeliveryState::Cancelled];

struct DeliveryView {
    id: AuditEntryId,
    event: String,
    label: String,
    badge: Badge,
    outcome: String,
    attempts: i64,
    /// HTML; empty if there is none.
    next_attempt: String,
    /// HTML
    time: String,
}

/// An option of a `<select>`.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

/// A form of the page that failed.
#[derive(Default)]
pub(super) struct Failed<'a> {
    pub(super) problem: Option<&'a Problem>,
    /// The error at the fields of a replay, and what was typed into them.
    pub(super) span: Option<SpanFields>,
}

impl<'a> From<&'a Problem> for Failed<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { problem: Some(problem), span: None }
    }
}

#[derive(Template)]
#[template(path = "organization/webhooks/endpoint.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    list_path: String,
    path: String,
    url: String,
    description: String,
    /// The names and what they mean; empty for all events.
    events: Vec<(String, String)>,
    is_ordered: bool,
    is_enabled: bool,
    badge: Badge,
    explanation: Option<String>,
    previous_secret: Option<String>,
    graces: Vec<Choice>,
    list: ListState,
    states: Vec<Choice>,
    event_groups: Vec<EventGroup>,
    test_event: Choice,
    deliveries: Vec<DeliveryView>,
    newest: Option<String>,
    older: Option<String>,
    span: SpanFields,
    retention_days: u64,
}

pub(super) async fn show(cx: PageContext, Path((organization, id)): PathIds) -> Response {
    page_or_response(show_it(&cx, (&organization, &id)).await)
}

async fn show_it(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    page(cx, Ids::parse(cx, ids)?, Failed::default()).await
}

pub(super) async fn page(cx: &PageContext, ids: Ids, failed: Failed<'_>) -> PageResult<Response> {
    let t = cx.words;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let endpoint = ids.find(cx).await?;
    let list = ListState::from_query(cx);
    let query = ListDeliveries {
        access: ids.access(),
        endpoint: ids.endpoint,
        filter: list.filter(),
        before: list.before,
        limit: PAGE_SIZE,
    };
    let found = cx.query(query).await?;
    let path = ids.path();
    let older = found.deliveries.last().filter(|_| found.has_more).map(|last| list.page_url(&path, Some(last.id)));
    // An error at the fields is shown there.
    let general = failed.problem.filter(|_| failed.span.is_none());
    let previous = endpoint.previous_secret_until.filter(|until| *until > cx.now());
    let page = Page {
        layout: cx.layout(format!("{} · {}", endpoint.url, org.name), true).with_error(general),
        org,
        list_path: ids.list_path(),
        events: endpoint.events.iter().map(|name| (name.clone(), t.event(name))).collect(),
        is_ordered: endpoint.is_ordered,
        is_enabled: endpoint.is_enabled,
        badge: endpoint_badge(t, &endpoint),
        explanation: endpoint_explanation(cx, &endpoint),
        previous_secret: previous.map(|until| t.webhook_previous_secret_until(t.long_time(until))),
        url: endpoint.url,
        description: endpoint.description,
        graces: graces(cx),
        states: STATES.map(|state| state_choice(cx, state, &list)).into(),
        event_groups: delivered_events(t, |name| name == list.event),
        test_event: Choice {
            value: TEST_EVENT.to_owned(),
            label: t.event(TEST_EVENT),
            is_chosen: list.event == TEST_EVENT,
        },
        deliveries: found.deliveries.iter().map(|delivery| view(cx, delivery, endpoint.is_enabled)).collect(),
        newest: list.before.map(|_| list.page_url(&path, None)),
        older,
        span: failed.span.unwrap_or_default(),
        retention_days: u64::from(cx.app.settings().webhooks.retention_days),
        list,
        path,
    };
    Ok(cx.render_with_error(failed.problem, &page))
}

fn state_choice(cx: &PageContext, state: DeliveryState, list: &ListState) -> Choice {
    Choice { value: state.to_string(), label: state_label(cx.words, state), is_chosen: list.state == Some(state) }
}

fn graces(cx: &PageContext) -> Vec<Choice> {
    let t = cx.words;
    let label = |hours: u64| match hours {
        0 => t.webhook_grace_none(),
        1..=24 => t.webhook_grace_hours(hours),
        _ => t.webhook_grace_days(hours / 24),
    };
    let choice = |hours| Choice { value: format!("{hours}"), label: label(hours), is_chosen: hours == DEFAULT_GRACE };
    GRACES.map(choice).into()
}

fn view(cx: &PageContext, delivery: &Delivery, is_enabled: bool) -> DeliveryView {
    let t = cx.words;
    DeliveryView {
        id: delivery.id,
        label: t.event(&delivery.event),
        event: delivery.event.clone(),
        badge: delivery_badge(t, delivery.state, delivery.all_attempts),
        outcome: outcome(t, delivery.last_status, &delivery.last_error),
        attempts: delivery.all_attempts,
        next_attempt: next_attempt(cx, delivery, is_enabled),
        time: t.time_html(delivery.created_at, cx.now()),
    }
}

/// Returns when the next attempt is due, as HTML; empty if there is none.
pub(super) fn next_attempt(cx: &PageContext, delivery: &Delivery, is_enabled: bool) -> String {
    let t = cx.words;
    if delivery.state != DeliveryState::Waiting {
        String::new()
    } else if !is_enabled {
        t.webhook_once_enabled()
    } else if delivery.due_at <= cx.now() {
        t.webhook_due()
    } else {
        t.time_html(delivery.due_at, cx.now())
    }
}
