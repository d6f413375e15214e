//! The context of a running command or query.

use vestibule_db::{Arguments, DependentStatement, Statement, Tx};

use super::Executor;
use super::after_commit::AfterCommit;
use crate::cache::{self, Revision, ValidatedAccess};
use crate::caller::{Caller, CurrentApiKey, CurrentSession, CurrentSetupLink};
use crate::error::{Code, Result};
use crate::event::{self, ActorKind, Event, EventContext, PendingEvent};
use crate::id::{OrganizationId, SessionId, SignInId, UserId};
use crate::metrics::RateLimit;
use crate::random::Randomness;
use crate::security_log::{self, Audit, Change, Subject};
use crate::time::Timestamp;

/// The transaction, the caller and the dependencies of a command or query. The caller's session is looked up by the
/// transaction's first statement, so a sign-out or a removed membership takes effect as soon as it is committed.
#[derive(Debug)]
pub struct Context<'a> {
    pub tx: Tx<'a>,
    /// The time of this transaction: the same from its first statement to its last.
    pub now: Timestamp,
    /// The caller's session, if they have one that has not ended.
    pub session: Option<CurrentSession>,
    /// The caller's API key, which has the scope of the command.
    pub api_key: Option<CurrentApiKey>,
    /// The caller's setup link, which has the purpose of the command.
    pub setup_link: Option<CurrentSetupLink>,
    /// The caller's cached permissions in the organization of the command, revalidated in this transaction.
    pub(crate) access: Option<ValidatedAccess>,
    pub caller: &'a Caller,
    pub executor: &'a Executor,
    pub(crate) after_commit: AfterCommit,
    /// Who and what the security log's line is about.
    pub(crate) subject: Subject,
    /// The events of the command so far, which the executor stores when it ends.
    pub(super) events: Vec<PendingEvent>,
    /// Whether an event was stored already.
    pub(super) has_emitted: bool,
    /// Who emits an event if no user and no API key does.
    pub(super) otherwise: ActorKind,
}

impl<'a> Context<'a> {
    /// The context of an operation before it runs.
    pub(super) fn new(
        executor: &'a Executor,
        caller: &'a Caller,
        now: Timestamp,
        tx: Tx<'a>,
        (session, api_key): (Option<CurrentSession>, Option<CurrentApiKey>),
        access: Option<ValidatedAccess>,
    ) -> Self {
        let subject = initial_subject(session.as_ref(), api_key.as_ref());
        Self {
            tx,
            now,
            session,
            api_key,
            setup_link: None,
            access,
            caller,
            executor,
            after_commit: AfterCommit::default(),
            subject,
            events: Vec::new(),
            has_emitted: false,
            otherwise: ActorKind::Anonymous,
        }
    }

    /// Generates an id.
    pub fn id<I: From<i64>>(&self) -> I {
        self.executor.ids.next(self.now)
    }

    pub fn random(&self) -> &dyn Randomness {
        self.executor.random.as_ref()
    }

    /// The signed-in user.
    ///
    /// # Errors
    /// `UNAUTHORIZED`.
    pub fn user(&self) -> Result<UserId> {
        Ok(self.session.as_ref().and_then(|session| session.user_id).ok_or(Code::Unauthorized)?)
    }

    /// The caller's session, also if nobody is signed in.
    pub fn session_id(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// The active sign-in of the caller's session.
    ///
    /// # Errors
    /// `UNAUTHORIZED`.
    pub fn sign_in(&self) -> Result<SignInId> {
        Ok(self.session.as_ref().and_then(|session| session.sign_in_id).ok_or(Code::Unauthorized)?)
    }

    /// Whether the caller is signed in as another person, for support.
    pub fn is_impersonated(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.impersonator_id.is_some())
    }

    /// Refuses an impersonator what only the user may do.
    ///
    /// # Errors
    /// `IMPERSONATION_NOT_ALLOWED`.
    pub fn refuse_impersonator(&self) -> Result<()> {
        if self.is_impersonated() { Err(Code::ImpersonationNotAllowed.into()) } else { Ok(()) }
    }

    /// Logs a change when the transaction is committed, in addition to the one that the command declares.
    pub(crate) fn log_change(&mut self, change: Change, subject: Subject) {
        let address = self.caller.address;
        self.after_commit.on_success(move |_| {
            security_log::log(address, Audit::Change(change), &subject, None);
        });
    }

    /// Counts a refusal by a rate limit once the transaction has ended, so that a repeated one counts once.
    pub(crate) fn count_refusal(&mut self, limit: RateLimit) {
        self.after_commit.on_end(move |executor| executor.metrics.rate_limit_refusals.increment(limit));
    }

    /// Adds an event, which is stored in this transaction.
    pub(crate) fn emit(&mut self, event: impl Into<Event>) {
        let pending = self.pending(&event.into());
        self.events.push(pending);
    }

    fn pending(&self, event: &Event) -> PendingEvent {
        PendingEvent::new(event, self.id(), self.random().bytes())
    }

    /// Who emits the events: after a success the user who is signed in now or, after a sign-out, was before.
    pub(super) fn event_context(&self) -> EventContext<'a> {
        let session = self.session.as_ref();
        // An API key that starts an impersonation is not impersonated itself.
        let impersonator = self.subject.impersonator.filter(|_| self.api_key.is_none());
        let impersonator = session.and_then(|session| session.impersonator_id).or(impersonator);
        let is_backend_of_installation = self.api_key.as_ref().is_some_and(|key| key.organization_id.is_none());
        EventContext {
            now: self.now,
            user: session.and_then(|session| session.user_id).or(self.subject.user),
            impersonator,
            api_key: self.api_key.as_ref().map(|key| key.id),
            setup_link: self.setup_link.as_ref().map(|link| link.id),
            otherwise: self.otherwise,
            caller: self.caller,
            shows_client: impersonator.is_none() && !is_backend_of_installation,
        }
    }

    /// The organization's revision in the state that this transaction sees.
    pub(crate) async fn revision(&mut self, organization: OrganizationId) -> Result<Revision> {
        cache::current_revision(&mut self.tx, self.access.as_ref(), organization).await
    }

    /// Runs a statement that changes an organization's invitations and is the only change of its transaction.
    /// `dependents` run, and the event is stored, only if it changed a row. Returns whether it did. See
    /// [`Tx::execute_composite`].
    pub(crate) async fn execute_composite<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        arguments: A::Input<'_>,
        mut dependents: Vec<DependentStatement>,
        event: impl Into<Event>,
    ) -> Result<bool> {
        let now = self.now;
        let pending = self.pending(&event.into());
        let deliveries = pending.deliveries(now);
        dependents.push(event::sql::FAN_OUT.dependent(deliveries.arguments(now)));
        dependents.push(pending.insert(self.event_context(), |row| event::sql::INSERT.dependent(row)));
        // A session that is due to be touched is touched in the same transaction, which then makes another change. So does
        // an idempotency key.
        let touches = self.session.as_ref().is_some_and(|session| session.is_touch_due(now, &self.executor.settings));
        let is_only_change = !touches && self.caller.idempotency.is_none();
        let bump = |invalidation, shard| {
            if is_only_change { cache::bump_if_changed(invalidation, shard, now) } else { None }
        };
        let has_changed = self.tx.execute_composite(statement, arguments, dependents, bump).await?;
        if has_changed {
            self.has_emitted = true;
        }
        Ok(has_changed)
    }
}

fn initial_subject(session: Option<&CurrentSession>, api_key: Option<&CurrentApiKey>) -> Subject {
    let impersonator = session.and_then(|session| session.impersonator_id);
    let api_key = api_key.map(|key| key.id);
    Subject { impersonator, api_key, ..Subject::of_user(session.and_then(|session| session.user_id)) }
}
