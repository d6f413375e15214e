//! Requests by API, route, method and class of the status.
//!
//! Each route has its counters from the start, and its handler names them ([`RouteMetrics::enter`]). A request without
//! a route is counted by its method alone.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use vestibule_core::metrics::Histogram;
use vestibule_db::label;
use vestibule_db::metrics::{Counters, Label};

tokio::task_local! {
    /// The route of the request that this task handles.
    static CURRENT: Cell<Option<Arc<RouteMetrics>>>;
}

/// The upper bounds of the duration of a request, in microseconds. The last is the timeout of a request.
const DURATION_BOUNDS: &[u64] = &[
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 20_000_000,
];

label! {
    /// The API that a request is sent to: each has a listener of its own.
    pub(crate) enum Api {
        /// For browsers and apps, with the hosted pages.
        Frontend = "frontend",
        /// For backends.
        Platform = "platform",
    }
}

label! {
    /// The method of a request without a route.
    pub(crate) enum RequestMethod {
        Get = "GET",
        Head = "HEAD",
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
        Delete = "DELETE",
        Options = "OPTIONS",
        Other = "OTHER",
    }
}

impl From<&Method> for RequestMethod {
    fn from(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::OPTIONS => Self::Options,
            _ => Self::Other,
        }
    }
}

label! {
    pub(crate) enum StatusClass {
        Informational = "1xx",
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

impl From<StatusCode> for StatusClass {
    fn from(status: StatusCode) -> Self {
        match status.as_u16() {
            0..200 => Self::Informational,
            200..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}

/// What is counted of the requests of a route.
#[derive(Debug)]
pub(crate) struct RouteMetrics {
    /// The method of the route, in upper case. That of a route for `GET` is also the one of `HEAD` requests.
    pub(crate) method: &'static str,
    /// The pattern, with parameters such as `{id}`.
    pub(crate) path: Arc<str>,
    pub(crate) responses: Counters<StatusClass>,
    pub(crate) duration: Histogram,
}

impl RouteMetrics {
    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        let duration = Histogram::new(DURATION_BOUNDS);
        Self { method, path: path.into(), responses: Counters::default(), duration }
    }

    /// Makes this the route of the request that the current task handles.
    pub(crate) fn enter(self: &Arc<Self>) {
        // Outside of `with_current_route` nothing is counted.
        let _ = CURRENT.try_with(|current| current.set(Some(Arc::clone(self))));
    }

    fn record(&self, status: StatusCode, duration: Duration) {
        self.responses.increment(status.into());
        self.duration.observe(duration);
    }
}

/// Handles a request, and returns with the response the route whose handler ran.
pub(crate) async fn with_current_route<T>(handling: impl Future<Output = T>) -> (T, Option<Arc<RouteMetrics>>) {
    let run = async {
        let output = handling.await;
        (output, CURRENT.with(Cell::take))
    };
    CURRENT.scope(Cell::new(None), run).await
}

/// The metrics of the requests of one API.
#[derive(Debug)]
pub(crate) struct HttpMetrics {
    pub(crate) api: Api,
    routes: Vec<Arc<RouteMetrics>>,
    /// Of requests without a route, by [`RequestMethod`].
    without_route: Vec<RouteMetrics>,
}

impl HttpMetrics {
    pub(crate) fn new(api: Api, routes: Vec<Arc<RouteMetrics>>) -> Self {
        let without_route = RequestMethod::ALL.iter().map(|method| RouteMetrics::new(method.as_str(), "none"));
        Self { api, routes, without_route: without_route.collect() }
    }

    /// Counts a request.
    pub(crate) fn record(
        &self,
        route: Option<&RouteMetrics>,
        method: RequestMethod,
        status: StatusCode,
        duration: Duration,
    ) {
        if let Some(route) = route.or_else(|| self.without_route.get(method.index())) {
            route.record(status, duration);
        }
    }

    /// The routes, and what stands for requests without one.
    pub(crate) fn routes(&self) -> impl Iterator<Item = &RouteMetrics> {
        self.routes.iter().map(AsRef::as_ref).chain(&self.without_route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn counts_by_the_route_whose_handler_ran() {
        let route = Arc::new(RouteMetrics::new("GET", "/a/{id}"));
        let metrics = HttpMetrics::new(Api::Frontend, vec![Arc::clone(&route)]);
        let with_route = with_current_route(async { route.enter() }).await.1;
        let without_route = with_current_route(async {}).await.1;
        assert!(without_route.is_none());
        let purge = Method::from_bytes(b"PURGE").unwrap();
        for (route, method, status) in
            [(&with_route, Method::HEAD, 200), (&without_route, Method::POST, 404), (&without_route, purge, 599)]
        {
            let status = StatusCode::from_u16(status).unwrap();
            metrics.record(route.as_deref(), (&method).into(), status, Duration::from_millis(1));
        }
        let counted: Vec<_> = metrics
            .routes()
            .flat_map(|route| {
                let responses = route.responses.values().filter(|(_, count)| *count > 0);
                responses.map(|(class, count)| format!("{} {} {} {count}", route.method, route.path, class.as_str()))
            })
            .collect();
        assert_eq!(counted, ["GET /a/{id} 2xx 1", "POST none 4xx 1", "OTHER none 5xx 1"]);
        // Nothing is counted twice, and nothing outside.
        route.enter();
        assert_eq!(route.duration.snapshot().count(), 1);
    }
}
