//! Requiring a challenge from an attempt to sign in, to sign up or to reset a password.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::permission::Requirement;
use crate::rate_limit::network;
use crate::request_rate::{Rate, Rates};
use crate::secret::{ChallengeToken, SubmittedChallenge};
use crate::security_log::{self, Subject};
use crate::settings::{Challenge as ChallengeSettings, ChallengeMode, Settings};

/// The codes of an operation that may require a challenge.
pub const REQUIRE_ERRORS: &[Code] = &[Code::ChallengeRequired, Code::ChallengeFailed];

/// Lets an attempt pass, or requires the token of a solved challenge, which it uses up. It comes before everything that
/// counts the attempt, hashes a password or sends mail, and knows nothing of the account. If challenges are off, it
/// does nothing; an automatic challenge that is not required costs no statement.
///
/// # Errors
/// `CHALLENGE_REQUIRED` without a token; `CHALLENGE_FAILED` for a token that was used, has expired or is not one of
/// ours.
pub(crate) async fn require(executor: &Arc<Executor>, caller: &Caller, submitted: &SubmittedChallenge) -> Result<()> {
    let settings = executor.settings.challenge;
    match settings.mode {
        ChallengeMode::Off => return Ok(()),
        ChallengeMode::On => {}
        ChallengeMode::Automatic => {
            let rates = executor.attempts.record(network(caller.address).as_deref(), executor.now());
            if !exceeds(settings, rates, 0) {
                return Ok(());
            }
        }
    }
    let code = match submitted {
        SubmittedChallenge::Token(token) if token.matches(&executor.keys.challenge_token(*token.id())) => {
            return executor.run(caller, UseToken { token: token.clone() }).await.result;
        }
        SubmittedChallenge::Missing => Code::ChallengeRequired,
        SubmittedChallenge::Token(_) | SubmittedChallenge::Invalid => Code::ChallengeFailed,
    };
    security_log::log_refusal(caller.address, &Subject::default(), code);
    Err(code.into())
}

/// Returns whether the next attempt from this address requires a challenge.
pub fn is_required(executor: &Executor, address: IpAddr) -> bool {
    let settings = executor.settings.challenge;
    match settings.mode {
        ChallengeMode::Off => false,
        ChallengeMode::On => true,
        ChallengeMode::Automatic => {
            exceeds(settings, executor.attempts.peek(network(address).as_deref(), executor.now()), 1)
        }
    }
}

/// Whether a rate exceeds its limit after `more` attempts. A minute above the limit counts for the next one too, so
/// that a lasting attack does not get the allowed attempts of each minute.
fn exceeds(settings: ChallengeSettings, rates: Rates, more: u32) -> bool {
    let exceeds = |rate: Rate, max: u32| max > 0 && (rate.current.saturating_add(more) > max || rate.previous > max);
    exceeds(rates.of_network, settings.attempts_per_address) || exceeds(rates.in_total, settings.attempts_per_process)
}

/// Uses up a token, whose secret was verified.
#[derive(Debug)]
struct UseToken {
    token: ChallengeToken,
}

impl Command for UseToken {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::ChallengeFailed];
    type Out = ();

    // Concurrent uses wait for the row lock, and the condition on `used_at` lets one of them pass.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        match cx.tx.execute(sql::USE_TOKEN, (self.token.id(), cx.now)).await? {
            0 => Err(Code::ChallengeFailed.into()),
            _ => Ok(()),
        }
    }
}
