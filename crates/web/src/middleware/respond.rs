//! The outermost layer around every handler: a request's id and log line, the time it may take, the headers, and the
//! envelope for refusals that extractors and the router make without knowing the session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use vestibule_core::context::{Context, Query};
use vestibule_core::db::Cost;
use vestibule_core::{Code, Problem, Result};

use crate::app::{App, caller};
use crate::envelope::{self, Refusal, take_refusal};
use crate::middleware::{cross_site, headers};

/// The longest a request may take before its caller is told to come back. What it began in the database is finished
/// all the same.
const LONGEST: Duration = Duration::from_secs(20);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything around a handler, in one layer: each layer of its own would be cloned and boxed for each request.
pub(crate) async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.request_id();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", id, method = %request.method(), route = route_of(route.as_ref()));
    let begun = Instant::now();
    let mut response = answered(&app, request, next).instrument(span.clone()).await;
    headers::add(response.headers_mut(), app.settings());
    let Cost { statements, rows } = response.extensions().get::<Cost>().copied().unwrap_or_default();
    let (status, microseconds) = (response.status().as_u16(), begun.elapsed().as_micros());
    span.in_scope(|| tracing::info!(status, microseconds, statements, rows, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The matched route, never the path or the query: those hold tokens and addresses.
fn route_of(route: Option<&MatchedPath>) -> &str {
    route.map_or("none", MatchedPath::as_str)
}

/// What the handler answers, if it answers in time and the request may reach it. Refusals by those who do not know the
/// session get their envelope here, with the session of whoever was refused.
async fn answered(app: &App, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = Arc::new(caller(&parts, app.settings()));
    parts.extensions.insert(Arc::clone(&caller));
    let mut response = match cross_site::check(&parts.method, &parts.headers, app.settings()) {
        Ok(()) => in_time(next.run(Request::from_parts(parts, body))).await,
        Err(problem) => Refusal(problem).into_response(),
    };
    let Some(problem) = take_refusal(&mut response) else {
        return response;
    };
    // Whoever hears that the database is away must not wait for it once more.
    let is_away = problem.code().status() == 503;
    let session = match caller.token {
        Some(_) if !is_away => app.ask(&caller, Nothing).await.session,
        _ => None,
    };
    let mut filled = envelope::failure(&problem, session.as_ref());
    // What the refusing layer has set stays: Allow, for one.
    filled.headers_mut().extend(std::mem::take(response.headers_mut()));
    filled
}

/// Ends a request that takes too long.
async fn in_time(answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(LONGEST, answer).await {
        Ok(response) => response,
        Err(_) => Refusal(Code::TimedOut.into()).into_response(),
    }
}

/// Only the session is wanted.
struct Nothing;

impl Query for Nothing {
    type Out = ();

    async fn run(&self, _: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
}

/// No such path, or not with this method.
pub(crate) async fn not_found() -> Refusal {
    Refusal(Code::RouteNotFound.into())
}

/// A panic is this request's failure and nobody else's. Its words go to the log.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Refusal(Problem::internal(format!("panic: {}", words.unwrap_or("without words")))).into_response()
}
