//! Changing the caller's password. The current password is required: an unattended browser is not enough.

use std::sync::Arc;

use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::UserId;
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::security_log::{self, Audit, Authentication};
use crate::user::{sql, trusted_primary_address};
use crate::{rate_limit, session};

/// The codes of [`change_password`].
pub const CHANGE_PASSWORD_ERRORS: &[Code] =
    &[Code::Unauthorized, Code::RequiredField, Code::TooManyRequests, Code::PasswordWrong];

/// Sets the caller's password, and ends all their other sign-ins.
///
/// # Errors
/// [`CHANGE_PASSWORD_ERRORS`]: `REQUIRED_FIELD` or `PASSWORD_WRONG` if the account has a password and `current` does
/// not match.
pub async fn change_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    current: Option<Password>,
    new: Password,
) -> Reply<()> {
    let current = match confirm_password(executor, caller, current, "current_password").await {
        Ok(current) => current,
        Err(problem) => return Reply::failed(problem),
    };
    match executor.passwords.digest(new, executor.random.as_ref()).await {
        Ok(new) => executor.run(caller, Change { current, new }).await,
        Err(problem) => Reply::failed(problem),
    }
}

/// The codes of [`remove_password`].
pub const REMOVE_PASSWORD_ERRORS: &[Code] = &[
    Code::Unauthorized,
    Code::RequiredField,
    Code::TooManyRequests,
    Code::PasswordWrong,
    Code::NoAlternativeAuthMethod,
];

/// Removes the caller's password, and ends all their other sign-ins.
///
/// # Errors
/// [`REMOVE_PASSWORD_ERRORS`]: `NO_ALTERNATIVE_AUTH_METHOD` unless mail is configured and the caller has a
/// verified address that can open the account already.
pub async fn remove_password(executor: &Arc<Executor>, caller: &Caller, current: Option<Password>) -> Reply<()> {
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
    const ERRORS: &'static [Code] = &[Code::PasswordWrong, Code::NoAlternativeAuthMethod];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(security_log::Change::PasswordRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        require_unchanged(cx, user, self.current.as_ref()).await?;
        if cx.executor.mail_transport.is_none() || trusted_primary_address(cx, user).await?.is_none() {
            return Err(Code::NoAlternativeAuthMethod.into());
        }
        cx.tx.execute(sql::CLEAR_PASSWORD, (user, cx.now)).await?;
        if let Some(sign_in) = cx.session.as_ref().and_then(|session| session.sign_in_id) {
            session::end_other_sign_ins(cx, user, sign_in).await?;
        }
        rate_limit::clear_password_attempts(cx, user).await
    }
}

/// Verifies the caller's current password, and returns its digest; `None` for an account without a password.
///
/// # Errors
/// `REQUIRED_FIELD`, which names `field`; `TOO_MANY_REQUESTS`; `PASSWORD_WRONG`.
pub(super) async fn confirm_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    current: Option<Password>,
    field: &str,
) -> Result<Option<PasswordDigest>> {
    let found = executor.query(caller, &FindOwnDigest).await;
    let Some(digest) = found.result? else {
        return Ok(None);
    };
    let current = current.ok_or_else(|| Problem::required(field))?;
    executor.run(caller, rate_limit::RecordPassword).await.result?;
    if executor.passwords.verify(current, Some(&digest)).await? {
        return Ok(Some(digest));
    }
    let problem = Code::PasswordWrong.into();
    let audit = Audit::Authentication(Authentication::Reauthentication);
    security_log::log(caller.address, audit, &found.subject, Some(&problem));
    Err(problem)
}

struct FindOwnDigest;

impl Query for FindOwnDigest {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<PasswordDigest>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<PasswordDigest>> {
        let user = cx.user()?;
        Ok(cx.tx.one(sql::PASSWORD_DIGEST, (user,)).await?.0)
    }
}

#[derive(Debug)]
struct Change {
    current: Option<PasswordDigest>,
    new: PasswordDigest,
}

impl Command for Change {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::PasswordWrong];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(security_log::Change::PasswordChanged)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        require_unchanged(cx, user, self.current.as_ref()).await?;
        cx.tx.execute(sql::SET_PASSWORD, (user, self.new.as_str(), cx.now)).await?;
        // Another person who knew the old password may be signed in elsewhere.
        if let Some(sign_in) = cx.session.as_ref().and_then(|session| session.sign_in_id) {
            session::end_other_sign_ins(cx, user, sign_in).await?;
        }
        rate_limit::clear_password_attempts(cx, user).await
    }
}

/// Checks that the password was not changed since it was verified.
///
/// # Errors
/// `PASSWORD_WRONG`.
pub(super) async fn require_unchanged(
    cx: &mut Context<'_>,
    user: UserId,
    digest: Option<&PasswordDigest>,
) -> Result<()> {
    let (current,) = cx.tx.one(sql::PASSWORD_DIGEST, (user,)).await?;
    if current.as_ref() == digest { Ok(()) } else { Err(Code::PasswordWrong.into()) }
}
