//! The second factors of users: authenticator apps, backup codes and passkeys. A person who can change them can get
//! into the account. So each change requires a recent proof with a factor that the user has, sends them a notice, and
//! can end their other sign-ins.

mod authenticator;
mod backup_codes;
mod for_backend;
mod passkeys;
mod passkeys_for_backend;
mod policy;
mod reset;
mod show;

use crate::assurance::{SecondFactorPolicy, SecondFactors};
use crate::error::Result;
use crate::event::{AuthenticatorRemoved, MfaDisabled, MfaEnabled, PasskeyRemoved, SecondFactorPolicyChanged};
use crate::execution::Context;
use crate::id::UserId;
use crate::reauthentication::require_recent_second_factor;
use crate::secret::SessionToken;
use crate::user::sql::second_factors::{FIND, FactorState, SET_POLICY};
use crate::{backup_code, passkey, security_notice, session, totp, user};

pub use crate::totp::Authenticator;
pub use authenticator::{
    DeleteAuthenticator, NewAuthenticator, StartAuthenticator, VERIFY_AUTHENTICATOR_ERRORS, VerifyAuthenticator,
    verify_authenticator,
};
pub use backup_codes::GenerateBackupCodes;
pub use for_backend::{
    AddAuthenticatorForUser, AddedAuthenticator, DeleteAuthenticatorsOfUser, RegenerateBackupCodesOfUser,
};
pub use passkeys::{
    BeginPasskeyRegistration, DeletePasskey, FINISH_PASSKEY_REGISTRATION_ERRORS, FinishPasskeyRegistration,
    ListPasskeys, RenamePasskey, finish_passkey_registration,
};
pub use passkeys_for_backend::{DeletePasskeyOfUser, ListPasskeysOfUser, RenamePasskeyOfUser};
pub(crate) use policy::{set_policy, set_policy_of_user};
pub(crate) use reset::sql as reset_sql;
pub use reset::{CancelOwnReset, CancelReset, FindOwnReset, ResetOutcome, ResetSecondFactors, run_due};
pub(crate) use reset::{apply_due, find_factors, refuse_during_delay, run_worker};
pub(crate) use show::load;
pub use show::{OwnFactors, Show};

/// Stores which factors a user has now, and what follows from it: the first authenticator makes sign-ins ask for a
/// second factor, and without an authenticator and a passkey there are no backup codes and no policy. A transaction that
/// adds or removes a factor calls it. Without a factor, a waiting reset is cancelled.
pub(crate) async fn refresh(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let before = cx.tx.one(FIND, (user,)).await?;
    user::refresh_second_factors(cx, user).await?;
    let after = cx.tx.one(FIND, (user,)).await?.second_factors;
    if after.is_empty() && after.backup_codes {
        backup_code::delete_all(cx, user).await?;
        user::refresh_second_factors(cx, user).await?;
    }
    let policy = policy_after(&before, after);
    if policy != before.second_factor_policy {
        cx.tx.execute(SET_POLICY, (user, policy, cx.now)).await?;
        cx.emit(SecondFactorPolicyChanged { user_id: user, policy });
    }
    match (before.second_factors.is_empty(), after.is_empty()) {
        (true, false) => cx.emit(MfaEnabled { user_id: user }),
        (false, true) => {
            cx.emit(MfaDisabled { user_id: user });
            // Nothing is left to reset, and it is not about the factors that may be set up next.
            security_notice::cancel_reset(cx, user).await?;
        }
        _ => {}
    }
    Ok(())
}

fn policy_after(before: &FactorState, after: SecondFactors) -> SecondFactorPolicy {
    if after.is_empty() {
        SecondFactorPolicy::None
    } else if after.authenticator && !before.second_factors.authenticator {
        SecondFactorPolicy::Enforced
    } else {
        before.second_factor_policy
    }
}

/// Deletes every second factor of a user, and what was begun with them. The user signs in with one factor from now on.
pub(crate) async fn delete_all(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    cx.tx.execute(user::sql::LOCK, (user,)).await?;
    if let Some(authenticator_id) = totp::delete_all(cx, user).await? {
        cx.emit(AuthenticatorRemoved { user_id: user, authenticator_id });
    }
    for (passkey_id,) in cx.tx.all(passkey::sql::DELETE_ALL_OF_USER, (user,)).await? {
        cx.emit(PasskeyRemoved { user_id: user, passkey_id });
    }
    cx.tx.execute(passkey::sql::DELETE_CHALLENGES_OF_USER, (user,)).await?;
    backup_code::delete_all(cx, user).await?;
    refresh(cx, user).await?;
    session::end_pending_sign_ins(cx, user).await
}

/// A factor that the caller has added, with which their sign-in is proved from then on.
#[derive(Debug)]
pub struct Added<F> {
    pub factor: F,
    /// The new session token: the old one has stopped working (OWASP ASVS 7.2.4).
    pub token: SessionToken,
}

/// Begins a change of the caller's own factors, and returns the caller. Concurrent changes wait for each other.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`; `REAUTHENTICATION_REQUIRED`.
async fn begin_change(cx: &mut Context<'_>) -> Result<UserId> {
    let user = cx.user()?;
    cx.refuse_impersonator()?;
    require_recent_second_factor(cx).await?;
    cx.tx.execute(user::sql::LOCK, (user,)).await?;
    Ok(user)
}

/// Ends what the factors before the change could open: sign-ins that wait for the second factor and, if the user wants
/// it, their other sign-ins.
async fn finish_change(cx: &mut Context<'_>, user: UserId, signs_out_others: bool) -> Result<()> {
    session::end_pending_sign_ins(cx, user).await?;
    if signs_out_others {
        let own = cx.sign_in()?;
        session::end_other_sign_ins(cx, user, own).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_follows_the_factors() {
        use SecondFactorPolicy::{Enforced, None, Optional};
        let factors = |authenticator, passkey| SecondFactors { authenticator, passkey, backup_codes: false };
        let (nothing, app, passkey, both) =
            (factors(false, false), factors(true, false), factors(false, true), factors(true, true));
        for (before, policy, after, expected) in [
            (nothing, None, app, Enforced),
            (nothing, Optional, app, Enforced),
            (passkey, None, both, Enforced),
            (nothing, None, passkey, None),
            (nothing, Optional, passkey, Optional),
            // Another phone.
            (app, None, app, None),
            (app, Enforced, app, Enforced),
            (both, Enforced, passkey, Enforced),
            (both, Optional, app, Optional),
            (app, Enforced, nothing, None),
            (passkey, Enforced, nothing, None),
            (both, Optional, nothing, None),
        ] {
            let state = FactorState { second_factors: before, second_factor_policy: policy };
            assert_eq!(policy_after(&state, after), expected, "{state:?} {after:?}");
        }
    }
}
