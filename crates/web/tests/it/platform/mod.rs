//! The server-to-server API.

mod client;
mod idempotency;
mod keys;
mod listener;
mod openapi;

pub(crate) use client::PlatformClient;
