//! Recording that a key was used.

use super::sql;
use crate::caller::{self, CurrentApiKey};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::ApiKeyId;
use crate::permission::Requirement;
use crate::time::Timestamp;

/// Stores that a key was used, at most once a minute. No request waits for it.
#[derive(Debug)]
pub struct MarkUsed {
    pub key: ApiKeyId,
}

impl MarkUsed {
    /// Whether the stored time is old enough.
    pub fn is_due(key: &CurrentApiKey, now: Timestamp) -> bool {
        now >= caller::key_use_due_at(key.last_used_at)
    }
}

impl Command for MarkUsed {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::MARK_USED, (self.key, cx.now, cx.now.minus(caller::KEY_USE_PRECISION))).await?;
        Ok(())
    }
}
