//! Deleting entries at the end of their retention. A chain is cut at a checkpoint, and then begins with it.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::permission::Requirement;
use crate::settings::Settings;
use crate::time::Timestamp;

/// Chains per transaction, and entries.
const BATCH_SIZE: i64 = 200;

/// Deletes the entries before the last checkpoint that is older than the retention of the settings, and returns their
/// number.
pub async fn delete_expired(executor: &Arc<Executor>) -> Result<usize> {
    let Some(retention) = executor.settings.audit.retention else { return Ok(0) };
    let (mut deleted, mut after) = (0, -1);
    let made_before = executor.now().minus(retention);
    while let Some(cut) = executor.run(&Caller::anonymous(), CutChains { after, made_before }).await.result? {
        after = cut.last;
        for (organization, sequence) in cut.chains {
            loop {
                let batch = executor.run(&Caller::anonymous(), DeleteCut { organization, sequence }).await.result?;
                deleted += batch;
                if batch < usize::try_from(BATCH_SIZE).unwrap_or(usize::MAX) {
                    break;
                }
            }
        }
    }
    Ok(deleted)
}

/// Makes the next chains after an organization begin with the last checkpoint before a time.
#[derive(Debug)]
struct CutChains {
    after: i64,
    made_before: Timestamp,
}

#[derive(Debug)]
struct CutBatch {
    /// With the numbers of the checkpoints.
    chains: Vec<(i64, i64)>,
    last: i64,
}

impl Command for CutChains {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<CutBatch>;

    /// Each statement has its conditions.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<CutBatch>> {
        let chains = cx.tx.all(sql::EXPIRED_CHAINS, (self.after, self.made_before, BATCH_SIZE)).await?;
        let Some(last) = chains.last().map(|chain| chain.organization_id) else { return Ok(None) };
        let chains: Vec<_> = chains.iter().filter_map(|chain| Some((chain.organization_id, chain.cut?))).collect();
        cx.tx.execute_each(sql::CUT, &chains).await?;
        Ok(Some(CutBatch { chains, last }))
    }
}

/// Deletes a batch of entries up to a number of the chain, which begins after it.
#[derive(Debug)]
struct DeleteCut {
    organization: i64,
    sequence: i64,
}

impl Command for DeleteCut {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let Some((first,)) = cx.tx.optional(sql::FIRST_SEQUENCE, (self.organization,)).await? else { return Ok(0) };
        let last = self.sequence.min(first + BATCH_SIZE - 1);
        let deleted = cx.tx.execute(sql::DELETE_CUT, (self.organization, last)).await?;
        cx.tx.execute(sql::DELETE_CUT_CHECKPOINTS, (self.organization, self.sequence)).await?;
        Ok(deleted)
    }
}
