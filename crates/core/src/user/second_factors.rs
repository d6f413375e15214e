//! What a user's row says about second factors.

use super::sql::second_factors::REFRESH;
use crate::error::Result;
use crate::execution::Context;
use crate::id::UserId;

/// Stores which factors a user has now. A transaction that adds or removes one calls it.
pub(crate) async fn refresh_second_factors(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    cx.tx.execute(REFRESH, (user, cx.now)).await?;
    Ok(())
}
