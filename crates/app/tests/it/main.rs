//! Tests of the binary as a separate process: commands, signals, `kill -9`, and database failover.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod audit;
mod clients;
mod command;
mod durability;
mod examples;
mod files;
mod keys;
mod metrics;
mod operators;
mod pgbouncer;
mod proxies;
mod server;
mod signals;
mod unix_socket;
mod webhooks;
