//! The bound on the pending invitations of an organization.

use super::sql;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::rate_limit::PendingBlock;

/// Checks that the organization can have `count` more pending invitations. Expired ones count, because they stay until
/// they are discarded. It counts them once for each hundredth of the limit, which can therefore be reached by as much
/// earlier.
///
/// # Errors
/// `INVITATION_LIMIT`.
pub(super) async fn check_limit(cx: &mut Context<'_>, organization: OrganizationId, count: usize) -> Result<()> {
    let max = i64::from(cx.executor.settings.invitations.max_pending);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if max == 0 || count == 0 {
        return Ok(());
    }
    let size = (max / 100).max(1);
    let block = PendingBlock::new(organization, size);
    if block.take(cx, count).await? {
        return Ok(());
    }
    let allowed = max.saturating_sub(size.max(count));
    if allowed < 0 || cx.tx.optional(sql::PENDING_BEYOND, (organization, allowed)).await?.is_some() {
        return Err(Code::InvitationLimit.into());
    }
    block.restart(cx, count).await
}
