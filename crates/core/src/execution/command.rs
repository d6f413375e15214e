//! Commands and queries: values that the JSON API, the pages, the workers and the tests run alike.

use vestibule_db::{QueryStats, TransactionMode};

use super::Context;
use crate::caller::{CurrentApiKey, SessionStub};
use crate::error::{Code, Problem, Result};
use crate::id::OrganizationId;
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;
use crate::security_log::{Audit, Subject};
use crate::settings::Settings;
use crate::setup_purpose::SetupPurpose;

/// A change, in one transaction: all of it is applied, or nothing.
pub trait Command: Send + Sync + 'static {
    /// What it requires of the caller.
    const REQUIRES: Requirement;
    /// Every code that it can fail with, besides those that `REQUIRES` implies and those that are common to all calls.
    const ERRORS: &'static [Code];
    /// What it requires of an API key, instead of `REQUIRES`.
    const SCOPE: ScopeRequirement = ScopeRequirement::NotForApiKeys;
    /// The purpose of the setup links that can run it, instead of `REQUIRES`. `None`: no link can.
    const SETUP: Option<SetupPurpose> = None;
    /// Whether a person who is signed in as the user, for support, can run it. Nothing that opens the account, or joins or
    /// leaves an organization, may be. What requires a recent proof of identity is refused in any case.
    const ALLOWS_IMPERSONATOR: bool = true;
    type Out: Send + 'static;

    /// The transaction mode that it relies on.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::Serializable
    }

    /// What the security log has about it, besides refusals.
    fn audit(&self) -> Audit {
        Audit::RefusalsOnly
    }

    /// The organization for which the caller's access may come from the access cache. Ignored in
    /// [`TransactionMode::Serializable`], which does not use the cache.
    fn organization(&self) -> Option<OrganizationId> {
        None
    }

    /// Runs the command. It may run again after a serialization failure, so it must have no effects outside of the
    /// database.
    fn run(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// A read, of one consistent state of the database.
pub trait Query: Send + Sync {
    /// What it requires of the caller.
    const REQUIRES: Requirement;
    /// Every code that it can fail with, besides those that `REQUIRES` implies and those that are common to all calls.
    const ERRORS: &'static [Code];
    /// What it requires of an API key, instead of `REQUIRES`.
    const SCOPE: ScopeRequirement = ScopeRequirement::NotForApiKeys;
    /// The purpose of the setup links that can run it, instead of `REQUIRES`. `None`: no link can.
    const SETUP: Option<SetupPurpose> = None;
    /// Whether a person who is signed in as the user, for support, can run it. Nothing that opens the account, or joins or
    /// leaves an organization, may be. What requires a recent proof of identity is refused in any case.
    const ALLOWS_IMPERSONATOR: bool = true;
    type Out: Send + 'static;

    /// See [`Command::organization`].
    fn organization(&self) -> Option<OrganizationId> {
        None
    }

    fn run(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// The outcome of a command or query, with the other parts of a response.
#[derive(Debug)]
pub struct Reply<T> {
    /// The caller's session after it ran.
    pub session: Option<SessionStub>,
    /// The caller's API key.
    pub api_key: Option<CurrentApiKey>,
    pub result: Result<T>,
    pub stats: QueryStats,
    /// Whether the stored time of the session's last use is due to be updated.
    pub(crate) is_touch_due: bool,
    /// Who and what the security log's line is about.
    pub(crate) subject: Subject,
}

impl<T> Reply<T> {
    pub(super) fn new(cx: &Context<'_>, result: Result<T>) -> Self {
        let settings = &cx.executor.settings;
        // After a success, the user who is signed in now or, after a sign-out, was before.
        let signed_in = cx.session.as_ref().filter(|_| result.is_ok()).and_then(|session| session.user_id);
        let user = signed_in.or(cx.subject.user);
        Self {
            subject: Subject { user, ..cx.subject },
            session: cx.session.as_ref().map(crate::caller::CurrentSession::stub),
            api_key: cx.api_key.clone(),
            result,
            stats: cx.tx.stats(),
            is_touch_due: cx.session.as_ref().is_some_and(|session| session.is_touch_due(cx.now, settings)),
        }
    }

    /// A failure before the database was queried.
    pub fn failed(problem: Problem) -> Self {
        Self::without_database(Err(problem))
    }

    /// A result for which the database was not queried.
    pub(crate) fn without_database(result: Result<T>) -> Self {
        Self {
            session: None,
            api_key: None,
            result,
            stats: QueryStats { statements: 0, rows: 0 },
            is_touch_due: false,
            subject: Subject::default(),
        }
    }

    /// Converts the output.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Reply<U> {
        let Self { session, api_key, result, stats, is_touch_due, subject } = self;
        Reply { session, api_key, result: result.map(convert), stats, is_touch_due, subject }
    }
}
