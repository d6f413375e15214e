//! One after the other, while running at once only makes commands collide.
//!
//! Under SERIALIZABLE, commands that touch the same things at once undo one another and begin anew; with many callers in
//! one organization most of the work would be work undone. So a collision makes the process's next commands take turns,
//! for as long as that may have to do with it, and then they run at once again. What other processes do still collides, and
//! is run again as before: the throttle saves work and keeps nothing apart.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

/// Commands that take turns after a collision.
const THROTTLED_AFTER_CONFLICT: u32 = 32;

/// The one throttle of a process.
#[derive(Debug, Default)]
pub struct ConflictThrottle {
    remaining: AtomicU32,
    mutex: Mutex<()>,
}

impl ConflictThrottle {
    /// A turn, when commands take turns; nobody waits for one longer than until then.
    pub async fn acquire(&self, until: Instant) -> Option<MutexGuard<'_, ()>> {
        let one_less = |left: u32| left.checked_sub(1);
        self.remaining.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).ok()?;
        timeout_at(until, self.mutex.lock()).await.ok()
    }

    /// Somebody has lost a race.
    pub fn note_conflict(&self) {
        self.remaining.store(THROTTLED_AFTER_CONFLICT, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn turns_are_taken_after_a_collision_and_for_a_while() {
        let (throttle, until) = (ConflictThrottle::default(), Instant::now() + Duration::from_hours(1));
        assert!(throttle.acquire(until).await.is_none());
        throttle.note_conflict();
        let first = throttle.acquire(until).await;
        assert!(first.is_some());
        // Whoever's time is over meanwhile goes without.
        assert!(throttle.acquire(Instant::now()).await.is_none());
        drop(first);
        for _ in 2..THROTTLED_AFTER_CONFLICT {
            assert!(throttle.acquire(until).await.is_some());
        }
        assert!(throttle.acquire(until).await.is_none());
    }
}
