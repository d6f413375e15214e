//! The listener of the metrics: `GET /metrics`, for the clients of `metrics.allowed_networks`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tracing::Instrument;
use vestibule_core::execution::Caller;
use vestibule_core::outbox;
use vestibule_core::security_log;
use vestibule_core::time::Timestamp;
use vestibule_core::webhook;

use super::scrape::{Format, Scrape};
use crate::client_address::{Proxies, client_address};
use crate::middleware::headers;
use crate::platform::PlatformServer;
use crate::serve::{Peer, RejectedHead};
use crate::server::Server;
use crate::trace_context::TraceContext;

const PATH: &str = "/metrics";
/// How long what was read from the database is used again, so that scrapes cannot load it.
const MAX_AGE: Duration = Duration::from_secs(1);

/// Serves the metrics of the servers of a process.
#[derive(Clone, Debug)]
pub struct MetricsServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    frontend: Server,
    platform: Option<PlatformServer>,
    default_headers: HeaderMap,
    last_status: Mutex<Option<LastStatus>>,
}

/// What the database last said about the queues of mail and of webhooks.
#[derive(Clone, Copy, Debug)]
struct LastStatus {
    read_at: Timestamp,
    /// Like `webhooks`, `None` if the database did not answer.
    outbox: Option<outbox::Status>,
    webhooks: Option<webhook::Status>,
}

impl MetricsServer {
    /// `platform` is the server-to-server API, if it has a listener.
    pub fn new(frontend: &Server, platform: Option<&PlatformServer>) -> Self {
        let (frontend, platform) = (frontend.clone(), platform.cloned());
        let default_headers = headers::defaults(frontend.app().settings().strict_transport_security());
        Self(Arc::new(Inner { frontend, platform, default_headers, last_status: Mutex::new(None) }))
    }

    /// Handles a request of a connection from `peer`.
    pub async fn handle(self, request: Request, peer: impl Into<Peer>) -> Response {
        let id = self.0.frontend.app().request_id();
        let trace = TraceContext::from_headers(request.headers());
        let span = tracing::info_span!(
            target: security_log::TARGET, "request", id, method = %request.method(), route = PATH, api = "metrics",
            trace_id = trace.map(|trace| trace.trace_id), parent_id = trace.map(|trace| trace.parent_id)
        );
        let started_at = Instant::now();
        let mut response = match self.admit(&request, peer.into()) {
            Ok(format) => self.respond(format).instrument(span.clone()).await,
            Err(status) => status.into_response(),
        };
        headers::merge_defaults(response.headers_mut(), &self.0.default_headers);
        let microseconds = u64::try_from(started_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        // Several times in a minute, and of no interest unless somebody looks for it.
        span.in_scope(|| tracing::debug!(status, microseconds, "request completed"));
        response
    }

    /// The format of the response, or the status of a refusal.
    fn admit(&self, request: &Request, peer: Peer) -> Result<Format, StatusCode> {
        if let Some(RejectedHead(code)) = request.extensions().get::<RejectedHead>() {
            return Err(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST));
        }
        let settings = self.0.frontend.app().settings();
        let client = client_address(peer.into(), request.headers(), &Proxies::from_settings(settings));
        let is_scrape = matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().path() == PATH;
        if is_scrape && settings.metrics.allows(client.address) {
            Ok(accepted_format(request.headers()))
        } else {
            Err(StatusCode::NOT_FOUND)
        }
    }

    async fn respond(&self, format: Format) -> Response {
        // In a task of its own: a client that hangs up must not make the next scrape ask the database again.
        let scraping = tokio::spawn(self.clone().scrape().in_current_span());
        match scraping.await.ok().and_then(|scrape| scrape.write(format).ok()) {
            Some(body) => ([(header::CONTENT_TYPE, format.content_type())], body).into_response(),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    async fn scrape(self) -> Scrape {
        let LastStatus { outbox, webhooks, .. } = self.queue_status().await;
        Scrape { frontend: self.0.frontend.clone(), platform: self.0.platform.clone(), outbox, webhooks }
    }

    /// Returns the state of the queues, at most [`MAX_AGE`] old. Concurrent scrapes share one read.
    async fn queue_status(&self) -> LastStatus {
        let app = self.0.frontend.app();
        let mut last = self.0.last_status.lock().await;
        let now = app.service().now();
        match *last {
            Some(status) if status.read_at <= now && now < status.read_at.plus(MAX_AGE) => status,
            _ => {
                let outbox = app.query(&Caller::anonymous(), outbox::ShowStatus).await.result.ok();
                let webhooks = app.query(&Caller::anonymous(), webhook::ShowStatus).await.result.ok();
                let status = LastStatus { read_at: now, outbox, webhooks };
                *last = Some(status);
                status
            }
        }
    }
}

/// OpenMetrics for clients that name it, as Prometheus does; otherwise the older format, which all clients read.
fn accepted_format(headers: &HeaderMap) -> Format {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| HeaderValue::to_str(value).ok());
    let names_it = accepted.any(|value| value.contains("application/openmetrics-text"));
    if names_it { Format::OpenMetrics } else { Format::Prometheus }
}
