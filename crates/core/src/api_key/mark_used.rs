//! Recording that a key was used.

use std::time::Duration;

use super::sql;
use crate::caller::CurrentApiKey;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::ApiKeyId;
use crate::permission::Requirement;
use crate::time::Timestamp;

/// The stored time may lag by this much.
const PRECISION: Duration = Duration::from_mins(1);

/// Stores that a key was used, at most once a minute. No request waits for it.
#[derive(Debug)]
pub struct MarkUsed {
    pub key: ApiKeyId,
}

impl MarkUsed {
    /// Whether the stored time is old enough.
    pub fn is_due(key: &CurrentApiKey, now: Timestamp) -> bool {
        now >= due_at(key.last_used_at)
    }
}

/// When the use of a key that was last used at `last_used` is due to be stored.
pub(crate) fn due_at(last_used: Timestamp) -> Timestamp {
    last_used.plus(PRECISION)
}

impl Command for MarkUsed {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::MARK_USED, (self.key, cx.now, cx.now.minus(PRECISION))).await?;
        Ok(())
    }
}
