//! Caching: what was read before is used again only while nothing that it shows was written since.
//!
//! Each organization has a revision, which every command that writes something its lists show bumps in its own transaction;
//! each session has one too. A cached value holds the revisions it was read at. It is used only after a statement has
//! confirmed that they are current ([`revalidate`]), so no process has to notify another.
//!
//! A serializable transaction neither reads revisions nor fills the cache: reading a revision there would conflict with
//! every transaction that bumps it.

mod access_cache;
mod cached;
mod organization_cache;
mod revalidation_batch;
mod revision;
mod scope;
pub(crate) mod sql;

pub use access_cache::CachedAccess;
pub(crate) use access_cache::{AccessCache, AccessKey, MemberAccess, ValidatedAccess, load_access};
pub(crate) use cached::REVALIDATION_STATS;
pub use cached::{Cached, Validity};
pub(crate) use organization_cache::OrganizationCache;
pub(crate) use revalidation_batch::RevalidationBatcher;
pub use revision::Revision;
pub(crate) use revision::{bump_if_changed, bump_revisions, current_revision, revalidate};
pub(crate) use scope::{Scope, leaves_organizations_unchanged};
