//! Resetting a forgotten password with a mailed code.

use std::sync::Arc;

use crate::account::load_password_words;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event;
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::AttemptId;
use crate::password::{ContextWords, NewPassword, PasswordDigest};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::secret::{AttemptToken, SubmittedChallenge, SubmittedCode};
use crate::security_log::{Audit, Authentication};
use crate::security_notice::{NoticeKind, notify};
use crate::sign_in::{Attempted, SignedIn, find_account, finish};
use crate::verification::sql::{self, Attempt};
use crate::verification::{
    FindOwnAttempt, LinkTarget, Method, Purpose, SignUpProfile, check_code, insert_attempt, load_own_attempt, send_mail,
};
use crate::{challenge, rate_limit, session, user};

/// The outcome of [`start_password_reset`]: the caller's session, which may be new.
#[derive(Debug)]
pub struct PasswordResetStarted {
    pub session: SignedIn,
}

/// The codes of [`start_password_reset`].
pub const START_PASSWORD_RESET_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::MailNotAvailable,
    Code::ChallengeRequired,
    Code::ChallengeFailed,
    Code::TooManyRequests,
];

/// Mails a code to the owner of the address. Without an owner no mail is sent, and the reply is the same.
///
/// # Errors
/// [`START_PASSWORD_RESET_ERRORS`]: `MAIL_NOT_AVAILABLE` if no mail is configured.
pub async fn start_password_reset(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddress,
    challenge: &SubmittedChallenge,
) -> Reply<PasswordResetStarted> {
    if executor.mail_transport.is_none() {
        return Reply::failed(Code::MailNotAvailable.into());
    }
    if let Err(problem) = challenge::require(executor, caller, challenge).await {
        return Reply::failed(problem);
    }
    let recorded = executor.run(caller, rate_limit::RecordMail { address: address.key().to_owned() }).await;
    match recorded.result {
        Ok(()) => executor.run(caller, Start { address }).await,
        Err(problem) => Reply { session: recorded.session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct Start {
    address: EmailAddress,
}

impl Command for Start {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = PasswordResetStarted;

    async fn run(&self, cx: &mut Context<'_>) -> Result<PasswordResetStarted> {
        let token = session::ensure(cx).await?;
        let method = Method::EmailOtp;
        let attempt =
            insert_attempt(cx, Purpose::Password, method, &self.address, None, &SignUpProfile::default()).await?;
        send_mail(cx, &attempt, method, &LinkTarget::default()).await?;
        Ok(PasswordResetStarted { session: SignedIn::started(cx, token, attempt.id).await? })
    }
}

/// The codes of [`verify_reset_code`].
pub const VERIFY_RESET_CODE_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::InvalidVerificationCode,
    Code::BadSignInAttempt,
    Code::TooManyRequests,
    Code::VerificationCodeExpired,
];

/// Exchanges the mailed code for a token that sets a new password once.
///
/// # Errors
/// [`VERIFY_RESET_CODE_ERRORS`]: `INVALID_VERIFICATION_CODE` also if no code was requested in this session, and
/// `BAD_SIGN_IN_ATTEMPT` after too many wrong codes.
pub async fn verify_reset_code(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddress,
    code: &SubmittedCode,
) -> Reply<AttemptToken> {
    let found = executor.query(caller, &FindAttempt { address }).await;
    let attempt = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    match check_code(executor, caller, FindOwnAttempt { attempt, purpose: Purpose::Password }, code).await {
        Ok(attempt) => executor.run(caller, IssueToken { attempt }).await,
        Err(reply) => reply,
    }
}

struct FindAttempt {
    address: EmailAddress,
}

impl Query for FindAttempt {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidVerificationCode];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = AttemptId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AttemptId> {
        let session = cx.session_id().ok_or(Code::InvalidVerificationCode)?;
        let key = (session, Purpose::Password, self.address.key(), cx.now);
        let newest = cx.tx.optional(sql::NEWEST, key).await?;
        Ok(newest.ok_or(Code::InvalidVerificationCode)?.id)
    }
}

#[derive(Debug)]
struct IssueToken {
    attempt: Attempt,
}

impl Command for IssueToken {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidVerificationCode];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = AttemptToken;

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::PasswordReset)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<AttemptToken> {
        let Attempt { id, generation, .. } = self.attempt;
        cx.tx.optional(sql::MARK_VERIFIED, (id, generation, cx.now)).await?.ok_or(Code::InvalidVerificationCode)?;
        Ok(cx.executor.keys.password_reset_token(id, generation))
    }
}

/// The codes of [`reset_password`].
pub const RESET_PASSWORD_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::InvalidPassword,
    Code::InvalidResetToken,
    Code::InvalidVerificationCode,
    Code::UserDisabled,
];

/// Sets a new password, ends all sign-ins of the user, and signs them in. A second factor is asked for as at every
/// sign-in: access to a mailbox does not replace it.
///
/// # Errors
/// [`RESET_PASSWORD_ERRORS`]: `INVALID_RESET_TOKEN` for a token that was used, has expired or belongs to another
/// session, `INVALID_VERIFICATION_CODE` if the address has no account, and `INVALID_PASSWORD` if the policy refuses
/// `new`. The policy is applied only after the token was verified, so that a refusal reveals nothing about the account
/// to others. A refusal leaves the token valid.
pub async fn reset_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    token: AttemptToken,
    new: NewPassword,
) -> Reply<SignedIn> {
    let found = executor.query(caller, &FindOwnAttempt { attempt: token.attempt(), purpose: Purpose::Password }).await;
    let is_valid =
        |attempt: &Attempt| token.matches(&executor.keys.password_reset_token(attempt.id, attempt.generation));
    let Some(attempt) = found.result.ok().filter(is_valid) else {
        let problem = Code::InvalidResetToken.into();
        let audit = Audit::Authentication(Authentication::PasswordReset);
        executor.log_outcome(caller, audit, &found.subject, Some(&problem));
        return Reply { session: found.session, ..Reply::failed(problem) };
    };
    match digest_new_password(executor, caller, &attempt, new).await {
        Ok(password) => executor.run(caller, Reset { attempt, password }).await,
        Err(problem) => Reply { session: found.session, ..Reply::failed(problem) },
    }
}

async fn digest_new_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    attempt: &Attempt,
    new: NewPassword,
) -> Result<PasswordDigest> {
    let words = executor.query(caller, &FindPasswordWords { address_key: &attempt.address_key }).await.result?;
    let new = executor.password_policy.accept(new, &words).await?;
    executor.passwords.digest(new, executor.random.as_ref()).await
}

/// Loads the context words of the account that an address grants access to; without one, those of the address.
struct FindPasswordWords<'a> {
    address_key: &'a str,
}

impl Query for FindPasswordWords<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ContextWords;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ContextWords> {
        if let Some(owner) = cx.tx.optional(sql::ADDRESS_OWNER, (self.address_key,)).await?
            && owner.grants_access(cx.now, &cx.executor.settings)
        {
            return load_password_words(cx, owner.user_id).await;
        }
        let mut words = cx.executor.password_policy.context_words();
        words.add_address(self.address_key);
        Ok(words)
    }
}

#[derive(Debug)]
struct Reset {
    attempt: Attempt,
    password: PasswordDigest,
}

impl Command for Reset {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidResetToken, Code::InvalidVerificationCode, Code::UserDisabled];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SignedIn;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::PasswordReset)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let Attempt { id, generation, address_key, .. } = &self.attempt;
        load_own_attempt(cx, *id).await.map_err(|_| Code::InvalidResetToken)?;
        cx.tx.optional(sql::COMPLETE_VERIFIED, (*id, *generation, cx.now)).await?.ok_or(Code::InvalidResetToken)?;
        let owner = find_account(cx, address_key).await?;
        let user = owner.user_id;
        notify(cx, user, NoticeKind::PasswordReset, "").await?;
        cx.tx.execute(user::sql::SET_PASSWORD, (user, self.password.as_str(), cx.now)).await?;
        cx.emit(event::PasswordReset { user_id: user });
        // Another person who knew the old password may be signed in, also in this browser.
        session::end_all_sign_ins(cx, user).await?;
        rate_limit::clear_account_attempts(cx, address_key).await?;
        rate_limit::clear_code_attempts(cx, address_key).await?;
        rate_limit::clear_password_attempts(cx, user).await?;
        let signed_in = finish(cx, user, ProofMethod::EmailOtp, Attempted::Verification(&self.attempt)).await?;
        // The password is changed, also if a second factor is asked for.
        cx.subject.is_unchanged = false;
        Ok(signed_in)
    }
}
