//! Whether a sign-in of a user is asked for a second factor.

use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::event::SecondFactorPolicyChanged;
use crate::execution::Context;
use crate::id::UserId;
use crate::second_factor::refuse_during_delay;
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql::second_factors::{FIND, SET_POLICY};

/// Sets the policy of a user, whose verified addresses get a security notice if it was another one.
///
/// # Errors
/// `SECOND_FACTOR_MISSING` if a second factor would be enforced that the user does not have;
/// `SECOND_FACTOR_RESET_DELAYED` if the user could not object to a sign-in with one factor.
pub(super) async fn set_policy(cx: &mut Context<'_>, user: UserId, policy: SecondFactorPolicy) -> Result<()> {
    let state = cx.tx.one(FIND, (user,)).await?;
    if policy == state.second_factor_policy {
        return Ok(());
    }
    if policy == SecondFactorPolicy::Enforced {
        if state.second_factors.is_empty() {
            return Err(Code::SecondFactorMissing.into());
        }
    } else {
        refuse_during_delay(cx, state.second_factors)?;
    }
    cx.tx.execute(SET_POLICY, (user, policy, cx.now)).await?;
    notify(cx, user, NoticeKind::SecondFactorPolicyChanged, policy.as_str()).await?;
    cx.emit(SecondFactorPolicyChanged { user_id: user, policy });
    Ok(())
}
