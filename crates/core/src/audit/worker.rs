//! The worker of the audit log.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, join, select};
use tokio::time::timeout;

use super::{erase_requested, make_checkpoints, seal_all};
use crate::execution::Executor;

/// How long the entries of several commands are collected for one batch.
const COLLECTION_TIME: Duration = Duration::from_millis(250);
/// How long entries may wait that this process does not know of, because another one stored them and ended. Also the time
/// between two looks for checkpoints that are due and for what is to be erased.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// Seals entries soon after they are stored, makes checkpoints, and erases what is to be erased, until `stop` completes.
/// It seals once more then, so `stop` must complete after the last command.
pub async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let stop = stop.shared();
    // Concurrently: erasing a large organization takes longer than an entry may wait to be sealed.
    join(seal_entries(executor, stop.clone()), erase_entries(executor, stop)).await;
    // The last entries are in these checkpoints. What is still to be erased, the next process erases.
    sign_chains(executor).await;
}

/// Begins with what an earlier process left.
async fn seal_entries(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let mut is_stopped = false;
    loop {
        if let Err(problem) = seal_all(executor).await {
            tracing::warn!(cause = problem.cause(), "could not seal the audit log");
        }
        if is_stopped {
            return;
        }
        let stored = pin!(timeout(POLL_INTERVAL, executor.audit_sealer.notified()));
        is_stopped = matches!(select(stop.as_mut(), stored).await, Either::Left(_))
            || timeout(COLLECTION_TIME, stop.as_mut()).await.is_ok();
    }
}

async fn erase_entries(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    while timeout(POLL_INTERVAL, stop.as_mut()).await.is_err() {
        // Only what is sealed is erased. The other loop logs the failure.
        if seal_all(executor).await.is_err() {
            continue;
        }
        sign_chains(executor).await;
        let erasing = pin!(erase_requested(executor));
        match select(stop.as_mut(), erasing).await {
            Either::Left(_) => return,
            Either::Right((Ok(0), _)) => {}
            Either::Right((Ok(erased), _)) => tracing::info!(erased, "erased data from the audit log"),
            Either::Right((Err(problem), _)) => {
                tracing::warn!(cause = problem.cause(), "could not erase data from the audit log");
            }
        }
    }
}

async fn sign_chains(executor: &Arc<Executor>) {
    match make_checkpoints(executor).await {
        Ok(0) => {}
        Ok(checkpoints) => tracing::debug!(checkpoints, "signed the audit log"),
        Err(problem) => tracing::warn!(cause = problem.cause(), "could not sign the audit log"),
    }
}
