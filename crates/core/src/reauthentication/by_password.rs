//! Re-authentication with the account's password.

use std::sync::Arc;

use super::{Reauthenticated, record_proof};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::UserId;
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::rate_limit;
use crate::security_log::{Audit, Authentication};
use crate::user::sql;

/// The codes of [`prove_with_password`].
pub const PROVE_WITH_PASSWORD_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::TooManyRequests,
    Code::PasswordWrong,
    Code::UnsupportedStrategy,
];

/// Re-authenticates the caller with their password. `address` is the one that an invitation would add to their account,
/// as the page shows it to them.
///
/// # Errors
/// [`PROVE_WITH_PASSWORD_ERRORS`]: `UNSUPPORTED_STRATEGY` for an account without a password.
pub async fn prove_with_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    password: Password,
    address: Option<EmailAddress>,
) -> Reply<Reauthenticated> {
    match confirm_password(executor, caller, Some(password), "password").await {
        Ok(Some(digest)) => executor.run(caller, ProveWithPassword { digest, address }).await,
        Ok(None) => Reply::failed(
            Code::UnsupportedStrategy
                .with_message("Your account has no password. Have a code mailed to you, with strategy=email_otp."),
        ),
        Err(problem) => Reply::failed(problem),
    }
}

#[derive(Debug)]
struct ProveWithPassword {
    digest: PasswordDigest,
    address: Option<EmailAddress>,
}

impl Command for ProveWithPassword {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::PasswordWrong];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Reauthenticated;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::Reauthentication)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Reauthenticated> {
        let user = cx.user()?;
        require_unchanged(cx, user, Some(&self.digest)).await?;
        rate_limit::clear_password_attempts(cx, user).await?;
        record_proof(cx, ProofMethod::Password, self.address.as_ref().map_or("", EmailAddress::key)).await
    }
}

/// Verifies the caller's current password, and returns its digest; `None` for an account without a password. The
/// attempt is counted before the password is hashed.
///
/// # Errors
/// `REQUIRED_FIELD`, which names `field`; `TOO_MANY_REQUESTS`; `PASSWORD_WRONG`.
pub(crate) async fn confirm_password(
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
    executor.log_outcome(caller, audit, &found.subject, Some(&problem));
    Err(problem)
}

struct FindOwnDigest;

impl Query for FindOwnDigest {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Option<PasswordDigest>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<PasswordDigest>> {
        let user = cx.user()?;
        Ok(cx.tx.one(sql::PASSWORD_DIGEST, (user,)).await?.0)
    }
}

/// Checks that the password was not changed since it was verified.
///
/// # Errors
/// `PASSWORD_WRONG`.
pub(crate) async fn require_unchanged(
    cx: &mut Context<'_>,
    user: UserId,
    digest: Option<&PasswordDigest>,
) -> Result<()> {
    let (current,) = cx.tx.one(sql::PASSWORD_DIGEST, (user,)).await?;
    if current.as_ref() == digest { Ok(()) } else { Err(Code::PasswordWrong.into()) }
}
