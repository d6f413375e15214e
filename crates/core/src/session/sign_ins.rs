//! The caller's sign-ins in all sessions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::pending::end_pending_sign_ins;
use super::sql::{self, EndedSignIn, SignIn, sso};
use crate::caller::CurrentSession;
use crate::error::{Code, Problem, Result};
use crate::event::{ImpersonationEnded, SessionDeleted, SessionsDeleted};
use crate::execution::{Context, Query};
use crate::id::{ApiKeyId, ConnectionId, SignInId, UserId};
use crate::listing::{MAX_COUNTED, Position, Slice, Total};
use crate::permission::Requirement;
use crate::time::Timestamp;

/// Lists the caller's active sign-ins, newest first, with the id of the one that this request uses.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListSignIns;

impl Query for ListSignIns {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = (Vec<SignIn>, SignInId);

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let user = cx.user()?;
        let sign_ins = cx.tx.all(sql::SIGN_INS_OF_USER, (user, cx.now)).await?;
        Ok((sign_ins, cx.sign_in()?))
    }
}

/// Lists a page of the caller's active sign-ins, the last used first.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListLastUsed {
    pub position: Position<SignInCursor>,
    pub limit: u32,
}

/// A position in the sign-ins of a user: when one was last used, and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInCursor(Timestamp, SignInId);

impl fmt::Display for SignInCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.as_microseconds(), self.1)
    }
}

impl FromStr for SignInCursor {
    type Err = Problem;

    /// # Errors
    /// `INVALID_CURSOR`.
    fn from_str(text: &str) -> Result<Self> {
        let (time, id) = text.split_once('.').ok_or(Code::InvalidCursor)?;
        let time = time.parse().map_err(|_| Code::InvalidCursor)?;
        Ok(Self(Timestamp::from_microseconds(time), id.parse().map_err(|_| Code::InvalidCursor)?))
    }
}

#[derive(Debug)]
pub struct SignInsPage {
    pub sign_ins: Vec<SignIn>,
    /// The sign-in that this request uses.
    pub current: SignInId,
    pub total: Total,
    pub previous: Option<SignInCursor>,
    pub next: Option<SignInCursor>,
}

impl Query for ListLastUsed {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = SignInsPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignInsPage> {
        let user = cx.user()?;
        let limit = i64::from(self.limit) + 1;
        let last = SignInCursor(Timestamp::from_microseconds(i64::MAX), i64::MAX.into());
        let (statement, SignInCursor(time, id)) = match self.position {
            Position::Page(_) | Position::Offset(_) => (sql::LAST_USED_BEFORE, last),
            Position::After(cursor) => (sql::LAST_USED_BEFORE, cursor),
            Position::Before(cursor) => (sql::LAST_USED_AFTER, cursor),
        };
        let rows = cx.tx.all(statement, sql::SignInsPage { user, now: cx.now, time, id, limit }).await?;
        let slice = Slice::from_read(rows, &self.position, self.limit);
        let (count,) = cx.tx.one(sql::COUNT_SIGN_INS, (user, cx.now, MAX_COUNTED + 1)).await?;
        let (previous, next) = slice.cursors(|sign_in| SignInCursor(sign_in.last_active_at, sign_in.id));
        let total = Total::bounded(count, MAX_COUNTED);
        Ok(SignInsPage { sign_ins: slice.rows, current: cx.sign_in()?, total, previous, next })
    }
}

/// Ends one sign-in of a user, in any session.
///
/// # Errors
/// `SIGN_IN_NOT_FOUND`.
pub(crate) async fn end_sign_in(cx: &mut Context<'_>, user: UserId, sign_in: SignInId) -> Result<()> {
    cx.tx.execute(sql::DEACTIVATE_SIGN_IN, (user, sign_in, cx.now)).await?;
    let ended = cx.tx.optional(sql::DELETE_SIGN_IN_OF_USER, (user, sign_in)).await?.ok_or(Code::SignInNotFound)?;
    emit_ended(cx, &ended);
    Ok(())
}

/// Emits that a sign-in was ended.
pub(super) fn emit_ended(cx: &mut Context<'_>, ended: &EndedSignIn) {
    let (user_id, sign_in_id) = (ended.user_id, ended.id);
    match ended.impersonator_id {
        None => cx.emit(SessionDeleted { user_id, sign_in_id }),
        Some(impersonator_id) => cx.emit(ImpersonationEnded { user_id, sign_in_id, impersonator_id }),
    }
}

/// Ends every sign-in of a user except `remaining`, also those that wait for the second factor, and what their sessions
/// have begun at identity providers.
pub(crate) async fn end_other_sign_ins(cx: &mut Context<'_>, user: UserId, remaining: SignInId) -> Result<()> {
    cx.tx.execute(sso::DELETE_REQUESTS_OF_OTHERS, (user, remaining)).await?;
    cx.tx.execute(sql::DEACTIVATE_OTHER_SIGN_INS, (user, remaining, cx.now)).await?;
    let ended = cx.tx.execute(sql::DELETE_OTHER_SIGN_INS, (user, remaining)).await?;
    if ended > 0 {
        cx.emit(SessionsDeleted { user_id: user, count: i64::try_from(ended).unwrap_or(i64::MAX) });
    }
    end_pending_sign_ins(cx, user).await
}

/// Ends every sign-in of a user, and every sign-in that they have as other users. If the caller's active sign-in is one
/// of them, the caller is signed out in this transaction too.
pub(crate) async fn end_all_sign_ins(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    end_other_sign_ins(cx, user, 0.into()).await?;
    end_impersonations(cx, user, 0.into()).await?;
    let is_ended = |session: &&mut CurrentSession| [session.user_id, session.impersonator_id].contains(&Some(user));
    if let Some(session) = cx.session.as_mut().filter(is_ended) {
        (session.sign_in_id, session.user_id, session.impersonator_id) = (None, None, None);
    }
    Ok(())
}

/// Ends every sign-in that an API key made possible.
pub(crate) async fn end_impersonations_by_key(cx: &mut Context<'_>, key: ApiKeyId) -> Result<()> {
    end_impersonations(cx, 0.into(), key).await
}

/// Ends the sign-ins by an enterprise connection that wait for the second factor.
pub(crate) async fn end_pending_sign_ins_of_connection(cx: &mut Context<'_>, connection: ConnectionId) -> Result<()> {
    cx.tx.execute(sso::DELETE_PENDING_OF_CONNECTION, (connection,)).await?;
    Ok(())
}

/// Ends every sign-in by an enterprise connection, also those that wait for the second factor. If the caller's active
/// sign-in is one of them, the caller is signed out in this transaction too: call it last.
pub(crate) async fn end_sign_ins_of_connection(cx: &mut Context<'_>, connection: ConnectionId) -> Result<()> {
    end_pending_sign_ins_of_connection(cx, connection).await?;
    cx.tx.execute(sso::DEACTIVATE_OF_CONNECTION, (connection, cx.now)).await?;
    let ended = cx.tx.all(sso::DELETE_OF_CONNECTION, (connection,)).await?;
    let is_ended = |session: &&mut CurrentSession| ended.iter().any(|ended| session.sign_in_id == Some(ended.id));
    if let Some(session) = cx.session.as_mut().filter(is_ended) {
        (session.sign_in_id, session.user_id, session.sso_organization) = (None, None, None);
    }
    let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
    for EndedSignIn { user_id, .. } in ended {
        *counts.entry(user_id).or_default() += 1;
    }
    for (user_id, count) in counts {
        cx.emit(SessionsDeleted { user_id, count });
    }
    Ok(())
}

async fn end_impersonations(cx: &mut Context<'_>, impersonator: UserId, key: ApiKeyId) -> Result<()> {
    cx.tx.execute(sql::DEACTIVATE_IMPERSONATIONS, (impersonator, key, cx.now)).await?;
    for sign_in in cx.tx.all(sql::DELETE_IMPERSONATIONS, (impersonator, key)).await? {
        emit_ended(cx, &sign_in);
    }
    Ok(())
}
