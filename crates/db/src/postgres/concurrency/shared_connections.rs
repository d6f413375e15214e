//! Connections that many share, for statements that stand alone.
//!
//! A statement of a few microseconds costs a multiple of that when each has a connection to itself: two processes take
//! turns for every one of them. Sent one behind the other without waiting, many are read, answered and heard in one turn.
//! Only what changes nothing and needs no transaction may go here, and nothing that can take long: whoever is behind it
//! waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio::sync::Mutex;

/// Connections of the pool for each that is shared.
const POOLED_PER_SHARED: usize = 8;

/// The shared connections.
#[derive(Debug)]
pub(crate) struct SharedConnections {
    shared: Vec<Shared>,
    next: AtomicUsize,
}

#[derive(Debug, Default)]
struct Shared {
    open: RwLock<Option<Arc<ClientWrapper>>>,
    opening: Mutex<()>,
}

impl SharedConnections {
    /// As many as go with this many connections together: none where there are few.
    pub(crate) fn for_pool(connections: usize) -> Self {
        let shared = (0..connections / POOLED_PER_SHARED).map(|_| Shared::default());
        Self { shared: shared.collect(), next: AtomicUsize::new(0) }
    }

    /// How many there are at the most.
    pub(crate) fn len(&self) -> usize {
        self.shared.len()
    }

    /// Whether all of them are there.
    pub(crate) fn is_open(&self) -> bool {
        !self.shared.is_empty() && self.shared.iter().all(|shared| shared.client().is_some())
    }

    /// Lets go of them all, since what was asked was not answered: whoever asks next opens another, perhaps on another host.
    pub(crate) fn close(&self) {
        for shared in &self.shared {
            *shared.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// One of them. `None` when it is not there; who is first to find that out opens it.
    pub(crate) async fn client(&self, pool: &Pool) -> Option<Arc<ClientWrapper>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let shared = self.shared.get(turn.checked_rem(self.shared.len())?)?;
        if let Some(client) = shared.client() {
            return Some(client);
        }
        let _opening = shared.opening.try_lock().ok()?;
        let client = Arc::new(Object::take(pool.get().await.ok()?));
        *shared.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&client));
        Some(client)
    }
}

impl Shared {
    fn client(&self) -> Option<Arc<ClientWrapper>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().filter(|client| !client.is_closed()).map(Arc::clone)
    }
}
