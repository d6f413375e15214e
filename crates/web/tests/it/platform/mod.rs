//! The server-to-server API.

mod addresses;
mod bulk_users;
mod client;
mod idempotency;
mod keys;
mod listener;
mod sessions;
mod users;

pub(crate) use client::PlatformClient;
