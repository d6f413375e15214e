//! One transaction on a connection of the pool, and how values travel.

use std::error::Error as StdError;

use bytes::BytesMut;
use deadpool_postgres::Object;
use futures_util::FutureExt;
use futures_util::future::join;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::trouble::Trouble;
use crate::db::{Cell, Declaration, Kind, Value};
use crate::error::{Problem, Result};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writing, as if no other transaction ran at the same time.
    Command,
    /// Reading one state of the database.
    Query,
}

impl Purpose {
    const fn begin(self) -> &'static str {
        match self {
            Self::Command => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Self::Query => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

/// A transaction that is begun with its first statement. Whoever drops it has undone it.
#[derive(Debug)]
pub(crate) struct Transaction {
    client: Option<Object>,
    purpose: Purpose,
    begun: bool,
    trouble: Option<Trouble>,
}

impl Transaction {
    pub(super) fn new(client: Object, purpose: Purpose) -> Self {
        Self { client: Some(client), purpose, begun: false, trouble: None }
    }

    /// Runs a statement and says how many rows it changed.
    pub(in crate::db) async fn execute(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize> {
        let outcome = self.try_execute(declaration, values).await;
        self.heed(declaration, outcome)
    }

    /// Runs a statement and gives its rows.
    pub(in crate::db) async fn rows(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let outcome = self.try_rows(declaration, values).await;
        self.heed(declaration, outcome)
    }

    async fn try_execute(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize, Trouble> {
        self.begin().await?;
        let client = self.client()?;
        let failed = |error: tokio_postgres::Error| Trouble::of(&error);
        let statement =
            client.prepare_typed_cached(declaration.text, &types(declaration.arguments)).await.map_err(failed)?;
        let changed = client.execute_raw(&statement, values.iter()).await.map_err(failed)?;
        usize::try_from(changed).map_err(|_| Trouble::Failed("a number of rows past this machine's".to_owned()))
    }

    async fn try_rows(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<Vec<Row>, Trouble> {
        let failed = |error: tokio_postgres::Error| Trouble::of(&error);
        // A statement that changes something waits until the transaction stands.
        let rides_along = !self.begun && declaration.text.starts_with("SELECT");
        if !rides_along {
            self.begin().await?;
        }
        let purpose = self.purpose;
        // From here on there may be something to undo, should the caller lose patience.
        self.begun = true;
        let client = self.client()?;
        let statement =
            client.prepare_typed_cached(declaration.text, &types(declaration.arguments)).await.map_err(failed)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let query = client.query(&statement, &values);
        if rides_along {
            // Both are sent at once and answered in order: one way to the server and back instead of two.
            let (begun, rows) = join(client.batch_execute(purpose.begin()), query).await;
            begun.map_err(failed)?;
            rows.map_err(failed)
        } else {
            query.await.map_err(failed)
        }
    }

    async fn begin(&mut self) -> Result<(), Trouble> {
        if !self.begun {
            self.begun = true;
            self.client()?.batch_execute(self.purpose.begin()).await.map_err(|error| Trouble::of(&error))?;
        }
        Ok(())
    }

    fn client(&self) -> Result<&Object, Trouble> {
        match &self.trouble {
            // After a failure the server refuses everything up to the end of the transaction.
            Some(trouble) => Err(trouble.clone()),
            None => self.client.as_ref().ok_or_else(|| Trouble::Gone("the connection was let go of".to_owned())),
        }
    }

    fn heed<T>(&mut self, declaration: &Declaration, outcome: Result<T, Trouble>) -> Result<T> {
        outcome.map_err(|trouble| {
            self.trouble.get_or_insert_with(|| trouble.clone());
            Problem::internal(format!("{}: {trouble:?}", declaration.name))
        })
    }

    /// Makes everything stay. A statement that failed before makes this fail too, whatever the command made of it:
    /// PostgreSQL itself would answer such a commit with a rollback and no error.
    pub(crate) async fn commit(&mut self) -> Result<(), Trouble> {
        let begun = std::mem::replace(&mut self.begun, false);
        let client = self.client()?;
        if begun {
            #[cfg(feature = "test-hooks")]
            crate::db::hooks::point("commit");
            client.batch_execute("COMMIT").await.map_err(|error| Trouble::of_commit(&error))?;
            #[cfg(feature = "test-hooks")]
            crate::db::hooks::point("committed");
        }
        Ok(())
    }

    /// Undoes everything; says what went wrong, if it was the database that did.
    pub(crate) fn undo(mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Lets go of the connection too: nobody knows what it is still busy with.
    pub(crate) fn abandon(mut self) {
        self.begun = false;
        drop(self.client.take().map(Object::take));
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.begun
            && let Some(client) = &self.client
        {
            // Sent without waiting: whoever gets this connection next is answered after it.
            let _ = client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

pub(super) fn types(kinds: &[Kind]) -> Vec<Type> {
    let types = kinds.iter().map(|kind| match kind {
        Kind::Integer => Type::INT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    });
    types.collect()
}

impl ToSql for Value<'_> {
    fn to_sql(&self, r#type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) => number.to_sql(r#type, out),
            Value::Text(text) => text.to_sql(r#type, out),
            Value::Bytes(bytes) => bytes.to_sql(r#type, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A cell as the server sends it.
struct Sent<'a>(Value<'a>);

impl<'a> FromSql<'a> for Sent<'a> {
    fn from_sql(r#type: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(match *r#type {
            Type::INT8 => Value::Integer(i64::from_sql(r#type, raw)?),
            // What a statement writes as a number is one of 32 bits.
            Type::INT4 => Value::Integer(i32::from_sql(r#type, raw)?.into()),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(<&str>::from_sql(r#type, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(r#type: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::BYTEA].contains(r#type)
    }
}

/// The cell at this place of a row.
pub(in crate::db) fn cell(row: &Row, index: usize) -> Result<Cell<'_>> {
    row.try_get(index).map(|Sent(value)| value).map_err(Problem::internal)
}
