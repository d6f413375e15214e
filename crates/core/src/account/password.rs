//! Changing the caller's password. The current password is required, or without one a recent proof of identity: an
//! unattended browser is not enough.

use std::sync::Arc;

use super::password_words::FindOwnPasswordWords;
use crate::error::{Code, Result};
use crate::event::{PasswordRemoved, PasswordUpdated};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::UserId;
use crate::password::{NewPassword, Password, PasswordDigest};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::reauthentication::{confirm_password, record_proof, require_recent_proof, require_unchanged};
use crate::secret::SessionToken;
use crate::security_log::{self, Audit};
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql;
use crate::{identity, rate_limit, session};

/// The codes of [`change_password`].
pub const CHANGE_PASSWORD_ERRORS: &[Code] = &[
    Code::Unauthorized,
    Code::InvalidPassword,
    Code::ReauthenticationRequired,
    Code::RequiredField,
    Code::TooManyRequests,
    Code::PasswordWrong,
];

/// Sets the caller's password, and ends all their other sign-ins. Returns the new session token.
///
/// # Errors
/// [`CHANGE_PASSWORD_ERRORS`]: `REQUIRED_FIELD` or `PASSWORD_WRONG` if the account has a password and `current` does
/// not match; `REAUTHENTICATION_REQUIRED` if it has none; `INVALID_PASSWORD` if the policy refuses `new`.
pub async fn change_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    current: Option<Password>,
    new: NewPassword,
) -> Reply<SessionToken> {
    let words = match executor.query(caller, &FindOwnPasswordWords).await.result {
        Ok(words) => words,
        Err(problem) => return Reply::failed(problem),
    };
    // Before the current password is hashed, which costs more.
    let new = match executor.password_policy.accept(new, &words).await {
        Ok(new) => new,
        Err(problem) => return Reply::failed(problem),
    };
    let current = match confirm_password(executor, caller, current, "current_password").await {
        Ok(current) => current,
        Err(problem) => return Reply::failed(problem),
    };
    // Also before a hash: without a password, no attempts are counted.
    if current.is_none()
        && let Err(problem) = executor.query(caller, &CheckRecentProof).await.result
    {
        return Reply::failed(problem);
    }
    match executor.passwords.digest(new, executor.random.as_ref()).await {
        Ok(new) => executor.run(caller, Change { current, new }).await,
        Err(problem) => Reply::failed(problem),
    }
}

/// Requires a recent proof, which the command requires again in its transaction.
struct CheckRecentProof;

impl Query for CheckRecentProof {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        require_recent_proof(cx).await
    }
}

/// The codes of [`remove_password`].
pub const REMOVE_PASSWORD_ERRORS: &[Code] = &[
    Code::Unauthorized,
    Code::ReauthenticationRequired,
    Code::RequiredField,
    Code::TooManyRequests,
    Code::PasswordWrong,
    Code::NoAlternativeAuthMethod,
];

/// Removes the caller's password, and ends all their other sign-ins. Returns the new session token.
///
/// # Errors
/// [`REMOVE_PASSWORD_ERRORS`]: `NO_ALTERNATIVE_AUTH_METHOD` if the caller could not sign in any more: see
/// [`identity`].
pub async fn remove_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    current: Option<Password>,
) -> Reply<SessionToken> {
    match confirm_password(executor, caller, current, "current_password").await {
        Ok(current) => executor.run(caller, Remove { current }).await,
        Err(problem) => Reply::failed(problem),
    }
}

#[derive(Debug)]
struct Remove {
    current: Option<PasswordDigest>,
}

impl Command for Remove {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::PasswordWrong, Code::NoAlternativeAuthMethod];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SessionToken;

    fn audit(&self) -> Audit {
        Audit::Change(security_log::Change::PasswordRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SessionToken> {
        let user = cx.user()?;
        let token = prove_identity(cx, user, self.current.as_ref()).await?;
        if self.current.is_some() {
            notify(cx, user, NoticeKind::PasswordRemoved, "").await?;
        }
        if cx.tx.execute(sql::CLEAR_PASSWORD, (user, cx.now)).await? > 0 {
            cx.emit(PasswordRemoved { user_id: user });
        }
        identity::require_way_in(cx, user).await?;
        end_other_sign_ins(cx, user).await?;
        Ok(token)
    }
}

#[derive(Debug)]
struct Change {
    current: Option<PasswordDigest>,
    new: PasswordDigest,
}

impl Command for Change {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::PasswordWrong];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SessionToken;

    fn audit(&self) -> Audit {
        Audit::Change(security_log::Change::PasswordChanged)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SessionToken> {
        let user = cx.user()?;
        let token = prove_identity(cx, user, self.current.as_ref()).await?;
        let kind = if self.current.is_some() { NoticeKind::PasswordChanged } else { NoticeKind::PasswordSet };
        notify(cx, user, kind, "").await?;
        cx.tx.execute(sql::SET_PASSWORD, (user, self.new.as_str(), cx.now)).await?;
        cx.emit(PasswordUpdated { user_id: user });
        end_other_sign_ins(cx, user).await?;
        Ok(token)
    }
}

/// Ends the user's sign-ins except this one, because another person who knew the old password may be signed in, and
/// clears the count of password attempts.
async fn end_other_sign_ins(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let sign_in = cx.sign_in()?;
    session::end_other_sign_ins(cx, user, sign_in).await?;
    rate_limit::clear_password_attempts(cx, user).await
}

/// Stores the verified password as a proof of identity. Without a password, requires a recent proof. Returns the new
/// session token.
///
/// # Errors
/// `PASSWORD_WRONG` if the password was changed since it was verified; `REAUTHENTICATION_REQUIRED`.
async fn prove_identity(cx: &mut Context<'_>, user: UserId, password: Option<&PasswordDigest>) -> Result<SessionToken> {
    require_unchanged(cx, user, password).await?;
    if password.is_some() {
        return Ok(record_proof(cx, ProofMethod::Password, "").await?.token);
    }
    require_recent_proof(cx).await?;
    session::rotate_token(cx).await
}
