//! A number for each open transaction, so that concurrent transactions bump different rows of one counter.

use std::sync::{Arc, Mutex, PoisonError};

/// The number of rows of a counter. With more, reading their sum would cost more.
const SHARDS: usize = 64;

/// The numbers in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShardSlots(Arc<Mutex<Vec<bool>>>);

/// A number, released when it is dropped.
#[derive(Debug)]
pub(crate) struct ShardSlot {
    number: usize,
    slots: ShardSlots,
}

impl ShardSlots {
    /// Takes the lowest free number.
    pub(crate) fn take(&self) -> ShardSlot {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.iter().position(|is_taken| !is_taken).unwrap_or(taken.len());
        match taken.get_mut(number) {
            Some(is_taken) => *is_taken = true,
            None => taken.push(true),
        }
        ShardSlot { number, slots: self.clone() }
    }
}

impl ShardSlot {
    /// Processes start at different numbers, by their process id.
    pub(crate) fn shard(&self) -> i64 {
        let begin = (std::process::id() as usize).wrapping_mul(17);
        i64::try_from(begin.wrapping_add(self.number) % SHARDS).unwrap_or(0)
    }
}

impl Drop for ShardSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_taken) = taken.get_mut(self.number) {
            *is_taken = false;
        }
    }
}
