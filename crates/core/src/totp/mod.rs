//! Authenticator apps. A user has one in use and, while they set up another, one that is not verified yet.

mod code;
pub(crate) mod sql;

use std::time::Duration;

use self::code::{matching_step, second_matching_step};
use self::sql::AuthenticatorRow;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{AuthenticatorId, UserId};
use crate::secret::{SubmittedFactorCode, TotpSecret};
use crate::time::Timestamp;

/// How long a new authenticator can be verified: its secret is on a screen, and may be in its history.
const SETUP_LIFETIME: Duration = Duration::from_hours(1);

/// An authenticator in use.
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub id: AuthenticatorId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    /// When it was last used.
    pub updated_at: Timestamp,
}

/// Checks a code of the user's authenticator. Each step is accepted once, and none before the last accepted one, also
/// not after the clock was set back. The caller has counted the attempt.
pub(crate) async fn check(cx: &mut Context<'_>, user: UserId, code: &SubmittedFactorCode) -> Result<bool> {
    let Some(row) = cx.tx.optional(sql::FIND_VERIFIED, (user,)).await? else {
        return Ok(false);
    };
    let secret = open(cx, user, &row)?;
    match matching_step(&secret, code, cx.now) {
        Some(step) => Ok(cx.tx.execute(sql::USE_STEP, (user, row.id, step, cx.now)).await? > 0),
        None => Ok(false),
    }
}

/// The user's authenticator in use.
pub(crate) async fn find(cx: &mut Context<'_>, user: UserId) -> Result<Option<Authenticator>> {
    let row = cx.tx.optional(sql::FIND_VERIFIED, (user,)).await?;
    Ok(row.map(|row| Authenticator {
        id: row.id,
        user_id: user,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }))
}

/// Starts to set up an authenticator, in place of one that was started before.
pub(crate) async fn start(cx: &mut Context<'_>, user: UserId, secret: &TotpSecret) -> Result<AuthenticatorId> {
    let id = cx.id();
    let sealed = seal(cx, user, id, secret)?;
    cx.tx.execute(sql::START, (id, user, &sealed, cx.now)).await?;
    Ok(id)
}

/// Takes an authenticator into use that was started, in place of the one that was in use, whose id is returned. The two
/// codes cannot be used again.
///
/// # Errors
/// `AUTHENTICATOR_NOT_FOUND`, also if it is another user's, is in use already, or was started too long ago;
/// `INVALID_AUTHENTICATOR_CODES`.
pub(crate) async fn verify(
    cx: &mut Context<'_>,
    user: UserId,
    id: AuthenticatorId,
    codes: &[SubmittedFactorCode; 2],
) -> Result<Option<AuthenticatorId>> {
    let started_after = cx.now.minus(SETUP_LIFETIME);
    let row = cx.tx.optional(sql::FIND_STARTED, (user, id, started_after)).await?;
    let row = row.ok_or(Code::AuthenticatorNotFound)?;
    let secret = open(cx, user, &row)?;
    let step = second_matching_step(&secret, codes, cx.now).ok_or(Code::InvalidAuthenticatorCodes)?;
    let replaced = cx.tx.optional(sql::DELETE_VERIFIED, (user,)).await?;
    if cx.tx.execute(sql::VERIFY, (user, id, step, cx.now)).await? == 0 {
        return Err(Code::AuthenticatorNotFound.into());
    }
    Ok(replaced.map(|replaced| replaced.id))
}

/// Adds an authenticator that is in use at once, in place of the one that was in use. Returns its id and that of the
/// replaced one.
pub(crate) async fn import(
    cx: &mut Context<'_>,
    user: UserId,
    secret: &TotpSecret,
) -> Result<(AuthenticatorId, Option<AuthenticatorId>)> {
    let id = cx.id();
    let sealed = seal(cx, user, id, secret)?;
    let replaced = cx.tx.optional(sql::DELETE_VERIFIED, (user,)).await?;
    cx.tx.execute(sql::ADD_VERIFIED, (id, user, &sealed, cx.now)).await?;
    Ok((id, replaced.map(|replaced| replaced.id)))
}

/// Deletes the authenticator of a user, and one that they are setting up. Returns the id of the one that was in use.
pub(crate) async fn delete_all(cx: &mut Context<'_>, user: UserId) -> Result<Option<AuthenticatorId>> {
    let deleted = cx.tx.optional(sql::DELETE_VERIFIED, (user,)).await?;
    cx.tx.execute(sql::DELETE_ALL, (user,)).await?;
    Ok(deleted.map(|deleted| deleted.id))
}

fn seal(cx: &Context<'_>, user: UserId, id: AuthenticatorId, secret: &TotpSecret) -> Result<Vec<u8>> {
    let sealed = cx.executor.keys.seal_totp_secret(user, id, secret, cx.random());
    sealed.map_err(|_| Problem::internal("the secret of an authenticator could not be sealed"))
}

fn open(cx: &Context<'_>, user: UserId, row: &AuthenticatorRow) -> Result<TotpSecret> {
    let opened = cx.executor.keys.open_totp_secret(user, row.id, &row.secret);
    opened.map_err(|_| Problem::internal("the secret of an authenticator could not be opened"))
}
