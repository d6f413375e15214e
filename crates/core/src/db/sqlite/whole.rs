//! A whole file at once, for moving it: see [`crate::db::moving`].

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;

use super::{cell, connect, failed, is_foreign, lock, migrate};
use crate::db::moving::{ColumnOf, Held};
use crate::db::{Kind, OpenError, Value};
use crate::error::Result;
use crate::time::Timestamp;

/// A file in a transaction, which nobody else has open meanwhile.
pub(in crate::db) struct Whole {
    connection: Connection,
    _lock: File,
}

impl Whole {
    /// Keeps everybody else away from the file.
    pub(in crate::db) fn source(path: &Path) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        let connection = connect(path, false)?;
        connection.execute_batch("BEGIN DEFERRED")?;
        Ok(Self { connection, _lock: lock })
    }

    /// Makes the file, if it is not there, and brings its schema up to date.
    pub(in crate::db) fn target(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        if is_foreign(path) {
            return Err(OpenError::Foreign);
        }
        let lock = lock(path)?;
        let mut connection = connect(path, true)?;
        migrate(&mut connection, now)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self { connection, _lock: lock })
    }

    pub(in crate::db) fn columns(&self, table: &str) -> Result<Vec<ColumnOf>> {
        let columns = "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY name";
        let mut statement = self.connection.prepare(columns).map_err(|error| failed(&error))?;
        let rows = statement.query_map([table], |row| {
            let kind = match row.get_ref(1)?.as_str()? {
                "INTEGER" => Kind::Integer,
                "BLOB" => Kind::Bytes,
                _ => Kind::Text,
            };
            Ok(ColumnOf { name: row.get(0)?, kind, key_place: row.get(2)? })
        });
        rows.and_then(Iterator::collect).map_err(|error| failed(&error))
    }

    pub(in crate::db) fn rows(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Vec<Held>>> {
        let mut statement =
            self.connection.prepare_cached(&statement.replace('$', "?")).map_err(|error| failed(&error))?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(|error| failed(&error))?;
        let mut held = Vec::new();
        while let Some(row) = rows.next().map_err(|error| failed(&error))? {
            held.push((0..columns).map(|index| cell(row, index).map(Held::from)).collect::<Result<_>>()?);
        }
        Ok(held)
    }

    pub(in crate::db) fn execute(&self, statement: &str, values: &[Value<'_>]) -> Result<()> {
        let mut statement =
            self.connection.prepare_cached(&statement.replace('$', "?")).map_err(|error| failed(&error))?;
        statement.execute(rusqlite::params_from_iter(values)).map(|_| ()).map_err(|error| failed(&error))
    }

    pub(in crate::db) fn commit(self) -> Result<()> {
        self.connection.execute_batch("COMMIT").map_err(|error| failed(&error))
    }
}
