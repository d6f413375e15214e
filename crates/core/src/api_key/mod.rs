//! API keys, by which the backend of the operator's product calls the API for backends.
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

use std::net::IpAddr;
use std::time::Duration;

use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Executor};
use crate::id::{ApiKeyId, OrganizationId};
use crate::metrics::{ApiKeyRefusal, RateLimit};
use crate::rate_limit;
use crate::request_rate::until_next_minute;
use crate::scope::Scopes;
use crate::secret::{ApiKeyDigest, ApiKeyToken};
use crate::time::Timestamp;

pub(crate) use answer::ANSWER_RETENTION;
pub use answer::{FindAnswer, StoreAnswer, StoredAnswer};
pub use create::Create;
pub use list::{ApiKeysPage, List};
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

const REPLACED_SECRET: &str =
    "This secret was replaced by a rotation and ends soon. Use the new secret of the key to manage keys.";

/// A new key. Its secret is shown once, and never stored.
#[derive(Debug)]
pub struct NewApiKey {
    pub key: ApiKey,
    pub secret: ApiKeyToken,
}

/// Counts a request of an API key at this process, before the key is looked up.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) fn record_request(executor: &Executor, key: &ApiKeyDigest, client: IpAddr) -> Result<()> {
    let (max, now) = (executor.settings.platform.requests_per_key, executor.now());
    // Clients without an address count together.
    let network = rate_limit::network(client).unwrap_or_default();
    if executor.api_key_requests.take(&key.rate_limit_key(), &network, max, now) {
        Ok(())
    } else {
        executor.metrics.rate_limit_refusals.increment(RateLimit::ApiKey);
        executor.metrics.api_key_refusals.increment(ApiKeyRefusal::RateLimited);
        Err(Problem::too_many_requests(until_next_minute(now)))
    }
}

/// Finds a key. A caller with a key that is bound to an organization finds those of that organization only, as in the
/// list.
///
/// # Errors
/// `API_KEY_NOT_FOUND`.
async fn find(cx: &mut Context<'_>, id: ApiKeyId) -> Result<ApiKey> {
    let key = cx.tx.optional(sql::FIND, (id,)).await?.ok_or(Code::ApiKeyNotFound)?;
    let bound_to = cx.api_key.as_ref().and_then(|own| own.organization_id);
    if bound_to.is_some() && key.organization_id != bound_to {
        return Err(Code::ApiKeyNotFound.into());
    }
    cx.subject.target_api_key = Some(id);
    Ok(key)
}

/// Checks that the caller may give a key these scopes: an operator may give any, a key only what it has itself, and with
/// a secret that was replaced nothing: who has only that one would gain a secret that does not end with it, or end those
/// of others.
///
/// # Errors
/// `KEY_EXCEEDS_YOURS`.
fn check_caller_covers(cx: &Context<'_>, scopes: Scopes, organization: Option<OrganizationId>) -> Result<()> {
    let Some(own) = &cx.api_key else { return Ok(()) };
    if own.secret_valid_until < Timestamp::LATEST {
        return Err(Code::KeyExceedsYours.with_message(REPLACED_SECRET));
    }
    let is_within = own.organization_id.is_none() || own.organization_id == organization;
    if is_within && own.scopes.contains_all(scopes) { Ok(()) } else { Err(Code::KeyExceedsYours.into()) }
}
