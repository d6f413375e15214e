//! A transaction of the test's own on the suite's server, beside those of the service: what it holds the service waits for,
//! so that a test decides what happens in between.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::{Database, on_server_with};

/// Ends when somebody waits for what others hold in this schema's tables.
const UNTIL_SOMEBODY_WAITS: &str = "DO $$ BEGIN
    WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity a
                       WHERE a.wait_event_type = 'Lock' AND pg_backend_pid() = ANY (pg_blocking_pids(a.pid))) LOOP
        PERFORM pg_stat_clear_snapshot();
    END LOOP;
END $$";

/// An open transaction, on a thread of its own. Dropping it ends it with nothing done.
#[derive(Debug)]
pub struct Held {
    statements: Option<Sender<String>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Held {
    /// Begins one in a database on the server.
    pub fn begin(database: &Database) -> Self {
        let (statements, asked) = channel::<String>();
        let (answer, done) = channel();
        let url = database.url();
        let thread = std::thread::spawn(move || {
            on_server_with(&url, async |client| {
                for statement in asked {
                    let outcome = client.batch_execute(&statement).await;
                    outcome.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
                    answer.send(()).unwrap();
                }
            });
        });
        let held = Self { statements: Some(statements), done, thread: Some(thread) };
        // Whatever goes wrong, the suite goes on.
        held.run("SET statement_timeout = '20s'; BEGIN");
        held
    }

    /// Runs statements within it.
    pub fn run(&self, statements: &str) {
        self.statements.as_ref().unwrap().send(statements.to_owned()).unwrap();
        self.done.recv().unwrap();
    }

    /// Waits until somebody waits for what it holds.
    pub fn until_somebody_waits(&self) {
        self.run(UNTIL_SOMEBODY_WAITS);
    }

    /// Makes what it has done stay.
    pub fn commit(self) {
        self.run("COMMIT");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.statements.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
