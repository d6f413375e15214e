//! Running on SQLite: commands on the one writer thread, queries on the thread that serves the request.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;
use tracing::Span;
use vestibule_db::{Sqlite, Tx, WriteResult};

use super::after_commit::AfterCommit;
use super::erased::{Operation, Output};
use super::{Executor, Reply};
use crate::cache::{self, Access, Cached, Revision, Validity};
use crate::caller::Caller;
use crate::error::Problem;
use crate::id::OrganizationId;
use crate::time::Timestamp;

pub(super) async fn run(
    executor: &Arc<Executor>,
    sqlite: &Sqlite,
    caller: &Caller,
    command: Box<dyn Operation>,
) -> Reply<Output> {
    let (sender, receiver) = oneshot::channel();
    let (executor, caller, span) = (Arc::clone(executor), caller.clone(), Span::current());
    let queued = sqlite.write(move |connection| {
        let _entered = span.enter();
        let (reply, after_commit) =
            poll_once(executor.run_in(&caller, command.as_ref(), None, Tx::on_sqlite(connection)));
        let commit = reply.result.is_ok();
        let (executor, span, audit) = (Arc::clone(&executor), span.clone(), command.audit());
        let on_commit = move |committed: vestibule_db::Result<()>| {
            let _entered = span.enter();
            if committed.is_ok() {
                after_commit.run(&executor, commit);
            }
            let result = match committed {
                Err(error) if commit => Err(error.into()),
                _ => reply.result,
            };
            executor.log_outcome(&caller, audit, &reply.subject, result.as_ref().err());
            // Dropped before the reply is sent: a caller that closes the service next must hold the last reference.
            drop(executor);
            // The caller may have hung up.
            let _ = sender.send(Reply { result, ..reply });
        };
        WriteResult { commit, on_commit: Box::new(on_commit) }
    });
    if let Err(error) = queued {
        return Reply::failed(error.into());
    }
    receiver.await.unwrap_or_else(|_| Reply::failed(Problem::internal("the command did not finish")))
}

/// Runs on this thread, which is faster than handing the query to another one.
pub(super) async fn query(
    executor: &Executor,
    sqlite: &Sqlite,
    caller: &Caller,
    query: &dyn Operation,
) -> Reply<Output> {
    let mut connection = match sqlite.readers().begin_read() {
        Ok(connection) => connection,
        Err(error) => return Reply::failed(error.into()),
    };
    let reply = executor.query_in(caller, query, Tx::on_sqlite(&mut connection)).await;
    sqlite.readers().end_read(connection);
    reply
}

/// One statement needs no transaction.
pub(super) async fn load_access(
    executor: &Executor,
    sqlite: &Sqlite,
    caller: &Caller,
    organization: OrganizationId,
    now: Timestamp,
) -> Option<(Cached<Access>, Revision)> {
    let mut connection = sqlite.readers().acquire().ok()?;
    let tx = &mut Tx::on_sqlite(&mut connection);
    let loaded = cache::load_access(caller, organization, now, &executor.settings, tx).await;
    sqlite.readers().release(connection);
    loaded.ok().flatten()
}

pub(super) async fn revalidate(sqlite: &Sqlite, validity: &Validity) -> Option<Revision> {
    let mut connection = sqlite.readers().acquire().ok()?;
    let revision = cache::revalidate(validity, &mut Tx::on_sqlite(&mut connection)).await;
    sqlite.readers().release(connection);
    revision.ok().flatten()
}

/// Polls a future that never waits: on SQLite every statement answers at once. A command that waits inside its
/// transaction is a defect, and fails instead of blocking the writer.
fn poll_once(future: impl Future<Output = (Reply<Output>, AfterCommit)>) -> (Reply<Output>, AfterCommit) {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => {
            let problem = Problem::internal("a command waited inside its transaction");
            (Reply::failed(problem), AfterCommit::default())
        }
    }
}
