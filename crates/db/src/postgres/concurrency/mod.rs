//! What makes concurrent transactions cheaper on PostgreSQL. None of it is needed for correctness.
//!
//! The gain is the CPU time per request, of server and database together, without and with it, by `benches/run` with
//! 64 connections. A module that gains less than a tenth is not worth its code.
//!
//! - [`pipeline`]: independent statements are sent without waiting for each other, so they cost one round trip.
//!   Accept: 2.2 and 1.0 ms, and 11 times as many per second, because locks are held for a shorter time.
//! - [`composite`]: a change and what depends on it are one statement, which is a transaction by itself.
//!   Create: 567 and 397 µs.
//! - [`shared_connections`]: autocommit reads of many callers are pipelined on few connections.
//!   Uncached list: 598 and 224 µs.
//! - [`shard_slots`]: concurrent transactions bump different rows of one revision. Create: 609 and 397 µs.

pub(super) mod composite;
pub(super) mod pipeline;
pub(super) mod shard_slots;
pub(super) mod shared_connections;
