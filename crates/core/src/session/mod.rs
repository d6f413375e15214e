//! A session is a browser's: it may hold several sign-ins, one a user, of which one is active (contract A.4).
//!
//! Every transaction looks it up anew, and what is kept of an earlier look ([`kept`]) is asked after, so what ends a
//! session, a sign-in or a user ends it for the next request everywhere.

pub(crate) mod kept;
mod show;
mod sign_ins;
mod sign_out;
pub(crate) mod sql;
mod switch_organization;
mod switch_sign_in;
mod switch_workspace;

use std::time::Duration;

use crate::context::{Command, Context};
use crate::db::Tx;
use crate::error::{Code, Problem, Result};
use crate::id::{MembershipId, SessionId, SignInId, UserId};
use crate::secret::SessionToken;
use crate::settings::Settings;
use crate::time::Timestamp;

pub use kept::{Holds, Kept};
pub use show::{Show, ShowToKeep, ShownSession, ShownSignIn};
pub use sign_ins::{EndSignIn, ListSignIns};
pub(crate) use sign_ins::{end_all, end_others};
pub use sign_out::SignOut;
pub use sql::{CurrentSession, SignIn, SignInRole, SignInWorkspaceRole};
pub use switch_organization::SwitchOrganization;
pub use switch_sign_in::SwitchSignIn;
pub use switch_workspace::SwitchWorkspace;

/// How much a stored `last_seen_at` may lag, and a quarter of the idle span at the most: so often does a session in use
/// cost a write.
const TOUCH_AFTER: Duration = Duration::from_mins(2);

/// What every answer says of the caller's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStub {
    /// Which one.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl CurrentSession {
    /// What answers say of it.
    pub fn stub(&self) -> SessionStub {
        SessionStub { id: self.id, created_at: self.created_at, updated_at: self.updated_at }
    }

    /// Its active sign-in, within it.
    pub(crate) fn signed_in(&self) -> Option<(SessionId, SignInId)> {
        self.sign_in_id.map(|sign_in| (self.id, sign_in))
    }

    pub(crate) fn is_stale(&self, now: Timestamp, settings: &Settings) -> bool {
        is_stale(self.last_seen_at, now, settings)
    }
}

/// Whether it is time to note that a session is in use.
pub(crate) fn is_stale(last_seen: Timestamp, now: Timestamp, settings: &Settings) -> bool {
    now.since(last_seen) >= touch_after(settings)
}

fn touch_after(settings: &Settings) -> Duration {
    TOUCH_AFTER.min(settings.sessions.idle / 4)
}

/// The session this token belongs to; `None` when it has ended, or never was.
pub(crate) async fn current(
    tx: &mut Tx<'_>,
    token: &SessionToken,
    now: Timestamp,
    settings: &Settings,
) -> Result<Option<CurrentSession>> {
    tx.optional(sql::CURRENT, (&token.digest(), now, now.minus(settings.sessions.idle))).await
}

/// Notes that the session is in use, by a caller who only asks.
#[derive(Debug)]
pub struct Touch;

impl Command for Touch {
    type Out = ();

    async fn run(&self, _: &mut Context<'_>) -> Result<()> {
        // Every command notes it: see `note_use`.
        Ok(())
    }
}

/// Notes that the session is in use, when what is stored of that is old.
pub(crate) fn note_use(cx: &mut Context<'_>) -> Result<()> {
    let Some(session) = cx.session.clone().filter(|session| session.is_stale(cx.now, &cx.service.settings)) else {
        return Ok(());
    };
    cx.tx.without_waiting(sql::TOUCH, (session.id, cx.now))?;
    if let Some(sign_in) = session.sign_in_id {
        cx.tx.without_waiting(sql::TOUCH_SIGN_IN, (session.id, sign_in, cx.now))?;
    }
    Ok(())
}

/// Signs a user in within the caller's session, or a new one, and makes the sign-in the active one. The session gets a
/// new token in any case, so that one planted before the sign-in is worth nothing after it (ASVS 7.2.4).
///
/// Error: `USER_ALREADY_SIGNED_IN`.
pub(crate) async fn begin(cx: &mut Context<'_>, user: UserId) -> Result<SessionToken> {
    let token = SessionToken::new(cx.random());
    let expires_at = cx.now.plus(cx.service.settings.sessions.absolute);
    let earlier = cx.session.as_ref().map(|session| session.id);
    let session = earlier.unwrap_or_else(|| cx.id());
    let statement = if earlier.is_some() { sql::RENEW } else { sql::INSERT };
    cx.tx.execute(statement, (session, &token.digest(), cx.now, expires_at)).await?;
    cx.tx.execute(sql::DELETE_ENDED, (session, user, cx.now)).await?;
    let (address, sign_in) = (cx.caller.address.to_string(), cx.id());
    let made = (sign_in, session, user, address.as_str(), cx.caller.user_agent.as_str(), expires_at, cx.now);
    if cx.tx.optional(sql::INSERT_SIGN_IN, made).await?.is_none() {
        return Err(Code::UserAlreadySignedIn.into());
    }
    cx.tx.execute(sql::ACTIVATE, (session, sign_in, cx.now)).await?;
    cx.session = current(&mut cx.tx, &token, cx.now, &cx.service.settings).await?;
    Ok(token)
}

/// Makes sure that the caller has a session, signed in or not, since an attempt belongs to one. The token is a new one's.
pub(crate) async fn ensure(cx: &mut Context<'_>) -> Result<Option<SessionToken>> {
    if cx.session.is_some() {
        return Ok(None);
    }
    let token = SessionToken::new(cx.random());
    let expires_at = cx.now.plus(cx.service.settings.sessions.absolute);
    cx.tx.execute(sql::INSERT, (cx.id(), &token.digest(), cx.now, expires_at)).await?;
    cx.session = current(&mut cx.tx, &token, cx.now, &cx.service.settings).await?;
    Ok(Some(token))
}

/// Notes that the caller's session has an attempt to show until then.
pub(crate) async fn note_attempt(cx: &mut Context<'_>, until: Timestamp) -> Result<()> {
    if let Some(session) = cx.session.as_mut() {
        session.attempts_until = session.attempts_until.max(until);
        let id = session.id;
        cx.tx.execute(sql::NOTE_ATTEMPT, (id, until)).await?;
    }
    Ok(())
}

/// Who chooses what to act in hears that they are no member, rather than that they may not.
fn no_member(problem: Problem) -> Problem {
    if problem.code() == Code::Forbidden { Code::NotAMember.into() } else { problem }
}

/// Makes an organization the active one, of the sign-in and as the user's default; `None` for none.
pub(crate) async fn set_organization(cx: &mut Context<'_>, membership: Option<MembershipId>) -> Result<()> {
    let user = cx.user()?;
    if let Some((session, sign_in)) = cx.session.as_ref().and_then(CurrentSession::signed_in) {
        cx.tx.execute(sql::SET_ORGANIZATION, (session, sign_in, membership, cx.now)).await?;
    }
    cx.tx.execute(sql::SET_DEFAULT_ORGANIZATION, (user, membership, cx.now)).await?;
    Ok(())
}
