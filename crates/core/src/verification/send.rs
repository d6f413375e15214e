//! Mailing the code or link of an attempt.

use std::sync::Arc;

use super::sql::{self, Attempt};
use super::{MAX_SENDS, Method, Purpose, load_own_attempt};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::AttemptId;
use crate::metrics::RateLimit;
use crate::outbox;
use crate::permission::Requirement;
use crate::{rate_limit, session};

/// Mails the code or link of an attempt.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`; `UNSUPPORTED_STRATEGY` for a magic link for anything but a sign-in; `TOO_MANY_REQUESTS` after
/// the last mail of the attempt.
#[derive(Debug)]
pub struct Prepare {
    pub attempt: AttemptId,
    /// The purpose that the caller expects.
    pub purpose: Purpose,
    /// `None` for the method of the attempt.
    pub method: Option<Method>,
    pub link: LinkTarget,
}

/// Where a magic link leads.
#[derive(Clone, Debug, Default)]
pub struct LinkTarget {
    /// The page after the sign-in: a path of this server, or a URL of an allowed origin. Empty for the default page.
    pub return_to: String,
    /// Whether the link opens that page itself, which then signs in with the token and the attempt in its query.
    /// Otherwise it opens our page, with the token in the fragment.
    pub opens_return_to: bool,
}

/// The codes of [`prepare`].
pub const PREPARE_ERRORS: &[Code] =
    &[Code::ImpersonationNotAllowed, Code::BadSignInAttempt, Code::TooManyRequests, Code::UnsupportedStrategy];

/// Mails the code or link of an attempt; earlier ones stop working.
///
/// # Errors
/// [`PREPARE_ERRORS`]: `BAD_SIGN_IN_ATTEMPT` if the attempt is not an open one of this session, and `TOO_MANY_REQUESTS`
/// past the limits per attempt, per address and per client.
pub async fn prepare(executor: &Arc<Executor>, caller: &Caller, prepare: Prepare) -> Reply<()> {
    let found = executor.query(caller, &FindOwnAttempt { attempt: prepare.attempt, purpose: prepare.purpose }).await;
    let attempt = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return Reply { session: found.session, ..Reply::failed(problem) },
    };
    let recorded = executor.run(caller, rate_limit::RecordMail { address: attempt.address_key }).await;
    match recorded.result {
        Ok(()) => executor.run(caller, prepare).await,
        Err(_) => recorded,
    }
}

/// Finds an attempt of the caller's session with this purpose.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`.
pub(crate) struct FindOwnAttempt {
    pub(crate) attempt: AttemptId,
    pub(crate) purpose: Purpose,
}

impl Query for FindOwnAttempt {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Attempt;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let attempt = load_own_attempt(cx, self.attempt).await?;
        if attempt.purpose == self.purpose { Ok(attempt) } else { Err(Code::BadSignInAttempt.into()) }
    }
}

impl Command for Prepare {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt, Code::UnsupportedStrategy, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let attempt = load_own_attempt(cx, self.attempt).await?;
        let method = self.method.unwrap_or(attempt.method);
        if method == Method::MagicLink && attempt.purpose != Purpose::SignIn {
            return Err(Code::UnsupportedStrategy.into());
        }
        send_mail(cx, &attempt, method, &self.link).await
    }
}

/// Gives the attempt a new generation and enqueues its mail. The recipient is looked up when the mail is written, so
/// that timing reveals nothing about the address.
///
/// # Errors
/// `TOO_MANY_REQUESTS` after the last mail of the attempt.
pub(crate) async fn send_mail(
    cx: &mut Context<'_>,
    attempt: &Attempt,
    method: Method,
    link: &LinkTarget,
) -> Result<()> {
    let generation = i64::from_be_bytes(cx.random().bytes());
    let send = sql::Sending {
        id: attempt.id,
        generation,
        method,
        return_to: &link.return_to,
        opens_return_to: link.opens_return_to,
        now: cx.now,
        max_sendings: MAX_SENDS,
    };
    let sent = cx.tx.optional(sql::RECORD_SEND, send).await?;
    let Some(sent) = sent else {
        cx.count_refusal(RateLimit::CodeMail);
        return Err(Problem::too_many_requests(attempt.expires_at.since(cx.now)));
    };
    outbox::enqueue_verification(cx, sent.id, sent.generation).await?;
    if matches!(attempt.purpose, Purpose::SignIn | Purpose::SignUp) {
        session::extend_attempts_until(cx, attempt.expires_at).await?;
    }
    Ok(())
}
