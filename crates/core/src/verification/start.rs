//! Starting an attempt. It sends no mail.

use super::sql::{self, Attempt};
use super::{ATTEMPT_LIFETIME, Method, Purpose};
use crate::email_address::EmailAddress;
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::EmailAddressId;
use crate::names::{PersonName, Username};
use crate::password::PasswordDigest;
use crate::session;

/// The data of a sign-up, stored until the address is verified.
#[derive(Debug, Default)]
pub(crate) struct SignUpProfile<'a> {
    pub(crate) first_name: Option<&'a PersonName>,
    pub(crate) last_name: Option<&'a PersonName>,
    pub(crate) username: Option<&'a Username>,
    pub(crate) password: Option<&'a PasswordDigest>,
}

/// What the attempt verifies, if it belongs to an account.
#[derive(Clone, Copy, Debug)]
pub(crate) enum VerifiedRow {
    /// An unverified primary address.
    Address(EmailAddressId),
    Claim(EmailAddressId),
}

/// Stores an attempt of the caller's session, which must exist.
pub(crate) async fn insert_attempt(
    cx: &mut Context<'_>,
    purpose: Purpose,
    method: Method,
    address: &EmailAddress,
    verifies: Option<VerifiedRow>,
    profile: &SignUpProfile<'_>,
) -> Result<Attempt> {
    insert(cx, (purpose, method), address, (verifies, ""), profile).await
}

/// Stores an attempt to re-authenticate by a code mailed to `address`. The mail says that `detail` is about to be added
/// to the account, unless it is empty.
pub(crate) async fn insert_reauthentication(
    cx: &mut Context<'_>,
    address: &EmailAddress,
    detail: &str,
) -> Result<Attempt> {
    let method = (Purpose::Reauthentication, Method::EmailOtp);
    insert(cx, method, address, (None, detail), &SignUpProfile::default()).await
}

async fn insert(
    cx: &mut Context<'_>,
    (purpose, method): (Purpose, Method),
    address: &EmailAddress,
    (verifies, detail): (Option<VerifiedRow>, &str),
    profile: &SignUpProfile<'_>,
) -> Result<Attempt> {
    let session = cx.session_id().ok_or_else(|| Problem::internal("an attempt requires a session"))?;
    let name = |name: Option<&PersonName>| name.map_or(String::new(), |name| name.as_str().to_owned());
    let (first_name, last_name) = (name(profile.first_name), name(profile.last_name));
    let expires_at = cx.now.plus(ATTEMPT_LIFETIME);
    let (email, claim) = match verifies {
        None => (None, None),
        Some(VerifiedRow::Address(id)) => (Some(id), None),
        Some(VerifiedRow::Claim(id)) => (None, Some(id)),
    };
    let row = sql::NewAttempt {
        id: cx.id(),
        session,
        purpose,
        method,
        address: address.as_str(),
        address_key: address.key(),
        email,
        claim,
        generation: i64::from_be_bytes(cx.random().bytes()),
        first_name: &first_name,
        last_name: &last_name,
        username: profile.username.map(Username::as_str),
        password_digest: profile.password.map(PasswordDigest::as_str),
        language: cx.caller.language,
        expires_at,
        now: cx.now,
        detail,
    };
    let attempt = cx.tx.one(sql::INSERT, row).await?;
    if matches!(purpose, Purpose::SignIn | Purpose::SignUp) {
        session::extend_attempts_until(cx, expires_at).await?;
    }
    Ok(attempt)
}
