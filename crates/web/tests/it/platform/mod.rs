//! The server-to-server API.

mod client;
mod deployment_invitations;
mod idempotency;
mod impersonation;
mod keys;
mod listener;
mod waitlist;

pub(crate) use client::PlatformClient;
