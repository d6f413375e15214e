//! Re-authentication: changes to the ways of signing in or of recovering an account require a proof of identity that is
//! younger than `reauthentication.max_age`, because the session may be stolen or the browser unattended (OWASP ASVS
//! 7.5.1).
//!
//! An impersonator cannot prove who they are, and so can do nothing that requires it.
//!
//! The proof belongs to one sign-in of one user. Commands check it in their transaction.

mod by_code;
mod by_factor;
mod by_passkey;
mod by_password;
mod last_try;
pub(crate) mod sql;

use self::sql::LastProof;
use crate::access::sql::SECOND_FACTORS;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{SignInId, UserId};
use crate::proof::{ProofMethod, RequiredProof};
use crate::secret::SessionToken;
use crate::session;
use crate::time::Timestamp;
use crate::user::{self, trusted_primary_address};

pub use by_code::{PROVE_WITH_CODE_ERRORS, SEND_CODE_ERRORS, prove_with_code, send_code};
pub(crate) use by_factor::check_factor;
pub use by_factor::{PROVE_WITH_FACTOR_ERRORS, prove_with_factor};
pub use by_passkey::{BEGIN_PASSKEY_PROOF_ERRORS, PROVE_WITH_PASSKEY_ERRORS, begin_passkey_proof, prove_with_passkey};
pub use by_password::{PROVE_WITH_PASSWORD_ERRORS, prove_with_password};
pub(crate) use by_password::{confirm_password, require_unchanged};
pub(crate) use last_try::{FailedAt, notify_of_last_try};

/// The outcome of a re-authentication.
#[derive(Debug)]
pub struct Reauthenticated {
    /// The new session token: the old one has stopped working (OWASP ASVS 7.2.4).
    pub token: SessionToken,
    pub method: ProofMethod,
    /// Until when the proof is recent enough. Exclusive.
    pub valid_until: Timestamp,
}

/// What a proof must be besides recent.
#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Any,
    /// Given for this address (normalized).
    ForAddress(&'a str),
    SecondFactor,
}

impl Kind<'_> {
    fn accepts(self, last: &LastProof) -> bool {
        match self {
            Self::Any => true,
            Self::ForAddress(address) => address == last.proved_for,
            Self::SecondFactor => last.proved_by.is_second_factor(),
        }
    }
}

/// Requires that the user of the active sign-in has proved who they are within `reauthentication.max_age`.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`; `REAUTHENTICATION_REQUIRED`.
pub(crate) async fn require_recent_proof(cx: &mut Context<'_>) -> Result<()> {
    let user = cx.user()?;
    let sign_in = cx.sign_in()?;
    require_proof(cx, user, sign_in, Kind::Any).await
}

/// Like [`require_recent_proof`], for changes of the second factors. A user who has one must have proved it: an
/// attacker who knows the password, or reads the mail, cannot change what protects against that.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`; `REAUTHENTICATION_REQUIRED`.
pub(crate) async fn require_recent_second_factor(cx: &mut Context<'_>) -> Result<()> {
    let (user, sign_in) = (cx.user()?, cx.sign_in()?);
    let (factors,) = cx.tx.one(SECOND_FACTORS, (user,)).await?;
    let kind = if factors.is_empty() { Kind::Any } else { Kind::SecondFactor };
    require_proof(cx, user, sign_in, kind).await
}

/// Like [`require_recent_proof`], for any sign-in of the caller's session.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`; `REAUTHENTICATION_REQUIRED`.
pub(crate) async fn require_proof_of_sign_in(cx: &mut Context<'_>, user: UserId, sign_in: SignInId) -> Result<()> {
    require_proof(cx, user, sign_in, Kind::Any).await
}

/// Like [`require_recent_proof`], for a mailed invitation that links `address` (normalized) to the account. The proof
/// must have been given for this address: an attacker can forward their own invitation to a user who has just signed
/// in, and would otherwise get their address into that user's account.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`; `REAUTHENTICATION_REQUIRED`.
pub(crate) async fn require_proof_for_address(cx: &mut Context<'_>, address: &str) -> Result<()> {
    let user = cx.user()?;
    let sign_in = cx.sign_in()?;
    require_proof(cx, user, sign_in, Kind::ForAddress(address)).await
}

async fn require_proof(cx: &mut Context<'_>, user: UserId, sign_in: SignInId, kind: Kind<'_>) -> Result<()> {
    cx.refuse_impersonator()?;
    let session = cx.session_id().ok_or(Code::Unauthorized)?;
    let found = cx.tx.optional(sql::FIND_PROOF, (session, sign_in, user, cx.now)).await?;
    let max_age = cx.executor.settings.reauthentication.max_age;
    let is_enough = |last: &LastProof| cx.now < last.proved_at.plus(max_age) && kind.accepts(last);
    if found.as_ref().is_some_and(is_enough) {
        return Ok(());
    }
    let methods = available_methods(cx, user, kind).await?;
    let address = match kind {
        Kind::ForAddress(address) => Some(address.to_owned()),
        Kind::Any | Kind::SecondFactor => None,
    };
    Err(Problem::reauthentication_required(RequiredProof { methods, address }))
}

/// The methods with which a user can re-authenticate. May be empty.
async fn available_methods(cx: &mut Context<'_>, user: UserId, kind: Kind<'_>) -> Result<Vec<ProofMethod>> {
    // A code of a second factor names no address, so it is no proof for one.
    let (needs_second_factor, allows_second_factor) = match kind {
        Kind::Any => (false, true),
        Kind::ForAddress(_) => (false, false),
        Kind::SecondFactor => (true, true),
    };
    let mut methods = if needs_second_factor { Vec::new() } else { first_factor_methods(cx, user).await? };
    if allows_second_factor {
        let (factors,) = cx.tx.one(SECOND_FACTORS, (user,)).await?;
        methods.extend(factors.methods().into_iter().map(ProofMethod::from));
    }
    Ok(methods)
}

/// The password, or without one a code mailed to the trusted primary address.
async fn first_factor_methods(cx: &mut Context<'_>, user: UserId) -> Result<Vec<ProofMethod>> {
    if cx.tx.one(user::sql::ACCOUNT, (user,)).await?.has_password {
        return Ok(vec![ProofMethod::Password]);
    }
    let can_mail = cx.executor.mail_transport.is_some() && trusted_primary_address(cx, user).await?.is_some();
    Ok(if can_mail { vec![ProofMethod::EmailOtp] } else { Vec::new() })
}

/// Adds a proof to those of the active sign-in, whose user has just given it, and replaces the session token: a copy of
/// the old one must not be worth more for it. The expiry of the sign-in does not change. `address` is the one that the
/// proof allows to link, as the user has seen it; it may be empty.
///
/// # Errors
/// `UNAUTHORIZED`.
pub(crate) async fn record_proof(cx: &mut Context<'_>, method: ProofMethod, address: &str) -> Result<Reauthenticated> {
    session::add_proof(cx, method, address).await?;
    let token = session::rotate_token(cx).await?;
    let valid_until = cx.now.plus(cx.executor.settings.reauthentication.max_age);
    Ok(Reauthenticated { token, method, valid_until })
}
