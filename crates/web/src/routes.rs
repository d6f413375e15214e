//! A route builder whose handlers record the route's pattern in the request span.
//!
//! The log has the pattern only: actual paths and queries contain tokens and email addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::routing::{self, MethodFilter};

use crate::app::App;

#[derive(Debug, Default)]
pub(crate) struct Routes(Router<App>);

impl Routes {
    /// Adds a route for `GET` and `HEAD`.
    pub(crate) fn get<T: 'static>(self, path: &str, handler: impl Handler<T, App>) -> Self {
        Self(self.0.route(path, routing::get(recorded(path, handler))))
    }

    pub(crate) fn post<T: 'static>(self, path: &str, handler: impl Handler<T, App>) -> Self {
        self.on(MethodFilter::POST, path, handler)
    }

    pub(crate) fn on<T: 'static>(self, method: MethodFilter, path: &str, handler: impl Handler<T, App>) -> Self {
        Self(self.0.route(path, routing::on(method, recorded(path, handler))))
    }

    pub(crate) fn on_methods<T: 'static>(
        self,
        methods: impl Iterator<Item = MethodFilter>,
        path: &str,
        handler: &impl Handler<T, App>,
    ) -> Self {
        methods.fold(self, |routes, method| routes.on(method, path, handler.clone()))
    }

    pub(crate) fn merge(self, others: Self) -> Self {
        Self(self.0.merge(others.0))
    }

    /// Finishes the router. `fallback` handles unknown paths, and known paths with another method.
    pub(crate) fn with_fallback<T: 'static>(self, fallback: impl Handler<T, App>) -> Router<App> {
        let fallback = recorded("none", fallback);
        self.0.fallback(fallback.clone()).method_not_allowed_fallback(fallback)
    }
}

/// A handler that records its route in the current span before it runs.
#[derive(Clone)]
struct Recorded<H> {
    route: Arc<str>,
    handler: H,
}

fn recorded<H>(route: &str, handler: H) -> Recorded<H> {
    Recorded { route: route.into(), handler }
}

impl<T, H: Handler<T, App>> Handler<T, App> for Recorded<H> {
    type Future = H::Future;

    fn call(self, request: Request, app: App) -> Self::Future {
        tracing::Span::current().record("route", &*self.route);
        self.handler.call(request, app)
    }
}
