//! Deleting old deliveries, and those of endpoints that were deleted.

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::id::{AuditEntryId, WebhookEndpointId};
use crate::permission::Requirement;
use crate::settings::Settings;

/// How long a delivery is kept, whatever became of it. The last attempt is long before.
pub const RETENTION: Duration = Duration::from_hours(24 * 30);
/// Rows per transaction, to hold SQLite's writer for a few milliseconds only.
const BATCH_SIZE: i64 = 500;

/// Deletes what is not kept any more, and returns the number of deliveries.
pub(crate) async fn delete_old(executor: &Arc<Executor>) -> Result<usize> {
    let mut deleted = 0;
    loop {
        let batch = executor.run(&Caller::anonymous(), DeleteOld).await.result?;
        deleted += batch;
        if batch == 0 {
            break;
        }
    }
    let mut after = WebhookEndpointId::from(0);
    while let Some(endpoint) = executor.run(&Caller::anonymous(), DeleteOldAttempts { after }).await.result? {
        after = endpoint;
    }
    while let Some(batch) = executor.run(&Caller::anonymous(), DeleteOfDeleted).await.result? {
        deleted += batch;
    }
    Ok(deleted)
}

#[derive(Debug)]
struct DeleteOld;

impl Command for DeleteOld {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        Ok(cx.tx.all(sql::DELETE_OLD, (cx.now.minus(RETENTION), BATCH_SIZE)).await?.len())
    }
}

/// Deletes a batch of the attempts of the first endpoint after this one. Returns where to go on.
#[derive(Debug)]
struct DeleteOldAttempts {
    after: WebhookEndpointId,
}

impl Command for DeleteOldAttempts {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<WebhookEndpointId>;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<WebhookEndpointId>> {
        let Some((endpoint,)) = cx.tx.optional(sql::STATES_AFTER, (self.after, 1)).await? else { return Ok(None) };
        let first_kept = AuditEntryId::first_at(cx.now.minus(RETENTION));
        let deleted = cx.tx.execute(sql::DELETE_OLD_ATTEMPTS, (endpoint, first_kept, BATCH_SIZE)).await?;
        // A full batch: there may be more of this endpoint.
        let has_more = i64::try_from(deleted).is_ok_and(|deleted| deleted >= BATCH_SIZE);
        Ok(Some(if has_more { self.after } else { endpoint }))
    }
}

/// Deletes a batch of what belongs to an endpoint that was deleted. `None` if there is none.
#[derive(Debug)]
struct DeleteOfDeleted;

impl Command for DeleteOfDeleted {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<usize>;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<usize>> {
        let Some((endpoint,)) = cx.tx.optional(sql::DELETED_ENDPOINT, ()).await? else { return Ok(None) };
        let latest = AuditEntryId::from(i64::MAX);
        let attempts = cx.tx.execute(sql::DELETE_OLD_ATTEMPTS, (endpoint, latest, BATCH_SIZE)).await?;
        let deliveries = cx.tx.execute(sql::DELETE_DELIVERIES, (endpoint, BATCH_SIZE)).await?;
        if attempts == 0 && deliveries == 0 {
            cx.tx.execute(sql::DELETE_STATE, (endpoint,)).await?;
        }
        Ok(Some(deliveries))
    }
}
