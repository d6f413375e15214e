//! A transaction on the test server, outside of the service. Its locks block the service, so that a test decides what
//! happens in between.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::{Database, on_server_with};

/// Returns when a session waits for a lock that this one holds.
const WAIT_FOR_BLOCKED_SESSION: &str = "DO $$ BEGIN
    WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity a
                       WHERE a.wait_event_type = 'Lock' AND pg_backend_pid() = ANY (pg_blocking_pids(a.pid))) LOOP
        PERFORM pg_stat_clear_snapshot();
    END LOOP;
END $$";

/// An open transaction, on a thread of its own. Dropping it rolls back.
#[derive(Debug)]
pub struct OpenTransaction {
    statements: Option<Sender<String>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl OpenTransaction {
    /// Begins a transaction in a database on the server.
    pub fn begin(database: &Database) -> Self {
        let (statements, received) = channel::<String>();
        let (sender, done) = channel();
        let url = database.url();
        let thread = std::thread::spawn(move || {
            on_server_with(&url, async |client| {
                for statement in received {
                    let outcome = client.batch_execute(&statement).await;
                    outcome.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
                    sender.send(()).unwrap();
                }
            });
        });
        let transaction = Self { statements: Some(statements), done, thread: Some(thread) };
        // Without a timeout a failed expectation would hang the suite.
        transaction.execute("SET statement_timeout = '20s'; BEGIN");
        transaction
    }

    /// Executes statements in the transaction.
    pub fn execute(&self, statements: &str) {
        self.statements.as_ref().unwrap().send(statements.to_owned()).unwrap();
        self.done.recv().unwrap();
    }

    /// Waits until another session is blocked by this transaction.
    pub fn wait_for_blocked_session(&self) {
        self.execute(WAIT_FOR_BLOCKED_SESSION);
    }

    pub fn commit(self) {
        self.execute("COMMIT");
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        drop(self.statements.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
