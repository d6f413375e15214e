//! For the suite only: which statements have run in this process, and a place to be told of every point between two
//! writes, where a test may end the process.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

static RAN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
static VISITOR: OnceLock<fn(&'static str)> = OnceLock::new();

/// The names of the statements that have run so far.
pub fn statements_run() -> BTreeSet<&'static str> {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Has this function called at every point from now on: with a statement's name before it runs, and with `commit`,
/// `committed` and `sent`. Only the first to ask is heard.
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
