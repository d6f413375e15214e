//! Beginning an attempt. Nothing is mailed yet.

use std::sync::Arc;

use super::sql::{self, Attempt};
use super::{LIFE, Method, Purpose};
use crate::context::{Caller, Command, Context, Reply};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::id::EmailAddressId;
use crate::limit;
use crate::names::{PersonName, Username};
use crate::password::PasswordDigest;
use crate::secret::SessionToken;
use crate::service::Service;
use crate::session;
use crate::sign_in::CameIn;

/// An attempt that was begun, and the browser's session, perhaps a new one.
#[derive(Debug)]
pub struct Begun {
    /// The attempt.
    pub attempt: Attempt,
    /// For the answer, and for the cookie.
    pub session: CameIn,
}

/// Begins to sign in by mail. Whether anybody has the address is not asked.
///
/// Errors: `UNSUPPORTED_STRATEGY` where no mail is sent; `TOO_MANY_REQUESTS`.
pub async fn begin_sign_in(
    service: &Arc<Service>,
    caller: &Caller,
    address: EmailAddress,
    method: Method,
) -> Reply<Begun> {
    if service.carrier.is_none() {
        return Reply::refused(Code::UnsupportedStrategy.into());
    }
    let counted = service.run(caller, limit::CountSignIn { account: address.key().to_owned() }).await;
    match counted.result {
        Ok(()) => service.run(caller, Begin { address, method }).await,
        Err(problem) => Reply { session: counted.session, ..Reply::refused(problem) },
    }
}

#[derive(Debug)]
struct Begin {
    address: EmailAddress,
    method: Method,
}

impl Command for Begin {
    type Out = Begun;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Begun> {
        let token = session::ensure(cx).await?;
        let attempt = insert(cx, Purpose::SignIn, self.method, &self.address, None, &Newcomer::default()).await?;
        begun(cx, attempt, token).await
    }
}

/// Begins to make an account: what was said is kept until the address is proved.
pub(crate) async fn begin_sign_up(
    cx: &mut Context<'_>,
    address: &EmailAddress,
    newcomer: &Newcomer<'_>,
) -> Result<Begun> {
    let token = session::ensure(cx).await?;
    let attempt = insert(cx, Purpose::SignUp, Method::EmailOtp, address, None, newcomer).await?;
    begun(cx, attempt, token).await
}

async fn begun(cx: &mut Context<'_>, attempt: Attempt, token: Option<SessionToken>) -> Result<Begun> {
    Ok(Begun { attempt, session: CameIn::now(cx, token).await? })
}

/// What a newcomer has said of themselves.
#[derive(Debug, Default)]
pub(crate) struct Newcomer<'a> {
    pub(crate) first_name: Option<&'a PersonName>,
    pub(crate) last_name: Option<&'a PersonName>,
    pub(crate) username: Option<&'a Username>,
    pub(crate) password: Option<&'a PasswordDigest>,
}

/// Writes an attempt of the caller's session, which there must be, and notes that it has one to show.
pub(super) async fn insert(
    cx: &mut Context<'_>,
    purpose: Purpose,
    method: Method,
    address: &EmailAddress,
    email: Option<EmailAddressId>,
    newcomer: &Newcomer<'_>,
) -> Result<Attempt> {
    let session = cx.session.as_ref().map(|session| session.id);
    let session = session.ok_or_else(|| Problem::internal("an attempt is of a session"))?;
    let name = |name: Option<&PersonName>| name.map_or(String::new(), |name| name.as_str().to_owned());
    let (first_name, last_name) = (name(newcomer.first_name), name(newcomer.last_name));
    let expires_at = cx.now.plus(LIFE);
    let given = (
        cx.id(),
        session,
        purpose,
        method,
        address.as_str(),
        address.key(),
        email,
        i64::from_be_bytes(cx.random().bytes()),
        first_name.as_str(),
        last_name.as_str(),
        newcomer.username.map(Username::as_str),
        newcomer.password.map(PasswordDigest::as_str),
        cx.caller.language,
        expires_at,
        cx.now,
    );
    let attempt = cx.tx.one(sql::INSERT, given).await?;
    if matches!(purpose, Purpose::SignIn | Purpose::SignUp) {
        session::note_attempt(cx, expires_at).await?;
    }
    Ok(attempt)
}
