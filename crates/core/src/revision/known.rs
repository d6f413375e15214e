//! Callers who were found out about, by their session and the organization they asked for. Nobody is believed because they
//! are here: what is known of them is asked after each time.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;

use super::Known;
use crate::id::OrganizationId;
use crate::secret::SessionToken;
use crate::session::Kept;

/// Callers that are known at the most, about 300 bytes each; who asks least goes first.
const CALLERS: usize = 8192;

/// A session, by its digest, and an organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CallerKey([u8; 32], OrganizationId);

impl CallerKey {
    /// Who carries this token and asks about this organization.
    pub(crate) fn new(token: &SessionToken, organization: OrganizationId) -> Self {
        Self(token.digest(), organization)
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallerKey").field(&"…").field(&self.1).finish()
    }
}

/// Who is known.
pub(crate) struct KnownCallers(Cache<CallerKey, Arc<Kept<Known>>>);

impl Default for KnownCallers {
    fn default() -> Self {
        Self(Cache::new(CALLERS))
    }
}

impl KnownCallers {
    /// What is known of a caller.
    pub(crate) fn of(&self, key: &CallerKey) -> Option<Arc<Kept<Known>>> {
        self.0.get(key)
    }

    /// What is known of them does not hold any more.
    pub(crate) fn forget(&self, key: &CallerKey) {
        self.0.remove(key);
    }

    /// Keeps it, in place of what was.
    pub(crate) fn keep(&self, key: CallerKey, known: Arc<Kept<Known>>) {
        self.0.insert(key, known);
    }
}

impl fmt::Debug for KnownCallers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownCallers").field(&self.0.len()).finish()
    }
}
