//! The server-to-server API.

mod client;
mod idempotency;
mod keys;
mod listener;
mod members;
mod members_bulk;
mod organizations;
mod roles;

pub(crate) use client::PlatformClient;
