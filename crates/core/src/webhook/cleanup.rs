//! Deleting old deliveries, those of endpoints that were deleted, and secrets that have ended.

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::sql::cleanup as sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::permission::Requirement;
use crate::settings::Settings;

/// How long a delivery that waits is kept, unless `webhooks.retention_days` is longer: only a disabled endpoint has one that
/// is so old, or one that was replayed.
const WAITING_RETENTION: Duration = Duration::from_hours(24 * 30);
/// Rows per transaction, to hold SQLite's writer for a few milliseconds only.
const BATCH_SIZE: i64 = 500;

/// Deletes what is not kept any more, and returns the number of deliveries.
pub async fn delete_old(executor: &Arc<Executor>) -> Result<usize> {
    let mut deleted = 0;
    for state in [Kept::Finished, Kept::Waiting] {
        loop {
            let batch = executor.run(&Caller::anonymous(), DeleteOld(state)).await.result?;
            deleted += batch;
            if batch == 0 {
                break;
            }
        }
    }
    while let Some(batch) = executor.run(&Caller::anonymous(), DeleteOfDeleted).await.result? {
        deleted += batch;
    }
    while executor.run(&Caller::anonymous(), DeletePreviousSecrets).await.result? > 0 {}
    Ok(deleted)
}

/// Deliveries that are kept equally long.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Finished,
    Waiting,
}

/// Deletes a batch of old deliveries with their attempts.
#[derive(Debug)]
struct DeleteOld(Kept);

impl Command for DeleteOld {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let retention = cx.executor.settings.webhooks.retention();
        let (statement, retention) = match self.0 {
            Kept::Finished => (sql::DELETE_FINISHED, retention),
            Kept::Waiting => (sql::DELETE_WAITING, retention.max(WAITING_RETENTION)),
        };
        let deleted = cx.tx.all(statement, (cx.now.minus(retention), BATCH_SIZE)).await?;
        let ids: Vec<_> = deleted.iter().map(|row| (row.endpoint_id, row.id)).collect();
        cx.tx.execute_each(sql::DELETE_ATTEMPTS, &ids).await?;
        Ok(deleted.len())
    }
}

/// Deletes a batch of replaced secrets that have expired.
#[derive(Debug)]
struct DeletePreviousSecrets;

impl Command for DeletePreviousSecrets {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        Ok(cx.tx.execute(sql::DELETE_PREVIOUS_SECRETS, (cx.now, BATCH_SIZE)).await?)
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
