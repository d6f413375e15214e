//! Beginning an attempt. Nothing is mailed yet.

use super::sql::{self, Attempt};
use super::{ATTEMPT_LIFETIME, Method, Purpose};
use crate::email_address::EmailAddress;
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::EmailAddressId;
use crate::names::{PersonName, Username};
use crate::password::PasswordDigest;
use crate::session;

/// What a newcomer has said of themselves.
#[derive(Debug, Default)]
pub(crate) struct SignUpProfile<'a> {
    pub(crate) first_name: Option<&'a PersonName>,
    pub(crate) last_name: Option<&'a PersonName>,
    pub(crate) username: Option<&'a Username>,
    pub(crate) password: Option<&'a PasswordDigest>,
}

/// Writes an attempt of the caller's session, which there must be, and notes that it has one to show.
pub(crate) async fn insert_attempt(
    cx: &mut Context<'_>,
    purpose: Purpose,
    method: Method,
    address: &EmailAddress,
    email: Option<EmailAddressId>,
    newcomer: &SignUpProfile<'_>,
) -> Result<Attempt> {
    let session = cx.session.as_ref().map(|session| session.id);
    let session = session.ok_or_else(|| Problem::internal("an attempt is of a session"))?;
    let name = |name: Option<&PersonName>| name.map_or(String::new(), |name| name.as_str().to_owned());
    let (first_name, last_name) = (name(newcomer.first_name), name(newcomer.last_name));
    let expires_at = cx.now.plus(ATTEMPT_LIFETIME);
    let attempt = sql::NewAttempt {
        id: cx.id(),
        session,
        purpose,
        method,
        address: address.as_str(),
        address_key: address.key(),
        email,
        generation: i64::from_be_bytes(cx.random().bytes()),
        first_name: &first_name,
        last_name: &last_name,
        username: newcomer.username.map(Username::as_str),
        password_digest: newcomer.password.map(PasswordDigest::as_str),
        language: cx.caller.language,
        expires_at,
        now: cx.now,
    };
    let attempt = cx.tx.one(sql::INSERT, attempt).await?;
    if matches!(purpose, Purpose::SignIn | Purpose::SignUp) {
        session::extend_attempts_until(cx, expires_at).await?;
    }
    Ok(attempt)
}
