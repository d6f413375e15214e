//! Database tests: every statement and every table on both engines. DNS lookups, and requests to other servers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod dns;
mod http_client;
mod invalidation;
mod layers;
mod migrations;
mod postgres;
mod schema;
mod schema_parity;
mod sqlite_writer;
mod statements;
#[cfg(unix)]
mod tls;

use rusqlite::Connection;
use vestibule_core::time::Timestamp;
use vestibule_db::{Db, PostgresOptions, Sqlite};
use vestibule_testbed::{Database, Engine};

/// A migrated SQLite database, with a second connection that bypasses the service.
struct MigratedSqlite {
    connection: Connection,
    _open: Sqlite,
    _folder: tempfile::TempDir,
}

fn migrated_sqlite() -> MigratedSqlite {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("migrated.db");
    let open = Sqlite::open(&path, Timestamp::from_microseconds(0)).unwrap();
    MigratedSqlite { connection: Connection::open(&path).unwrap(), _open: open, _folder: folder }
}

fn select_strings(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Creates a database with the newest schema and closes it.
async fn create_migrated(engine: Engine) -> Database {
    let database = Database::create_on(engine);
    Db::open(database.location(), PostgresOptions::default(), Timestamp::from_microseconds(0)).await.unwrap();
    database
}
