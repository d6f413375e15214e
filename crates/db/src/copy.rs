//! Moving everything from one database to another, of either engine: in one transaction, and compared afterwards.
//!
//! Both sides run the same statements here. They are written from the tables' own columns and not declared with `sql!`,
//! because they belong to no room: what is moved are rows, whatever they mean.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::postgres::CopyEndpoint as WholePostgres;
use super::sqlite::CopyEndpoint as WholeSqlite;
use super::{DatabaseLocation, Kind, OpenError, Value};
use crate::error::Error;
use crate::time::Timestamp;

/// Rows that travel in one statement.
const BATCH: usize = 400;

/// Every table that is moved, each after those it points at; with the columns that point at later ones all the same.
/// What is left is each database's own: its schema's version, and the leases of its processes.
pub const TABLES: &[(&str, &[&str])] = &[
    ("deployments", &[]),
    ("users", &["active_organization_membership_id", "active_workspace_membership_id"]),
    ("email_addresses", &[]),
    ("sessions", &[]),
    ("organizations", &[]),
    ("organization_roles", &[]),
    ("organization_memberships", &[]),
    ("organization_membership_roles", &[]),
    ("workspaces", &[]),
    ("workspace_roles", &[]),
    ("workspace_memberships", &[]),
    ("workspace_membership_roles", &[]),
    ("sign_ins", &[]),
    ("attempt_limits", &[]),
    ("invitations", &[]),
    ("attempts", &[]),
    ("outbox", &[]),
    ("mail_refusals", &[]),
    ("handovers", &[]),
    ("images", &[]),
    ("waitlist", &[]),
    ("idempotent_answers", &[]),
    ("domains", &[]),
    ("domain_joins", &[]),
    ("join_requests", &[]),
    ("revisions", &[]),
];

/// Why nothing was moved.
#[derive(Debug)]
pub enum CopyError {
    /// The source could not be opened.
    Source(OpenError),
    /// The target could not be opened or made.
    Target(OpenError),
    /// There is nothing to move.
    SourceMissing,
    /// The source's schema is older than this binary's.
    SourceOutdated,
    /// This many processes still run on the source, or have died on it within the last minutes.
    SourceInUse(i64),
    /// This many processes run on the target already.
    TargetInUse(i64),
    /// The target has rows already, in this table for one.
    TargetNotEmpty(&'static str),
    /// What arrived in this table is not what was sent.
    Differs(&'static str),
    /// A statement failed.
    Failed(Error),
}

impl From<Error> for CopyError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What was moved of one table, or has been so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableCopied {
    /// Which one.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// A digest over all of them in the order of the primary key, once all have arrived and are the same there.
    pub digest: Option<[u8; 32]>,
}

/// A value that is on its way.
#[derive(Clone, PartialEq)]
pub(super) enum OwnedValue {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl OwnedValue {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

/// A column: its name, what it holds, and its place in the primary key, counted from 1; 0 for none.
#[derive(Clone, Debug)]
pub(super) struct ColumnInfo {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) key_place: i64,
}

type Rows = Vec<Vec<OwnedValue>>;

/// A database that nobody else has, in a transaction that holds everything still.
enum Endpoint {
    Sqlite(WholeSqlite),
    Postgres(WholePostgres),
}

impl Endpoint {
    async fn source(place: &DatabaseLocation, now: Timestamp) -> Result<Self, CopyError> {
        match place {
            DatabaseLocation::File(path) if !path.exists() => Err(CopyError::SourceMissing),
            DatabaseLocation::File(path) => WholeSqlite::source(path).map(Self::Sqlite).map_err(CopyError::Source),
            DatabaseLocation::Postgres(url) => {
                let side = WholePostgres::source(url, &names()).await.map_err(CopyError::Source)?;
                match side.running(now).await? {
                    0 => Ok(Self::Postgres(side)),
                    running => Err(CopyError::SourceInUse(running)),
                }
            }
        }
    }

    async fn target(place: &DatabaseLocation, now: Timestamp) -> Result<Self, CopyError> {
        match place {
            DatabaseLocation::File(path) => WholeSqlite::target(path, now).map(Self::Sqlite).map_err(CopyError::Target),
            DatabaseLocation::Postgres(url) => {
                let side = WholePostgres::target(url, &names(), now).await.map_err(CopyError::Target)?;
                match side.running(now).await? {
                    0 => Ok(Self::Postgres(side)),
                    running => Err(CopyError::TargetInUse(running)),
                }
            }
        }
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<ColumnInfo>, Error> {
        match self {
            Self::Sqlite(side) => side.columns(table),
            Self::Postgres(side) => side.columns(table).await,
        }
    }

    async fn rows(&mut self, statement: &str, kinds: &[Kind], values: &[Value<'_>]) -> Result<Rows, Error> {
        match self {
            Self::Sqlite(side) => side.rows(statement, values),
            Self::Postgres(side) => side.rows(statement, kinds, values).await,
        }
    }

    async fn execute(&mut self, statement: &str, kinds: &[Kind], values: &[Value<'_>]) -> Result<(), Error> {
        match self {
            Self::Sqlite(side) => side.execute(statement, values),
            Self::Postgres(side) => side.execute(statement, kinds, values).await,
        }
    }

    async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(side) => side.commit(),
            Self::Postgres(side) => side.commit().await,
        }
    }
}

/// Copies every row from one place to the other, compares what arrived, and says so table by table. The source stays as
/// it is; the target has everything or nothing.
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
    let mut sent = Vec::new();
    for (name, late) in TABLES {
        let table = Table { name, late, columns: source.columns(name).await? };
        let mut seal = RowDigest::default();
        let mut after = None;
        while let Some(rows) = table.next(&mut source, after.as_ref()).await? {
            table.insert(&mut target, &rows).await?;
            rows.iter().for_each(|row| seal.add(row));
            report(TableCopied { table: name, rows: seal.rows, digest: None });
            after = rows.into_iter().next_back();
        }
        sent.push((table, seal));
    }
    for (table, _) in sent.iter().filter(|(table, _)| !table.late.is_empty()) {
        table.set_late(&mut source, &mut target).await?;
    }
    let mut moved = Vec::new();
    for (table, seal) in sent {
        let mut arrived = RowDigest::default();
        let mut after = None;
        while let Some(rows) = table.next(&mut target, after.as_ref()).await? {
            rows.iter().for_each(|row| arrived.add(row));
            after = rows.into_iter().next_back();
        }
        let same = (seal.rows, seal.digest()) == (arrived.rows, arrived.digest());
        let one = TableCopied { table: table.name, rows: arrived.rows, digest: Some(arrived.digest()) };
        moved.push(if same { one } else { return Err(CopyError::Differs(table.name)) });
        report(one);
    }
    target.commit().await?;
    Ok(moved)
}

fn names() -> Vec<&'static str> {
    TABLES.iter().map(|(table, _)| *table).collect()
}

struct Table {
    name: &'static str,
    late: &'static [&'static str],
    columns: Vec<ColumnInfo>,
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The primary key's columns in their order, each with its place in a row.
    fn key(&self) -> Vec<(usize, &ColumnInfo)> {
        let mut key: Vec<_> = self.columns.iter().enumerate().filter(|(_, column)| column.key_place > 0).collect();
        key.sort_unstable_by_key(|(_, column)| column.key_place);
        key
    }

    /// The rows that come after this one in the order of the primary key; nothing at the end.
    async fn next(&self, side: &mut Endpoint, after: Option<&Vec<OwnedValue>>) -> Result<Option<Rows>, Error> {
        let key = self.key();
        let names = key.iter().map(|(_, column)| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let (mut passed, mut kinds, mut values) = (String::new(), Vec::new(), Vec::new());
        if let Some(row) = after {
            let places: Vec<_> = (1..=key.len()).map(|place| format!("${place}")).collect();
            passed = format!("WHERE ({names}) > ({})", places.join(", "));
            kinds.extend(key.iter().map(|(_, column)| column.kind));
            values.extend(key.iter().filter_map(|(place, _)| row.get(*place)).map(OwnedValue::value));
        }
        let (columns, name) = (self.names(), self.name);
        let statement = format!("SELECT {columns} FROM {name} {passed} ORDER BY {names} LIMIT {BATCH}");
        let rows = side.rows(&statement, &kinds, &values).await?;
        Ok((!rows.is_empty()).then_some(rows))
    }

    async fn insert(&self, target: &mut Endpoint, rows: &Rows) -> Result<(), Error> {
        let mut statement = format!("INSERT INTO {} ({}) VALUES ", self.name, self.names());
        let (mut kinds, mut values) = (Vec::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            statement.push_str(if index == 0 { "(" } else { ", (" });
            for (place, (column, held)) in self.columns.iter().zip(row).enumerate() {
                let is_late = self.late.contains(&column.name.as_str());
                kinds.push(column.kind);
                values.push(if is_late { Value::Null } else { held.value() });
                // Writing to a `String` can't fail.
                let _ = write!(statement, "{}${}", if place == 0 { "" } else { ", " }, values.len());
            }
            statement.push(')');
        }
        target.execute(&statement, &kinds, &values).await
    }

    /// Sets the columns that point at tables which have arrived by now.
    async fn set_late(&self, source: &mut Endpoint, target: &mut Endpoint) -> Result<(), Error> {
        let sets = self.late.iter().zip(2..).map(|(column, place)| format!("{column} = ${place}"));
        let statement = format!("UPDATE {} SET {} WHERE id = $1", self.name, sets.collect::<Vec<_>>().join(", "));
        let kinds = vec![Kind::Integer; self.late.len() + 1];
        let mut after = None;
        while let Some(rows) = self.next(source, after.as_ref()).await? {
            for row in &rows {
                let held = |name: &str| {
                    let found = self.columns.iter().zip(row).find(|(column, _)| column.name == name);
                    found.map_or(Value::Null, |(_, held)| held.value())
                };
                let values: Vec<_> = std::iter::once("id").chain(self.late.iter().copied()).map(held).collect();
                if values.iter().skip(1).any(|value| *value != Value::Null) {
                    target.execute(&statement, &kinds, &values).await?;
                }
            }
            after = rows.into_iter().next_back();
        }
        Ok(())
    }
}

/// Counts rows and digests them one after the other.
#[derive(Default)]
struct RowDigest {
    rows: u64,
    digest: Sha256,
}

impl RowDigest {
    fn add(&mut self, row: &[OwnedValue]) {
        self.rows += 1;
        for held in row {
            // Each value with its kind and length, so that no two rows look alike by where one value ends.
            let (kind, bytes): (u8, &[u8]) = match held {
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
