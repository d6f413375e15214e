//! Checking a code that was mailed.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::send::FindOwnAttempt;
use super::sql::{self, Attempt};
use super::{MAX_CHECKS, load_own_attempt};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::rate_limit;
use crate::secret::TypedCode;
use crate::settings::Settings;

/// Counts a try at a code, in a transaction of its own, and compares it.
pub(crate) async fn check_code<T>(
    executor: &Arc<Executor>,
    caller: &Caller,
    find: FindOwnAttempt,
    code: &TypedCode,
) -> Result<Attempt, Reply<T>> {
    let found = executor.query(caller, &find).await;
    let refused = |session, problem| Err(Reply { session, ..Reply::refused(problem) });
    let found = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return refused(found.session, problem),
    };
    // By the address as well: whoever begins a thousand attempts has not a thousand times as many tries.
    let counted = executor.run(caller, rate_limit::RecordCode { address: found.address_key.clone() }).await;
    if let Err(problem) = counted.result {
        return refused(counted.session, problem);
    }
    let reply = executor.run(caller, RecordCheck { attempt: found.id }).await;
    let attempt = match reply.result {
        Ok(attempt) => attempt,
        Err(problem) => return refused(reply.session, problem),
    };
    let right = executor.keys.code(attempt.id, attempt.generation);
    let is_right = code.is(&right) && attempt.sent_at.is_some();
    match is_right {
        true if attempt.is_code_valid(executor.now()) => Ok(attempt),
        true => refused(reply.session, Code::VerificationCodeExpired.into()),
        false => refused(reply.session, Code::InvalidVerificationCode.into()),
    }
}

#[derive(Debug)]
struct RecordCheck {
    attempt: AttemptId,
}

impl Command for RecordCheck {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    type Out = Attempt;
    // Tries made at once wait for each other, and each is counted.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let attempt = load_own_attempt(cx, self.attempt).await?;
        Ok(cx.tx.optional(sql::RECORD_CHECK, (attempt.id, cx.now, MAX_CHECKS)).await?.ok_or(Code::BadSignInAttempt)?)
    }
}
