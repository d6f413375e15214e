//! Mailing the code or the link of an attempt.

use std::sync::Arc;

use super::sql::{self, Attempt};
use super::{MAX_SENDINGS, Method, Purpose, own};
use crate::error::{Code, Problem, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::id::AttemptId;
use crate::outbox;
use crate::permission::Requirement;
use crate::{rate_limit, session};

/// Which attempt's mail is to be sent, and of which kind.
#[derive(Debug)]
pub struct Prepare {
    /// Which attempt.
    pub attempt: AttemptId,
    /// What it is for, as far as the caller says.
    pub purpose: Purpose,
    /// What shall be mailed; `None` for what was chosen when it began.
    pub method: Option<Method>,
    /// Where a mailed link leads in the end: a path here, or a URL of an origin that the settings name. Perhaps empty.
    pub return_to: String,
}

/// Mails the code or link of an attempt. What was mailed before works no more.
///
/// Errors: `BAD_SIGN_IN_ATTEMPT` for what is no open attempt of this browser; `UNSUPPORTED_STRATEGY` for a link to sign up
/// by; `TOO_MANY_REQUESTS`, by the address it goes to as well.
pub async fn prepare(executor: &Arc<Executor>, caller: &Caller, prepare: Prepare) -> Reply<()> {
    let found = executor.query(caller, &FindOwn { attempt: prepare.attempt, purpose: prepare.purpose }).await;
    let attempt = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    let counted = executor.run(caller, rate_limit::RecordMail { address: attempt.address_key }).await;
    match counted.result {
        Ok(()) => executor.run(caller, prepare).await,
        Err(_) => counted,
    }
}

/// Finds the caller's own attempt. Error: `BAD_SIGN_IN_ATTEMPT`.
pub(crate) struct FindOwn {
    pub(crate) attempt: AttemptId,
    pub(crate) purpose: Purpose,
}

impl crate::execution::Query for FindOwn {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    type Out = Attempt;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let attempt = own(cx, self.attempt).await?;
        if attempt.purpose == self.purpose { Ok(attempt) } else { Err(Code::BadSignInAttempt.into()) }
    }
}

impl Command for Prepare {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::UnsupportedStrategy];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let attempt = own(cx, self.attempt).await?;
        let method = self.method.unwrap_or(attempt.method);
        if method == Method::MagicLink && attempt.purpose != Purpose::SignIn {
            return Err(Code::UnsupportedStrategy.into());
        }
        send(cx, &attempt, method, &self.return_to).await
    }
}

/// Gives the attempt a new generation and puts its mail into the outbox. Whom it goes to, and whether it goes at all, is
/// found out when it is written: nothing that a stranger could measure depends on it.
pub(crate) async fn send(cx: &mut Context<'_>, attempt: &Attempt, method: Method, return_to: &str) -> Result<()> {
    let generation = i64::from_be_bytes(cx.random().bytes());
    let given = (attempt.id, generation, method, return_to, cx.now, MAX_SENDINGS);
    let sent = cx.tx.optional(sql::SEND, given).await?;
    let sent = sent.ok_or_else(|| Problem::too_many_requests(attempt.expires_at.since(cx.now)))?;
    outbox::enqueue_verification(cx, sent.id, sent.generation).await?;
    if matches!(attempt.purpose, Purpose::SignIn | Purpose::SignUp) {
        session::note_attempt(cx, attempt.expires_at).await?;
    }
    Ok(())
}
