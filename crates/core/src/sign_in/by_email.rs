//! Signing in by a mailed code or magic link.

use std::sync::Arc;

use super::SignedIn;
use super::accept_invitation;
use super::complete::{Complete, Completed};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::secret::{AttemptToken, SubmittedChallenge, SubmittedCode};
use crate::security_log::{Audit, Authentication};
use crate::settings::Mode;
use crate::verification::sql;
use crate::verification::{Attempt, FindOwnAttempt, Method, Purpose, SignUpProfile, check_code, insert_attempt};
use crate::{challenge, rate_limit, session};

/// The codes of [`with_code`].
pub const WITH_CODE_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::BadSignInAttempt,
    Code::TooManyRequests,
    Code::VerificationCodeExpired,
    Code::InvalidVerificationCode,
    Code::UserDisabled,
    Code::UsernameExists,
    Code::UserAlreadySignedIn,
];

/// Completes a sign-in or sign-up with the mailed code. An invitation that was passed to an identity provider before is
/// accepted after a sign-up.
///
/// # Errors
/// [`WITH_CODE_ERRORS`]: `INVALID_VERIFICATION_CODE` also if no account has the address.
pub async fn with_code(
    executor: &Arc<Executor>,
    caller: &Caller,
    attempt: AttemptId,
    purpose: Purpose,
    code: &SubmittedCode,
) -> Reply<SignedIn> {
    match check_code(executor, caller, FindOwnAttempt { attempt, purpose }, code).await {
        Ok(attempt) => {
            let mut reply = executor.run(caller, Complete { attempt }).await;
            if let Ok(Completed { signed_in, invitation }) = &mut reply.result {
                // What becomes of the invitation, the person sees in their organizations.
                accept_invitation(executor, caller, signed_in, invitation.take()).await;
            }
            reply.map(|completed| completed.signed_in)
        }
        Err(reply) => reply,
    }
}

/// The codes of [`with_link`].
pub const WITH_LINK_ERRORS: &[Code] = &[
    Code::InvalidMagicLink,
    Code::BadSignInAttempt,
    Code::InvalidVerificationCode,
    Code::UserDisabled,
    Code::UserAlreadySignedIn,
];

/// Whose browser may use a magic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkUser {
    /// The session that asked for the link.
    SameSession,
    /// In staging mode also any other one: for our page, to which an application without cookies cannot hand its
    /// session.
    AnyoneInStaging,
}

/// Completes a sign-in with the mailed link. Also returns the redirect target of the attempt.
///
/// # Errors
/// [`WITH_LINK_ERRORS`]: `INVALID_MAGIC_LINK` for a link that was used, replaced or has expired, or that belongs to
/// another session.
pub async fn with_link(
    executor: &Arc<Executor>,
    caller: &Caller,
    token: AttemptToken,
    user: LinkUser,
) -> Reply<(SignedIn, String)> {
    let found = if user == LinkUser::AnyoneInStaging && executor.settings.mode == Mode::Staging {
        executor.query(caller, &FindAttempt { attempt: token.attempt() }).await
    } else {
        executor.query(caller, &FindOwnAttempt { attempt: token.attempt(), purpose: Purpose::SignIn }).await
    };
    let now = executor.now();
    let is_valid = |attempt: &Attempt| {
        attempt.is_code_valid(now) && token.matches(&executor.keys.magic_link_token(attempt.id, attempt.generation))
    };
    let Some(attempt) = found.result.ok().filter(is_valid) else {
        let problem = Code::InvalidMagicLink.into();
        let audit = Audit::Authentication(Authentication::SignIn);
        executor.log_outcome(caller, audit, &found.subject, Some(&problem));
        return Reply { session: found.session, ..Reply::failed(problem) };
    };
    let return_to = attempt.return_to.clone();
    executor.run(caller, Complete { attempt }).await.map(|completed| (completed.signed_in, return_to))
}

/// Finds an open attempt to sign in, of any session.
struct FindAttempt {
    attempt: AttemptId,
}

impl Query for FindAttempt {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Attempt;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let found = cx.tx.optional(sql::BY_ID, (self.attempt,)).await?;
        let is_open = |attempt: &Attempt| attempt.is_open(cx.now) && attempt.purpose == Purpose::SignIn;
        Ok(found.filter(is_open).ok_or(Code::BadSignInAttempt)?)
    }
}

/// A started attempt, and the caller's session, which may be new.
#[derive(Debug)]
pub struct StartedSignIn {
    pub attempt: Attempt,
    pub session: SignedIn,
}

/// The codes of [`start_with_email`].
pub const START_WITH_EMAIL_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::UnsupportedStrategy,
    Code::ChallengeRequired,
    Code::ChallengeFailed,
    Code::TooManyRequests,
];

/// Starts a sign-in by email. The reply does not depend on whether an account has the address.
///
/// # Errors
/// [`START_WITH_EMAIL_ERRORS`]: `UNSUPPORTED_STRATEGY` if no mail is configured.
pub async fn start_with_email(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddress,
    method: Method,
    challenge: &SubmittedChallenge,
) -> Reply<StartedSignIn> {
    if executor.mail_transport.is_none() {
        return Reply::failed(Code::UnsupportedStrategy.into());
    }
    if let Err(problem) = challenge::require(executor, caller, challenge).await {
        return Reply::failed(problem);
    }
    let recorded = executor.run(caller, rate_limit::RecordSignIn { account: address.key().to_owned() }).await;
    match recorded.result {
        Ok(()) => executor.run(caller, Start { address, method }).await,
        Err(problem) => Reply { session: recorded.session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct Start {
    address: EmailAddress,
    method: Method,
}

impl Command for Start {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = StartedSignIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<StartedSignIn> {
        let token = session::ensure(cx).await?;
        let attempt =
            insert_attempt(cx, Purpose::SignIn, self.method, &self.address, None, &SignUpProfile::default()).await?;
        let session = SignedIn::started(cx, token, attempt.id).await?;
        Ok(StartedSignIn { attempt, session })
    }
}
