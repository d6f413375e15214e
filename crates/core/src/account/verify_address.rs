//! Verifying an address of the caller's account.

use std::sync::Arc;

use super::ShowAddress;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::{EmailVerified, Personal};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::EmailAddressId;
use crate::permission::Requirement;
use crate::reauthentication::require_recent_proof;
use crate::secret::SubmittedCode;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::{self, OwnedAddress};
use crate::verification::sql;
use crate::verification::{
    Attempt, FindOwnAttempt, LinkTarget, Method, Purpose, SignUpProfile, VerifiedRow, check_code, insert_attempt,
    send_mail,
};
use crate::{domain, rate_limit};

/// The codes of [`prepare_address_verification`].
pub const PREPARE_ADDRESS_VERIFICATION_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::MailNotAvailable,
    Code::Unauthorized,
    Code::EmailAddressNotFound,
    Code::TooManyRequests,
    Code::EmailAlreadyVerified,
];

/// Mails a code to one of the caller's addresses. If another account has verified the address, its owner gets a note
/// instead, and the reply is the same.
///
/// # Errors
/// [`PREPARE_ADDRESS_VERIFICATION_ERRORS`]: `MAIL_NOT_AVAILABLE` if no mail is configured.
pub async fn prepare_address_verification(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddressId,
) -> Reply<()> {
    if executor.mail_transport.is_none() {
        return Reply::failed(Code::MailNotAvailable.into());
    }
    let found = executor.query(caller, &ShowAddress { address }).await;
    let email = match found.result {
        Ok(OwnedAddress { email, .. }) => email,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    let recorded = executor.run(caller, rate_limit::RecordMail { address: email }).await;
    match recorded.result {
        Ok(()) => executor.run(caller, PrepareAddress { address }).await,
        Err(_) => recorded,
    }
}

#[derive(Debug)]
struct PrepareAddress {
    address: EmailAddressId,
}

impl Command for PrepareAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::EmailAddressNotFound, Code::EmailAlreadyVerified];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let found = ShowAddress { address: self.address }.run(cx).await?;
        if found.verified_at.is_some() {
            return Err(Code::EmailAlreadyVerified.into());
        }
        let row = if found.is_claim { VerifiedRow::Claim } else { VerifiedRow::Address };
        let verifies = row(self.address);
        let address = EmailAddress::from_stored(found.address, found.email);
        let attempt =
            insert_attempt(cx, Purpose::Address, Method::EmailOtp, &address, Some(verifies), &SignUpProfile::default())
                .await?;
        send_mail(cx, &attempt, Method::EmailOtp, &LinkTarget::default()).await
    }
}

/// The codes of [`verify_address`].
pub const VERIFY_ADDRESS_ERRORS: &[Code] = &[
    Code::Unauthorized,
    Code::ReauthenticationRequired,
    Code::EmailAddressNotFound,
    Code::BadSignInAttempt,
    Code::TooManyRequests,
    Code::VerificationCodeExpired,
    Code::InvalidVerificationCode,
    Code::EmailExists,
];

/// Verifies one of the caller's addresses with the mailed code.
///
/// # Errors
/// [`VERIFY_ADDRESS_ERRORS`]: `BAD_SIGN_IN_ATTEMPT` if no code was requested in this session or too many were wrong,
/// and `EMAIL_EXISTS` after the right code if another account has verified the address since it was mailed.
pub async fn verify_address(
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
    match check_code(executor, caller, FindOwnAttempt { attempt, purpose: Purpose::Address }, code).await {
        Ok(attempt) => executor.run(caller, Verify { attempt, address }).await,
        Err(reply) => reply,
    }
}

struct FindAttempt {
    address: EmailAddressId,
}

impl Query for FindAttempt {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::EmailAddressNotFound, Code::BadSignInAttempt];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Attempt;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        // Required before the code is checked, so that the code is not used up without effect.
        require_recent_proof(cx).await?;
        let address = ShowAddress { address: self.address }.run(cx).await?;
        let session = cx.session_id().ok_or(Code::Unauthorized)?;
        let newest = cx.tx.optional(sql::NEWEST, (session, Purpose::Address, &address.email, cx.now)).await?;
        let verifies = |attempt: &Attempt| [attempt.email_id, attempt.claim_id].contains(&Some(self.address));
        Ok(newest.filter(verifies).ok_or(Code::BadSignInAttempt)?)
    }
}

#[derive(Debug)]
struct Verify {
    attempt: Attempt,
    address: EmailAddressId,
}

impl Command for Verify {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::EmailAddressNotFound, Code::BadSignInAttempt, Code::EmailExists];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = OwnedAddress;

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressVerified)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = cx.user()?;
        require_recent_proof(cx).await?;
        // Since the code was checked, the address may have been deleted, or the active user switched.
        let found = ShowAddress { address: self.address }.run(cx).await?;
        let attempt = &self.attempt;
        cx.tx.optional(sql::COMPLETE, (attempt.id, attempt.generation, cx.now)).await?.ok_or(Code::BadSignInAttempt)?;
        notify(cx, user, NoticeKind::AddressVerified, &found.email).await?;
        if found.is_claim {
            user::link_claim(cx, user, self.address).await?;
        } else {
            cx.tx.execute(user::sql::VERIFY_ADDRESS, (user, self.address, cx.now)).await?;
            let email = Some(Personal(found.email));
            cx.emit(EmailVerified { user_id: user, email_id: self.address, email });
        }
        rate_limit::clear_code_attempts(cx, &attempt.address_key).await?;
        domain::auto_join(cx, user).await?;
        ShowAddress { address: self.address }.run(cx).await
    }
}
