//! Changing one's password. Whoever does shows first that they know the present one: a browser left open is not enough.

use std::sync::Arc;

use crate::error::{Code, Problem, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Query, Reply};
use crate::id::UserId;
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::user::sql;
use crate::{rate_limit, session};

/// Sets the caller's password, and ends every other sign-in they have.
///
/// Errors: `UNAUTHORIZED`; `REQUIRED_FIELD` and `PASSWORD_WRONG` for the present one, where there is one;
/// `TOO_MANY_REQUESTS`; `BUSY`.
pub async fn change_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    present: Option<Password>,
    chosen: Password,
) -> Reply<()> {
    let before = match confirm(executor, caller, present, "current_password").await {
        Ok(before) => before,
        Err(problem) => return Reply::failed(problem),
    };
    match executor.passwords.digest(chosen, executor.random.as_ref()).await {
        Ok(after) => executor.run(caller, Change { before, after }).await,
        Err(problem) => Reply::failed(problem),
    }
}

/// Takes the caller's password away, if there is another way for them to come in: by mail to an address they have proved.
///
/// Errors: those of [`change_password`]; `NO_ALTERNATIVE_AUTH_METHOD`.
pub async fn remove_password(executor: &Arc<Executor>, caller: &Caller, present: Option<Password>) -> Reply<()> {
    match confirm(executor, caller, present, "current_password").await {
        Ok(before) => executor.run(caller, Remove { before }).await,
        Err(problem) => Reply::failed(problem),
    }
}

#[derive(Debug)]
struct Remove {
    before: Option<PasswordDigest>,
}

impl Command for Remove {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::NoAlternativeAuthMethod];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        still_has(cx, user, self.before.as_ref()).await?;
        let has_proved = cx.tx.all(sql::ADDRESSES, (user,)).await?.iter().any(|one| one.verified_at.is_some());
        if cx.executor.mail_transport.is_none() || !has_proved {
            return Err(Code::NoAlternativeAuthMethod.into());
        }
        cx.tx.execute(sql::FORGET_PASSWORD, (user, cx.now)).await?;
        if let Some(sign_in) = cx.session.as_ref().and_then(|session| session.sign_in_id) {
            session::end_others(cx, user, sign_in).await?;
        }
        rate_limit::clear_password_attempts(cx, user).await
    }
}

/// Compares what the caller says is their password with the one they have; `None` for an account without.
pub(super) async fn confirm(
    executor: &Arc<Executor>,
    caller: &Caller,
    present: Option<Password>,
    field: &str,
) -> Result<Option<PasswordDigest>> {
    let Some(digest) = executor.query(caller, &FindOwn).await.result? else {
        return Ok(None);
    };
    let present = present.ok_or_else(|| Problem::required(field))?;
    executor.run(caller, rate_limit::RecordPassword).await.result?;
    if executor.passwords.verify(present, Some(&digest)).await? {
        Ok(Some(digest))
    } else {
        Err(Code::PasswordWrong.into())
    }
}

struct FindOwn;

impl Query for FindOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<PasswordDigest>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<PasswordDigest>> {
        let user = cx.user()?;
        Ok(cx.tx.one(sql::PASSWORD, (user,)).await?.0)
    }
}

#[derive(Debug)]
struct Change {
    before: Option<PasswordDigest>,
    after: PasswordDigest,
}

impl Command for Change {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        still_has(cx, user, self.before.as_ref()).await?;
        cx.tx.execute(sql::SET_PASSWORD, (user, self.after.as_str(), cx.now)).await?;
        // Who knew the old one may be signed in somewhere.
        if let Some(sign_in) = cx.session.as_ref().and_then(|session| session.sign_in_id) {
            session::end_others(cx, user, sign_in).await?;
        }
        rate_limit::clear_password_attempts(cx, user).await
    }
}

/// The password may have been changed since it was compared. Error: `PASSWORD_WRONG`.
pub(super) async fn still_has(cx: &mut Context<'_>, user: UserId, digest: Option<&PasswordDigest>) -> Result<()> {
    let (now,) = cx.tx.one(sql::PASSWORD, (user,)).await?;
    if now.as_ref() == digest { Ok(()) } else { Err(Code::PasswordWrong.into()) }
}
