//! The sign-ins of a connection, step by step.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use vestibule_core::enterprise_connection::{ConnectionTrace, ShowTrace, TracePurpose};
use vestibule_core::id::ConnectionTraceId;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::view::{Badge, code_text};
use super::{Ids, TAB};

/// A row of the list.
pub(in crate::pages) struct TraceView {
    pub(in crate::pages) id: ConnectionTraceId,
    /// HTML.
    pub(in crate::pages) time: String,
    pub(in crate::pages) is_test: bool,
    /// The address that the provider has sent; empty without one.
    pub(in crate::pages) person: String,
    pub(in crate::pages) badge: Badge,
    /// Why it failed; empty if it succeeded.
    pub(in crate::pages) reason: String,
}

/// A step of a sign-in.
pub(in crate::pages) struct StepView {
    pub(in crate::pages) label: String,
    pub(in crate::pages) badge: Badge,
    pub(in crate::pages) code: String,
    /// What the code means, and what to do.
    pub(in crate::pages) explanation: String,
    pub(in crate::pages) rule: String,
    /// JSON; empty if nothing was received.
    pub(in crate::pages) received: String,
}

#[derive(Template)]
#[template(path = "organization/connections/trace.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    connection_path: String,
    connection_name: String,
    title: String,
    badge: Badge,
    /// HTML.
    time: String,
    person: String,
    code: String,
    reason: String,
    is_test: bool,
    steps: Vec<StepView>,
}

fn badge(t: Words, trace: &ConnectionTrace) -> Badge {
    if trace.error_code.is_empty() {
        Badge::new(t.trace_succeeded(), "good")
    } else {
        Badge::new(t.trace_failed(), "bad")
    }
}

fn parse_steps(trace: &ConnectionTrace) -> Vec<Value> {
    serde_json::from_str(&trace.steps).unwrap_or_default()
}

fn text<'a>(step: &'a Value, name: &str) -> &'a str {
    step.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The address that a step has received.
fn person(steps: &[Value]) -> String {
    let email = |step: &Value| Some(step.get("received")?.get("email")?.as_str()?.to_owned());
    steps.iter().find_map(email).unwrap_or_default()
}

pub(in crate::pages) fn trace_view(cx: &PageContext, trace: &ConnectionTrace) -> TraceView {
    let t = cx.words;
    let steps = parse_steps(trace);
    TraceView {
        id: trace.id,
        time: t.time_html(trace.created_at, cx.now()),
        is_test: trace.purpose == TracePurpose::Test,
        person: person(&steps),
        badge: badge(t, trace),
        reason: reason(t, trace, &steps),
    }
}

/// What went wrong: that of the step which failed is more precise than the code of the whole.
fn reason(t: Words, trace: &ConnectionTrace, steps: &[Value]) -> String {
    if trace.error_code.is_empty() {
        return String::new();
    }
    let of_step = steps.iter().rev().map(|step| code_text(t, text(step, "code"))).find(|text| !text.is_empty());
    of_step.unwrap_or_else(|| code_text(t, &trace.error_code))
}

/// Returns the steps of a trace.
pub(in crate::pages) fn step_views(t: Words, trace: &ConnectionTrace) -> Vec<StepView> {
    parse_steps(trace).iter().map(|step| step_view(t, step)).collect()
}

fn step_view(t: Words, step: &Value) -> StepView {
    let (name, code) = (text(step, "name"), text(step, "code"));
    let is_ok = step.get("is_ok").and_then(Value::as_bool).unwrap_or_default();
    let received = step.get("received").filter(|received| !received.is_null());
    StepView {
        label: t.find(&format!("sso-step-{}", name.replace('_', "-"))).unwrap_or_else(|| name.to_owned()),
        badge: if is_ok { Badge::new(t.trace_step_ok(), "good") } else { Badge::new(t.trace_step_failed(), "bad") },
        explanation: code_text(t, code),
        code: code.to_owned(),
        rule: text(step, "rule").to_owned(),
        received: received.and_then(|received| serde_json::to_string_pretty(received).ok()).unwrap_or_default(),
    }
}

pub(super) async fn show(
    cx: PageContext,
    Path((organization, connection, trace)): Path<(String, String, String)>,
) -> Response {
    page_or_response(page(&cx, (&organization, &connection), &trace).await)
}

async fn page(cx: &PageContext, ids: (&str, &str), trace: &str) -> PageResult<Response> {
    let t = cx.words;
    let (ids, trace) = (Ids::parse(cx, ids)?, parse_id(cx, trace)?);
    let org = load_organization(cx, ids.organization, TAB).await?;
    let connection = ids.find(cx).await?;
    let shown = ShowTrace { organization: ids.organization, connection: ids.connection, trace };
    let trace = cx.query(shown).await?;
    let steps = parse_steps(&trace);
    let title = match trace.purpose {
        TracePurpose::SignIn => t.trace_title_sign_in(),
        TracePurpose::Test => t.trace_title_test(),
    };
    let page = Page {
        layout: cx.layout(format!("{title} · {}", connection.name), true),
        org,
        connection_path: ids.path(),
        connection_name: connection.name,
        title,
        badge: badge(t, &trace),
        time: t.time_html(trace.created_at, cx.now()),
        person: person(&steps),
        reason: reason(t, &trace, &steps),
        is_test: trace.purpose == TracePurpose::Test,
        steps: step_views(t, &trace),
        code: trace.error_code,
    };
    Ok(cx.render(StatusCode::OK, &page))
}
