//! Webhooks: events are delivered to the endpoints that subscribe to them.
//!
//! The transaction of an event stores a delivery for each of these endpoints. The worker leases deliveries that are due,
//! sends their stored bytes, and stores what became of them; if it dies, another one takes them over. So each is sent at
//! least once, under one id.

mod access;
mod claim;
mod cleanup;
mod create;
mod delivery;
mod endpoint;
mod endpoint_url;
mod in_flight;
mod list;
mod log;
mod send;
mod signature;
pub(crate) mod sql;
mod status;
mod store;
mod update;
mod worker;

pub use access::{Access, ForBackend, ForOrganization, Reach};
pub use cleanup::delete_old;
pub use create::{Create, MAX_ENDPOINTS, MAX_ENDPOINTS_OF_ORGANIZATION};
pub use delivery::DeliveryState;
pub use endpoint::{DisabledReason, Endpoint, EndpointWithSecret, EventFilter, parse_secret};
pub use list::{EndpointsPage, List, ListLatestDeliveries, Show};
pub use log::{
    Cancel, DeliveriesPage, DeliveryFilter, DeliveryWithAttempts, ListDeliveries, MAX_REPLAYED, Replay, ShowDelivery,
    Span, TEST_EVENT, Test,
};
pub use signature::{MessageId, sign};
pub use sql::log::LatestDelivery;
pub use sql::{Attempt, Delivery};
pub use status::{MAX_COUNTED, ShowStatus, Status};
pub use update::{Delete, MAX_SECRET_GRACE, Rotate, Update};
pub use worker::{drain, run_worker};
