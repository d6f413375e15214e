//! The server-to-server API.

mod client;
mod idempotency;
mod invitations;
mod keys;
mod listener;
mod workspaces;

pub(crate) use client::PlatformClient;
