//! The server-to-server API.

mod client;
mod idempotency;
mod impersonation;
mod keys;
mod listener;

pub(crate) use client::PlatformClient;
