//! Runs serializable transactions of this process one at a time after a conflict.
//!
//! Under SERIALIZABLE, concurrent transactions on the same rows abort each other; with many callers in one
//! organization, most of the work would be repeated. After a serialization failure, the next transactions run one at a
//! time. Other processes still conflict and are retried: this saves work, but guarantees nothing.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

/// Transactions that run one at a time after a conflict.
const THROTTLED_AFTER_CONFLICT: u32 = 32;

#[derive(Debug, Default)]
pub struct ConflictThrottle {
    remaining: AtomicU32,
    mutex: Mutex<()>,
}

impl ConflictThrottle {
    /// If the throttle is on, waits until the previous transaction has ended. `None` if it is off or the deadline has
    /// passed: the transaction then runs without the lock.
    pub async fn acquire(&self, deadline: Instant) -> Option<MutexGuard<'_, ()>> {
        let decrement = |remaining: u32| remaining.checked_sub(1);
        self.remaining.fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement).ok()?;
        timeout_at(deadline, self.mutex.lock()).await.ok()
    }

    /// Turns the throttle on.
    pub fn record_conflict(&self) {
        self.remaining.store(THROTTLED_AFTER_CONFLICT, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn throttles_a_number_of_transactions_after_a_conflict() {
        let (throttle, deadline) = (ConflictThrottle::default(), Instant::now() + Duration::from_hours(1));
        assert!(throttle.acquire(deadline).await.is_none());
        throttle.record_conflict();
        let first = throttle.acquire(deadline).await;
        assert!(first.is_some());
        // After its deadline, a transaction runs without the lock.
        assert!(throttle.acquire(Instant::now()).await.is_none());
        drop(first);
        for _ in 2..THROTTLED_AFTER_CONFLICT {
            assert!(throttle.acquire(deadline).await.is_some());
        }
        assert!(throttle.acquire(deadline).await.is_none());
    }
}
