//! The database: the only room that names a driver.
//!
//! Statements are typed constants declared with `sql!` in each noun's `sql.rs`; [`Tx`] runs nothing else. Their text is
//! written once, in what SQLite and PostgreSQL both understand; where an engine needs something of its own it stands in
//! that engine's file. Rules for the text are in `docs/database.md`, and tests hold every statement to them.

mod change;
mod column;
mod migrate;
mod moving;
mod open;
mod postgres;
mod sqlite;
mod statement;
mod together;
mod tx;

pub use column::{Argument, Bytes, Cell, Column, Kind, Subject, Text, Value};
pub use migrate::{MIGRATIONS, Migration, MigrationFile};
pub use moving::{MoveError, Moved, TABLES, move_all};
pub use open::{Db, OpenError, Place};
pub use postgres::{NotAPostgresUrl, Postgres, PostgresOptions, PostgresUrl, Purpose};
pub use sqlite::{Connections, Sqlite, Turn, is_foreign};
pub use statement::{Arguments, Declaration, Record, Row, Statement, numbered};
pub use together::{Answers, Question, Questions, Together};
pub use tx::{Cost, Tx};

pub(crate) use change::Change;
pub(crate) use postgres::Trouble;
pub(crate) use statement::{Along, column, record, sql, words};

/// Every statement the service can run, for the tests that hold them to the rules.
pub fn statements() -> impl Iterator<Item = &'static Declaration> {
    crate::STATEMENTS.iter().flat_map(|room| room.iter())
}

#[cfg(feature = "test-hooks")]
pub mod hooks;
