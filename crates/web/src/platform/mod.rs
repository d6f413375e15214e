//! The server-to-server API: what the backend of the operator's product calls with an API key. It has a listener of its
//! own, because its paths overlap with those of the public one.
//!
//! A folder per noun, as in `api/`. Handlers contain no domain rules: they run the commands of the Frontend API, whose
//! `SCOPE` says what an API key needs. Objects are answered bare, lists as a [`page::Page`].

mod bearer;
mod deployment_invitations;
mod deployment_list;
mod error;
mod idempotency;
mod keys;
mod page;
mod response;
mod router;
mod server;
mod tickets;
mod waitlist;

pub(crate) use bearer::has_api_key;
pub use server::PlatformServer;
