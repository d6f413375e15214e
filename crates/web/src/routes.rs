//! A route builder whose handlers record the route's pattern in the request span, and name the route's metrics.
//!
//! The log has the pattern only: actual paths and queries contain tokens and email addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::routing::{self, MethodFilter};

use crate::app::App;
use crate::metrics::RouteMetrics;
use crate::route_patterns::RoutePatterns;

#[derive(Debug, Default)]
pub(crate) struct Routes {
    router: Router<App>,
    list: Vec<Route>,
    /// Of each route.
    metrics: Vec<Arc<RouteMetrics>>,
}

/// A method and a path of the router, for tests and benchmarks that call every route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// In upper case.
    pub method: &'static str,
    /// With parameters such as `{id}`.
    pub path: String,
}

const METHODS: [(MethodFilter, &str); 5] = [
    (MethodFilter::GET, "GET"),
    (MethodFilter::POST, "POST"),
    (MethodFilter::PUT, "PUT"),
    (MethodFilter::PATCH, "PATCH"),
    (MethodFilter::DELETE, "DELETE"),
];

impl Routes {
    /// Adds a route for `GET` and `HEAD`.
    pub(crate) fn get<T: 'static>(self, path: &str, handler: impl Handler<T, App>) -> Self {
        self.on(MethodFilter::GET, path, handler)
    }

    pub(crate) fn post<T: 'static>(self, path: &str, handler: impl Handler<T, App>) -> Self {
        self.on(MethodFilter::POST, path, handler)
    }

    pub(crate) fn on<T: 'static>(self, method: MethodFilter, path: &str, handler: impl Handler<T, App>) -> Self {
        let Self { router, mut list, mut metrics } = self;
        let name = METHODS.iter().find(|(filter, _)| *filter == method).map_or("OTHER", |(_, name)| name);
        list.push(Route { method: name, path: path.to_owned() });
        let route = Arc::new(RouteMetrics::new(name, path));
        metrics.push(Arc::clone(&route));
        let router = router.route(path, routing::on(method, Recorded { route: Some(route), handler }));
        Self { router, list, metrics }
    }

    pub(crate) fn on_methods<T: 'static>(
        self,
        methods: impl Iterator<Item = MethodFilter>,
        path: &str,
        handler: &impl Handler<T, App>,
    ) -> Self {
        methods.fold(self, |routes, method| routes.on(method, path, handler.clone()))
    }

    pub(crate) fn merge(mut self, others: Self) -> Self {
        self.list.extend(others.list);
        self.metrics.extend(others.metrics);
        Self { router: self.router.merge(others.router), ..self }
    }

    /// Returns the patterns of the routes with a method that this function accepts.
    pub(crate) fn patterns(&self, is_method: impl Fn(&str) -> bool) -> RoutePatterns {
        RoutePatterns::new(self.list.iter().filter(|route| is_method(route.method)).map(|route| route.path.clone()))
    }

    /// Returns every route.
    pub(crate) fn into_list(self) -> Vec<Route> {
        self.list
    }

    /// Finishes the router, and returns it with the metrics of its routes. `fallback` handles unknown paths, and known
    /// paths with another method.
    pub(crate) fn with_fallback<T: 'static>(
        self,
        fallback: impl Handler<T, App>,
    ) -> (Router<App>, Vec<Arc<RouteMetrics>>) {
        let fallback = Recorded { route: None, handler: fallback };
        (self.router.fallback(fallback.clone()).method_not_allowed_fallback(fallback), self.metrics)
    }
}

/// A handler that records its route in the current span, and as that of the task's request, before it runs.
#[derive(Clone)]
struct Recorded<H> {
    /// `None` for the fallback.
    route: Option<Arc<RouteMetrics>>,
    handler: H,
}

impl<T, H: Handler<T, App>> Handler<T, App> for Recorded<H> {
    type Future = H::Future;

    fn call(self, request: Request, app: App) -> Self::Future {
        match &self.route {
            Some(route) => {
                tracing::Span::current().record("route", &*route.path);
                route.enter();
            }
            None => {
                tracing::Span::current().record("route", "none");
            }
        }
        self.handler.call(request, app)
    }
}

/// Declares the routes of the API: `handler => what it runs`. From this list the function `api_routes` builds the router that serves
/// requests, and `calls` the OpenAPI document.
macro_rules! api_routes {
    ($($(#[$doc:meta])* $name:ident { $($first:ident $(:: $rest:ident)* => $declaration:expr;)+ })+) => {
        fn api_routes() -> $crate::routes::Routes {
            $crate::routes::Routes::default()$(.merge($name()))+
        }

        $($(#[$doc])*
        fn $name() -> $crate::routes::Routes {
            $crate::routes::Routes::default()$(.on_methods(
                utoipa_axum::routes!(@path [methods()] of $first $(:: $rest)*).iter().map(utoipa_axum::PathItemExt::to_method_filter),
                &utoipa_axum::routes!(@path [path()] of $first $(:: $rest)*),
                &$first $(:: $rest)*,
            ))+
        })+

        fn calls() -> Vec<$crate::openapi::Call> {
            vec![$($($crate::openapi::Call {
                path: utoipa_axum::routes!(@path [path()] of $first $(:: $rest)*),
                methods: utoipa_axum::routes!(@path [methods()] of $first $(:: $rest)*),
                operation: utoipa_axum::routes!(@path [operation()] of $first $(:: $rest)*),
                tags: utoipa_axum::routes!(@path [tags()] of $first $(:: $rest)*),
                add_schemas: |schemas| utoipa_axum::routes!(@path [schemas(schemas)] of $first $(:: $rest)*),
                extractor_errors: $crate::openapi::extractor_errors(&$first $(:: $rest)*),
                declaration: $declaration,
            },)+)+]
        }
    };
}

pub(crate) use api_routes;
