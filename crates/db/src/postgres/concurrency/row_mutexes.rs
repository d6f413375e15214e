//! Who changes the same row as others do waits here, and not in the database.
//!
//! Everybody who comes into an organization counts in its one row. Where many do at once, each would hold that row until it
//! has committed while the others sleep on it inside the server, which writes down all that hold and want it: that costs
//! the server about half as much again as the work itself. So those of one process commit one after the other. It saves
//! work and keeps nothing apart: other processes are not in it, and nobody stays in it for long.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

/// Who has waited this long goes without a turn: whoever has it may in turn be waiting in the database, for a row of theirs.
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(100);
/// Rows that share a turn lose nothing but time.
const MUTEXES: usize = 64;

/// The turns of a process.
#[derive(Debug)]
pub(crate) struct RowMutexes([Mutex<()>; MUTEXES]);

impl RowMutexes {
    /// The turn to change the row of this number; `None` for who has waited until then.
    pub(crate) async fn lock(&self, row: i64, until: Instant) -> Option<MutexGuard<'_, ()>> {
        let turns = i64::try_from(MUTEXES).ok()?;
        let turn = self.0.get(usize::try_from(row.rem_euclid(turns)).ok()?)?;
        timeout_at(until, turn.lock()).await.ok()
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
    async fn one_row_has_one_turn_and_nobody_waits_for_it_for_ever() {
        let (mutexes, late) = (RowMutexes::default(), Instant::now() + Duration::from_hours(1));
        let first = mutexes.lock(-7, late).await;
        assert!(first.is_some());
        assert!(mutexes.lock(-8, late).await.is_some());
        assert!(mutexes.lock(-7, Instant::now()).await.is_none());
        drop(first);
        assert!(mutexes.lock(-7, late).await.is_some());
    }
}
