//! What a command works with: the transaction, who is asking, and what is handed in.
//!
//! A command is a value. It is run inside one transaction, which begins with finding out who is asking, so that a
//! sign-out or a lost membership that was committed before it holds for it. JSON, pages, workers and tests run the same
//! values.

use std::net::IpAddr;
use std::sync::Arc;

use crate::db::{Cost, Purpose, Tx};
use crate::error::{Code, Problem, Result};
use crate::id::{OrganizationId, UserId};
use crate::invitation::Surroundings;
use crate::language::Language;
use crate::random::Randomness;
use crate::revision::{CallerKey, Found, Known};
use crate::secret::SessionToken;
use crate::service::Service;
use crate::session::{CurrentSession, Kept, SessionStub};
use crate::settings::Settings;
use crate::time::Timestamp;

/// Something a caller can have done: all of it happens, or nothing.
pub trait Command: Send + Sync + 'static {
    /// What the caller gets.
    type Out: Send + 'static;
    /// What it relies on its transaction for.
    fn purpose(&self, _: &Settings) -> Purpose {
        Purpose::Command
    }
    /// The organization whose member the caller has to be: who they are and what they hold there is then looked up at once,
    /// or only asked after. Not for a [`Purpose::Command`], see [`crate::revision`].
    fn organization(&self) -> Option<OrganizationId> {
        None
    }
    /// Does it. It may be run again from the start after a lost race, so it changes nothing but the database.
    fn run(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// Something a caller can ask. It sees one state of the database and changes nothing.
pub trait Query: Send + Sync {
    /// What the caller gets.
    type Out: Send + 'static;
    /// As with a [`Command`].
    fn organization(&self) -> Option<OrganizationId> {
        None
    }
    /// Answers it.
    fn run(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// Who is asking, as a door sees them: what they carry and where they come from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The session's secret, when they carry one.
    pub token: Option<SessionToken>,
    /// Where they come from, as far as trusted proxies tell.
    pub address: IpAddr,
    /// What their program calls itself; cut to 400 bytes.
    pub user_agent: String,
    /// The language their program asks for.
    pub language: Language,
}

impl Caller {
    /// Nobody from here: for workers and tests.
    pub const fn nobody() -> Self {
        Self {
            token: None,
            address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            user_agent: String::new(),
            language: Language::English,
        }
    }
}

/// What a caller hears: the session they are in by now, and what came of it.
#[derive(Debug)]
pub struct Reply<T> {
    /// The session, for the envelope.
    pub session: Option<SessionStub>,
    /// The answer or the refusal.
    pub result: Result<T>,
    /// What it cost the database.
    pub cost: Cost,
    /// Whether it is time to note that the session is in use.
    pub(crate) stale_session: bool,
}

impl<T> Reply<T> {
    pub(crate) fn new(cx: &Context<'_>, result: Result<T>) -> Self {
        Self {
            session: cx.session.as_ref().map(CurrentSession::stub),
            result,
            cost: cx.tx.cost(),
            stale_session: cx.session.as_ref().is_some_and(|session| session.is_stale(cx.now, &cx.service.settings)),
        }
    }

    /// A refusal before anything was looked up.
    pub const fn refused(problem: Problem) -> Self {
        Self { session: None, result: Err(problem), cost: Cost { statements: 0, rows: 0 }, stale_session: false }
    }

    /// The same reply with another answer.
    pub fn map<U>(self, answer: impl FnOnce(T) -> U) -> Reply<U> {
        let Self { session, result, cost, stale_session } = self;
        Reply { session, result: result.map(answer), cost, stale_session }
    }
}

/// What there is to do once what was done, and seen, is there to stay.
#[derive(Debug, Default)]
pub(crate) struct Afterwards {
    /// To wake the outbox's worker.
    pub(crate) outbox: bool,
    /// To wake whoever clears away.
    pub(crate) housekeeping: bool,
    /// To keep what was found out about a caller. On SQLite a command sees what others of its group have done, which may
    /// yet be undone together: so nothing is kept before.
    pub(crate) caller: Option<(CallerKey, Arc<Kept<Known>>)>,
    /// To keep what was read of the surroundings of an organization's invitations.
    pub(crate) surroundings: Option<(OrganizationId, Arc<Surroundings>)>,
}

/// What a command works with.
#[derive(Debug)]
pub struct Context<'a> {
    /// The open transaction.
    pub tx: Tx<'a>,
    /// The instant of this transaction: the same from its first line to its last.
    pub now: Timestamp,
    /// The caller's session, when they have one that has not ended.
    pub session: Option<CurrentSession>,
    /// What the caller holds in the organization it is about, when that is as usual.
    pub(crate) found: Option<Found>,
    /// What the door knows of the caller.
    pub caller: &'a Caller,
    /// What is handed in.
    pub service: &'a Service,
    /// What there is to do once this is committed.
    pub(crate) afterwards: Afterwards,
}

impl Context<'_> {
    /// A new id.
    pub fn id<I: From<i64>>(&self) -> I {
        self.service.ids.next(self.now)
    }

    /// Where randomness comes from.
    pub fn random(&self) -> &dyn Randomness {
        self.service.random.as_ref()
    }

    /// The signed-in user. Error: `UNAUTHORIZED`.
    pub fn user(&self) -> Result<UserId> {
        Ok(self.session.as_ref().and_then(|session| session.user_id).ok_or(Code::Unauthorized)?)
    }
}
