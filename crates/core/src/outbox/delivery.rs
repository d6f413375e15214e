//! The delivery state that invitations show.

use super::job::{Delivery, Job, Subject};
use super::sql;
use crate::error::Result;
use crate::execution::Context;
use crate::time::Timestamp;

/// Stores the delivery state on the invitation that the mail is about, if it is an invitation's own mail: a reminder
/// does not change it.
pub(crate) async fn update_delivery(
    cx: &mut Context<'_>,
    job: &Job,
    delivery: Delivery,
    reason: &str,
    next_attempt_at: Option<Timestamp>,
) -> Result<()> {
    if let Subject::Invitation { organization, invitation, generation, is_reminder: false } = job.subject {
        let (attempts, now) = (job.attempts, cx.now);
        let update = sql::DeliveryUpdate {
            organization,
            invitation,
            generation,
            delivery,
            reason,
            attempts,
            now,
            next_attempt_at,
        };
        cx.tx.execute(sql::UPDATE_DELIVERY, update).await?;
    }
    Ok(())
}
