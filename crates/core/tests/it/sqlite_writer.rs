//! The SQLite writer groups writes into one commit. A failed write must not affect the others of its group.

use std::sync::mpsc;

use rusqlite::Connection;
use vestibule_core::time::Timestamp;
use vestibule_db::{Sqlite, WriteResult};

/// A database whose writer is blocked, so that the writes queued meanwhile form one group.
struct BlockedWriter {
    database: Sqlite,
    unblock: mpsc::Sender<()>,
    outcomes: mpsc::Receiver<(&'static str, bool)>,
    sender: mpsc::Sender<(&'static str, bool)>,
    folder: tempfile::TempDir,
}

fn blocked_writer() -> BlockedWriter {
    let folder = tempfile::tempdir().unwrap();
    let database = Sqlite::open(&folder.path().join("writer.db"), Timestamp::from_microseconds(0)).unwrap();
    let (sender, outcomes) = mpsc::channel();
    let (unblock, blocked) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel::<()>();
    database
        .write(move |_| {
            started.send(()).unwrap();
            blocked.recv().unwrap();
            WriteResult { commit: true, on_commit: Box::new(|_| ()) }
        })
        .unwrap();
    has_started.recv().unwrap();
    BlockedWriter { database, unblock, outcomes, sender, folder }
}

impl BlockedWriter {
    /// Queues a write that commits or rolls back its own changes.
    fn queue(&self, name: &'static str, commit: bool, work: fn(&Connection)) {
        let sender = self.sender.clone();
        let job = move |connection: &mut Connection| {
            work(connection);
            WriteResult { commit, on_commit: Box::new(move |outcome| sender.send((name, outcome.is_ok())).unwrap()) }
        };
        self.database.write(job).unwrap();
    }

    /// Unblocks the writer and waits for it. Returns the outcome reported to each write, and the rows in the database.
    fn finish(self) -> (Vec<(&'static str, bool)>, Vec<i64>) {
        let Self { database, unblock, outcomes, sender, folder } = self;
        unblock.send(()).unwrap();
        drop((database, sender));
        let connection = Connection::open(folder.path().join("writer.db")).unwrap();
        let mut statement = connection.prepare("SELECT attempts FROM attempt_limits ORDER BY attempts").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        (outcomes.into_iter().collect(), rows)
    }
}

fn add(connection: &Connection, number: i64) {
    let key = number.to_be_bytes();
    connection.execute("INSERT INTO attempt_limits VALUES (?1, ?2, 0)", (key.as_slice(), number)).unwrap();
}

#[test]
fn failed_write_rolls_back_alone_in_group_commit() {
    let writer = blocked_writer();
    writer.queue("first", true, |connection| add(connection, 1));
    writer.queue("rolled back", false, |connection| add(connection, 2));
    writer.queue("third", true, |connection| add(connection, 3));
    let (outcomes, rows) = writer.finish();
    assert_eq!(outcomes, [("first", true), ("rolled back", true), ("third", true)]);
    assert_eq!(rows, [1, 3]);
}

/// The savepoint's journal spills to disk.
#[test]
fn rolls_back_write_larger_than_memory_journal() {
    const ROWS: i64 = 500;
    let writer = blocked_writer();
    writer.queue("first", true, |connection| {
        for number in 1..=ROWS {
            let key = [number.to_be_bytes().as_slice(), &[0; 1000]].concat();
            connection.execute("INSERT INTO attempt_limits VALUES (?1, ?2, 0)", (key, number)).unwrap();
        }
    });
    writer.queue("rolled back", false, |connection| {
        assert_eq!(connection.execute("UPDATE attempt_limits SET attempts = 0", []).unwrap(), 500);
    });
    writer.queue("third", true, |connection| {
        assert_eq!(connection.execute("UPDATE attempt_limits SET attempts = attempts + 1000", []).unwrap(), 500);
    });
    let (outcomes, rows) = writer.finish();
    assert_eq!(outcomes, [("first", true), ("rolled back", true), ("third", true)]);
    assert_eq!(rows, (1001..=1000 + ROWS).collect::<Vec<_>>());
}

#[test]
fn panicking_write_does_not_affect_its_group() {
    let writer = blocked_writer();
    writer.queue("first", true, |connection| add(connection, 1));
    writer.queue("panics", true, |connection| {
        add(connection, 2);
        panic!("on purpose");
    });
    writer.queue("third", true, |connection| add(connection, 3));
    let (outcomes, rows) = writer.finish();
    assert_eq!(
        outcomes,
        [("first", true), ("third", true)],
        "a panicking write gets no outcome, which counts as a failure"
    );
    assert_eq!(rows, [1, 3]);
}

#[test]
fn failed_commit_fails_every_write_of_its_group() {
    let writer = blocked_writer();
    writer.queue("first", true, |connection| add(connection, 1));
    // A dangling foreign key whose check is deferred: the commit fails.
    writer.queue("breaks", true, |connection| {
        connection.pragma_update(None, "defer_foreign_keys", true).unwrap();
        let row =
            "INSERT INTO sign_ins VALUES (1, 404, 404, NULL, NULL, '', '', 0, 0, 0, 0, 0, '', '', NULL, NULL, '', NULL, NULL)";
        connection.execute(row, []).unwrap();
    });
    let (outcomes, rows) = writer.finish();
    assert_eq!(outcomes, [("first", false), ("breaks", false)]);
    assert_eq!(rows, [] as [i64; 0]);
}

#[test]
fn full_write_queue_returns_busy() {
    let writer = blocked_writer();
    let write = || writer.database.write(|_| WriteResult { commit: true, on_commit: Box::new(|_| ()) });
    let error = (0..5000).find_map(|_| write().err()).unwrap();
    assert_eq!(error.kind(), vestibule_db::ErrorKind::Busy);
    writer.finish();
}
