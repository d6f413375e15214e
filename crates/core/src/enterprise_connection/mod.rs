//! Enterprise connections: the identity providers of organizations.
//!
//! The provider of an enabled connection decides who the organization's people are, for the addresses of the domains that
//! the organization has verified. So managers of settings prepare connections, and admins enable them and change enabled
//! ones: the person who controls the provider could sign in as any colleague.

mod admin_sign_in;
mod authority;
mod connection;
mod create;
mod delete;
mod domains;
mod expiry;
mod list;
mod mail;
mod mapping;
mod require;
pub(crate) mod sql;
mod test;
mod trace;
mod update;

pub(crate) use admin_sign_in::record_admin_sign_in;
pub use connection::{
    ClientId, ClientSecret, Connection, ConnectionScopes, DEFAULT_SCOPES, LiveConnection, logout_redirect_uri,
    redirect_uri,
};
pub(crate) use connection::{find_any, find_by_domain, find_live};
pub use create::Create;
pub use delete::Delete;
pub use expiry::{SECRET_NOTICE_DAYS, run_secret_notices};
pub use list::{List, ListTraces, Show, ShowTrace};
pub use mapping::{AttributeMapping, GroupRole, MappedRoles};
pub use require::SetRequired;
pub use sql::{ConnectionDomain, ConnectionTrace};
pub(crate) use test::authorize_test;
pub use test::{TEST_DRAFT_ERRORS, TEST_SAVED_ERRORS, TestDraft, test_draft, test_saved};
pub use trace::TracePurpose;
pub(crate) use trace::{NewTrace, StoreTrace, store_trace};
pub use update::{SecretChange, SecretExpiry, Update};

/// The connections of one organization.
pub const MAX_CONNECTIONS: i64 = 10;
