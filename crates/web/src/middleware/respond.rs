//! The outermost layers around every handler: a request's id and log line, the time it may take, and the envelope for
//! refusals that extractors and the router make without knowing the session.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use tracing::Instrument;
use vestibule_core::context::{Context, Query};
use vestibule_core::{Code, Problem, Result};

use crate::answer::Statements;
use crate::app::{App, caller};
use crate::envelope::{self, Refusal, take_refusal};

/// The longest a request may take before its caller is told to come back. What it began in the database is finished
/// all the same.
const LONGEST: Duration = Duration::from_secs(20);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id and writes one line about it. The line has the matched route, never the path or the query:
/// those hold tokens and addresses.
pub(crate) async fn log(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = HEXLOWER.encode(&app.service().random_bytes::<8>());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let statements = response.extensions().get::<Statements>().map_or(0, |statements| statements.0);
    let (status, microseconds) = (response.status().as_u16(), begun.elapsed().as_micros());
    span.in_scope(|| tracing::info!(status, microseconds, statements, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Ends a request that takes too long.
pub(crate) async fn time_out(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal(Code::TimedOut.into()).into_response(),
    }
}

/// Puts refusals into the envelope, with the session of whoever was refused.
pub(crate) async fn fill_refusals(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let caller = caller(&parts, app.settings());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match take_refusal(&mut response) {
        None => response,
        Some(problem) => {
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
