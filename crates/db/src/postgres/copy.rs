//! A server's schema as an endpoint of a copy: see [`crate::copy`].

use tokio_postgres::Client;

use super::error::redacted;
use super::values::{cell, types};
use super::{PostgresUrl, connect, schema};
use crate::copy::ColumnInfo;
use crate::error::{Error, Result};
use crate::time::Timestamp;
use crate::value::OwnedValue;
use crate::{Kind, OpenError, Value};

/// A connection with an open transaction.
pub(crate) struct CopyEndpoint(Client);

impl CopyEndpoint {
    /// Locks the tables against writers; readers continue.
    pub(crate) async fn source(url: &PostgresUrl, tables: &[&str]) -> Result<Self, OpenError> {
        let client = connect(url).await?;
        Self::begin(client, "REPEATABLE READ", "SHARE", tables).await
    }

    /// Migrates the schema and locks the tables against writers. A process that starts meanwhile waits.
    pub(crate) async fn target(url: &PostgresUrl, tables: &[&str], now: Timestamp) -> Result<Self, OpenError> {
        let mut client = connect(url).await?;
        schema::migrate(&mut client, now).await?;
        Self::begin(client, "READ COMMITTED", "EXCLUSIVE", tables).await
    }

    async fn begin(client: Client, isolation: &str, mode: &str, tables: &[&str]) -> Result<Self, OpenError> {
        let statements = format!(
            "SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL {isolation}; \
             LOCK TABLE nodes, {} IN {mode} MODE",
            tables.join(", ")
        );
        client.batch_execute(&statements).await.map_err(|error| OpenError::from_driver(&error))?;
        Ok(Self(client))
    }

    /// The number of processes with a lease that has not expired.
    pub(crate) async fn count_leases(&self, now: Timestamp) -> Result<i64> {
        let leases = "SELECT COUNT(*) FROM nodes WHERE lease_end > $1";
        let row = self.0.query_one(leases, &[&now.as_microseconds()]).await.map_err(failed)?;
        row.try_get(0).map_err(failed)
    }

    pub(crate) async fn columns(&self, table: &str) -> Result<Vec<ColumnInfo>> {
        let columns = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),
                              COALESCE((SELECT array_position(i.indkey::int2[], a.attnum) + 1 FROM pg_index i
                                         WHERE i.indrelid = a.attrelid AND i.indisprimary), 0)::bigint
                         FROM pg_attribute a
                         JOIN pg_class c ON c.oid = a.attrelid AND c.relname = $1
                         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
                        WHERE a.attnum > 0 AND NOT a.attisdropped
                        ORDER BY a.attname";
        let rows = self.0.query(columns, &[&table]).await.map_err(failed)?;
        let columns = rows.iter().map(|row| {
            let kind = match row.try_get(1).map_err(failed)? {
                "bigint" => Kind::Integer,
                "text" => Kind::Text,
                "bytea" => Kind::Bytes,
                other => return Err(Error::internal(format!("{table} has a column of type {other}"))),
            };
            Ok(ColumnInfo {
                name: row.try_get(0).map_err(failed)?,
                kind,
                key_position: row.try_get(2).map_err(failed)?,
            })
        });
        columns.collect()
    }

    pub(crate) async fn rows(
        &self,
        statement: &str,
        kinds: &[Kind],
        values: &[Value<'_>],
    ) -> Result<Vec<Vec<OwnedValue>>> {
        let values = values.iter().zip(types(kinds)).map(|(value, r#type)| (value as _, r#type));
        let rows = self.0.query_typed(statement, &values.collect::<Vec<_>>()).await.map_err(failed)?;
        rows.iter().map(|row| (0..row.len()).map(|index| cell(row, index).map(OwnedValue::from)).collect()).collect()
    }

    pub(crate) async fn execute(&self, statement: &str, kinds: &[Kind], values: &[Value<'_>]) -> Result<()> {
        let values = values.iter().zip(types(kinds)).map(|(value, r#type)| (value as _, r#type));
        self.0.execute_typed(statement, &values.collect::<Vec<_>>()).await.map(|_| ()).map_err(failed)
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.0.batch_execute("COMMIT").await.map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
fn failed(error: tokio_postgres::Error) -> Error {
    Error::internal(redacted(&error))
}
