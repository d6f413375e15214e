//! A new password for whoever has forgotten theirs, and reads the address's mail.

use std::sync::Arc;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Query, Reply};
use crate::id::AttemptId;
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::secret::{AttemptToken, SubmittedCode};
use crate::sign_in::{SignedIn, open};
use crate::verification::sql::{self, Attempt};
use crate::verification::{FindOwn, Method, Purpose, SignUpProfile, check_code, insert, own, send};
use crate::{domain, rate_limit, session, user};

/// What comes of having forgotten a password: the session for the cookie, if it is a new one.
#[derive(Debug)]
pub struct Forgotten {
    /// The browser's session.
    pub session: SignedIn,
}

/// Mails a code to whoever has this address; to nobody, if nobody has it, and the caller sees no difference.
///
/// Errors: `MAIL_NOT_AVAILABLE` where no mail is sent; `TOO_MANY_REQUESTS`.
pub async fn forgot_password(executor: &Arc<Executor>, caller: &Caller, address: EmailAddress) -> Reply<Forgotten> {
    if executor.mail_transport.is_none() {
        return Reply::failed(Code::MailNotAvailable.into());
    }
    let counted = executor.run(caller, rate_limit::RecordMail { address: address.key().to_owned() }).await;
    match counted.result {
        Ok(()) => executor.run(caller, Forget { address }).await,
        Err(problem) => Reply { session: counted.session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct Forget {
    address: EmailAddress,
}

impl Command for Forget {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Forgotten;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Forgotten> {
        let token = session::ensure(cx).await?;
        let method = Method::EmailOtp;
        let attempt = insert(cx, Purpose::Password, method, &self.address, None, &SignUpProfile::default()).await?;
        send(cx, &attempt, method, "").await?;
        Ok(Forgotten { session: SignedIn::now(cx, token).await? })
    }
}

/// Gives whoever types the mailed code what they can set a new password with.
///
/// Errors: `INVALID_VERIFICATION_CODE`, also where none was asked for in this browser; `VERIFICATION_CODE_EXPIRED`;
/// `TOO_MANY_REQUESTS`.
pub async fn prove_forgotten(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddress,
    code: &SubmittedCode,
) -> Reply<AttemptToken> {
    let found = executor.query(caller, &FindForgotten { address }).await;
    let attempt = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    match check_code(executor, caller, FindOwn { attempt, purpose: Purpose::Password }, code).await {
        Ok(attempt) => executor.run(caller, Prove { attempt }).await,
        Err(reply) => reply,
    }
}

struct FindForgotten {
    address: EmailAddress,
}

impl Query for FindForgotten {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidVerificationCode];
    type Out = AttemptId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AttemptId> {
        let session = cx.session.as_ref().map(|session| session.id).ok_or(Code::InvalidVerificationCode)?;
        let given = (session, Purpose::Password, self.address.key(), cx.now);
        let newest = cx.tx.optional(sql::NEWEST, given).await?;
        Ok(newest.ok_or(Code::InvalidVerificationCode)?.id)
    }
}

#[derive(Debug)]
struct Prove {
    attempt: Attempt,
}

impl Command for Prove {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidVerificationCode];
    type Out = AttemptToken;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AttemptToken> {
        let Attempt { id, generation, .. } = self.attempt;
        cx.tx.optional(sql::PROVE, (id, generation, cx.now)).await?.ok_or(Code::InvalidVerificationCode)?;
        Ok(cx.executor.keys.password_reset_token(id, generation))
    }
}

/// Sets a new password and signs its owner in; every other sign-in of theirs ends.
///
/// Errors: `INVALID_RESET_TOKEN` for one that was used, has run out, or is another browser's; `USER_DISABLED`; `BUSY`.
pub async fn reset_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    token: AttemptToken,
    chosen: Password,
) -> Reply<SignedIn> {
    let found = executor.query(caller, &FindOwn { attempt: token.attempt(), purpose: Purpose::Password }).await;
    let is_right =
        |attempt: &Attempt| token.matches(&executor.keys.password_reset_token(attempt.id, attempt.generation));
    let Some(attempt) = found.result.ok().filter(is_right) else {
        return Reply { session: found.session, ..Reply::failed(Code::InvalidResetToken.into()) };
    };
    match executor.passwords.digest(chosen, executor.random.as_ref()).await {
        Ok(password) => executor.run(caller, Reset { attempt, password }).await,
        Err(problem) => Reply { session: found.session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct Reset {
    attempt: Attempt,
    password: PasswordDigest,
}

impl Command for Reset {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidResetToken];
    type Out = SignedIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let Attempt { id, generation, address_key, .. } = &self.attempt;
        own(cx, *id).await.map_err(|_| Code::InvalidResetToken)?;
        cx.tx.optional(sql::USE_PROOF, (*id, *generation, cx.now)).await?.ok_or(Code::InvalidResetToken)?;
        let owner = open(cx, address_key).await?;
        let user = owner.user_id;
        cx.tx.execute(user::sql::SET_PASSWORD, (user, self.password.as_str(), cx.now)).await?;
        // Who knew the old one may be signed in somewhere, and in this browser too.
        session::end_all(cx, user).await?;
        rate_limit::clear_account_attempts(cx, address_key).await?;
        rate_limit::clear_code_attempts(cx, address_key).await?;
        rate_limit::clear_password_attempts(cx, user).await?;
        domain::auto_join(cx, user).await?;
        let token = session::begin(cx, user).await?;
        SignedIn::now(cx, Some(token)).await
    }
}
