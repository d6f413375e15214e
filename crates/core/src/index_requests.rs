//! Requests to index the rows of an organization for searches, from the lists that need it to the worker.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::id::OrganizationId;
use crate::search::SearchedRows;

/// The organizations that wait at a time. Further ones are requested again by their next search.
const MAX_WAITING: usize = 100;

/// Requests that no worker has taken yet.
#[derive(Debug, Default)]
pub(crate) struct IndexRequests {
    waiting: Mutex<BTreeSet<(OrganizationId, SearchedRows)>>,
    pub(crate) added: Notify,
}

impl IndexRequests {
    pub(crate) fn add(&self, organization: OrganizationId, rows: SearchedRows) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.insert((organization, rows));
        }
        // Also if it waits already: the worker may not have been notified of it.
        self.added.notify_one();
    }

    pub(crate) fn take(&self) -> Option<(OrganizationId, SearchedRows)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }
}
