//! Whether sign-ins of a user ask for a second factor.

use super::{begin_change, finish_change, refuse_during_delay};
use crate::assurance::{SecondFactorPolicy, SecondFactors};
use crate::error::{Code, Result};
use crate::event::SecondFactorPolicyChanged;
use crate::execution::Context;
use crate::id::UserId;
use crate::security_log::{Change, Subject};
use crate::security_notice::{NoticeKind, notify};
use crate::session;
use crate::user::sql::second_factors::{FIND, SET_POLICY};

/// Sets the caller's policy. The same one changes nothing and requires nothing, so that clients can send the whole
/// account back.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`; `REAUTHENTICATION_REQUIRED`; `SECOND_FACTOR_MISSING` for `enforced`
/// without an authenticator and a passkey.
pub(crate) async fn set_policy(cx: &mut Context<'_>, policy: SecondFactorPolicy) -> Result<()> {
    let user = cx.user()?;
    let current = cx.tx.one(FIND, (user,)).await?;
    if policy == current.second_factor_policy {
        return Ok(());
    }
    begin_change(cx).await?;
    store(cx, user, policy, current.second_factors).await?;
    finish_change(cx, user, false).await
}

/// Sets the policy of another user, for a backend.
///
/// # Errors
/// `SECOND_FACTOR_MISSING` as for the user; `SECOND_FACTOR_RESET_DELAYED` if it would no longer ask for the second factor
/// of a user whose factors are only removed after a delay.
pub(crate) async fn set_policy_of_user(cx: &mut Context<'_>, user: UserId, policy: SecondFactorPolicy) -> Result<()> {
    let current = cx.tx.one(FIND, (user,)).await?;
    if policy == current.second_factor_policy {
        return Ok(());
    }
    if current.second_factor_policy == SecondFactorPolicy::Enforced {
        refuse_during_delay(cx, current.second_factors)?;
    }
    store(cx, user, policy, current.second_factors).await?;
    session::end_pending_sign_ins(cx, user).await
}

async fn store(cx: &mut Context<'_>, user: UserId, policy: SecondFactorPolicy, factors: SecondFactors) -> Result<()> {
    if policy == SecondFactorPolicy::Enforced && factors.is_empty() {
        return Err(Code::SecondFactorMissing.into());
    }
    notify(cx, user, NoticeKind::SecondFactorPolicyChanged, policy.as_str()).await?;
    cx.tx.execute(SET_POLICY, (user, policy, cx.now)).await?;
    cx.emit(SecondFactorPolicyChanged { user_id: user, policy });
    let subject = Subject { target_user: Some(user).filter(|_| cx.api_key.is_some()), ..cx.subject };
    cx.log_change(Change::SecondFactorPolicyChanged, subject);
    Ok(())
}
