//! Typing the code, or opening the link.

use std::sync::Arc;

use super::finish::Finish;
use super::send::FindOwn;
use super::sql::{self, Attempt};
use super::{MOST_TRIES, Purpose, own};
use crate::context::{Caller, Command, Context, Reply};
use crate::db;
use crate::error::{Code, Result};
use crate::id::AttemptId;
use crate::limit;
use crate::secret::{AttemptToken, TypedCode};
use crate::service::Service;
use crate::settings::Settings;
use crate::sign_in::CameIn;

/// Signs somebody in, or up, by the code that was mailed to them.
///
/// Errors: `BAD_SIGN_IN_ATTEMPT`; `INVALID_VERIFICATION_CODE`, also where there is nobody whom it could have been mailed
/// to; `VERIFICATION_CODE_EXPIRED`; `TOO_MANY_REQUESTS` by the address; and those of coming in: `USER_DISABLED`,
/// `USER_ALREADY_SIGNED_IN`, `USERNAME_EXISTS`.
pub async fn by_code(
    service: &Arc<Service>,
    caller: &Caller,
    attempt: AttemptId,
    purpose: Purpose,
    code: &TypedCode,
) -> Reply<CameIn> {
    match tried(service, caller, FindOwn { attempt, purpose }, code).await {
        Ok(attempt) => service.run(caller, Finish { attempt }).await,
        Err(reply) => reply,
    }
}

/// The same by the link that was mailed: in the browser that began, and nowhere else. It says too where the browser wanted
/// to go.
///
/// Errors: `INVALID_MAGIC_LINK` for one of another browser, one that was used or replaced, and one that has run out; and
/// those of coming in.
pub async fn by_link(service: &Arc<Service>, caller: &Caller, token: AttemptToken) -> Reply<(CameIn, String)> {
    let found = service.ask(caller, &FindOwn { attempt: token.attempt(), purpose: Purpose::SignIn }).await;
    let now = service.now();
    let is_right =
        |attempt: &Attempt| attempt.is_fresh(now) && token.is(&service.keys.link(attempt.id, attempt.generation));
    match found.result.ok().filter(is_right) {
        Some(attempt) => {
            let return_to = attempt.return_to.clone();
            service.run(caller, Finish { attempt }).await.map(|came_in| (came_in, return_to))
        }
        None => Reply { session: found.session, ..Reply::refused(Code::InvalidMagicLink.into()) },
    }
}

/// Counts a try at a code, in a transaction of its own, and compares it.
pub(super) async fn tried<T>(
    service: &Arc<Service>,
    caller: &Caller,
    find: FindOwn,
    code: &TypedCode,
) -> Result<Attempt, Reply<T>> {
    let found = service.ask(caller, &find).await;
    let refused = |session, problem| Err(Reply { session, ..Reply::refused(problem) });
    let found = match found.result {
        Ok(attempt) => attempt,
        Err(problem) => return refused(found.session, problem),
    };
    // By the address as well: whoever begins a thousand attempts has not a thousand times as many tries.
    let counted = service.run(caller, limit::CountCode { address: found.address_key.clone() }).await;
    if let Err(problem) = counted.result {
        return refused(counted.session, problem);
    }
    let reply = service.run(caller, Try { attempt: found.id }).await;
    let attempt = match reply.result {
        Ok(attempt) => attempt,
        Err(problem) => return refused(reply.session, problem),
    };
    let right = service.keys.code(attempt.id, attempt.generation);
    let is_right = code.is(&right) && attempt.sent_at.is_some();
    match is_right {
        true if attempt.is_fresh(service.now()) => Ok(attempt),
        true => refused(reply.session, Code::VerificationCodeExpired.into()),
        false => refused(reply.session, Code::InvalidVerificationCode.into()),
    }
}

#[derive(Debug)]
struct Try {
    attempt: AttemptId,
}

impl Command for Try {
    type Out = Attempt;
    // Tries made at once wait for each other, and each is counted.
    fn purpose(&self, _: &Settings) -> db::Purpose {
        db::Purpose::Guarded
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Attempt> {
        let attempt = own(cx, self.attempt).await?;
        Ok(cx.tx.optional(sql::TRY, (attempt.id, cx.now, MOST_TRIES)).await?.ok_or(Code::BadSignInAttempt)?)
    }
}
