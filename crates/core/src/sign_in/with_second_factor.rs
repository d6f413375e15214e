//! Completing a sign-in with the second factor: a code of an authenticator app, or a backup code.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::finish::complete;
use super::{CompletedAttempt, SignedIn};
use crate::assurance::SecondFactorMethod;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::rate_limit::{self, RecordedTry};
use crate::reauthentication::{FailedAt, check_factor, notify_of_last_try};
use crate::secret::SubmittedFactorCode;
use crate::security_log::{Audit, Authentication};
use crate::session::{self, PendingSignIn};
use crate::settings::Settings;

/// The codes of [`with_second_factor`].
pub const WITH_SECOND_FACTOR_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::BadSignInAttempt,
    Code::TooManyRequests,
    Code::UnsupportedStrategy,
    Code::InvalidVerificationCode,
    Code::UserAlreadySignedIn,
];

/// Completes a sign-in with a code of the second factor. Without a method, the form of the code says which one it is.
/// The try is recorded first, in a transaction of its own, so that concurrent guesses are all counted. The user gets a
/// security notice if the last one is wrong.
///
/// # Errors
/// [`WITH_SECOND_FACTOR_ERRORS`]: `BAD_SIGN_IN_ATTEMPT` without a sign-in of this session that waits for the second
/// factor, and after too many tries; `TOO_MANY_REQUESTS` after too many tries of the user in all their sign-ins;
/// `UNSUPPORTED_STRATEGY` for a method that the user does not have.
pub async fn with_second_factor(
    executor: &Arc<Executor>,
    caller: &Caller,
    attempt: AttemptId,
    method: Option<SecondFactorMethod>,
    code: SubmittedFactorCode,
) -> Reply<SignedIn> {
    let recorded = executor.run(caller, RecordTry { attempt }).await;
    let tried = match recorded.result {
        Ok(tried) => tried,
        Err(problem) => return Reply { session: recorded.session, ..Reply::failed(problem) },
    };
    let method = method.unwrap_or_else(|| typed_method(&code));
    let proved = executor.run(caller, ProveSecondFactor { attempt, method, code }).await;
    let failure = proved.result.as_ref().err().map(Problem::code);
    notify_of_last_try(executor, caller, tried, FailedAt::SignIn, failure).await;
    proved
}

fn typed_method(code: &SubmittedFactorCode) -> SecondFactorMethod {
    if code.looks_like_backup_code() { SecondFactorMethod::BackupCode } else { SecondFactorMethod::Authenticator }
}

/// Requires that the user of a pending sign-in has the factor.
///
/// # Errors
/// `UNSUPPORTED_STRATEGY`.
fn require_offered(pending: &PendingSignIn, method: SecondFactorMethod) -> Result<()> {
    if pending.methods.contains(&method) {
        return Ok(());
    }
    let offered = pending.methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ");
    Err(Code::UnsupportedStrategy.with_message(format!("This sign-in can be completed with: {offered}.")))
}

/// Checks that a sign-in can be completed with a method. No method needs a preparation: nothing is sent.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`; `UNSUPPORTED_STRATEGY` for a method that the user does not have.
#[derive(Debug)]
pub struct PrepareSecondFactor {
    pub attempt: AttemptId,
    pub method: SecondFactorMethod,
}

impl Query for PrepareSecondFactor {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt, Code::UnsupportedStrategy];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SecondFactorMethod;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SecondFactorMethod> {
        let pending = session::find_pending(cx, self.attempt).await?;
        require_offered(&pending, self.method)?;
        Ok(self.method)
    }
}

/// Counts a try of the sign-in, and of its user: starting more sign-ins must not allow more guesses.
#[derive(Debug)]
struct RecordTry {
    attempt: AttemptId,
}

impl Command for RecordTry {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = RecordedTry;

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::SignIn)
    }

    // Concurrent tries wait for the row lock, so each is counted.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<RecordedTry> {
        let of_sign_in = session::record_try(cx, self.attempt).await?;
        cx.subject.user = Some(of_sign_in.user);
        let of_user = rate_limit::record_second_factor(cx, of_sign_in.user).await?;
        Ok(RecordedTry { is_last: of_sign_in.is_last || of_user.is_last, ..of_user })
    }
}

#[derive(Debug)]
struct ProveSecondFactor {
    attempt: AttemptId,
    method: SecondFactorMethod,
    code: SubmittedFactorCode,
}

impl Command for ProveSecondFactor {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] =
        &[Code::BadSignInAttempt, Code::UnsupportedStrategy, Code::InvalidVerificationCode, Code::UserAlreadySignedIn];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SignedIn;

    fn audit(&self) -> Audit {
        Audit::Authentication(Authentication::SignIn)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        // Since the try was recorded, the user may have been disabled, or may have removed the factor.
        let pending = session::find_tried(cx, self.attempt).await?;
        let user = pending.user_id;
        cx.subject.user = Some(user);
        require_offered(&pending, self.method)?;
        let proof = check_factor(cx, user, self.method, &self.code).await?;
        let token = session::prove_second_factor(cx, &pending, proof).await?;
        let completed = CompletedAttempt::of_pending(pending, self.method, cx.now);
        complete(cx, user, token, completed).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_code_says_what_it_is_of() {
        for (typed, expected) in [
            ("012345", SecondFactorMethod::Authenticator),
            ("012 345", SecondFactorMethod::Authenticator),
            ("", SecondFactorMethod::Authenticator),
            ("ABCD-2345", SecondFactorMethod::BackupCode),
            ("2345-6789", SecondFactorMethod::BackupCode),
            ("abcd2345", SecondFactorMethod::BackupCode),
        ] {
            assert_eq!(typed_method(&SubmittedFactorCode::from_input(typed)), expected, "{typed:?}");
        }
    }
}
