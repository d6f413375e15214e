//! For tests only: which statements ran in this process, and a hook between any two writes, where a test can abort the
//! process.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

static RAN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
static HOOK: OnceLock<fn(&'static str)> = OnceLock::new();

/// The names of the statements that ran so far.
pub fn statements_run() -> BTreeSet<&'static str> {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Sets the hook, which is called at every point: with a statement's name before it runs, and with `commit`,
/// `committed` and `sent`. Only the first call has an effect.
pub fn visit_points(hook: fn(&'static str)) {
    let _ = HOOK.set(hook);
}

pub(super) fn statement(name: &'static str) {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    point(name);
}

/// Calls the hook.
pub fn point(name: &'static str) {
    if let Some(hook) = HOOK.get() {
        hook(name);
    }
}
