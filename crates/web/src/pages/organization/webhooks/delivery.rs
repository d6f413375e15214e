//! The page of a delivery: its attempts, and what is sent.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::AuditEntryId;
use vestibule_core::webhook::{
    Attempt, Cancel, DeliveryState, DeliveryWithAttempts, MessageId, Replay, ShowDelivery, Span,
};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::endpoint::next_attempt;
use super::status::{Badge, delivery_badge, outcome};
use super::{Ids, TAB};

/// The organization, the endpoint and the delivery of a path.
type PathIds = Path<(String, String, String)>;

struct AttemptView {
    number: i64,
    /// HTML
    started: String,
    outcome: String,
    /// Whether the receiver accepted it.
    is_success: bool,
    milliseconds: i64,
}

#[derive(Template)]
#[template(path = "organization/webhooks/delivery.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    /// The page of the endpoint.
    endpoint_path: String,
    url: String,
    path: String,
    event: String,
    label: String,
    message_id: String,
    sequence: Option<i64>,
    badge: Badge,
    /// HTML
    created: String,
    /// HTML; empty if there is none.
    next_attempt: String,
    attempt_count: i64,
    /// The last ones.
    attempts: Vec<AttemptView>,
    /// Whether there are more than these.
    is_cut: bool,
    body: String,
    can_send_again: bool,
    can_cancel: bool,
}

pub(super) async fn show(cx: PageContext, Path((organization, endpoint, id)): PathIds) -> Response {
    page_or_response(show_it(&cx, (&organization, &endpoint, &id)).await)
}

async fn show_it(cx: &PageContext, ids: (&str, &str, &str)) -> PageResult<Response> {
    let (ids, delivery) = parse(cx, ids)?;
    page(cx, ids, delivery, None).await
}

fn parse(cx: &PageContext, (organization, endpoint, id): (&str, &str, &str)) -> PageResult<(Ids, AuditEntryId)> {
    Ok((Ids::parse(cx, (organization, endpoint))?, parse_id(cx, id)?))
}

async fn page(cx: &PageContext, ids: Ids, id: AuditEntryId, error: Option<&Problem>) -> PageResult<Response> {
    let t = cx.words;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let endpoint = ids.find(cx).await?;
    let show = ShowDelivery { access: ids.access(), endpoint: ids.endpoint, delivery: id };
    let DeliveryWithAttempts { delivery, body, attempts } = cx.query(show).await?;
    let label = t.event(&delivery.event);
    let is_waiting = delivery.state == DeliveryState::Waiting;
    let page = Page {
        layout: cx.layout(format!("{label} · {}", org.name), true).with_error(error),
        org,
        endpoint_path: ids.path(),
        url: endpoint.url,
        path: ids.delivery_path(id),
        label,
        message_id: MessageId::new(id.get()).to_string(),
        sequence: delivery.sequence,
        badge: delivery_badge(t, delivery.state, delivery.all_attempts),
        created: t.time_html(delivery.created_at, cx.now()),
        next_attempt: next_attempt(cx, &delivery, endpoint.is_enabled),
        attempt_count: delivery.all_attempts,
        is_cut: usize::try_from(delivery.all_attempts).is_ok_and(|count| count > attempts.len()),
        attempts: attempts.iter().map(|attempt| view(cx, attempt)).collect(),
        event: delivery.event,
        body,
        can_send_again: endpoint.is_enabled,
        can_cancel: is_waiting,
    };
    Ok(cx.render_with_error(error, &page))
}

fn view(cx: &PageContext, attempt: &Attempt) -> AttemptView {
    AttemptView {
        number: attempt.number,
        started: cx.words.time_html(attempt.started_at, cx.now()),
        outcome: outcome(cx.words, attempt.status, &attempt.error),
        is_success: attempt.status.is_some_and(|status| (200..300).contains(&status)),
        milliseconds: attempt.duration / 1000,
    }
}

pub(super) async fn send_again(cx: PageContext, Path((organization, endpoint, id)): PathIds, _: Form) -> Response {
    page_or_response(send_it_again(&cx, (&organization, &endpoint, &id)).await)
}

async fn send_it_again(cx: &PageContext, ids: (&str, &str, &str)) -> PageResult<Response> {
    let (ids, id) = parse(cx, ids)?;
    let replay = Replay { access: ids.access(), endpoint: ids.endpoint, span: Span::One(id) };
    match cx.run(replay).await {
        Ok(count) => {
            let flash = if count == 0 { "webhook_being_sent" } else { "webhook_sent_again" };
            Ok(cx.redirect_with_flash(&ids.delivery_path(id), flash))
        }
        Err(problem) => page(cx, ids, id, Some(&problem)).await,
    }
}

pub(super) async fn cancel(cx: PageContext, Path((organization, endpoint, id)): PathIds, _: Form) -> Response {
    page_or_response(cancel_it(&cx, (&organization, &endpoint, &id)).await)
}

async fn cancel_it(cx: &PageContext, ids: (&str, &str, &str)) -> PageResult<Response> {
    let (ids, id) = parse(cx, ids)?;
    match cx.run(Cancel { access: ids.access(), endpoint: ids.endpoint, delivery: id }).await {
        Ok(_) => Ok(cx.redirect_with_flash(&ids.delivery_path(id), "webhook_delivery_cancelled")),
        Err(problem) => page(cx, ids, id, Some(&problem)).await,
    }
}
