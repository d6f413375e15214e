//! For tests only: which statements ran in this process, and hooks between any two writes, where a test may end the process.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

static RAN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
static VISITOR: OnceLock<fn(&'static str)> = OnceLock::new();

/// The names of the statements that ran so far.
pub fn statements_run() -> BTreeSet<&'static str> {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Calls this function at every point from now on: with a statement's name before it runs, and with `commit`, `committed` and
/// `sent`. Only the first call has an effect.
pub fn visit_points(visitor: fn(&'static str)) {
    let _ = VISITOR.set(visitor);
}

pub(super) fn statement(name: &'static str) {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    point(name);
}

pub fn point(name: &'static str) {
    if let Some(visit) = VISITOR.get() {
        visit(name);
    }
}
