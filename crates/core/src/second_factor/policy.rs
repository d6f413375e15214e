//! Whether sign-ins of a user ask for a second factor.

use super::{begin_change, finish_change, refuse_during_delay};
use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::event::SecondFactorPolicyChanged;
use crate::execution::Context;
use crate::id::UserId;
use crate::security_log::Change;
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql::second_factors::{FIND, SET_POLICY};

/// Sets the policy of a user: the caller, or for an API key anybody. The same policy changes nothing and requires
/// nothing, so that clients can send the whole account back.
///
/// # Errors
/// `SECOND_FACTOR_MISSING` for `enforced` without an authenticator and a passkey; `UNAUTHORIZED`,
/// `IMPERSONATION_NOT_ALLOWED` and `REAUTHENTICATION_REQUIRED` for the user themselves; `SECOND_FACTOR_RESET_DELAYED` for
/// an API key that would let the user sign in with one factor.
pub(crate) async fn set_policy(cx: &mut Context<'_>, user: UserId, policy: SecondFactorPolicy) -> Result<()> {
    let current = cx.tx.one(FIND, (user,)).await?;
    if policy == current.second_factor_policy {
        return Ok(());
    }
    if cx.api_key.is_none() {
        begin_change(cx).await?;
    } else if policy != SecondFactorPolicy::Enforced {
        refuse_during_delay(cx, current.second_factors)?;
    }
    if policy == SecondFactorPolicy::Enforced && current.second_factors.is_empty() {
        return Err(Code::SecondFactorMissing.into());
    }
    notify(cx, user, NoticeKind::SecondFactorPolicyChanged, policy.as_str()).await?;
    cx.tx.execute(SET_POLICY, (user, policy, cx.now)).await?;
    cx.emit(SecondFactorPolicyChanged { user_id: user, policy });
    let subject = cx.subject;
    cx.log_change(Change::SecondFactorPolicyChanged, subject);
    finish_change(cx, user, false).await
}
