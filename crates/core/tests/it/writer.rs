//! SQLite's one writer: commands that share a commit share nothing else.

use std::sync::mpsc;

use rusqlite::Connection;
use vestibule_core::db::{Sqlite, Turn};
use vestibule_core::time::Timestamp;

/// A database whose writer stands still until it is let go, so that what is handed in meanwhile makes one group.
struct Stopped {
    database: Sqlite,
    go: mpsc::Sender<()>,
    outcomes: mpsc::Receiver<(&'static str, bool)>,
    heard: mpsc::Sender<(&'static str, bool)>,
    folder: tempfile::TempDir,
}

fn stopped() -> Stopped {
    let folder = tempfile::tempdir().unwrap();
    let database = Sqlite::open(&folder.path().join("writer.db"), Timestamp::from_microseconds(0)).unwrap();
    let (heard, outcomes) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel::<()>();
    database
        .write(move |_| {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            Turn { keep: true, settle: Box::new(|_| ()) }
        })
        .unwrap();
    has_begun.recv().unwrap();
    Stopped { database, go, outcomes, heard, folder }
}

impl Stopped {
    fn hand_in(&self, name: &'static str, keep: bool, work: fn(&Connection)) {
        let heard = self.heard.clone();
        let job = move |connection: &mut Connection| {
            work(connection);
            Turn { keep, settle: Box::new(move |outcome| heard.send((name, outcome.is_ok())).unwrap()) }
        };
        self.database.write(job).unwrap();
    }

    /// Lets the writer go on, waits until it has ended, and says who heard what and what is in the database.
    fn end(self) -> (Vec<(&'static str, bool)>, Vec<i64>) {
        let Self { database, go, outcomes, heard, folder } = self;
        go.send(()).unwrap();
        drop((database, heard));
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
fn a_command_that_fails_undoes_itself_alone() {
    let stopped = stopped();
    stopped.hand_in("first", true, |connection| add(connection, 1));
    stopped.hand_in("refused", false, |connection| add(connection, 2));
    stopped.hand_in("third", true, |connection| add(connection, 3));
    let (heard, rows) = stopped.end();
    assert_eq!(heard, [("first", true), ("refused", true), ("third", true)]);
    assert_eq!(rows, [1, 3]);
}

/// What its savepoint puts by has no room in memory.
#[test]
fn a_command_that_changes_many_pages_is_undone_as_one_that_changes_few() {
    const ROWS: i64 = 500;
    let stopped = stopped();
    stopped.hand_in("first", true, |connection| {
        for number in 1..=ROWS {
            let key = [number.to_be_bytes().as_slice(), &[0; 1000]].concat();
            connection.execute("INSERT INTO attempt_limits VALUES (?1, ?2, 0)", (key, number)).unwrap();
        }
    });
    stopped.hand_in("refused", false, |connection| {
        assert_eq!(connection.execute("UPDATE attempt_limits SET attempts = 0", []).unwrap(), 500);
    });
    stopped.hand_in("third", true, |connection| {
        assert_eq!(connection.execute("UPDATE attempt_limits SET attempts = attempts + 1000", []).unwrap(), 500);
    });
    let (heard, rows) = stopped.end();
    assert_eq!(heard, [("first", true), ("refused", true), ("third", true)]);
    assert_eq!(rows, (1001..=1000 + ROWS).collect::<Vec<_>>());
}

#[test]
fn a_command_that_panics_is_nobody_elses_trouble() {
    let stopped = stopped();
    stopped.hand_in("first", true, |connection| add(connection, 1));
    stopped.hand_in("panics", true, |connection| {
        add(connection, 2);
        panic!("on purpose");
    });
    stopped.hand_in("third", true, |connection| add(connection, 3));
    let (heard, rows) = stopped.end();
    assert_eq!(heard, [("first", true), ("third", true)], "who panicked hears nothing, and takes it for a failure");
    assert_eq!(rows, [1, 3]);
}

#[test]
fn nobody_hears_of_success_when_the_commit_fails() {
    let stopped = stopped();
    stopped.hand_in("first", true, |connection| add(connection, 1));
    // A key that points nowhere until the commit: only then does the database look.
    stopped.hand_in("breaks", true, |connection| {
        connection.pragma_update(None, "defer_foreign_keys", true).unwrap();
        let row = "INSERT INTO sign_ins VALUES (1, 404, 404, NULL, NULL, '', '', 0, 0, 0, 0)";
        connection.execute(row, []).unwrap();
    });
    let (heard, rows) = stopped.end();
    assert_eq!(heard, [("first", false), ("breaks", false)]);
    assert_eq!(rows, [] as [i64; 0]);
}

#[test]
fn too_many_waiting_commands_are_refused_early() {
    let stopped = stopped();
    let job = || stopped.database.write(|_| Turn { keep: true, settle: Box::new(|_| ()) });
    let refused = (0..5000).find_map(|_| job().err()).unwrap();
    assert_eq!(refused.code(), vestibule_core::Code::Busy);
    stopped.end();
}
