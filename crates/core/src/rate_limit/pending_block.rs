//! The bound on the pending invitations of an organization.

use super::quota::DAY;
use super::sql;
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;

/// A bound on the number of pending invitations, which is too large to count them for each new one. They are counted
/// once for each block of new ones; a counter of the current block is in the database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingBlock {
    organization: OrganizationId,
    /// New invitations for which a count suffices.
    size: i64,
}

impl PendingBlock {
    const NAME: &'static str = "pending invitations of organization";

    pub(crate) const fn new(organization: OrganizationId, size: i64) -> Self {
        Self { organization, size }
    }

    /// Takes `count` from the current block. Returns whether it has as many left. If not, the block's row stays locked
    /// until the transaction ends.
    pub(crate) async fn take(self, cx: &mut Context<'_>, count: i64) -> Result<bool> {
        let taken = cx.tx.optional(sql::TAKE_FROM_BLOCK, (&self.key(cx), count, self.size, cx.now.plus(DAY))).await?;
        Ok(taken.is_some_and(|(taken,)| taken <= self.size))
    }

    /// Starts a new block, from which `count` are taken.
    pub(crate) async fn restart(self, cx: &mut Context<'_>, count: i64) -> Result<()> {
        cx.tx.execute(sql::RESTART_BLOCK, (&self.key(cx), count, cx.now.plus(DAY))).await?;
        Ok(())
    }

    fn key(self, cx: &Context<'_>) -> [u8; 32] {
        cx.executor.keys.limit_key(Self::NAME, &self.organization.to_string())
    }
}
