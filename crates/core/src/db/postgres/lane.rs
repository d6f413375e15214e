//! One after the other, while running at once only makes commands collide.
//!
//! Under SERIALIZABLE, commands that touch the same things at once undo one another and begin anew; with many callers in
//! one organization most of the work would be work undone. So a collision makes the process's next commands take turns,
//! for as long as that may have to do with it, and then they run at once again. What other processes do still collides, and
//! is run again as before: the lane saves work and keeps nothing apart.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

/// Commands that take turns after a collision.
const AFTER_A_COLLISION: u32 = 32;

/// The one lane of a process.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    taking_turns: AtomicU32,
    turn: Mutex<()>,
}

impl Lane {
    /// A turn, when commands take turns; nobody waits for one longer than until then.
    pub(crate) async fn turn(&self, until: Instant) -> Option<MutexGuard<'_, ()>> {
        let one_less = |left: u32| left.checked_sub(1);
        self.taking_turns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).ok()?;
        timeout_at(until, self.turn.lock()).await.ok()
    }

    /// Somebody has lost a race.
    pub(crate) fn note_collision(&self) {
        self.taking_turns.store(AFTER_A_COLLISION, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn turns_are_taken_after_a_collision_and_for_a_while() {
        let (lane, until) = (Lane::default(), Instant::now() + Duration::from_hours(1));
        assert!(lane.turn(until).await.is_none());
        lane.note_collision();
        let first = lane.turn(until).await;
        assert!(first.is_some());
        // Whoever's time is over meanwhile goes without.
        assert!(lane.turn(Instant::now()).await.is_none());
        drop(first);
        for _ in 2..AFTER_A_COLLISION {
            assert!(lane.turn(until).await.is_some());
        }
        assert!(lane.turn(until).await.is_none());
    }
}
