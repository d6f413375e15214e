//! Periodic cleanup of expired rows, deleted organizations and unused images, and mails about secrets that will expire. Every process runs it; the statements are
//! safe to run concurrently.

mod delete_expired;
pub(crate) mod sql;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, join3, select};
use tokio::time::timeout;

use crate::execution::Executor;
use crate::{audit, enterprise_connection, images, organization, search_index, second_factor, webhook};

pub use delete_expired::delete_expired;

/// Time between two runs, unless a run is requested.
const INTERVAL: Duration = Duration::from_hours(1);

/// Runs the cleanup periodically, and the workers of the search index and of resets of second factors, until `stop`
/// completes.
pub async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let stop = stop.shared();
    let resets = second_factor::run_worker(executor, stop.clone());
    join3(clean_up(executor, stop.clone()), search_index::run_worker(executor, stop), resets).await;
}

async fn clean_up(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        match organization::erase_deleted(executor).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "erased deleted organizations"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not erase deleted organizations"),
        }
        let next_run = timeout(INTERVAL, executor.cleanup.notified());
        match images::delete_unused(executor).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "deleted unused images"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not delete unused images"),
        }
        match delete_expired(executor).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "deleted expired rows"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not delete expired rows"),
        }
        match audit::delete_expired(executor).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "deleted entries of the audit log at the end of their retention"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not delete entries of the audit log"),
        }
        match enterprise_connection::run_secret_notices(executor).await {
            Ok(0) => {}
            Ok(announced) => tracing::info!(announced, "announced the end of client secrets"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not announce the end of client secrets"),
        }
        match webhook::delete_old(executor).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "deleted old deliveries of webhooks"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not delete old deliveries of webhooks"),
        }
        if matches!(select(stop.as_mut(), std::pin::pin!(next_run)).await, Either::Left(_)) {
            return;
        }
    }
}
