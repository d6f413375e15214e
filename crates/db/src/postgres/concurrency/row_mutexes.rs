//! Serializes the commits of this process's transactions that update the same row.
//!
//! Each new member is counted in the organization's row. If many join at once, each transaction would block on the row
//! lock inside the server and create a multixact, which costs about half as much again as the work itself. This saves
//! work, but guarantees nothing: other processes do not take part, and no transaction waits longer than [`MAX_WAIT`].

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

/// A transaction that has waited this long continues without the mutex: its holder may itself wait in the database.
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(100);
/// Several rows may share a mutex, which costs time only.
const MUTEXES: usize = 64;

#[derive(Debug)]
pub(crate) struct RowMutexes([Mutex<()>; MUTEXES]);

impl RowMutexes {
    /// Locks the row with this number; `None` after the deadline.
    pub(crate) async fn lock(&self, row: i64, deadline: Instant) -> Option<MutexGuard<'_, ()>> {
        let mutexes = i64::try_from(MUTEXES).ok()?;
        let mutex = self.0.get(usize::try_from(row.rem_euclid(mutexes)).ok()?)?;
        timeout_at(deadline, mutex.lock()).await.ok()
    }
}

impl Default for RowMutexes {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn locks_one_row_at_a_time_until_the_deadline() {
        let (mutexes, deadline) = (RowMutexes::default(), Instant::now() + Duration::from_hours(1));
        let first = mutexes.lock(-7, deadline).await;
        assert!(first.is_some());
        assert!(mutexes.lock(-8, deadline).await.is_some());
        assert!(mutexes.lock(-7, Instant::now()).await.is_none());
        drop(first);
        assert!(mutexes.lock(-7, deadline).await.is_some());
    }
}
