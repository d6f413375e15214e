//! Re-authentication with a code that is mailed to the primary address, for accounts without a password.

use std::sync::Arc;

use super::{Reauthenticated, record_proof};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::SubmittedCode;
use crate::security_log::{Audit, Authentication};
use crate::user::trusted_primary_address;
use crate::verification::sql::{COMPLETE, NEWEST};
use crate::verification::{
    Attempt, FindOwnAttempt, LinkTarget, Method, Purpose, check_code, insert_reauthentication, send_mail,
};
use crate::{rate_limit, user};

/// The codes of [`send_code`].
pub const SEND_CODE_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::UnsupportedStrategy,
    Code::EmailNotVerified,
    Code::MailNotAvailable,
    Code::TooManyRequests,
];

/// Mails a code to the caller's primary address. The mail names `address`, the one that an invitation would add to the
/// account, and the proof is valid for it.
///
/// # Errors
/// [`SEND_CODE_ERRORS`]: `UNSUPPORTED_STRATEGY` for an account with a password, `EMAIL_NOT_VERIFIED` if the primary
/// address is not verified, and `MAIL_NOT_AVAILABLE` if no mail is configured.
pub async fn send_code(executor: &Arc<Executor>, caller: &Caller, address: Option<EmailAddress>) -> Reply<()> {
    let found = executor.query(caller, &FindPrimary).await;
    let primary = match found.result {
        Ok(primary) => primary,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    let recorded = executor.run(caller, rate_limit::RecordMail { address: primary.key().to_owned() }).await;
    match recorded.result {
        Ok(()) => executor.run(caller, SendCode { address }).await,
        Err(_) => recorded,
    }
}

/// The address that codes are mailed to.
async fn find_primary(cx: &mut Context<'_>) -> Result<EmailAddress> {
    let user = cx.user()?;
    if cx.tx.one(user::sql::ACCOUNT, (user,)).await?.has_password {
        return Err(Code::UnsupportedStrategy.with_message("Your account has a password. Confirm with it."));
    }
    if cx.executor.mail_transport.is_none() {
        return Err(Code::MailNotAvailable.into());
    }
    Ok(trusted_primary_address(cx, user).await?.ok_or(Code::EmailNotVerified)?)
}

struct FindPrimary;

impl Query for FindPrimary {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::UnsupportedStrategy, Code::MailNotAvailable, Code::EmailNotVerified];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = EmailAddress;

    async fn run(&self, cx: &mut Context<'_>) -> Result<EmailAddress> {
        find_primary(cx).await
    }
}

#[derive(Debug)]
struct SendCode {
    address: Option<EmailAddress>,
}

impl Command for SendCode {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::UnsupportedStrategy, Code::MailNotAvailable, Code::EmailNotVerified, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let primary = find_primary(cx).await?;
        let detail = self.address.as_ref().map_or("", EmailAddress::key);
        let attempt = insert_reauthentication(cx, &primary, detail).await?;
        send_mail(cx, &attempt, Method::EmailOtp, &LinkTarget::default()).await
    }
}

/// The codes of [`prove_with_code`].
pub const PROVE_WITH_CODE_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::UnsupportedStrategy,
    Code::EmailNotVerified,
    Code::MailNotAvailable,
    Code::BadSignInAttempt,
    Code::TooManyRequests,
    Code::VerificationCodeExpired,
    Code::InvalidVerificationCode,
];

/// Re-authenticates the caller with the mailed code. The proof is valid for the address that the mail has named.
///
/// # Errors
/// [`PROVE_WITH_CODE_ERRORS`]: `BAD_SIGN_IN_ATTEMPT` if no code was requested in this session for the active user, or
/// too many were wrong.
pub async fn prove_with_code(
    executor: &Arc<Executor>,
    caller: &Caller,
    code: &SubmittedCode,
) -> Reply<Reauthenticated> {
    let found = executor.query(caller, &FindAttempt).await;
    let attempt = match found.result {
        Ok(attempt) => attempt.id,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    match check_code(executor, caller, FindOwnAttempt { attempt, purpose: Purpose::Reauthentication }, code).await {
        Ok(attempt) => executor.run(caller, ProveWithCode { attempt }).await,
        Err(reply) => reply,
    }
}

struct FindAttempt;

impl Query for FindAttempt {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::UnsupportedStrategy, Code::MailNotAvailable, Code::EmailNotVerified, Code::BadSignInAttempt];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Attempt;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let primary = find_primary(cx).await?;
        let session = cx.session_id().ok_or(Code::Unauthorized)?;
        let newest = cx.tx.optional(NEWEST, (session, Purpose::Reauthentication, primary.key(), cx.now)).await?;
        Ok(newest.ok_or(Code::BadSignInAttempt)?)
    }
}

#[derive(Debug)]
struct ProveWithCode {
    attempt: Attempt,
}

impl Command for ProveWithCode {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::UnsupportedStrategy, Code::MailNotAvailable, Code::EmailNotVerified, Code::BadSignInAttempt];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Reauthenticated;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::Reauthentication)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Reauthenticated> {
        // Since the code was checked, the primary address may have changed, or the active user.
        let primary = find_primary(cx).await?;
        let attempt = &self.attempt;
        if attempt.address_key != primary.key() {
            return Err(Code::BadSignInAttempt.into());
        }
        cx.tx.optional(COMPLETE, (attempt.id, attempt.generation, cx.now)).await?.ok_or(Code::BadSignInAttempt)?;
        rate_limit::clear_code_attempts(cx, &attempt.address_key).await?;
        record_proof(cx, ProofMethod::EmailOtp, &attempt.detail).await
    }
}
