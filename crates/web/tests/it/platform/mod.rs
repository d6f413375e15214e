//! The server-to-server API.

mod client;
mod idempotency;
mod invitations;
mod keys;
mod listener;
mod members;
mod members_bulk;
mod openapi;
mod organizations;
mod roles;
mod workspaces;

pub(crate) use client::PlatformClient;
