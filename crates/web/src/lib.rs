//! The HTTP layer: it parses requests, runs the core's commands and queries, and writes responses.
//!
//! Domain rules and SQL belong in `vestibule_core`.

mod accept;
mod api;
mod api_response;
mod app;
mod client_address;
mod cookie;
mod docs;
mod envelope;
mod extract;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guides;
mod health;
mod images;
mod links;
mod mail_reports;
mod metrics;
mod mfa_fields;
mod middleware;
mod openapi;
mod pages;
mod platform;
mod prefix;
mod qr;
mod response_cache;
mod restricted;
mod return_to;
mod route_patterns;
mod router;
mod routes;
mod serve;
mod server;
mod site_data;
mod trace_context;
mod well_known;

pub use metrics::{Engine, FAMILIES, Family, Kind, MetricsServer};
pub use openapi::Document;
pub use platform::{PlatformServer, generate_platform_openapi_document, platform_route_list};
pub use router::{LegacyRoute, generate_openapi_document, legacy_routes, route_list};
pub use routes::Route;
pub use serve::{ConnectionLimits, Listener, Peer, RejectedHead, serve};
pub use server::Server;
