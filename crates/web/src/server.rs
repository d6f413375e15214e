//! The request pipeline around the router: request id, log line, repeated headers, timeout, cross-site check, CORS,
//! default headers, and the envelope of errors from extractors and the router.
//!
//! It is not a stack of router layers, because those are boxed and cloned per route and request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;
use tracing::Instrument;
use tracing::field::Empty;
use vestibule_core::execution::{Caller, Context, Query};
use vestibule_core::metrics::ApiKeyRefusal;
use vestibule_core::permission::Requirement;
use vestibule_core::security_log::{self, Subject};
use vestibule_core::service::Service;
use vestibule_core::{Code, Problem, Result};
use vestibule_db::QueryStats;

use crate::accept::Preference;
use crate::app::{App, RequestId, caller_from_request, session_token};
use crate::envelope::{self, AttachedProblem, Refusal};
use crate::health;
use crate::metrics::{Api, HttpMetrics, RequestMethod, with_current_route};
use crate::middleware::{cors, cross_site, headers, loopback, single_headers, timeout};
use crate::prefix::Prefix;
use crate::router::{route_patterns, router};
use crate::serve::{Peer, RejectedHead};
use crate::trace_context::TraceContext;
use crate::{pages, platform};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The HTTP application: the Frontend API with its OpenAPI document and viewer, the hosted pages, and the operator's
/// health checks and mail reports.
#[derive(Clone, Debug)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    router: Router,
    metrics: HttpMetrics,
    default_headers: HeaderMap,
    /// `None` if the public URL has no path.
    prefix: Option<Prefix>,
    /// `None` if the settings allow no other origin.
    cors: Option<CorsLayer>,
}

impl Server {
    /// Builds the router for a service.
    pub fn new(service: Arc<Service>) -> Self {
        let app = App::new(service);
        let (router, routes) = router(&app);
        let metrics = HttpMetrics::new(Api::Frontend, routes);
        let cors = cors::layer(app.settings());
        let default_headers = headers::defaults(app.settings().strict_transport_security());
        let prefix = Prefix::from_settings(app.settings(), route_patterns());
        Self(Arc::new(Inner { app, router, metrics, default_headers, prefix, cors }))
    }

    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    pub(crate) fn metrics(&self) -> &HttpMetrics {
        &self.0.metrics
    }

    /// Handles a request of a connection from `peer`.
    pub async fn handle(self, mut request: Request, peer: impl Into<Peer>) -> Response {
        let peer = peer.into();
        let Inner { app, metrics, default_headers, prefix, .. } = &*self.0;
        if let Some(prefix) = prefix {
            prefix.strip(&mut request);
        }
        let id = app.request_id();
        request.extensions_mut().insert(RequestId(id));
        // The target of the security log: a filter that keeps that log keeps the ids and routes of its requests.
        let (method, trace) = (request.method(), TraceContext::from_headers(request.headers()));
        let span = tracing::info_span!(
            target: security_log::TARGET, "request", id, %method, route = Empty, impersonator_id = Empty,
            trace_id = trace.map(|trace| trace.trace_id), parent_id = trace.map(|trace| trace.parent_id)
        );
        let method = RequestMethod::from(method);
        let started_at = Instant::now();
        let (mut response, route) = match check_head(&request) {
            Ok(()) => with_current_route(self.handle_with_cors(request, peer).instrument(span.clone())).await,
            Err(problem) => span.in_scope(|| {
                tracing::Span::current().record("route", "none");
                (envelope::failure(&problem, None), None)
            }),
        };
        if let Some(prefix) = prefix {
            prefix.add(response.headers_mut());
        }
        headers::merge_defaults(response.headers_mut(), default_headers);
        let QueryStats { statements, rows } = response.extensions().get::<QueryStats>().copied().unwrap_or_default();
        // A u64, because the JSON log format writes u128 values as strings.
        let elapsed = started_at.elapsed();
        metrics.record(route.as_deref(), method, response.status(), elapsed);
        let microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        span.in_scope(|| tracing::info!(status, microseconds, statements, rows, "request completed"));
        response.headers_mut().insert(REQUEST_ID, id.into());
        response
    }

    /// CORS headers are also part of error responses, so that pages of allowed origins can read them.
    async fn handle_with_cors(&self, request: Request, peer: Peer) -> Response {
        let Some(cors) = &self.0.cors else {
            return self.route(request, peer).await;
        };
        let inner = service_fn(|request| self.route(request, peer).map(Ok::<_, Infallible>));
        let Ok(response) = Box::pin(cors.layer(inner).oneshot(request)).await;
        response
    }

    async fn route(&self, mut request: Request, peer: Peer) -> Response {
        let app = &self.0.app;
        let preference = Preference::from_headers(request.headers());
        if let Some(redirect) = loopback::redirect(&request, preference, app.settings()) {
            return redirect;
        }
        request.extensions_mut().insert(preference);
        let uri = (preference == Preference::Html).then(|| request.uri().clone());
        let mut caller = Arc::new(caller_from_request(&request, peer, app));
        let admitted = if platform::has_api_key(request.headers()) {
            app.service().metrics.api_key_refusals.increment(ApiKeyRefusal::WrongListener);
            Err(Code::ApiKeyNotAccepted.into())
        } else {
            cross_site::check_path(request.method(), request.uri().path(), request.headers(), app.settings())
        };
        let mut response = match admitted {
            Ok(()) => {
                let caller = &mut caller;
                timeout::run(request, move |request| self.run_handler(request, caller)).await
            }
            // Its session is not looked up: another site must not cause queries.
            Err(problem) => {
                security_log::log_refusal(caller.address, &Subject::default(), problem.code());
                Refusal(problem).into_response()
            }
        };
        let Some(AttachedProblem { problem, has_envelope }) = envelope::take_problem(&mut response) else {
            return response;
        };
        let mut response = match uri {
            Some(uri) => {
                // Boxed, because the rare error path would enlarge the future of every request.
                let page = Box::pin(pages::refusal_page(app, &caller, &uri, &problem, has_envelope)).await;
                with_headers_of(page, response)
            }
            None if has_envelope => response,
            // Boxed, because the rare error path would enlarge the future of every request.
            None => Box::pin(self.refusal_response(&caller, &problem, response)).await,
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
        response
    }

    /// Finds the session token, attaches the caller to the request and runs its handler.
    async fn run_handler(&self, mut request: Request, caller: &mut Arc<Caller>) -> Response {
        let Inner { app, router, .. } = &*self.0;
        // Health checks have no session, and must not wait for the database to find one.
        if !health::is_check(request.uri().path()) {
            match session_token(request.uri(), request.headers(), caller, app).await {
                Ok(token) => Arc::make_mut(caller).token = token,
                Err(problem) => return Refusal(problem).into_response(),
            }
        }
        request.extensions_mut().insert(Arc::clone(caller));
        let Ok(response) = router.clone().oneshot(request).await;
        response
    }

    /// Builds the envelope of a [`Refusal`], with the caller's session and the headers of the original response.
    async fn refusal_response(&self, caller: &Caller, problem: &Problem, original: Response) -> Response {
        // While the database is unreachable, loading the session would only add another timeout.
        let is_unavailable = problem.code().status() == 503;
        let session = match caller.token {
            Some(_) if !is_unavailable => self.0.app.query(caller, LoadSession).await.session,
            _ => None,
        };
        with_headers_of(envelope::failure(problem, session.as_ref()), original)
    }
}

/// Adds the headers of the response that this one replaces, for example `Allow` and `Set-Cookie`.
fn with_headers_of(mut response: Response, mut original: Response) -> Response {
    let headers = original.headers_mut();
    // Those of the body that is replaced.
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_TYPE);
    response.headers_mut().extend(std::mem::take(headers));
    if let Some(stats) = original.extensions().get::<QueryStats>() {
        response.extensions_mut().insert(*stats);
    }
    response
}

/// Checks a request's head before anything reads it, also before CORS: it reads the first of two origins.
fn check_head(request: &Request) -> Result<(), Problem> {
    match request.extensions().get::<RejectedHead>() {
        Some(RejectedHead(code)) => Err((*code).into()),
        None => single_headers::check(request.headers()),
    }
}

/// Loads nothing but the session, which every reply has.
struct LoadSession;

impl Query for LoadSession {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, _: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
}
