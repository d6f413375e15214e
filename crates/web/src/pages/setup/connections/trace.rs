//! A test of a sign-in, step by step.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::enterprise_connection::ShowTrace;

use super::super::super::context::PageResult;
use super::super::super::layout::Layout;
use super::super::super::organization::connections::trace::{StepView, TraceView, step_views, trace_view};
use super::super::{CONNECTIONS, SetupPage, Visit, page_or_response};
use super::{find, parse_id, path_of};

#[derive(Template)]
#[template(path = "setup/trace.html")]
struct Page {
    layout: Layout,
    setup: SetupPage,
    connection_path: String,
    connection_name: String,
    shown: TraceView,
    code: String,
    steps: Vec<StepView>,
}

pub(super) async fn show(visit: Visit, Path((connection, trace)): Path<(String, String)>) -> Response {
    page_or_response(page(&visit, &connection, &trace).await)
}

async fn page(visit: &Visit, connection: &str, trace: &str) -> PageResult<Response> {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let connection = find(visit, connection).await?;
    let trace = parse_id(cx, trace)?;
    let trace = cx.query(ShowTrace { organization: visit.organization(), connection: connection.id, trace }).await?;
    let page = Page {
        layout: cx.layout(format!("{} · {}", t.trace_title_test(), connection.name), false),
        setup: visit.setup_page(CONNECTIONS),
        connection_path: path_of(connection.id),
        connection_name: connection.name,
        shown: trace_view(cx, &trace),
        steps: step_views(t, &trace),
        code: trace.error_code,
    };
    Ok(cx.render(StatusCode::OK, &page))
}
