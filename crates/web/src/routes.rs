//! Routes as rooms list them: each tells the log which it is, before its handler begins. Never the path or the query are
//! told: those hold tokens and addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::routing::{self, MethodFilter};

use crate::app::App;

/// A list of routes.
#[derive(Debug, Default)]
pub(crate) struct Routes(Router<App>);

impl Routes {
    /// With this one, for `GET` and `HEAD`.
    pub(crate) fn get<T: 'static>(self, path: &str, handler: impl Handler<T, App>) -> Self {
        Self(self.0.route(path, routing::get(named(path, handler))))
    }

    /// With this one, for `POST`.
    pub(crate) fn post<T: 'static>(self, path: &str, handler: impl Handler<T, App>) -> Self {
        self.on(MethodFilter::POST, path, handler)
    }

    /// With this one, for this method.
    pub(crate) fn on<T: 'static>(self, method: MethodFilter, path: &str, handler: impl Handler<T, App>) -> Self {
        Self(self.0.route(path, routing::on(method, named(path, handler))))
    }

    /// With this one, for each of these methods.
    pub(crate) fn on_each<T: 'static>(
        self,
        methods: impl Iterator<Item = MethodFilter>,
        path: &str,
        handler: &impl Handler<T, App>,
    ) -> Self {
        methods.fold(self, |routes, method| routes.on(method, path, handler.clone()))
    }

    /// With all of these.
    pub(crate) fn merge(self, others: Self) -> Self {
        Self(self.0.merge(others.0))
    }

    /// What finds the one for a request; `otherwise` answers when there is none.
    pub(crate) fn or<T: 'static>(self, otherwise: impl Handler<T, App>) -> Router<App> {
        let otherwise = named("none", otherwise);
        self.0.fallback(otherwise.clone()).method_not_allowed_fallback(otherwise)
    }
}

/// A handler that the log knows by its route.
#[derive(Clone)]
struct Named<H> {
    route: Arc<str>,
    handler: H,
}

fn named<H>(route: &str, handler: H) -> Named<H> {
    Named { route: route.into(), handler }
}

impl<T, H: Handler<T, App>> Handler<T, App> for Named<H> {
    type Future = H::Future;

    fn call(self, request: Request, app: App) -> Self::Future {
        tracing::Span::current().record("route", &*self.route);
        self.handler.call(request, app)
    }
}
