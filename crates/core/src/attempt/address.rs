//! Proving an address of one's account.

use std::sync::Arc;

use super::begin::{Newcomer, insert};
use super::prove::tried;
use super::send::{FindOwn, send};
use super::sql;
use super::{Attempt, Method, Purpose};
use crate::context::{Caller, Command, Context, Query, Reply};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::id::EmailAddressId;
use crate::secret::TypedCode;
use crate::service::Service;
use crate::user::{self, OwnedAddress, ShowAddress};
use crate::{domain, limit};

/// Mails a code to one of the caller's addresses.
///
/// Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_ALREADY_VERIFIED`; `MAIL_NOT_AVAILABLE` where no mail is
/// sent; `TOO_MANY_REQUESTS`.
pub async fn prepare_address(service: &Arc<Service>, caller: &Caller, address: EmailAddressId) -> Reply<()> {
    if service.carrier.is_none() {
        return Reply::refused(Code::MailNotAvailable.into());
    }
    let found = service.ask(caller, &ShowAddress { address }).await;
    let email = match found.result {
        Ok(OwnedAddress { email, .. }) => email,
        Err(problem) => return Reply { session: found.session, ..Reply::refused(problem) },
    };
    let counted = service.run(caller, limit::CountMail { address: email }).await;
    match counted.result {
        Ok(()) => service.run(caller, PrepareAddress { address }).await,
        Err(_) => counted,
    }
}

#[derive(Debug)]
struct PrepareAddress {
    address: EmailAddressId,
}

impl Command for PrepareAddress {
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let found = ShowAddress { address: self.address }.run(cx).await?;
        if found.verified_at.is_some() {
            return Err(Code::EmailAlreadyVerified.into());
        }
        let address = EmailAddress::from_stored(found.address, found.email);
        let attempt =
            insert(cx, Purpose::Address, Method::EmailOtp, &address, Some(self.address), &Newcomer::default()).await?;
        send(cx, &attempt, Method::EmailOtp, "").await
    }
}

/// Proves one of the caller's addresses by the code that was mailed to it.
///
/// Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `BAD_SIGN_IN_ATTEMPT` where no code was asked for, or too many were
/// wrong; `INVALID_VERIFICATION_CODE`; `VERIFICATION_CODE_EXPIRED`; `TOO_MANY_REQUESTS`.
pub async fn prove_address(
    service: &Arc<Service>,
    caller: &Caller,
    address: EmailAddressId,
    code: &TypedCode,
) -> Reply<OwnedAddress> {
    let found = service.ask(caller, &FindAttempt { address }).await;
    let attempt = match found.result {
        Ok(attempt) => attempt.id,
        Err(problem) => return Reply { session: found.session, ..Reply::refused(problem) },
    };
    match tried(service, caller, FindOwn { attempt, purpose: Purpose::Address }, code).await {
        Ok(attempt) => service.run(caller, Prove { attempt, address }).await,
        Err(reply) => reply,
    }
}

struct FindAttempt {
    address: EmailAddressId,
}

impl Query for FindAttempt {
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
    type Out = OwnedAddress;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = cx.user()?;
        // It may have been deleted, or the browser may be somebody else's by now.
        ShowAddress { address: self.address }.run(cx).await?;
        let attempt = &self.attempt;
        cx.tx.optional(sql::COMPLETE, (attempt.id, attempt.generation, cx.now)).await?.ok_or(Code::BadSignInAttempt)?;
        cx.tx.execute(user::sql::VERIFY, (user, self.address, cx.now)).await?;
        limit::forget_codes(cx, &attempt.address_key).await?;
        domain::come_in(cx, user).await?;
        ShowAddress { address: self.address }.run(cx).await
    }
}
