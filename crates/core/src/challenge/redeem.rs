//! Redeeming a solved challenge for a token.

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::{record_request, sql, work};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::permission::Requirement;
use crate::secret::{CHALLENGE_LIFETIME, Challenge, ChallengeToken, SignedChallenge};
use crate::settings::{ChallengeMode, Settings};
use crate::time::Timestamp;

/// How long a token can be used. The row that makes it single-use also marks its challenge as redeemed, so it has to
/// exist for longer than the challenge is valid.
const TOKEN_LIFETIME: Duration = Duration::from_mins(20);
const _: () = assert!(TOKEN_LIFETIME.as_secs() >= CHALLENGE_LIFETIME.as_secs());

/// The token of a solved challenge.
#[derive(Clone, Debug)]
pub struct Redeemed {
    pub token: ChallengeToken,
    pub expires_at: Timestamp,
}

/// The codes of [`redeem`].
pub const REDEEM_ERRORS: &[Code] = &[Code::ChallengeFailed, Code::TooManyRequests];

/// Redeems a challenge once. Everything that costs nothing is checked before the hashes, and the hashes before the
/// database is written to.
///
/// # Errors
/// [`REDEEM_ERRORS`]: `CHALLENGE_FAILED` for a challenge that was altered, has expired or was redeemed before, and for
/// wrong solutions.
pub async fn redeem(executor: &Arc<Executor>, caller: &Caller, challenge: &str, solutions: &[u64]) -> Reply<Redeemed> {
    let solved = record_request(executor, caller.address).and_then(|()| verify(executor, challenge, solutions));
    let challenge = match solved {
        Ok(challenge) => challenge,
        Err(problem) => return Reply::failed(problem),
    };
    if executor.settings.challenge.mode == ChallengeMode::Off {
        // Nothing asks for the token, so nothing has to be remembered.
        let token = executor.keys.challenge_token(challenge.id);
        return Reply::without_database(Ok(Redeemed { token, expires_at: executor.now().plus(TOKEN_LIFETIME) }));
    }
    executor.run(caller, Redeem { challenge }).await
}

fn verify(executor: &Executor, text: &str, solutions: &[u64]) -> Result<Challenge> {
    let signed: SignedChallenge = text.parse().map_err(|_| Code::ChallengeFailed)?;
    let challenge = executor.keys.verify_challenge(&signed).ok_or(Code::ChallengeFailed)?;
    let is_valid = executor.now() < challenge.expires_at
        && challenge.count >= executor.settings.challenge.required_count()
        && solutions.len() == usize::from(challenge.count)
        && work::is_solved(text, solutions);
    if is_valid { Ok(challenge) } else { Err(Code::ChallengeFailed.into()) }
}

/// Stores that a challenge was redeemed.
#[derive(Debug)]
struct Redeem {
    challenge: Challenge,
}

impl Command for Redeem {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::ChallengeFailed];
    type Out = Redeemed;

    // The primary key makes concurrent redemptions exclusive.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Redeemed> {
        let expires_at = cx.now.plus(TOKEN_LIFETIME);
        if cx.tx.execute(sql::REDEEM, (&self.challenge.id, expires_at)).await? == 0 {
            return Err(Code::ChallengeFailed.into());
        }
        Ok(Redeemed { token: cx.executor.keys.challenge_token(self.challenge.id), expires_at })
    }
}
