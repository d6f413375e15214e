//! What has to be cleared away from time to time, by whichever process comes to it first.

mod delete_expired;
pub(crate) mod sql;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::timeout;

use crate::execution::Executor;
use crate::{images, organization};

pub use delete_expired::delete_expired;

/// How long nothing is cleared away after something was, unless somebody asks for it.
const INTERVAL: Duration = Duration::from_hours(1);

/// Clears away until `stop` is ready.
pub async fn work(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        match organization::erase_deleted(executor).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "deleted organizations were erased, as their days are over"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "what is due could not be cleared away"),
        }
        let rest = timeout(INTERVAL, executor.cleanup.notified());
        match images::delete_unused(executor).await {
            Ok(0) => {}
            Ok(cleared) => tracing::info!(cleared, "images that nobody uses were cleared away"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "unused images could not be cleared away"),
        }
        match delete_expired(executor).await {
            Ok(0) => {}
            Ok(cleared) => tracing::info!(cleared, "sessions, attempts and the like that are over were cleared away"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "what is over could not be cleared away"),
        }
        if matches!(select(stop.as_mut(), std::pin::pin!(rest)).await, Either::Left(_)) {
            return;
        }
    }
}
