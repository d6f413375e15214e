//! Deleting old deliveries, and those of endpoints that were deleted.

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::permission::Requirement;
use crate::settings::Settings;

/// How long a delivery is kept, whatever became of it. The last attempt is long before.
pub const RETENTION: Duration = Duration::from_hours(24 * 30);
/// Rows per transaction, to hold SQLite's writer for a few milliseconds only.
const BATCH_SIZE: i64 = 500;

/// Deletes what is not kept any more, and returns the number of deliveries.
pub async fn delete_old(executor: &Arc<Executor>) -> Result<usize> {
    let mut deleted = 0;
    loop {
        let batch = executor.run(&Caller::anonymous(), DeleteOld).await.result?;
        deleted += batch;
        if batch == 0 {
            break;
        }
    }
    while let Some(batch) = executor.run(&Caller::anonymous(), DeleteOfDeleted).await.result? {
        deleted += batch;
    }
    Ok(deleted)
}

/// Deletes a batch of old deliveries with their attempts.
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
        let deleted = cx.tx.all(sql::DELETE_OLD, (cx.now.minus(RETENTION), BATCH_SIZE)).await?;
        let ids: Vec<_> = deleted.iter().map(|row| (row.endpoint_id, row.id)).collect();
        cx.tx.execute_each(sql::DELETE_ATTEMPTS, &ids).await?;
        Ok(deleted.len())
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
        let attempts = cx.tx.execute(sql::DELETE_ATTEMPTS_OF_ENDPOINT, (endpoint, BATCH_SIZE)).await?;
        let deliveries = cx.tx.execute(sql::DELETE_DELIVERIES, (endpoint, BATCH_SIZE)).await?;
        if attempts == 0 && deliveries == 0 {
            cx.tx.execute(sql::DELETE_STATE, (endpoint,)).await?;
        }
        Ok(Some(deliveries))
    }
}
