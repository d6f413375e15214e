//! API keys, by which the backend of the operator's product calls the server-to-server API.
//!
//! A key is for a backend, not for a person: it has scopes instead of roles, and may be bound to one organization. Only
//! the digest of its secret is stored. Revoked and expired keys stay listed for [`RETENTION`].

mod answer;
mod create;
mod list;
mod mark_used;
mod revoke;
mod rotate;
pub(crate) mod sql;

use std::time::Duration;

use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Executor};
use crate::id::OrganizationId;
use crate::metrics::{ApiKeyRefusal, RateLimit};
use crate::request_rate::until_next_minute;
use crate::scope::Scopes;
use crate::secret::{ApiKeyDigest, ApiKeyToken};

pub(crate) use answer::ANSWER_RETENTION;
pub use answer::{FindAnswer, StoreAnswer, StoredAnswer};
pub use create::Create;
pub use list::{List, Listed};
pub use mark_used::MarkUsed;
pub use revoke::{Revoke, Revoked};
pub use rotate::Rotate;
pub use sql::ApiKey;

/// How long a key stays listed after it was revoked or has expired.
pub(crate) const RETENTION: Duration = Duration::from_hours(24 * 90);
/// The valid keys of an installation.
pub const MAX_KEYS: i64 = 1000;
/// The longest grace period of a rotation.
pub const MAX_GRACE: Duration = Duration::from_hours(24 * 30);

/// A new key. Its secret is shown once, and never stored.
#[derive(Debug)]
pub struct NewApiKey {
    pub key: ApiKey,
    pub secret: ApiKeyToken,
}

/// Counts a request of an API key at this process.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) fn take_request(executor: &Executor, key: &ApiKeyDigest) -> Result<()> {
    let (max, now) = (executor.settings.platform.requests_per_key, executor.now());
    if max == 0 {
        return Ok(());
    }
    let of_key = executor.api_key_requests.record(Some(&key.short_text()), now).of_network;
    if of_key.current > max {
        executor.metrics.rate_limit_refusals.increment(RateLimit::ApiKey);
        executor.metrics.api_key_refusals.increment(ApiKeyRefusal::RateLimited);
        return Err(Problem::too_many_requests(until_next_minute(now)));
    }
    Ok(())
}

/// Checks that the caller may give a key these scopes: an operator may give any, a key only what it has itself.
///
/// # Errors
/// `KEY_EXCEEDS_YOURS`.
fn check_caller_covers(cx: &Context<'_>, scopes: Scopes, organization: Option<OrganizationId>) -> Result<()> {
    let Some(own) = &cx.api_key else { return Ok(()) };
    let is_within = own.organization_id.is_none() || own.organization_id == organization;
    if is_within && own.scopes.contains_all(scopes) { Ok(()) } else { Err(Code::KeyExceedsYours.into()) }
}
