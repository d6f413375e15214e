//! Rate limits of sign-ins with identity providers.

use super::{check_network, record_network};
use crate::error::Result;
use crate::execution::Context;
use crate::metrics::RateLimit;

/// Sign-ins that a network gets to begin for each attempt that `passwords.attempts_per_address` allows it, and as many to
/// finish.
const SIGN_INS_PER_ATTEMPT: u32 = 10;

// Names of the limits. The stored keys are derived from them, so renaming one resets its counters.
const PROVIDERS_BY_NETWORK: &str = "provider sign-in by address";
const CALLBACKS_BY_NETWORK: &str = "provider callback by address";

/// Records one browser that is sent to an identity provider, for the caller's network. It is no guess either: see
/// [`super::record_passkey_challenge`].
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_provider_request(cx: &mut Context<'_>) -> Result<()> {
    record_provider(cx, PROVIDERS_BY_NETWORK).await
}

/// Records one browser that comes back from an identity provider, for the caller's network. Each makes the server send
/// requests.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn record_provider_callback(cx: &mut Context<'_>) -> Result<()> {
    record_provider(cx, CALLBACKS_BY_NETWORK).await
}

async fn record_provider(cx: &mut Context<'_>, limit: &str) -> Result<()> {
    let max = cx.executor.settings.passwords.attempts_per_address.saturating_mul(SIGN_INS_PER_ATTEMPT);
    let counter = record_network(cx, limit).await?;
    check_network(cx, RateLimit::SignIn, counter.as_ref(), max)
}
