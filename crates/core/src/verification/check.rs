//! Checking a code that was mailed.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::send::FindOwn;
use super::sql::{self, Attempt};
use super::{MAX_TRIES, own};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::rate_limit;
use crate::secret::SubmittedCode;
use crate::settings::Settings;

/// Counts a try at a code, in a transaction of its own, and compares it.
pub(crate) async fn check_code<T>(
    executor: &Arc<Executor>,
    caller: &Caller,
    find: FindOwn,
    code: &SubmittedCode,
) -> Result<Attempt, Reply<T>> {
    let found = executor.query(caller, &find).await;
    let refused = |session, problem| Err(Reply { session, ..Reply::failed(problem) });
    let found = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return refused(found.session, problem),
    };
    // By the address as well: whoever begins a thousand attempts has not a thousand times as many tries.
    let counted = executor.run(caller, rate_limit::RecordCode { address: found.address_key.clone() }).await;
    if let Err(problem) = counted.result {
        return refused(counted.session, problem);
    }
    let reply = executor.run(caller, Try { attempt: found.id }).await;
    let attempt = match reply.result {
        Ok(attempt) => attempt,
        Err(problem) => return refused(reply.session, problem),
    };
    let right = executor.keys.verification_code(attempt.id, attempt.generation);
    let is_right = code.matches(&right) && attempt.sent_at.is_some();
    match is_right {
        true if attempt.is_fresh(executor.now()) => Ok(attempt),
        true => refused(reply.session, Code::VerificationCodeExpired.into()),
        false => refused(reply.session, Code::InvalidVerificationCode.into()),
    }
}

#[derive(Debug)]
struct Try {
    attempt: AttemptId,
}

impl Command for Try {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    type Out = Attempt;
    // Tries made at once wait for each other, and each is counted.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let attempt = own(cx, self.attempt).await?;
        Ok(cx.tx.optional(sql::TRY, (attempt.id, cx.now, MAX_TRIES)).await?.ok_or(Code::BadSignInAttempt)?)
    }
}
