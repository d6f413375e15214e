//! Caching. A cached value is used only while nothing that it depends on has changed.
//!
//! Each organization, session and API key has a revision. A command that changes what they show bumps it in the same
//! transaction. A cached value stores the revisions at which it was read, and is used only after a statement has
//! confirmed that they are current, so processes do not have to notify each other.
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

pub(crate) use access_cache::{Access, AccessCache, AccessKey, ValidatedAccess, load_access};
pub use access_cache::{CachedAccess, CachedKeyAccess};
pub use cached::{Cached, Validity};
pub(crate) use cached::{Credential, REVALIDATION_STATS};
pub(crate) use organization_cache::OrganizationCache;
pub(crate) use revalidation_batch::RevalidationBatcher;
pub use revision::Revision;
pub(crate) use revision::{bump_if_changed, bump_revisions, current_revision, revalidate};
pub(crate) use scope::{Scope, leaves_organizations_unchanged};
