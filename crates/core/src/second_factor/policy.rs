//! Whether sign-ins of a user ask for a second factor.

use super::{begin_change, finish_change};
use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::event::SecondFactorPolicyChanged;
use crate::execution::Context;
use crate::security_log::Change;
use crate::security_notice::{NoticeKind, notify};
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
