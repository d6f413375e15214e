//! The request pipeline of the API for backends: allowed networks, API key, rate limit, idempotency, log line.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tracing::Instrument;
use tracing::field::Empty;
use vestibule_core::api_key::MarkUsed;
use vestibule_core::execution::{Caller, Context, Query, Reply};
use vestibule_core::metrics::ApiKeyRefusal;
use vestibule_core::permission::Requirement;
use vestibule_core::scope::ScopeRequirement;
use vestibule_core::security_log::{self, Subject};
use vestibule_core::{Code, Problem};
use vestibule_db::QueryStats;

use super::response::UsedKey;
use super::{bearer, error, idempotency, router};
use crate::app::{App, RequestId, caller_from_request};
use crate::envelope::{self, AttachedProblem, Refusal};
use crate::metrics::{Api, HttpMetrics, RequestMethod, with_current_route};
use crate::middleware::{headers, single_headers, timeout};
use crate::serve::{Peer, RejectedHead};
use crate::server::Server;
use crate::trace_context::TraceContext;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The API for backends.
#[derive(Clone, Debug)]
pub struct PlatformServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    router: Router,
    metrics: HttpMetrics,
    default_headers: HeaderMap,
}

impl PlatformServer {
    /// Builds the router. The limits of the whole process count the requests to both servers together.
    pub fn new(server: &Server) -> Self {
        let app = server.app().clone();
        let (router, routes) = router::router(&app);
        let metrics = HttpMetrics::new(Api::Platform, routes);
        let default_headers = headers::defaults(app.settings().strict_transport_security());
        Self(Arc::new(Inner { app, router, metrics, default_headers }))
    }

    pub(crate) fn metrics(&self) -> &HttpMetrics {
        &self.0.metrics
    }

    /// Handles a request of a connection from `peer`.
    pub async fn handle(self, mut request: Request, peer: impl Into<Peer>) -> Response {
        let Inner { app, metrics, default_headers, .. } = &*self.0;
        let id = app.request_id();
        request.extensions_mut().insert(RequestId(id));
        let (method, trace) = (request.method(), TraceContext::from_headers(request.headers()));
        let span = tracing::info_span!(
            target: security_log::TARGET, "request", id, %method, route = Empty, api = "platform", api_key_id = Empty,
            trace_id = trace.map(|trace| trace.trace_id), parent_id = trace.map(|trace| trace.parent_id)
        );
        let method = RequestMethod::from(method);
        let started_at = Instant::now();
        let handling = self.route(request, peer.into()).instrument(span.clone());
        let (mut response, route) = with_current_route(handling).await;
        if let Some(AttachedProblem { problem, .. }) = envelope::take_problem(&mut response) {
            if let Some(refusal) = ApiKeyRefusal::from_code(problem.code()) {
                app.service().metrics.api_key_refusals.increment(refusal);
            }
            let stats = response.extensions().get::<QueryStats>().copied();
            let used = response.extensions_mut().remove::<UsedKey>();
            response = span.in_scope(|| error::response(&problem));
            if let Some(stats) = stats {
                response.extensions_mut().insert(stats);
            }
            if let Some(used) = used {
                response.extensions_mut().insert(used);
            }
        }
        if let Some(UsedKey(key)) = response.extensions_mut().remove::<UsedKey>() {
            span.record("api_key_id", key.id.get());
            if MarkUsed::is_due(&key, app.service().now()) {
                let app = app.clone();
                // No request waits for it.
                tokio::spawn(async move { app.run(&Caller::anonymous(), MarkUsed { key: key.id }).await });
            }
        }
        headers::merge_defaults(response.headers_mut(), default_headers);
        let QueryStats { statements, rows } = response.extensions().get::<QueryStats>().copied().unwrap_or_default();
        let elapsed = started_at.elapsed();
        metrics.record(route.as_deref(), method, response.status(), elapsed);
        let microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        span.in_scope(|| tracing::info!(status, microseconds, statements, rows, "request completed"));
        response.headers_mut().insert(REQUEST_ID, id.into());
        response
    }

    async fn route(&self, request: Request, peer: Peer) -> Response {
        let Inner { app, router, .. } = &*self.0;
        let admitted = check_head(&request).and_then(|()| self.admit(&request, peer));
        let caller = match admitted {
            Ok(caller) => caller,
            Err(problem) => {
                tracing::Span::current().record("route", "none");
                return Refusal(problem).into_response();
            }
        };
        timeout::run(request, async |mut request: Request| {
            if !idempotency::applies_to(&request) {
                let caller = Arc::new(caller);
                request.extensions_mut().insert(Arc::clone(&caller));
                let Ok(response) = router.clone().oneshot(request).await;
                return refuse_invalid_key(app, &caller, response).await;
            }
            let run = async |mut request: Request, caller: Arc<Caller>| {
                request.extensions_mut().insert(caller);
                let Ok(response) = router.clone().oneshot(request).await;
                response
            };
            let response = idempotency::run(app, caller.clone(), request, run).await;
            refuse_invalid_key(app, &caller, response).await
        })
        .await
    }

    /// Decides who the caller is, before anything is read from the database.
    ///
    /// # Errors
    /// `NOT_FOUND` for a client outside of `platform.allowed_networks`; `API_KEY_INVALID`; `TOO_MANY_REQUESTS`.
    fn admit(&self, request: &Request, peer: Peer) -> Result<Caller, Problem> {
        let app = &self.0.app;
        let mut caller = caller_from_request(request, peer, app);
        if !app.settings().platform.allowed_networks.allows(caller.address) {
            return Err(Code::RouteNotFound.into());
        }
        if router::is_public(request.uri().path()) {
            return Ok(caller);
        }
        let key = bearer::api_key(request.headers()).inspect_err(|problem| {
            security_log::log_refusal(caller.address, &Subject::default(), problem.code());
        })?;
        let digest = key.digest();
        app.service().record_api_key_request(&digest, caller.address)?;
        caller.api_key = Some(digest);
        Ok(caller)
    }
}

/// Looks up the API key of a request that was refused before its key was, for an unknown path or a bad field: without a
/// valid key, the response does not say why.
async fn refuse_invalid_key(app: &App, caller: &Caller, mut response: Response) -> Response {
    let is_known = response.extensions().get::<UsedKey>().is_some() || response.status() == StatusCode::UNAUTHORIZED;
    if is_known || caller.api_key.is_none() || !response.status().is_client_error() {
        return response;
    }
    let Reply { api_key, result, stats, .. } = app.query(caller, CheckKey).await;
    if let Err(problem) = result {
        return envelope::with_query_stats(stats, Refusal(problem).into_response());
    }
    if let Some(key) = api_key {
        response.extensions_mut().insert(UsedKey(key));
    }
    response
}

/// Checks that the caller's API key is valid.
struct CheckKey;

impl Query for CheckKey {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::Any;
    type Out = ();

    async fn run(&self, _: &mut Context<'_>) -> Result<(), Problem> {
        Ok(())
    }
}

fn check_head(request: &Request) -> Result<(), Problem> {
    match request.extensions().get::<RejectedHead>() {
        Some(RejectedHead(code)) => Err((*code).into()),
        None => single_headers::check(request.headers()),
    }
}
