//! Several reads sent as one batch: on PostgreSQL they cost one round trip.

use super::statement::{Arguments, Declaration, Record, Row, Statement};
use super::{Value, sqlite};
use crate::error::Result;

/// One read of a batch: a statement and its arguments.
pub type BatchQuery<'g, A, R> = (Statement<A, R>, <A as Arguments>::Input<'g>);

/// Several reads: a tuple of [`BatchQuery`]s.
pub trait BatchQueries<'g> {
    type Rows;
    fn batch(self) -> Batch<'g, Self::Rows>;
}

/// Several reads, ready to be sent.
#[derive(Debug)]
pub struct Batch<'g, Rows> {
    pub(super) queries: Vec<(Declaration, Vec<Value<'g>>)>,
    pub(super) read: fn(&mut BatchRows<'_>) -> Result<Rows>,
}

/// The rows of a batch, taken in the order of its reads.
#[derive(Debug)]
pub struct BatchRows<'s> {
    pub(super) source: Source<'s>,
    pub(super) rows: usize,
}

#[derive(Debug)]
pub(super) enum Source<'s> {
    /// Each query runs when its rows are taken: within one process a batch gains nothing.
    Sqlite(&'s rusqlite::Connection, std::slice::Iter<'s, (Declaration, Vec<Value<'s>>)>),
    /// The rows were received already.
    Postgres(std::vec::IntoIter<Vec<tokio_postgres::Row>>),
}

impl BatchRows<'_> {
    fn next<R: Record>(&mut self) -> Result<Vec<R>> {
        let records: Vec<R> = match &mut self.source {
            Source::Sqlite(connection, queries) => match queries.next() {
                Some((declaration, values)) => sqlite::rows(connection, declaration, values, R::read)?,
                None => Vec::new(),
            },
            Source::Postgres(results) => {
                let rows = results.next().unwrap_or_default();
                rows.iter().map(|row| R::read(&Row::Postgres(row))).collect::<Result<_>>()?
            }
        };
        self.rows += records.len();
        Ok(records)
    }
}

macro_rules! batch_queries {
    ($($arguments:ident $record:ident $index:tt),+) => {
        impl<'g, $($arguments: Arguments, $record: Record),+> BatchQueries<'g> for ($(BatchQuery<'g, $arguments, $record>,)+) {
            type Rows = ($(Vec<$record>,)+);
            fn batch(self) -> Batch<'g, Self::Rows> {
                let queries = vec![$((self.$index.0.declaration(), $arguments::values(self.$index.1))),+];
                Batch { queries, read: |rows| Ok(($(rows.next::<$record>()?,)+)) }
            }
        }
    };
}

batch_queries!(A Q 0, B R 1);
batch_queries!(A Q 0, B R 1, C S 2, D T 3, E U 4);
