//! What holds for every statement and every table, whichever room they are in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod dns;
mod migrations;
mod parity;
mod postgres;
mod schema;
mod statements;
#[cfg(unix)]
mod tls;
mod writer;

use rusqlite::Connection;
use vestibule_core::db::{Db, PostgresOptions, Sqlite};
use vestibule_core::time::Timestamp;
use vestibule_testbed::{Database, Engine};

/// A new database with the newest schema, opened a second time by the driver itself.
struct Fresh {
    connection: Connection,
    _open: Sqlite,
    _folder: tempfile::TempDir,
}

fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fresh.db");
    let open = Sqlite::open(&path, Timestamp::from_microseconds(0)).unwrap();
    Fresh { connection: Connection::open(&path).unwrap(), _open: open, _folder: folder }
}

fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A new database with the newest schema, which nobody has open.
async fn migrated(engine: Engine) -> Database {
    let database = Database::fresh_on(engine);
    Db::open(database.place(), PostgresOptions::default(), Timestamp::from_microseconds(0)).await.unwrap();
    database
}
