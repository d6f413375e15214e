//! Handing out a challenge. It writes nothing.

use super::{is_required, record_request};
use crate::error::{Code, Result};
use crate::execution::{Caller, Executor};
use crate::secret::{CHALLENGE_LIFETIME, Challenge, SignedChallenge};
use crate::time::Timestamp;

/// A challenge for a client.
#[derive(Clone, Debug)]
pub struct IssuedChallenge {
    pub challenge: SignedChallenge,
    /// The number of hashes to find.
    pub count: u16,
    pub expires_at: Timestamp,
}

/// The codes of [`issue`].
pub const ISSUE_ERRORS: &[Code] = &[Code::TooManyRequests];

/// Issues a challenge; `None` if the caller needs it `only_if_required` and it is not. If challenges are off, it is a
/// trivial one, so that a client that always asks for one gets on.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub fn issue(executor: &Executor, caller: &Caller, only_if_required: bool) -> Result<Option<IssuedChallenge>> {
    record_request(executor, caller.address)?;
    if only_if_required && !is_required(executor, caller.address) {
        return Ok(None);
    }
    let count = executor.settings.challenge.required_count();
    let expires_at = executor.now().plus(CHALLENGE_LIFETIME);
    let challenge = Challenge { id: executor.random_bytes(), expires_at, count };
    Ok(Some(IssuedChallenge { challenge: executor.keys.sign_challenge(challenge), count, expires_at }))
}
