//! The writer thread: it runs the queued commands in groups, each group in one transaction.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::run;
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::Histogram;

/// The outcome of a command on the writer thread.
pub struct WriteResult {
    /// Whether its changes are committed or rolled back.
    pub commit: bool,
    /// Called with the outcome of the group's commit.
    pub on_commit: Box<dyn FnOnce(Result<()>) + Send>,
}

impl fmt::Debug for WriteResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteResult").field("commit", &self.commit).finish_non_exhaustive()
    }
}

/// A counter of commits. It is even between commits and odd during one, because a reader may see a commit before the
/// writer continues. A commit is counted before any caller gets success for it.
#[derive(Debug, Default)]
pub(super) struct Commits(AtomicU64);

impl Commits {
    pub(super) fn current(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst)).filter(|count| count.is_multiple_of(2))
    }

    pub(super) fn count<T>(&self, commit: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let committed = commit();
        self.0.fetch_add(1, Ordering::SeqCst);
        committed
    }
}

pub(super) type Job = Box<dyn FnOnce(&mut Connection) -> WriteResult + Send>;

/// A command that waits for the writer.
pub(super) struct Queued {
    pub(super) job: Job,
    pub(super) queued_at: Instant,
}

/// Runs the queued commands until the queue is closed.
pub(super) fn run_writer(
    mut connection: Connection,
    mut queue: mpsc::Receiver<Queued>,
    commits: &Commits,
    max_group: &AtomicUsize,
    wait: &Histogram,
) {
    while let Some(first) = queue.blocking_recv() {
        let begun = run(&connection, "BEGIN IMMEDIATE");
        let mut callbacks = Vec::new();
        let mut next = Some(first);
        while let Some(Queued { job, queued_at }) = next {
            wait.observe(queued_at.elapsed());
            callbacks.push(execute_job(&mut connection, job, begun.is_ok()));
            // On errors such as a full disk, SQLite rolls the whole transaction back. A further command would run
            // outside of a transaction, so the group ends here, and its commit fails below.
            let continues = callbacks.len() < max_group.load(Ordering::Relaxed) && !connection.is_autocommit();
            next = if continues { queue.try_recv().ok() } else { None };
        }
        let ended = match begun {
            Ok(()) if connection.is_autocommit() => {
                Err(Error::new(ErrorKind::Unavailable, "another command of the group made SQLite end the transaction"))
            }
            begun => begun.and_then(|()| commits.count(|| commit(&connection))),
        };
        if ended.is_err() && !connection.is_autocommit() {
            let _ = run(&connection, "ROLLBACK");
        }
        for callback in callbacks {
            callback(ended.clone());
        }
    }
}

fn commit(connection: &Connection) -> Result<()> {
    #[cfg(feature = "test-hooks")]
    crate::test_hooks::point("commit");
    run(connection, "COMMIT")?;
    #[cfg(feature = "test-hooks")]
    crate::test_hooks::point("committed");
    Ok(())
}

/// Runs one command in a savepoint. If it panics, only this command fails.
fn execute_job(connection: &mut Connection, job: Job, has_begun: bool) -> Box<dyn FnOnce(Result<()>) + Send> {
    let opened = has_begun && run(connection, "SAVEPOINT command").is_ok();
    let result =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| opened.then(|| job(connection)))).ok().flatten();
    let commits = result.as_ref().is_some_and(|result| result.commit);
    let closed = !opened
        || ((commits || run(connection, "ROLLBACK TO command").is_ok()) && run(connection, "RELEASE command").is_ok());
    match result {
        Some(result) if closed => result.on_commit,
        // The job's callback is dropped, which the caller treats as a failure.
        _ => Box::new(|_| ()),
    }
}
