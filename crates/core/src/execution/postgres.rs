//! Running on PostgreSQL: retried after a serialization failure or a lost connection, within the transaction timeout.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;
use vestibule_db::{Db, PgError, Postgres, QueryStats, TransactionMode, Tx};

use super::after_commit::AfterCommit;
use super::erased::{Operation, Output};
use super::retry::Retry;
use super::{Executor, Reply};
use crate::cache::{self, Access, AccessKey, Cached, REVALIDATION_STATS, Revision, ValidatedAccess, Validity};
use crate::caller::Caller;
use crate::error::Problem;
use crate::id::OrganizationId;
use crate::time::Timestamp;

/// How long a statement on a shared connection may take. After it, the operation runs in a transaction of its own.
const AUTOCOMMIT_TIMEOUT: Duration = Duration::from_millis(200);

/// Runs a command in a task of its own, so that it completes even if the caller hangs up.
pub(super) async fn run(executor: &Arc<Executor>, caller: &Caller, command: Box<dyn Operation>) -> Reply<Output> {
    let (executor, caller) = (Arc::clone(executor), caller.clone());
    let task = async move { run_with_retry(executor, &caller, command.as_ref()).await };
    let done = tokio::spawn(task.in_current_span());
    done.await.unwrap_or_else(|_| Reply::failed(Problem::internal("the command did not finish")))
}

async fn run_with_retry(executor: Arc<Executor>, caller: &Caller, command: &dyn Operation) -> Reply<Output> {
    let Db::Postgres(postgres) = &executor.db else {
        return Reply::failed(Problem::internal("the database is not PostgreSQL"));
    };
    let mut retry = Retry::new(postgres);
    loop {
        match attempt(&executor, postgres, retry.deadline, caller, command).await {
            Ok((reply, after_commit)) => {
                after_commit.run(&executor, reply.result.is_ok());
                executor.log_outcome(caller, command.audit(), &reply.subject, reply.result.as_ref().err());
                return reply;
            }
            Err(error) => {
                if let Err(problem) = retry.backoff(error, executor.random.as_ref(), &executor.metrics).await {
                    return Reply::failed(problem);
                }
            }
        }
    }
}

async fn attempt(
    executor: &Executor,
    postgres: &Postgres,
    deadline: Instant,
    caller: &Caller,
    command: &dyn Operation,
) -> Result<(Reply<Output>, AfterCommit), PgError> {
    let mode = command.transaction_mode(&executor.settings);
    let mut transaction = timeout_at(deadline, postgres.transaction(mode)).await.map_err(timed_out)??;
    // Only after the connection is acquired, so that little time passes between the revalidation and the write.
    let access = timeout_at(deadline, revalidate_access(executor, postgres, caller, command));
    let access = access.await.map_err(timed_out)?;
    let running = executor.run_in(caller, command, access, Tx::on_postgres(&mut transaction));
    let (reply, after_commit) = match timeout_at(deadline, running).await {
        Ok(done) => done,
        Err(_) if transaction.is_committing() => return Err(commit_unanswered()),
        Err(elapsed) => return Err(timed_out(elapsed)),
    };
    if reply.result.is_err() {
        return transaction.rollback().map_or(Ok((reply, after_commit)), Err);
    }
    match timeout_at(deadline, transaction.commit()).await {
        Ok(committed) => committed.map(|()| (reply, after_commit)),
        Err(_) if transaction.is_committing() => Err(commit_unanswered()),
        // The commit was not sent.
        Err(elapsed) => Err(timed_out(elapsed)),
    }
}

pub(super) async fn query(
    executor: &Executor,
    postgres: &Postgres,
    caller: &Caller,
    query: &dyn Operation,
) -> Reply<Output> {
    let mut retry = Retry::new(postgres);
    let autocommit = query_in_autocommit(executor, postgres, caller, query);
    if let Ok(Some(reply)) = timeout_at(retry.deadline, autocommit).await {
        return reply;
    }
    loop {
        let error = match query_in_transaction(executor, postgres, retry.deadline, caller, query).await {
            Ok(reply) => return reply,
            Err(error) => error,
        };
        if let Err(problem) = retry.backoff(error, executor.random.as_ref(), &executor.metrics).await {
            return Reply::failed(problem);
        }
    }
}

/// Revalidates the cached access of the caller of a single-statement command, on a shared connection. `None` if there
/// is no such connection, or nothing current is cached: the command then loads the access itself.
async fn revalidate_access(
    executor: &Executor,
    postgres: &Postgres,
    caller: &Caller,
    command: &dyn Operation,
) -> Option<(ValidatedAccess, QueryStats)> {
    let is_single_statement = command.transaction_mode(&executor.settings) == TransactionMode::SingleStatement;
    if !is_single_statement || !postgres.has_shared_connection() {
        return None;
    }
    let (cached, revision) = current_access(executor, postgres, caller, command).await?;
    Some((ValidatedAccess::new(cached, revision), REVALIDATION_STATS))
}

/// The caller's cached access, if it is still current, and the organization's revision. A stale entry is removed.
async fn current_access(
    executor: &Executor,
    postgres: &Postgres,
    caller: &Caller,
    operation: &dyn Operation,
) -> Option<(Arc<Cached<Access>>, Revision)> {
    let key = AccessKey::new(caller, operation.organization(&executor.settings)?)?;
    let cached = executor.access_cache.get(&key).filter(|cached| cached.validity.is_current_at(executor.now()))?;
    let revision = revalidate(executor, postgres, &cached.validity).await;
    // A miss is counted by the transaction that follows.
    let metrics = &executor.access_cache.metrics;
    if revision.is_some() {
        metrics.hits.increment();
    } else {
        metrics.invalidations.increment();
        executor.access_cache.invalidate(&key);
    }
    revision.map(|revision| (cached, revision))
}

/// Loads the caller's access, without a retry: on failure the query runs in a transaction, which retries.
pub(super) async fn load_access(
    executor: &Executor,
    postgres: &Postgres,
    caller: &Caller,
    organization: OrganizationId,
    now: Timestamp,
) -> Option<(Cached<Access>, Revision)> {
    let loading = async {
        let mut transaction = postgres.autocommit().await?;
        let tx = &mut Tx::on_postgres(&mut transaction);
        cache::load_access(caller, organization, now, &executor.settings, tx).await.ok().flatten()
    };
    timeout(AUTOCOMMIT_TIMEOUT, loading).await.ok().flatten()
}

pub(super) async fn revalidate(executor: &Executor, postgres: &Postgres, validity: &Validity) -> Option<Revision> {
    let revision = timeout(AUTOCOMMIT_TIMEOUT, executor.revalidation_batcher.revalidate(validity, postgres)).await;
    // A connection that does not answer is replaced.
    revision.inspect_err(|_| postgres.close_shared()).ok().flatten()
}

/// Runs a query without a transaction, on a shared connection. Each statement sees a state of its own; the read is
/// consistent if the revisions are unchanged after it. `None` if they changed, or if anything failed.
async fn query_in_autocommit(
    executor: &Executor,
    postgres: &Postgres,
    caller: &Caller,
    query: &dyn Operation,
) -> Option<Reply<Output>> {
    let now = executor.now();
    let (cached, before) = current_access(executor, postgres, caller, query).await?;
    let mut transaction = postgres.autocommit().await?;
    let access = ValidatedAccess::new(Arc::clone(&cached), before);
    let running = executor.query_with_access(caller, query, access, now, Tx::on_postgres(&mut transaction));
    let (mut reply, after_commit) = running.await;
    reply.result.as_ref().ok()?;
    let after = revalidate(executor, postgres, &cached.validity).await?;
    // Both revalidations are statements shared by many callers: they count as one.
    reply.stats = reply.stats.plus(REVALIDATION_STATS);
    if after != before {
        return None;
    }
    after_commit.run(executor, true);
    Some(reply)
}

async fn query_in_transaction(
    executor: &Executor,
    postgres: &Postgres,
    deadline: Instant,
    caller: &Caller,
    query: &dyn Operation,
) -> Result<Reply<Output>, PgError> {
    let mode = query.transaction_mode(&executor.settings);
    let mut transaction = timeout_at(deadline, postgres.transaction(mode)).await.map_err(timed_out)??;
    let running = executor.query_in(caller, query, Tx::on_postgres(&mut transaction));
    let reply = timeout_at(deadline, running).await.map_err(timed_out)?;
    transaction.rollback().map_or(Ok(reply), Err)
}

fn commit_unanswered() -> PgError {
    PgError::OutcomeUnknown("the commit was not answered in time".to_owned())
}

fn timed_out(_: tokio::time::error::Elapsed) -> PgError {
    PgError::Unreachable("no answer in time".to_owned())
}
