//! Metrics for Prometheus, at an address of their own.
//!
//! Handlers count with handles that they have from the start: counting costs some nanoseconds, and no label is made
//! from a request. To add a metric, add a family to [`families`].

mod families;
mod family;
mod http;
mod process;
mod scrape;
mod server;

pub use families::FAMILIES;
pub use family::{Engine, Family, Kind};
pub(crate) use http::{Api, HttpMetrics, RequestMethod, RouteMetrics, with_current_route};
pub use server::MetricsServer;
