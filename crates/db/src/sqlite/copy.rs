//! A file as an endpoint of a copy: see [`crate::copy`].

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;

use super::{cell, connect, driver_error, is_foreign, lock, migrate};
use crate::copy::ColumnInfo;
use crate::error::Result;
use crate::time::Timestamp;
use crate::value::OwnedValue;
use crate::{Kind, OpenError, Value};

/// A file with an open transaction. No other process has it open.
pub(crate) struct CopyEndpoint {
    connection: Connection,
    _lock: File,
}

impl CopyEndpoint {
    /// Locks the file against other processes.
    pub(crate) fn source(path: &Path) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        let connection = connect(path, false)?;
        connection.execute_batch("BEGIN DEFERRED")?;
        Ok(Self { connection, _lock: lock })
    }

    /// Creates the file if it is missing, and migrates its schema.
    pub(crate) fn target(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        if is_foreign(path) {
            return Err(OpenError::Foreign);
        }
        let lock = lock(path)?;
        let mut connection = connect(path, true)?;
        migrate(&mut connection, now)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self { connection, _lock: lock })
    }

    pub(crate) fn columns(&self, table: &str) -> Result<Vec<ColumnInfo>> {
        let columns = "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY name";
        let mut statement = self.connection.prepare(columns).map_err(driver_error)?;
        let rows = statement.query_map([table], |row| {
            let kind = match row.get_ref(1)?.as_str()? {
                "INTEGER" => Kind::Integer,
                "BLOB" => Kind::Bytes,
                _ => Kind::Text,
            };
            Ok(ColumnInfo { name: row.get(0)?, kind, key_position: row.get(2)? })
        });
        rows.and_then(Iterator::collect).map_err(driver_error)
    }

    pub(crate) fn rows(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Vec<OwnedValue>>> {
        let mut statement = self.connection.prepare_cached(&statement.replace('$', "?")).map_err(driver_error)?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(driver_error)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next().map_err(driver_error)? {
            records.push((0..columns).map(|index| cell(row, index).map(OwnedValue::from)).collect::<Result<_>>()?);
        }
        Ok(records)
    }

    pub(crate) fn execute(&self, statement: &str, values: &[Value<'_>]) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&statement.replace('$', "?")).map_err(driver_error)?;
        statement.execute(rusqlite::params_from_iter(values)).map(|_| ()).map_err(driver_error)
    }

    pub(crate) fn commit(self) -> Result<()> {
        self.connection.execute_batch("COMMIT").map_err(driver_error)
    }
}
