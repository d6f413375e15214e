//! Proving an address of one's account.

use std::sync::Arc;

use super::ShowAddress;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Query, Reply};
use crate::id::EmailAddressId;
use crate::permission::Requirement;
use crate::secret::SubmittedCode;
use crate::user::{self, OwnedAddress};
use crate::verification::sql;
use crate::verification::{Attempt, FindOwn, Method, Purpose, SignUpProfile, check_code, insert, send};
use crate::{domain, rate_limit};

/// Mails a code to one of the caller's addresses.
///
/// Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_ALREADY_VERIFIED`; `MAIL_NOT_AVAILABLE` where no mail is
/// sent; `TOO_MANY_REQUESTS`.
pub async fn prepare_address(executor: &Arc<Executor>, caller: &Caller, address: EmailAddressId) -> Reply<()> {
    if executor.mail_transport.is_none() {
        return Reply::failed(Code::MailNotAvailable.into());
    }
    let found = executor.query(caller, &ShowAddress { address }).await;
    let email = match found.result {
        Ok(OwnedAddress { email, .. }) => email,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    let counted = executor.run(caller, rate_limit::RecordMail { address: email }).await;
    match counted.result {
        Ok(()) => executor.run(caller, PrepareAddress { address }).await,
        Err(_) => counted,
    }
}

#[derive(Debug)]
struct PrepareAddress {
    address: EmailAddressId,
}

impl Command for PrepareAddress {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::EmailAlreadyVerified];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let found = ShowAddress { address: self.address }.run(cx).await?;
        if found.verified_at.is_some() {
            return Err(Code::EmailAlreadyVerified.into());
        }
        let address = EmailAddress::from_stored(found.address, found.email);
        let attempt =
            insert(cx, Purpose::Address, Method::EmailOtp, &address, Some(self.address), &SignUpProfile::default())
                .await?;
        send(cx, &attempt, Method::EmailOtp, "").await
    }
}

/// Proves one of the caller's addresses by the code that was mailed to it.
///
/// Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `BAD_SIGN_IN_ATTEMPT` where no code was asked for, or too many were
/// wrong; `INVALID_VERIFICATION_CODE`; `VERIFICATION_CODE_EXPIRED`; `TOO_MANY_REQUESTS`.
pub async fn prove_address(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddressId,
    code: &SubmittedCode,
) -> Reply<OwnedAddress> {
    let found = executor.query(caller, &FindAttempt { address }).await;
    let attempt = match found.result {
        Ok(attempt) => attempt.id,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    match check_code(executor, caller, FindOwn { attempt, purpose: Purpose::Address }, code).await {
        Ok(attempt) => executor.run(caller, Prove { attempt, address }).await,
        Err(reply) => reply,
    }
}

struct FindAttempt {
    address: EmailAddressId,
}

impl Query for FindAttempt {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::Unauthorized, Code::BadSignInAttempt];
    type Out = Attempt;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let address = ShowAddress { address: self.address }.run(cx).await?;
        let session = cx.session.as_ref().map(|session| session.id).ok_or(Code::Unauthorized)?;
        let newest = cx.tx.optional(sql::NEWEST, (session, Purpose::Address, &address.email, cx.now)).await?;
        Ok(newest.filter(|attempt| attempt.email_id == Some(self.address)).ok_or(Code::BadSignInAttempt)?)
    }
}

#[derive(Debug)]
struct Prove {
    attempt: Attempt,
    address: EmailAddressId,
}

impl Command for Prove {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    type Out = OwnedAddress;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = cx.user()?;
        // It may have been deleted, or the browser may be somebody else's by now.
        ShowAddress { address: self.address }.run(cx).await?;
        let attempt = &self.attempt;
        cx.tx.optional(sql::COMPLETE, (attempt.id, attempt.generation, cx.now)).await?.ok_or(Code::BadSignInAttempt)?;
        cx.tx.execute(user::sql::VERIFY, (user, self.address, cx.now)).await?;
        rate_limit::clear_code_attempts(cx, &attempt.address_key).await?;
        domain::auto_join(cx, user).await?;
        ShowAddress { address: self.address }.run(cx).await
    }
}
