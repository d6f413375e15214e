//! Typing the code, or opening the link.

use std::sync::Arc;

use super::SignedIn;
use super::complete::Complete;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::secret::{AttemptToken, SessionToken, SubmittedCode};
use crate::verification::{Attempt, FindOwn, Method, Purpose, SignUpProfile, check_code, insert};
use crate::{rate_limit, session};

/// Signs somebody in, or up, by the code that was mailed to them.
///
/// Errors: `BAD_SIGN_IN_ATTEMPT`; `INVALID_VERIFICATION_CODE`, also where there is nobody whom it could have been mailed
/// to; `VERIFICATION_CODE_EXPIRED`; `TOO_MANY_REQUESTS` by the address; and those of coming in: `USER_DISABLED`,
/// `USER_ALREADY_SIGNED_IN`, `USERNAME_EXISTS`.
pub async fn by_code(
    executor: &Arc<Executor>,
    caller: &Caller,
    attempt: AttemptId,
    purpose: Purpose,
    code: &SubmittedCode,
) -> Reply<SignedIn> {
    match check_code(executor, caller, FindOwn { attempt, purpose }, code).await {
        Ok(attempt) => executor.run(caller, Complete { attempt }).await,
        Err(reply) => reply,
    }
}

/// The same by the link that was mailed: in the browser that began, and nowhere else. It says too where the browser wanted
/// to go.
///
/// Errors: `INVALID_MAGIC_LINK` for one of another browser, one that was used or replaced, and one that has run out; and
/// those of coming in.
pub async fn by_link(executor: &Arc<Executor>, caller: &Caller, token: AttemptToken) -> Reply<(SignedIn, String)> {
    let found = executor.query(caller, &FindOwn { attempt: token.attempt(), purpose: Purpose::SignIn }).await;
    let now = executor.now();
    let is_right = |attempt: &Attempt| {
        attempt.is_fresh(now) && token.matches(&executor.keys.magic_link_token(attempt.id, attempt.generation))
    };
    match found.result.ok().filter(is_right) {
        Some(attempt) => {
            let return_to = attempt.return_to.clone();
            executor.run(caller, Complete { attempt }).await.map(|came_in| (came_in, return_to))
        }
        None => Reply { session: found.session, ..Reply::failed(Code::InvalidMagicLink.into()) },
    }
}

/// An attempt that was begun, and the browser's session, perhaps a new one.
#[derive(Debug)]
pub struct Started {
    /// The attempt.
    pub attempt: Attempt,
    /// For the answer, and for the cookie.
    pub session: SignedIn,
}

/// Begins to sign in by mail. Whether anybody has the address is not asked.
///
/// Errors: `UNSUPPORTED_STRATEGY` where no mail is sent; `TOO_MANY_REQUESTS`.
pub async fn begin_sign_in(
    executor: &Arc<Executor>,
    caller: &Caller,
    address: EmailAddress,
    method: Method,
) -> Reply<Started> {
    if executor.mail_transport.is_none() {
        return Reply::failed(Code::UnsupportedStrategy.into());
    }
    let counted = executor.run(caller, rate_limit::RecordSignIn { account: address.key().to_owned() }).await;
    match counted.result {
        Ok(()) => executor.run(caller, Begin { address, method }).await,
        Err(problem) => Reply { session: counted.session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct Begin {
    address: EmailAddress,
    method: Method,
}

impl Command for Begin {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Started;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Started> {
        let token = session::ensure(cx).await?;
        let attempt = insert(cx, Purpose::SignIn, self.method, &self.address, None, &SignUpProfile::default()).await?;
        begun(cx, attempt, token).await
    }
}

async fn begun(cx: &mut Context<'_>, attempt: Attempt, token: Option<SessionToken>) -> Result<Started> {
    Ok(Started { attempt, session: SignedIn::now(cx, token).await? })
}
