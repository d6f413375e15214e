//! What makes concurrent transactions cheaper on PostgreSQL. None of it is needed for correctness.
//!
//! - [`pipeline`]: independent statements are sent without waiting for each other, so they cost one round trip.
//! - [`composite`]: a change and what depends on it are one statement, which is a transaction by itself.
//! - [`shared_connections`]: autocommit reads of many callers are pipelined on few connections.
//! - [`shard_slots`]: concurrent transactions bump different rows of one revision.
//! - [`row_mutexes`]: transactions of this process that update the same row commit one after the other.
//! - [`conflict_throttle`]: after a serialization failure, serializable transactions run one at a time for a while.

pub(super) mod composite;
pub(super) mod conflict_throttle;
pub(super) mod pipeline;
pub(super) mod row_mutexes;
pub(super) mod shard_slots;
pub(super) mod shared_connections;
