//! Storing the result of a bulk call under its idempotency key.

use super::{BulkResult, IDEMPOTENCY_RETENTION, IdempotencyKey};
use crate::access::{Actor, Grant};
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::invitation::sql::idempotency;

/// What is stored of an idempotency key and its request.
pub(super) struct IdempotencyDigests {
    pub(super) key: Vec<u8>,
    pub(super) request: Vec<u8>,
}

impl IdempotencyDigests {
    pub(super) fn new(cx: &Context<'_>, grant: &Grant, key: &IdempotencyKey) -> Self {
        let keys = &cx.executor.keys;
        let actor = match grant.actor() {
            Actor::Member(member) => member.user.to_string(),
            Actor::ApiKey(key) => key.to_string(),
            Actor::SetupLink(link) => link.to_string(),
        };
        let subject = format!("{actor} {}", key.key);
        let request = data_encoding::HEXLOWER.encode(&key.request);
        Self {
            key: keys.idempotency_digest("idempotency key", &subject).to_vec(),
            request: keys.idempotency_digest("idempotent call", &request).to_vec(),
        }
    }

    /// Stores the result for replays, and deletes results of this organization that can no longer be replayed.
    pub(super) async fn store(self, cx: &mut Context<'_>, grant: &Grant, result: &BulkResult) -> Result<()> {
        let organization = grant.organization();
        let result = serde_json::to_string(result).map_err(Problem::internal)?;
        cx.tx.execute(idempotency::DELETE_EXPIRED, (organization, cx.now.minus(IDEMPOTENCY_RETENTION))).await?;
        let arguments = (organization, self.key.as_slice(), self.request.as_slice(), result.as_str(), cx.now);
        cx.tx.execute(idempotency::INSERT, arguments).await?;
        Ok(())
    }
}
