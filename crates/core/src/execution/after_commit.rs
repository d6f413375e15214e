//! What a command or query leaves to be done outside of its transaction.

use std::fmt;

use super::Executor;

type Hook = Box<dyn FnOnce(&Executor) + Send>;

/// Hooks that run once a transaction has ended.
#[derive(Default)]
pub(crate) struct AfterCommit {
    on_success: Vec<Hook>,
    on_end: Vec<Hook>,
}

impl AfterCommit {
    /// Adds a hook that runs if the command succeeded and was committed.
    pub(crate) fn on_success(&mut self, hook: impl FnOnce(&Executor) + Send + 'static) {
        self.on_success.push(Box::new(hook));
    }

    /// Adds a hook that runs once everything that the transaction read is committed, even if the command refused. On SQLite a
    /// command also sees uncommitted writes of its commit group, so nothing it read may be cached before.
    pub(crate) fn on_end(&mut self, hook: impl FnOnce(&Executor) + Send + 'static) {
        self.on_end.push(Box::new(hook));
    }

    pub(super) fn run(self, executor: &Executor, has_succeeded: bool) {
        self.on_end.into_iter().for_each(|hook| hook(executor));
        if has_succeeded {
            self.on_success.into_iter().for_each(|hook| hook(executor));
        }
    }
}

impl fmt::Debug for AfterCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AfterCommit")
            .field("on_success", &self.on_success.len())
            .field("on_end", &self.on_end.len())
            .finish()
    }
}
