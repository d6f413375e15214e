//! The API for backends.

mod addresses;
mod audit_log;
mod cached_members;
mod client;
mod deployment_invitations;
mod factors;
mod idempotency;
mod impersonation;
mod invitations;
mod keys;
mod listener;
mod members;
mod members_bulk;
mod openapi;
mod organizations;
mod roles;
mod sessions;
mod settings;
mod users;
mod users_bulk;
mod waitlist;
mod workspaces;

pub(crate) use client::PlatformClient;
