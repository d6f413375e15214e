//! Webhooks: events are delivered to the endpoints that subscribe to them.

mod signature;

pub use signature::{MessageId, sign};
