//! What the executor counts and logs, and the metrics of what it owns.

use super::erased::Output;
use super::{Executor, Reply};
use crate::caller::Caller;
use crate::error::Problem;
use crate::metrics::{CacheMetrics, Pool, PoolStatus};
use crate::security_log::{self, Audit, Subject};

impl Executor {
    /// Writes the final outcome of an operation to the security log, and counts it if it is that of an authentication.
    /// `None` means success.
    pub(crate) fn log_outcome(&self, caller: &Caller, audit: Audit, subject: &Subject, problem: Option<&Problem>) {
        if let Some((kind, outcome)) = security_log::log(caller.address, audit, subject, problem) {
            self.metrics.authentications.increment(kind, outcome);
        }
    }

    /// The metrics of the cached permissions of callers.
    pub fn access_cache_metrics(&self) -> &CacheMetrics {
        &self.access_cache.metrics
    }

    /// The metrics of the cache of what invitations refer to.
    pub fn organization_cache_metrics(&self) -> &CacheMetrics {
        &self.organization_cache.metrics
    }

    /// The pools of background threads.
    pub fn background_pools(&self) -> [(Pool, PoolStatus); 2] {
        [(Pool::PasswordHashing, self.passwords.pool_status()), (Pool::ImageDecoding, self.images.pool_status())]
    }

    /// Counts the statements of an operation that has ended.
    pub(super) fn count_statements(&self, reply: &Reply<Output>) {
        self.metrics.statements.add(reply.stats.statements.into());
        #[cfg(feature = "test-hooks")]
        self.statement_count.fetch_add(reply.stats.statements.into(), std::sync::atomic::Ordering::Relaxed);
    }
}
