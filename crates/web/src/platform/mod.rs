//! The API for backends: what the backend of the operator's product calls with an API key. It has a listener of its
//! own, because its paths overlap with those of the public one.
//!
//! A folder per noun, as in `api/`. Handlers contain no domain rules: they run the commands of the Frontend API, whose
//! `SCOPE` says what an API key needs. Objects are answered bare, lists as a [`page::Page`].

mod audit_log;
mod bearer;
mod bulk;
mod deployment_invitations;
mod error;
mod idempotency;
mod invitations;
mod keys;
mod members;
mod organizations;
mod page;
mod person_list;
mod response;
mod roles;
mod router;
mod server;
mod settings;
mod tickets;
mod users;
mod waitlist;
mod webhooks;
mod workspaces;

/// The longest body with metadata: two objects of 64 KiB, whose quotes are escaped if they are sent as texts, and the
/// other fields. So an object that is too long is refused by the name of its field.
const MAX_METADATA_BODY_BYTES: usize = 256 * 1024;

pub(crate) use bearer::has_api_key;
pub(crate) use error::{ErrorBody, message as error_message, status as error_status};
pub(crate) use page::SortOrder;
pub use router::{generate_platform_openapi_document, platform_route_list};
pub use server::PlatformServer;
