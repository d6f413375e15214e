//! A request's way through the server: its id and log line, the time it may take, the headers, and the envelope for
//! refusals that extractors and the router make without knowing the session.
//!
//! It is no layer of the router's: those are cloned and boxed for each request, route by route.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;
use tracing::Instrument;
use tracing::field::Empty;
use vestibule_core::context::{Caller, Context, Query};
use vestibule_core::db::Cost;
use vestibule_core::service::Service;
use vestibule_core::{Code, Problem, Result};

use crate::app::{App, caller};
use crate::envelope::{self, Refusal, take_refusal};
use crate::middleware::{cors, cross_site, headers};
use crate::router::router;

/// The longest a request may take before its caller is told to come back. What it began in the database is finished
/// all the same.
const LONGEST: Duration = Duration::from_secs(20);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The whole server: the Frontend API, its description and the page that shows it, the hosted pages, and what operators ask.
#[derive(Clone, Debug)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    router: Router,
    /// What every answer carries.
    always: HeaderMap,
    /// Where no other origin may call, nothing is said of origins.
    cors: Option<CorsLayer>,
}

impl Server {
    /// Answers for this service.
    pub fn new(service: Arc<Service>) -> Self {
        let app = App::new(service);
        let (router, cors) = (router(&app), cors::layer(app.settings()));
        let always = headers::always(app.settings());
        Self(Arc::new(Inner { app, router, always, cors }))
    }

    /// The answer to a request that came from this address.
    pub async fn answer(self, request: Request, peer: IpAddr) -> Response {
        let Inner { app, always, .. } = &*self.0;
        let id = app.request_id();
        let span = tracing::info_span!("request", id, method = %request.method(), route = Empty);
        let begun = Instant::now();
        let mut response = self.shown_to_origins(request, peer).instrument(span.clone()).await;
        headers::put_before(response.headers_mut(), always);
        let Cost { statements, rows } = response.extensions().get::<Cost>().copied().unwrap_or_default();
        // In 64 bits it is a number in JSON, too; in 128 it would be a text.
        let microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        span.in_scope(|| tracing::info!(status, microseconds, statements, rows, "answered"));
        response.headers_mut().insert(REQUEST_ID, id.into());
        response
    }

    /// The answer, and which other origins may read it, whatever it is.
    async fn shown_to_origins(&self, request: Request, peer: IpAddr) -> Response {
        let Some(cors) = &self.0.cors else {
            return self.answered(request, peer).await;
        };
        let answered = service_fn(|request| self.answered(request, peer).map(Ok::<_, Infallible>));
        let Ok(response) = Box::pin(cors.layer(answered).oneshot(request)).await;
        response
    }

    /// What the handler answers, if it answers in time and the request may reach it.
    async fn answered(&self, mut request: Request, peer: IpAddr) -> Response {
        let Inner { app, router, .. } = &*self.0;
        let caller = Arc::new(caller(&request, peer, app.settings()));
        request.extensions_mut().insert(Arc::clone(&caller));
        let mut response = match cross_site::check(request.method(), request.headers(), app.settings()) {
            Ok(()) => in_time(router.clone().oneshot(request).map(|Ok(response)| response)).await,
            Err(problem) => Refusal(problem).into_response(),
        };
        match take_refusal(&mut response) {
            // Apart, for what is asked there would be moved with every request.
            Some(problem) => Box::pin(self.refusal(&caller, &problem, response)).await,
            None => response,
        }
    }

    /// Refusals by those who do not know the session get their envelope here, with the session of whoever was refused.
    async fn refusal(&self, caller: &Caller, problem: &Problem, mut refused: Response) -> Response {
        // Whoever hears that the database is away must not wait for it once more.
        let is_away = problem.code().status() == 503;
        let session = match caller.token {
            Some(_) if !is_away => self.0.app.ask(caller, Nothing).await.session,
            _ => None,
        };
        let mut filled = envelope::failure(problem, session.as_ref());
        // What whoever refused has set stays: Allow, for one. But the router has counted the bytes of an empty answer.
        refused.headers_mut().remove(header::CONTENT_LENGTH);
        filled.headers_mut().extend(std::mem::take(refused.headers_mut()));
        filled
    }
}

/// Ends a request that takes too long. A panic is its own failure and nobody else's; the log has its place already, and its
/// words may hold what no log may.
async fn in_time(answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(LONGEST, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Refusal(Problem::internal("a handler panicked")).into_response(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_that_says_nothing_of_itself() {
        let mut response = in_time(async { panic!("ada@example.com") }).await;
        let problem = take_refusal(&mut response).unwrap();
        assert_eq!((problem.code(), problem.cause()), (Code::Internal, Some("a handler panicked")));
        assert_eq!(in_time(async { "fine".into_response() }).await.status(), 200);
    }
}
