//! Commands and queries are values. The JSON API, the pages, the workers and the tests run the same ones.

use vestibule_db::{QueryStats, TransactionMode};

use super::Context;
use crate::caller::SessionStub;
use crate::error::{Code, Problem, Result};
use crate::id::OrganizationId;
use crate::permission::Requirement;
use crate::settings::Settings;

/// Changes something: all of it or nothing, in one transaction.
pub trait Command: Send + Sync + 'static {
    /// What the caller needs in order to run it.
    const REQUIRES: Requirement;
    /// Every code that it can refuse with, besides those that `REQUIRES` implies and those that any call can answer.
    const ERRORS: &'static [Code];
    type Out: Send + 'static;

    /// The isolation that it relies on.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::Serializable
    }

    /// The organization that the caller has to be a member of. The access cache is used for it; a
    /// [`TransactionMode::Serializable`] command does not use that cache.
    fn organization(&self) -> Option<OrganizationId> {
        None
    }

    /// Runs it. It may run again from the start after a serialization failure, so it changes nothing but the database.
    fn run(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// Reads something, in one state of the database.
pub trait Query: Send + Sync {
    /// What the caller needs in order to run it.
    const REQUIRES: Requirement;
    /// Every code that it can refuse with, besides those that `REQUIRES` implies and those that any call can answer.
    const ERRORS: &'static [Code];
    type Out: Send + 'static;

    /// As for a [`Command`].
    fn organization(&self) -> Option<OrganizationId> {
        None
    }

    fn run(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// The outcome of a command or query, with what the response needs besides.
#[derive(Debug)]
pub struct Reply<T> {
    /// The caller's session after it ran.
    pub session: Option<SessionStub>,
    pub result: Result<T>,
    pub stats: QueryStats,
    /// Whether the stored time of the session's last use is due to be updated.
    pub(crate) is_touch_due: bool,
}

impl<T> Reply<T> {
    pub(super) fn new(cx: &Context<'_>, result: Result<T>) -> Self {
        let settings = &cx.executor.settings;
        Self {
            session: cx.session.as_ref().map(crate::caller::CurrentSession::stub),
            result,
            stats: cx.tx.stats(),
            is_touch_due: cx.session.as_ref().is_some_and(|session| session.is_touch_due(cx.now, settings)),
        }
    }

    /// A refusal before the database was asked anything.
    pub const fn refused(problem: Problem) -> Self {
        Self { session: None, result: Err(problem), stats: QueryStats { statements: 0, rows: 0 }, is_touch_due: false }
    }

    /// The same reply with another value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Reply<U> {
        let Self { session, result, stats, is_touch_due } = self;
        Reply { session, result: result.map(convert), stats, is_touch_due }
    }
}
