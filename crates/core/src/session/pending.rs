//! Sign-ins whose first factor is proved, and whose second one is not. They open nothing: only the session that proved
//! the first factor can go on, and until then its user is not signed in.

use std::time::Duration;

use super::profile::{self, PendingProfile};
use super::sql::factors as sql;
use crate::assurance::SecondFactorMethod;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{AttemptId, SessionId, UserId};
use crate::rate_limit::RecordedTry;
use crate::time::Timestamp;
use crate::verification::{self, Attempt, Method};

/// How long the second factor can be proved after the first one.
pub(super) const PENDING_LIFETIME: Duration = Duration::from_mins(10);
/// Codes that can be tried before the first factor has to be proved again.
pub(super) const MAX_TRIES: i64 = 5;

/// How a user signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    PlainEmail,
    PlainUsername,
    EmailOtp,
    MagicLink,
    Passkey,
    /// With a social provider.
    Sso,
    /// With the identity provider of an organization.
    EnterpriseSso,
}

vestibule_db::text_enum!(
    Strategy: PlainEmail = "plain_email",
    PlainUsername = "plain_username",
    EmailOtp = "email_otp",
    MagicLink = "magic_link",
    Passkey = "passkey",
    Sso = "sso",
    EnterpriseSso = "enterprise_sso",
);

impl From<Method> for Strategy {
    fn from(method: Method) -> Self {
        match method {
            Method::EmailOtp => Self::EmailOtp,
            Method::MagicLink => Self::MagicLink,
        }
    }
}

/// A sign-in that waits for the second factor.
#[derive(Clone, Debug)]
pub struct PendingSignIn {
    /// That of the verification, if it began with one.
    pub id: AttemptId,
    pub session_id: SessionId,
    /// Not for responses: whose account it is becomes known with the second factor.
    pub(crate) user_id: UserId,
    pub strategy: Strategy,
    /// The normalized address that was used; empty for a user name.
    pub address: String,
    /// The id of the identity provider; empty without one.
    pub provider: String,
    /// Codes that were tried.
    pub tries: i64,
    /// What completes it, in the order in which a page offers it.
    pub methods: Vec<SecondFactorMethod>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<sql::PendingRow> for PendingSignIn {
    fn from(row: sql::PendingRow) -> Self {
        Self {
            id: row.id,
            session_id: row.session_id,
            user_id: row.user_id,
            strategy: row.strategy,
            address: row.address,
            provider: row.provider,
            tries: row.tries,
            methods: row.second_factors.methods(),
            expires_at: row.expires_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// An open attempt of a session to sign in or up.
#[derive(Clone, Debug)]
pub enum SessionAttempt {
    /// It waits for a mailed code or link.
    Verification(Attempt),
    /// It waits for the second factor.
    SecondFactor(PendingSignIn),
    /// An identity provider has identified a person who has no account with this identity yet. It waits for the rest of
    /// their profile.
    Profile(PendingProfile),
}

impl SessionAttempt {
    pub const fn id(&self) -> AttemptId {
        match self {
            Self::Verification(attempt) => attempt.id,
            Self::SecondFactor(pending) => pending.id,
            Self::Profile(profile) => profile.id,
        }
    }

    /// The order of a session's attempts: newest last. A pending sign-in may have an older id.
    const fn position(&self) -> (Timestamp, bool, AttemptId) {
        match self {
            Self::Verification(attempt) => (attempt.created_at, false, attempt.id),
            Self::SecondFactor(pending) => (pending.created_at, true, pending.id),
            Self::Profile(profile) => (profile.created_at, true, profile.id),
        }
    }
}

/// Loads the open attempts of a session, newest last.
pub(super) async fn load_attempts(cx: &mut Context<'_>, session: SessionId) -> Result<Vec<SessionAttempt>> {
    let verifications = cx.tx.all(verification::sql::OPEN, (session, cx.now)).await?;
    let pending = cx.tx.all(sql::PENDING_OF_SESSION, (session, cx.now, MAX_TRIES)).await?;
    let pending = pending.into_iter().map(|row| SessionAttempt::SecondFactor(row.into()));
    let profiles = profile::list_open(cx, session).await?.into_iter().map(SessionAttempt::Profile);
    let verifications = verifications.into_iter().map(SessionAttempt::Verification);
    let mut attempts: Vec<_> = verifications.chain(pending).chain(profiles).collect();
    attempts.sort_by_key(SessionAttempt::position);
    Ok(attempts)
}

/// Loads a pending sign-in of the caller's session.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`, also for one of another session, and for one whose tries are used up.
pub(crate) async fn find_pending(cx: &mut Context<'_>, attempt: AttemptId) -> Result<PendingSignIn> {
    find_below(cx, attempt, MAX_TRIES).await
}

/// Like [`find_pending`], after a try was recorded, which may be the last one.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`.
pub(crate) async fn find_tried(cx: &mut Context<'_>, attempt: AttemptId) -> Result<PendingSignIn> {
    find_below(cx, attempt, MAX_TRIES + 1).await
}

async fn find_below(cx: &mut Context<'_>, attempt: AttemptId, tries: i64) -> Result<PendingSignIn> {
    let session = cx.session_id().ok_or(Code::BadSignInAttempt)?;
    let found = cx.tx.optional(sql::FIND_PENDING, (session, attempt, cx.now, tries)).await?;
    Ok(found.ok_or(Code::BadSignInAttempt)?.into())
}

/// Counts a try of a code.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`, also after the last allowed try.
pub(crate) async fn record_try(cx: &mut Context<'_>, attempt: AttemptId) -> Result<RecordedTry> {
    let session = cx.session_id().ok_or(Code::BadSignInAttempt)?;
    let recorded = cx.tx.optional(sql::RECORD_TRY, (session, attempt, cx.now, MAX_TRIES)).await?;
    let sql::TriedRow { user_id, tries } = recorded.ok_or(Code::BadSignInAttempt)?;
    Ok(RecordedTry { user: user_id, is_last: tries >= MAX_TRIES })
}

/// Ends every pending sign-in of a user, in every session.
pub(crate) async fn end_pending_sign_ins(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    cx.tx.execute(sql::DELETE_PENDING_OF_USER, (user,)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(id: i64, created_at: i64) -> SessionAttempt {
        let time = Timestamp::from_microseconds(created_at);
        SessionAttempt::SecondFactor(PendingSignIn {
            id: id.into(),
            session_id: 1.into(),
            user_id: 2.into(),
            strategy: Strategy::EmailOtp,
            address: String::new(),
            provider: String::new(),
            tries: 0,
            methods: Vec::new(),
            expires_at: time,
            created_at: time,
            updated_at: time,
        })
    }

    #[test]
    fn the_first_factor_that_was_proved_last_is_the_newest() {
        let mut attempts = [pending(7, 30), pending(9, 10), pending(8, 30)];
        attempts.sort_by_key(SessionAttempt::position);
        assert_eq!(attempts.map(|attempt| attempt.id().get()), [9, 7, 8]);
    }

    #[test]
    fn strategies_are_stored_by_their_names() {
        for strategy in [
            Strategy::PlainEmail,
            Strategy::PlainUsername,
            Strategy::EmailOtp,
            Strategy::MagicLink,
            Strategy::Passkey,
            Strategy::Sso,
            Strategy::EnterpriseSso,
        ] {
            assert_eq!(strategy.as_str().parse(), Ok(strategy));
        }
    }
}
