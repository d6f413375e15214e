//! Typed SQL on SQLite and PostgreSQL: statements, transactions, migrations, and copying a database.
//!
//! Statements are constants declared with [`sql!`]; [`Tx`] runs nothing else. Their text is written once, in the SQL
//! that both engines understand. This is the only crate that names a driver, and it knows nothing of the domain: what a
//! statement invalidates is an opaque [`Scope`] that the declaring crate chooses.

mod batch;
mod copy;
mod error;
pub mod id;
mod invalidation;
pub mod metrics;
mod migrate;
mod open;
mod postgres;
mod private_file;
mod sqlite;
mod statement;
#[cfg(feature = "test-hooks")]
pub mod test_hooks;
pub mod time;
mod tx;
mod value;

pub use batch::{Batch, BatchQueries, BatchQuery, BatchRows};
pub use copy::{CopyError, TABLES, TableCopied, copy_all};
pub use error::{Error, ErrorKind, Result};
pub use invalidation::{Invalidates, Invalidation, Scope, argument_index};
pub use migrate::{MIGRATIONS, Migration, MigrationFile};
pub use open::{DatabaseLocation, Db, OpenError};
pub use postgres::{InvalidPostgresUrl, PgError, Postgres, PostgresOptions, PostgresUrl, Transaction, TransactionMode};
pub use private_file::{create_private_dir, private_file_options, warn_about_open_dir};
pub use sqlite::{ReadConnections, Sqlite, WriteResult, is_foreign};
pub use statement::{Arguments, Declaration, DependentStatement, Record, Row, Statement, sqlite_placeholders};
pub use tx::{QueryStats, Tx};
pub use value::{Argument, Bytes, Cell, Column, Kind, Text, Value};
