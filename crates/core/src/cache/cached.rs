//! A cached value with the conditions under which it is valid.

use std::sync::{Mutex, PoisonError};

use vestibule_db::QueryStats;

use super::Revision;
use crate::id::{OrganizationId, SessionId};
use crate::secret::ApiKeyDigest;
use crate::time::Timestamp;

/// What a value was read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Session(SessionId),
    /// Its revision is the end of the secret in microseconds. Nothing else changes who may use a key for what.
    ApiKey(ApiKeyDigest),
}

/// The conditions under which a value that was read with a session or an API key is valid: both revisions are
/// unchanged, and the time is in range.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    pub(crate) credential: Credential,
    pub(crate) credential_revision: i64,
    /// 0 if the value belongs to no organization.
    pub(crate) organization: OrganizationId,
    /// The revision of the organization's members, roles and workspaces. [`Revision::invitations`] is not part of it.
    pub(crate) organization_revision: i64,
    /// When the value was read. If the clock is set back, the value is invalid.
    pub(crate) valid_from: Timestamp,
    /// The first instant at which the value is invalid.
    pub(crate) valid_until: Timestamp,
}

impl Validity {
    /// Whether the time is in range. The revisions have to be checked as well.
    pub(crate) fn is_current_at(&self, now: Timestamp) -> bool {
        self.valid_from <= now && now < self.valid_until
    }
}

/// A cached value.
#[derive(Debug)]
pub struct Cached<T> {
    pub value: T,
    pub(crate) validity: Validity,
    /// The database's number of commits at the last validation, and the organization's revision at that time.
    last_validation: Mutex<Option<(u64, Revision)>>,
}

impl<T> Cached<T> {
    pub const fn new(value: T, validity: Validity) -> Self {
        Self { value, validity, last_validation: Mutex::new(None) }
    }

    /// The organization's revision, if the value was validated at this number of commits: without a commit since, it is
    /// still valid.
    pub(crate) fn validated_at(&self, commits: u64) -> Option<Revision> {
        let last = *self.last_validation.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(validated_at, _)| *validated_at == commits).map(|(_, revision)| revision)
    }

    pub(crate) fn record_validation(&self, commits: u64, revision: Revision) {
        *self.last_validation.lock().unwrap_or_else(PoisonError::into_inner) = Some((commits, revision));
    }
}

/// The cost of a revalidation that queries the database.
pub(crate) const REVALIDATION_STATS: QueryStats = QueryStats { statements: 1, rows: 1 };
