//! Checking a mailed code.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::send::FindOwnAttempt;
use super::sql::{self, Attempt};
use super::{MAX_CHECKS, load_own_attempt};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::rate_limit;
use crate::secret::SubmittedCode;
use crate::security_log::{Audit, Authentication};
use crate::settings::Settings;

/// Checks a code against the caller's attempt. The check is recorded first, in a transaction of its own, so that
/// concurrent guesses are all counted.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`; `TOO_MANY_REQUESTS`; `VERIFICATION_CODE_EXPIRED`; `INVALID_VERIFICATION_CODE`.
pub(crate) async fn check_code<T>(
    executor: &Arc<Executor>,
    caller: &Caller,
    find: FindOwnAttempt,
    code: &SubmittedCode,
) -> Result<Attempt, Reply<T>> {
    let reply = executor.query(caller, &find).await;
    let log = |subject, problem: &Problem| {
        let audit = Audit::AuthenticationStep(Authentication::Verification);
        executor.log_outcome(caller, audit, subject, Some(problem));
    };
    let found = match reply.result {
        Ok(attempt) => attempt,
        Err(problem) => {
            log(&reply.subject, &problem);
            return Err(Reply { session: reply.session, ..Reply::failed(problem) });
        }
    };
    // Also limited by address, because starting more attempts must not allow more guesses.
    let recorded = executor.run(caller, rate_limit::RecordCode { address: found.address_key.clone() }).await;
    if let Err(problem) = recorded.result {
        return Err(Reply { session: recorded.session, ..Reply::failed(problem) });
    }
    let reply = executor.run(caller, RecordCheck { attempt: found.id }).await;
    let attempt = match reply.result {
        Ok(attempt) => attempt,
        Err(problem) => return Err(Reply { session: reply.session, ..Reply::failed(problem) }),
    };
    let expected = executor.keys.verification_code(attempt.id, attempt.generation);
    let is_correct = code.matches(&expected) && attempt.sent_at.is_some();
    let code = match is_correct {
        true if attempt.is_code_valid(executor.now()) => return Ok(attempt),
        true => Code::VerificationCodeExpired,
        false => Code::InvalidVerificationCode,
    };
    log(&reply.subject, &code.into());
    Err(Reply { session: reply.session, ..Reply::failed(code.into()) })
}

#[derive(Debug)]
struct RecordCheck {
    attempt: AttemptId,
}

impl Command for RecordCheck {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Attempt;

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::Verification)
    }

    // Concurrent checks wait for the row lock, so each is counted.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let attempt = load_own_attempt(cx, self.attempt).await?;
        Ok(cx.tx.optional(sql::RECORD_CHECK, (attempt.id, cx.now, MAX_CHECKS)).await?.ok_or(Code::BadSignInAttempt)?)
    }
}
