//! Copying a database to another one, of either engine, in one transaction. The copy is verified before the commit.
//!
//! The statements are generated from the columns of the tables instead of being declared with `sql!`, because rows are
//! copied as they are.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::postgres::CopyEndpoint as PostgresEndpoint;
use super::sqlite::CopyEndpoint as SqliteEndpoint;
use super::value::OwnedValue;
use super::{DatabaseLocation, Kind, OpenError, Value};
use crate::error::Error;
use crate::time::Timestamp;

/// Rows in one statement.
const BATCH_SIZE: usize = 400;

/// The copied tables, each after the tables that it references, with the columns that reference a later table. The
/// other tables belong to one database: the version of its schema, and the leases of its processes.
pub const TABLES: &[(&str, &[&str])] = &[
    ("deployments", &[]),
    ("users", &["active_organization_membership_id", "active_workspace_membership_id"]),
    ("email_addresses", &[]),
    ("email_claims", &[]),
    ("authenticators", &[]),
    ("backup_codes", &[]),
    ("passkeys", &[]),
    ("second_factor_resets", &[]),
    ("security_notices", &[]),
    ("sessions", &[]),
    ("organizations", &[]),
    ("organization_roles", &[]),
    ("organization_memberships", &[]),
    ("organization_membership_roles", &[]),
    ("workspaces", &[]),
    ("workspace_roles", &[]),
    ("workspace_memberships", &[]),
    ("workspace_membership_roles", &[]),
    ("api_keys", &["created_by"]),
    ("api_key_secrets", &[]),
    ("api_key_answers", &[]),
    ("domains", &[]),
    ("enterprise_connections", &[]),
    ("connection_domains", &[]),
    ("identities", &[]),
    ("setup_links", &[]),
    ("connection_traces", &[]),
    ("sign_ins", &[]),
    ("sign_in_id_tokens", &[]),
    ("pending_sign_ins", &[]),
    ("authorization_requests", &[]),
    ("passkey_challenges", &[]),
    ("session_tickets", &[]),
    ("attempt_limits", &[]),
    ("challenges", &[]),
    ("invitations", &[]),
    ("attempts", &[]),
    ("pending_identities", &[]),
    ("deployment_invitations", &[]),
    ("outbox", &[]),
    ("mail_refusals", &[]),
    ("notice_opt_outs", &[]),
    ("notice_schedules", &[]),
    ("handovers", &[]),
    ("images", &[]),
    ("waitlist", &[]),
    ("idempotent_answers", &[]),
    ("domain_joins", &[]),
    ("join_requests", &[]),
    ("search_segments", &[]),
    ("search_postings", &[]),
    ("revisions", &[]),
    ("audit_queue", &[]),
    ("audit_entries", &[]),
    ("audit_chains", &[]),
    ("audit_checkpoints", &[]),
    ("audit_erasures", &[]),
    ("webhook_endpoints", &[]),
    ("webhook_endpoint_states", &[]),
    ("webhook_deliveries", &[]),
    ("webhook_attempts", &[]),
];

/// Why nothing was copied.
#[derive(Debug)]
pub enum CopyError {
    Source(OpenError),
    Target(OpenError),
    SourceMissing,
    /// The source's schema is older than this binary's.
    SourceOutdated,
    /// This many processes use the source, or died within the last minutes.
    SourceInUse(i64),
    /// This many processes use the target.
    TargetInUse(i64),
    /// The target has rows, in this table for example.
    TargetNotEmpty(&'static str),
    /// The copied rows of this table differ from the source's.
    Differs(&'static str),
    Failed(Error),
}

impl From<Error> for CopyError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Progress of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableCopied {
    pub table: &'static str,
    pub rows: u64,
    /// A digest of all rows in the order of the primary key, once the copy is verified.
    pub digest: Option<[u8; 32]>,
}

/// A column, with its position in the primary key counted from 1; 0 if it is not part of it.
#[derive(Clone, Debug)]
pub(super) struct ColumnInfo {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) key_position: i64,
}

type Rows = Vec<Vec<OwnedValue>>;

/// One of the two databases, in a transaction that excludes other writers.
enum Endpoint {
    Sqlite(SqliteEndpoint),
    Postgres(PostgresEndpoint),
}

impl Endpoint {
    async fn source(location: &DatabaseLocation, now: Timestamp) -> Result<Self, CopyError> {
        match location {
            DatabaseLocation::File(path) if !path.exists() => Err(CopyError::SourceMissing),
            DatabaseLocation::File(path) => SqliteEndpoint::source(path).map(Self::Sqlite).map_err(CopyError::Source),
            DatabaseLocation::Postgres(url) => {
                let endpoint = PostgresEndpoint::source(url, &table_names()).await.map_err(CopyError::Source)?;
                match endpoint.count_leases(now).await? {
                    0 => Ok(Self::Postgres(endpoint)),
                    running => Err(CopyError::SourceInUse(running)),
                }
            }
        }
    }

    async fn target(location: &DatabaseLocation, now: Timestamp) -> Result<Self, CopyError> {
        match location {
            DatabaseLocation::File(path) => {
                SqliteEndpoint::target(path, now).map(Self::Sqlite).map_err(CopyError::Target)
            }
            DatabaseLocation::Postgres(url) => {
                let endpoint = PostgresEndpoint::target(url, &table_names(), now).await.map_err(CopyError::Target)?;
                match endpoint.count_leases(now).await? {
                    0 => Ok(Self::Postgres(endpoint)),
                    running => Err(CopyError::TargetInUse(running)),
                }
            }
        }
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<ColumnInfo>, Error> {
        match self {
            Self::Sqlite(endpoint) => endpoint.columns(table),
            Self::Postgres(endpoint) => endpoint.columns(table).await,
        }
    }

    async fn rows(&mut self, statement: &str, kinds: &[Kind], values: &[Value<'_>]) -> Result<Rows, Error> {
        match self {
            Self::Sqlite(endpoint) => endpoint.rows(statement, values),
            Self::Postgres(endpoint) => endpoint.rows(statement, kinds, values).await,
        }
    }

    async fn execute(&mut self, statement: &str, kinds: &[Kind], values: &[Value<'_>]) -> Result<(), Error> {
        match self {
            Self::Sqlite(endpoint) => endpoint.execute(statement, values),
            Self::Postgres(endpoint) => endpoint.execute(statement, kinds, values).await,
        }
    }

    async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(endpoint) => endpoint.commit(),
            Self::Postgres(endpoint) => endpoint.commit().await,
        }
    }
}

/// Copies every row, verifies the copy, and reports progress table by table. The source is not changed; the target gets
/// everything or nothing.
pub async fn copy_all(
    from: &DatabaseLocation,
    to: &DatabaseLocation,
    now: Timestamp,
    mut report: impl FnMut(TableCopied),
) -> Result<Vec<TableCopied>, CopyError> {
    let pending = from.pending_migrations().await.map_err(CopyError::Source)?;
    let mut source = Endpoint::source(from, now).await?;
    if !pending.is_empty() {
        return Err(CopyError::SourceOutdated);
    }
    let mut target = Endpoint::target(to, now).await?;
    for (table, _) in TABLES {
        if !target.rows(&format!("SELECT 1 FROM {table} LIMIT 1"), &[], &[]).await?.is_empty() {
            return Err(CopyError::TargetNotEmpty(table));
        }
    }
    let mut tables = Vec::new();
    for (name, deferred_columns) in TABLES {
        let table = Table { name, deferred_columns, columns: source.columns(name).await? };
        let mut digest = RowDigest::default();
        let mut after = None;
        while let Some(rows) = table.next(&mut source, after.as_ref()).await? {
            table.insert(&mut target, &rows).await?;
            rows.iter().for_each(|row| digest.add(row));
            report(TableCopied { table: name, rows: digest.rows, digest: None });
            after = rows.into_iter().next_back();
        }
        tables.push((table, digest));
    }
    for (table, _) in tables.iter().filter(|(table, _)| !table.deferred_columns.is_empty()) {
        table.set_deferred_columns(&mut source, &mut target).await?;
    }
    let mut copied = Vec::new();
    for (table, source_digest) in tables {
        let mut target_digest = RowDigest::default();
        let mut after = None;
        while let Some(rows) = table.next(&mut target, after.as_ref()).await? {
            rows.iter().for_each(|row| target_digest.add(row));
            after = rows.into_iter().next_back();
        }
        let is_equal = (source_digest.rows, source_digest.digest()) == (target_digest.rows, target_digest.digest());
        let progress =
            TableCopied { table: table.name, rows: target_digest.rows, digest: Some(target_digest.digest()) };
        copied.push(if is_equal { progress } else { return Err(CopyError::Differs(table.name)) });
        report(progress);
    }
    target.commit().await?;
    Ok(copied)
}

fn table_names() -> Vec<&'static str> {
    TABLES.iter().map(|(table, _)| *table).collect()
}

struct Table {
    name: &'static str,
    deferred_columns: &'static [&'static str],
    columns: Vec<ColumnInfo>,
}

impl Table {
    fn column_names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The columns of the primary key in their order, each with its index in a row.
    fn key(&self) -> Vec<(usize, &ColumnInfo)> {
        let mut key: Vec<_> = self.columns.iter().enumerate().filter(|(_, column)| column.key_position > 0).collect();
        key.sort_unstable_by_key(|(_, column)| column.key_position);
        key
    }

    /// The batch of rows that follows this one in the order of the primary key; `None` at the end.
    async fn next(&self, endpoint: &mut Endpoint, after: Option<&Vec<OwnedValue>>) -> Result<Option<Rows>, Error> {
        let key = self.key();
        let names = key.iter().map(|(_, column)| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let (mut condition, mut kinds, mut values) = (String::new(), Vec::new(), Vec::new());
        if let Some(row) = after {
            let placeholders: Vec<_> = (1..=key.len()).map(|number| format!("${number}")).collect();
            condition = format!("WHERE ({names}) > ({})", placeholders.join(", "));
            kinds.extend(key.iter().map(|(_, column)| column.kind));
            values.extend(key.iter().filter_map(|(index, _)| row.get(*index)).map(OwnedValue::value));
        }
        let (columns, name) = (self.column_names(), self.name);
        let statement = format!("SELECT {columns} FROM {name} {condition} ORDER BY {names} LIMIT {BATCH_SIZE}");
        let rows = endpoint.rows(&statement, &kinds, &values).await?;
        Ok((!rows.is_empty()).then_some(rows))
    }

    async fn insert(&self, target: &mut Endpoint, rows: &Rows) -> Result<(), Error> {
        let mut statement = format!("INSERT INTO {} ({}) VALUES ", self.name, self.column_names());
        let (mut kinds, mut values) = (Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            statement.push_str(if index == 0 { "(" } else { ", (" });
            for (position, (column, value)) in self.columns.iter().zip(row).enumerate() {
                let is_deferred = self.deferred_columns.contains(&column.name.as_str());
                kinds.push(column.kind);
                values.push(if is_deferred { Value::Null } else { value.value() });
                // Writing to a `String` cannot fail.
                let _ = write!(statement, "{}${}", if position == 0 { "" } else { ", " }, values.len());
            }
            statement.push(')');
        }
        target.execute(&statement, &kinds, &values).await
    }

    /// Sets the columns that reference tables which were copied later.
    async fn set_deferred_columns(&self, source: &mut Endpoint, target: &mut Endpoint) -> Result<(), Error> {
        let sets = self.deferred_columns.iter().zip(2..).map(|(column, number)| format!("{column} = ${number}"));
        let statement = format!("UPDATE {} SET {} WHERE id = $1", self.name, sets.collect::<Vec<_>>().join(", "));
        let kinds = vec![Kind::Integer; self.deferred_columns.len() + 1];
        let mut after = None;
        while let Some(rows) = self.next(source, after.as_ref()).await? {
            for row in &rows {
                let value_of = |name: &str| {
                    let found = self.columns.iter().zip(row).find(|(column, _)| column.name == name);
                    found.map_or(Value::Null, |(_, value)| value.value())
                };
                let values: Vec<_> =
                    std::iter::once("id").chain(self.deferred_columns.iter().copied()).map(value_of).collect();
                if values.iter().skip(1).any(|value| *value != Value::Null) {
                    target.execute(&statement, &kinds, &values).await?;
                }
            }
            after = rows.into_iter().next_back();
        }
        Ok(())
    }
}

/// Counts and digests rows.
#[derive(Default)]
struct RowDigest {
    rows: u64,
    digest: Sha256,
}

impl RowDigest {
    fn add(&mut self, row: &[OwnedValue]) {
        self.rows += 1;
        for value in row {
            // With kind and length, so that rows whose values are split differently have different digests.
            let (kind, bytes): (u8, &[u8]) = match value {
                OwnedValue::Null => (0, &[]),
                OwnedValue::Integer(number) => (1, &number.to_be_bytes()),
                OwnedValue::Text(text) => (2, text.as_bytes()),
                OwnedValue::Bytes(bytes) => (3, bytes),
            };
            self.digest.update([kind]);
            self.digest.update((bytes.len() as u64).to_be_bytes());
            self.digest.update(bytes);
        }
    }

    fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }
}
