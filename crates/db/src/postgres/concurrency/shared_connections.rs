//! Connections that many callers share, for single statements in autocommit.
//!
//! With a connection for each caller, a statement of a few microseconds costs a multiple of that in context switches.
//! Pipelined on one connection, many are read, executed and answered together. Only short reads may be sent here,
//! because later ones wait for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio::sync::Mutex;

/// Pooled connections for each shared one.
const POOLED_PER_SHARED: usize = 8;

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
    /// Creates the shared connections for a pool of this size; none for a small pool.
    pub(crate) fn for_pool(connections: usize) -> Self {
        let shared = (0..connections / POOLED_PER_SHARED).map(|_| Shared::default());
        Self { shared: shared.collect(), next: AtomicUsize::new(0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.shared.len()
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.shared.is_empty() && self.shared.iter().all(|shared| shared.client().is_some())
    }

    /// Closes all of them, after one did not answer. The next caller opens another, possibly on another host.
    pub(crate) fn close(&self) {
        for shared in &self.shared {
            *shared.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// One of the connections; `None` if it is not open. The first caller that finds it closed opens it.
    pub(crate) async fn client(&self, pool: &Pool) -> Option<Arc<ClientWrapper>> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let shared = self.shared.get(index.checked_rem(self.shared.len())?)?;
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
