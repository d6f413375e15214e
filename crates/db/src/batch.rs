//! Several reads sent as one batch: on PostgreSQL they cost one round trip.

use super::statement::{Arguments, Declaration, Record, Row, Statement};
use super::{Value, sqlite};
use crate::error::Result;

/// One read of a batch: a statement and its arguments.
pub type BatchQuery<'g, A, R> = (Statement<A, R>, <A as Arguments>::Given<'g>);

/// Several reads: a tuple of [`BatchQuery`]s.
pub trait BatchQueries<'g> {
    /// The rows of each.
    type Rows;
    fn batch(self) -> Batch<'g, Self::Rows>;
}

/// Several reads, ready to be sent.
#[derive(Debug)]
pub struct Batch<'g, Rows> {
    pub(super) sent: Vec<(Declaration, Vec<Value<'g>>)>,
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
    /// Read when they are taken: in the same process a batch gains nothing.
    Sqlite(&'s rusqlite::Connection, std::slice::Iter<'s, (Declaration, Vec<Value<'s>>)>),
    /// Received already.
    Postgres(std::vec::IntoIter<Vec<tokio_postgres::Row>>),
}

impl BatchRows<'_> {
    fn next<R: Record>(&mut self) -> Result<Vec<R>> {
        let records: Vec<R> = match &mut self.source {
            Source::Sqlite(connection, reads) => match reads.next() {
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
                let sent = vec![$((self.$index.0.declaration(), $arguments::values(self.$index.1))),+];
                Batch { sent, read: |answers| Ok(($(answers.next::<$record>()?,)+)) }
            }
        }
    };
}

batch_queries!(A Q 0, B R 1);
batch_queries!(A Q 0, B R 1, C S 2, D T 3, E U 4);
