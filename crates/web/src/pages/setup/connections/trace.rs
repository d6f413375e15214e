//! A test of a sign-in, step by step.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use vestibule_core::enterprise_connection::{ShowTrace, TracePurpose};

use super::super::super::context::PageResult;
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::{CONNECTIONS, SetupPage, Visit, page_or_response};
use super::show::trace_badge;
use super::{Badge, find, parse_id, path_of};

struct StepView {
    label: String,
    badge: Badge,
    /// What the code means. May be empty.
    explanation: String,
    code: String,
    rule: String,
    /// JSON. May be empty.
    received: String,
}

#[derive(Template)]
#[template(path = "setup/trace.html")]
struct Page {
    layout: Layout,
    setup: SetupPage,
    connection_path: String,
    connection_name: String,
    badge: Badge,
    /// HTML
    time: String,
    code: String,
    is_test: bool,
    steps: Vec<StepView>,
}

pub(super) async fn show(visit: Visit, Path((connection, trace)): Path<(String, String)>) -> Response {
    page_or_response(page(&visit, &connection, &trace).await)
}

async fn page(visit: &Visit, connection: &str, trace: &str) -> PageResult<Response> {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let connection = find(visit, connection).await?;
    let show = ShowTrace { organization: visit.organization(), connection: connection.id, trace: parse_id(cx, trace)? };
    let trace = cx.query(show).await?;
    let page = Page {
        layout: cx.layout(format!("{} · {}", t.trace_title_test(), connection.name), false),
        setup: visit.setup_page(CONNECTIONS),
        connection_path: path_of(connection.id),
        connection_name: connection.name,
        badge: trace_badge(t, &trace.error_code),
        time: t.time_html(trace.created_at, cx.now()),
        is_test: trace.purpose == TracePurpose::Test,
        code: trace.error_code,
        steps: steps(t, &trace.steps),
    };
    Ok(cx.render(StatusCode::OK, &page))
}

fn steps(t: Words, json: &str) -> Vec<StepView> {
    let parsed: Vec<Value> = serde_json::from_str(json).unwrap_or_default();
    parsed.iter().map(|step| view(t, step)).collect()
}

fn view(t: Words, step: &Value) -> StepView {
    let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let phrase = |start: &str, name: &str| t.find(&format!("{start}-{}", name.replace('_', "-")));
    let (name, code) = (text("name"), text("code"));
    let is_ok = step.get("is_ok").and_then(Value::as_bool).unwrap_or(code.is_empty());
    let received = step.get("received").filter(|received| !received.is_null());
    StepView {
        label: phrase("sso-step", &name).unwrap_or(name),
        badge: if is_ok {
            Badge { text: t.trace_step_ok(), class: "good" }
        } else {
            Badge { text: t.trace_step_failed(), class: "bad" }
        },
        explanation: phrase("sso-code", &code).unwrap_or_default(),
        rule: text("rule"),
        received: received.and_then(|received| serde_json::to_string_pretty(received).ok()).unwrap_or_default(),
        code,
    }
}
