//! Hooks that a command or query registers to run after its transaction.

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

    /// Adds a hook that runs once everything that the transaction read is committed, even if the command failed. On
    /// SQLite a command also reads uncommitted writes of its commit group, so nothing that it read may be cached
    /// earlier.
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
