//! Resetting the second factors of a user who has lost them: by an operator, or by a backend with an API key of the
//! installation. An admin of an organization cannot, because the account opens other organizations too.
//!
//! With the setting `second_factors.reset_delay`, a reset waits, and the user can object with the link of the mail about
//! it, or with their second factor. API keys obey the delay in whatever else would remove or replace a factor:
//! [`refuse_during_delay`].

mod due;
mod own;
pub(crate) mod sql;

use crate::access;
use crate::assurance::SecondFactors;
use crate::error::{Code, Result};
use crate::event::{SecondFactorResetRequested, SecondFactorsReset};
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Change, Subject};
use crate::security_notice::{self, NoticeKind};
use crate::session;
use crate::time::Timestamp;

pub use due::run_due;
pub(crate) use due::{apply_due, run_worker};
pub use own::{CancelOwnReset, FindOwnReset};

/// Removes the authenticator, the passkeys and the backup codes of a user, sets their policy to `none` and ends all their
/// sign-ins: at once, or after `second_factors.reset_delay`. Their verified addresses get a security notice. A reset that
/// is waiting already keeps its time. Nothing is changed if the user has no second factor.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ResetSecondFactors {
    pub user: UserId,
}

/// The outcome of [`ResetSecondFactors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetOutcome {
    /// When the reset takes effect; `None` if it has.
    pub due_at: Option<Timestamp>,
    /// Whether the user had a second factor.
    pub had_factors: bool,
}

impl Command for ResetSecondFactors {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ResetOutcome;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ResetOutcome> {
        let user = self.user;
        let factors = find_factors(cx, user).await?;
        if factors.is_empty() {
            return Ok(ResetOutcome { due_at: None, had_factors: false });
        }
        let delay = cx.executor.settings.second_factors.reset_delay;
        if delay.is_zero() {
            cx.tx.execute(sql::DELETE, (user,)).await?;
            apply(cx, user).await?;
            return Ok(ResetOutcome { due_at: None, had_factors: true });
        }
        let due_at = match cx.tx.optional(sql::INSERT, (user, cx.now.plus(delay), cx.now)).await? {
            Some((due_at,)) => {
                security_notice::notify_of_reset(cx, user, due_at).await?;
                cx.emit(SecondFactorResetRequested { user_id: user, due_at });
                log(cx, user, Change::SecondFactorResetRequested);
                due_at
            }
            None => cx.tx.one(sql::FIND, (user,)).await?.0,
        };
        Ok(ResetOutcome { due_at: Some(due_at), had_factors: true })
    }
}

/// Cancels the waiting reset of a user.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SECOND_FACTOR_RESET_NOT_FOUND`.
#[derive(Debug)]
pub struct CancelReset {
    pub user: UserId,
}

impl Command for CancelReset {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SecondFactorResetNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        find_factors(cx, self.user).await?;
        if security_notice::cancel_reset(cx, self.user).await? {
            Ok(())
        } else {
            Err(Code::SecondFactorResetNotFound.into())
        }
    }
}

/// Refuses an API key what would take away a second factor without the delay of a reset: the user could not object.
///
/// # Errors
/// `SECOND_FACTOR_RESET_DELAYED`.
pub(crate) fn refuse_during_delay(cx: &Context<'_>, factors: SecondFactors) -> Result<()> {
    let is_delayed = !cx.executor.settings.second_factors.reset_delay.is_zero();
    if is_delayed && !factors.is_empty() { Err(Code::SecondFactorResetDelayed.into()) } else { Ok(()) }
}

/// Loads which factors a user has, for a caller who may change them.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
pub(crate) async fn find_factors(cx: &mut Context<'_>, user: UserId) -> Result<SecondFactors> {
    access::require_unbound_key(cx)?;
    cx.subject.target_user = Some(user);
    let found = cx.tx.optional(access::sql::SECOND_FACTORS, (user,)).await?;
    let (factors,) = found.ok_or(Code::UserNotFound)?;
    Ok(factors)
}

async fn apply(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    security_notice::notify_of_other(cx, user, NoticeKind::SecondFactorsReset, "").await?;
    super::delete_all(cx, user).await?;
    session::end_all_sign_ins(cx, user).await?;
    cx.emit(SecondFactorsReset { user_id: user });
    log(cx, user, Change::SecondFactorsReset);
    Ok(())
}

fn log(cx: &mut Context<'_>, user: UserId, change: Change) {
    let subject = Subject { target_user: Some(user), ..cx.subject };
    cx.log_change(change, subject);
}
