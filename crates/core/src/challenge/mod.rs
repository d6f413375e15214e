//! Proof-of-work challenges: a client computes hashes before it may sign in, sign up or reset a password. That makes
//! automated attempts cost time. A person sees no puzzle.
//!
//! A challenge is signed and not stored. Its solution is redeemed once for a token, and the token admits one attempt:
//! both are one conditional write. The requests are those of the open-source project Cap, so that its widget works.

mod issue;
mod redeem;
mod require;
pub(crate) mod sql;
mod work;

pub use issue::{ISSUE_ERRORS, IssuedChallenge, issue};
pub use redeem::{REDEEM_ERRORS, Redeemed, redeem};
pub(crate) use require::require;
pub use require::{REQUIRE_ERRORS, is_required};
pub use work::{SALT_DIGITS, TARGET_DIGITS};

use std::net::IpAddr;

use crate::error::{Problem, Result};
use crate::execution::Executor;
use crate::metrics::RateLimit;
use crate::rate_limit::network;
use crate::request_rate;

/// Counts a request for a challenge, or one to redeem it.
///
/// # Errors
/// `TOO_MANY_REQUESTS` above the limit of the client's network.
fn record_request(executor: &Executor, address: IpAddr) -> Result<()> {
    let now = executor.now();
    let rates = executor.challenge_requests.record(network(address).as_deref(), now);
    if rates.of_network.current > executor.settings.challenge.requests_per_address {
        executor.metrics.rate_limit_refusals.increment(RateLimit::Challenge);
        return Err(Problem::too_many_requests(request_rate::until_next_minute(now)));
    }
    Ok(())
}
