//! A number for each transaction that is open, so that two that run at once write to different rows where they may.

use std::sync::{Arc, Mutex, PoisonError};

/// Numbers there are; more would make reading their sum dearer.
const NUMBERS: usize = 64;

/// Which numbers of this process are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<Vec<bool>>>);

/// A number, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: usize,
    of: Places,
}

impl Places {
    /// The lowest that is free.
    pub(super) fn take(&self) -> Place {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.iter().position(|is_taken| !is_taken).unwrap_or(taken.len());
        match taken.get_mut(number) {
            Some(is_taken) => *is_taken = true,
            None => taken.push(true),
        }
        Place { number, of: self.clone() }
    }
}

impl Place {
    /// Processes begin at different numbers, as far as the numbers of processes differ.
    pub(super) fn shard(&self) -> i64 {
        let begin = (std::process::id() as usize).wrapping_mul(17);
        i64::try_from(begin.wrapping_add(self.number) % NUMBERS).unwrap_or(0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_taken) = taken.get_mut(self.number) {
            *is_taken = false;
        }
    }
}
