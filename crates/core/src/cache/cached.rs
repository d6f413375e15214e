//! A value that was read before, and what has to be unchanged for it to be used again.

use std::sync::{Mutex, PoisonError};

use vestibule_db::QueryStats;

use super::Revision;
use crate::id::{OrganizationId, SessionId};
use crate::time::Timestamp;

/// How long something that was read of a session stays right.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// The session it was read of.
    pub(crate) session: SessionId,
    /// What that was at.
    pub(crate) session_revision: i64,
    /// The organization it is about; 0 for none.
    pub(crate) organization: OrganizationId,
    /// What surrounds that organization's invitations was at.
    pub(crate) organization_revision: i64,
    /// When it was read: a clock may be set back.
    pub(crate) from: Timestamp,
    /// From this instant on it is not right any more.
    pub(crate) until: Timestamp,
}

impl Validity {
    /// Whether it is still right as far as time goes.
    pub(crate) fn is_current_at(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

/// Something that was read of a session, as long as what it holds.
#[derive(Debug)]
pub struct Cached<T> {
    /// What was read, or made of it.
    pub value: T,
    pub(crate) validity: Validity,
    /// How often the database had committed when this was last known to hold, and what the organization was at then.
    valid: Mutex<Option<(u64, Revision)>>,
}

impl<T> Cached<T> {
    /// Keeps it.
    pub const fn new(value: T, validity: Validity) -> Self {
        Self { value, validity, valid: Mutex::new(None) }
    }

    /// What the organization was at, if it is known that this held when the database had committed as often as now.
    pub(crate) fn validated_at(&self, commits: u64) -> Option<Revision> {
        let held = *self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        held.filter(|(then, _)| *then == commits).map(|(_, revision)| revision)
    }

    pub(crate) fn record_validation(&self, commits: u64, revision: Revision) {
        *self.valid.lock().unwrap_or_else(PoisonError::into_inner) = Some((commits, revision));
    }
}

/// What finding out costs that something holds, when the database was asked.
pub(crate) const REVALIDATION_STATS: QueryStats = QueryStats { statements: 1, rows: 1 };
