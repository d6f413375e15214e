//! Transactions. Statements run only in a [`Tx`].

use super::batch::{Batch, BatchRows, Source};
use super::invalidation::Invalidation;
use super::postgres::Transaction;
use super::statement::{Arguments, Declaration, DependentStatement, Record, Row, Statement};
use super::value::OwnedValue;
use super::{Value, sqlite};
use crate::error::{Error, Result};

/// An open transaction. It counts its statements, for the log line of the request and for tests that bound their
/// number.
#[derive(Debug)]
pub struct Tx<'a> {
    engine: Engine<'a>,
    stats: QueryStats,
    invalidations: Vec<Invalidation>,
    /// The statements that changed a row.
    #[cfg(feature = "test-hooks")]
    writes: Vec<Declaration>,
}

/// What an operation cost the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryStats {
    pub statements: u32,
    /// Rows read or written.
    pub rows: u32,
}

impl QueryStats {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let (statements, rows) =
            (self.statements.saturating_add(other.statements), self.rows.saturating_add(other.rows));
        Self { statements, rows }
    }
}

#[derive(Debug)]
enum Engine<'a> {
    Sqlite(&'a mut rusqlite::Connection),
    Postgres(&'a mut Transaction),
}

impl<'a> Tx<'a> {
    /// The caller begins and ends the transaction of this connection.
    pub fn on_sqlite(connection: &'a mut rusqlite::Connection) -> Self {
        Self::new(Engine::Sqlite(connection))
    }

    /// The transaction begins with its first statement.
    pub fn on_postgres(transaction: &'a mut Transaction) -> Self {
        Self::new(Engine::Postgres(transaction))
    }

    fn new(engine: Engine<'a>) -> Self {
        Self {
            engine,
            stats: QueryStats::default(),
            invalidations: Vec::new(),
            #[cfg(feature = "test-hooks")]
            writes: Vec::new(),
        }
    }

    /// The statements so far that changed a row. Of a deferred one on PostgreSQL it is not known, and assumed.
    #[cfg(feature = "test-hooks")]
    pub fn writes(&self) -> &[Declaration] {
        &self.writes
    }

    pub fn stats(&self) -> QueryStats {
        self.stats
    }

    /// A number for this transaction, so that concurrent transactions update different rows of one counter.
    pub fn shard(&self) -> i64 {
        match &self.engine {
            // SQLite has one writer.
            Engine::Sqlite(_) => 0,
            Engine::Postgres(transaction) => transaction.shard(),
        }
    }

    /// What the statements so far have invalidated, each once.
    pub fn invalidations(&self) -> &[Invalidation] {
        &self.invalidations
    }

    /// Runs a statement and returns all rows.
    pub async fn all<A: Arguments, R: Record>(
        &mut self,
        statement: Statement<A, R>,
        arguments: A::Input<'_>,
    ) -> Result<Vec<R>> {
        self.rows(&statement.declaration(), &A::values(arguments), R::read).await
    }

    /// Runs a statement and returns its first row, if there is one.
    pub async fn optional<A: Arguments, R: Record>(
        &mut self,
        statement: Statement<A, R>,
        arguments: A::Input<'_>,
    ) -> Result<Option<R>> {
        Ok(self.rows(&statement.declaration(), &A::values(arguments), R::read).await?.into_iter().next())
    }

    /// Runs a statement and returns its first row. A missing row is an
    /// [`ErrorKind::Internal`](super::ErrorKind::Internal) error.
    pub async fn one<A: Arguments, R: Record>(
        &mut self,
        statement: Statement<A, R>,
        arguments: A::Input<'_>,
    ) -> Result<R> {
        let name = statement.declaration().name;
        self.optional(statement, arguments).await?.ok_or_else(|| Error::internal(format!("{name} gave no row")))
    }

    /// Runs a statement and returns the number of changed rows.
    pub async fn execute<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        arguments: A::Input<'_>,
    ) -> Result<usize> {
        let declaration = statement.declaration();
        self.record_statement(&declaration);
        let values = A::values(arguments);
        let changed = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, &declaration, &values)?,
            Engine::Postgres(transaction) => transaction.execute(&declaration, &values).await?,
        };
        self.record_rows(changed);
        self.record_invalidation(&declaration, &values, changed > 0);
        Ok(changed)
    }

    /// Runs a statement without waiting for its result. On PostgreSQL it is sent with the next statement or with the
    /// commit. If it fails, the transaction fails.
    pub fn defer<A: Arguments>(&mut self, statement: Statement<A, ()>, arguments: A::Input<'_>) -> Result<()> {
        self.defer_declaration(statement.declaration(), &A::values(arguments))
    }

    fn defer_declaration(&mut self, declaration: Declaration, values: &[Value<'_>]) -> Result<()> {
        self.record_statement(&declaration);
        let changed = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, &declaration, values)?,
            // The number of changed rows is not known yet.
            Engine::Postgres(_) => 1,
        };
        self.record_rows(changed);
        self.record_invalidation(&declaration, values, changed > 0);
        if let Engine::Postgres(transaction) = &mut self.engine {
            transaction.defer_declaration(declaration, values.iter().copied().map(OwnedValue::from).collect());
        }
        Ok(())
    }

    /// Runs the only change of a transaction and the statements that depend on it, and returns whether it changed a
    /// row. On PostgreSQL in [`TransactionMode::SingleStatement`](super::TransactionMode::SingleStatement), they are
    /// one statement together with the one of `bump_revision`, and no other statement may follow. If nothing changed,
    /// the transaction continues.
    pub async fn execute_composite<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        arguments: A::Input<'_>,
        dependent: Vec<DependentStatement>,
        bump_revision: impl FnOnce(Invalidation, i64) -> Option<DependentStatement>,
    ) -> Result<bool> {
        let (declaration, values, shard) = (statement.declaration(), A::values(arguments), self.shard());
        if let Engine::Postgres(transaction) = &mut self.engine
            && transaction.is_composite_allowed()
            && let Some(last) =
                declaration.invalidates.resolve(&values).and_then(|invalidation| bump_revision(invalidation, shard))
        {
            let parts = std::iter::once(&declaration).chain(dependent.iter().map(|dependent| &dependent.declaration));
            let parts: Vec<_> = parts.chain([&last.declaration]).copied().collect();
            parts.iter().for_each(|part| record_statement(&mut self.stats, part));
            let has_changed = transaction.execute_composite(&declaration, values, &dependent, &last).await? > 0;
            self.record_rows(if has_changed { parts.len() } else { 0 });
            #[cfg(feature = "test-hooks")]
            self.writes.extend(parts.iter().filter(|_| has_changed));
            return Ok(has_changed);
        }
        let has_changed = self.execute(statement, arguments).await? > 0;
        if has_changed {
            for DependentStatement { declaration, values } in dependent {
                let values: Vec<_> = values.iter().map(OwnedValue::value).collect();
                self.defer_declaration(declaration, &values)?;
            }
        }
        Ok(has_changed)
    }

    /// Whether all reads of a command see the same state. On PostgreSQL this is unknown: at READ COMMITTED, each
    /// statement sees what was committed before it.
    pub fn is_snapshot(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// Runs a statement once for each list of arguments, as one batch, and returns the number of changed rows of each
    /// run.
    pub async fn execute_each<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        argument_lists: &[A::Input<'_>],
    ) -> Result<Vec<usize>> {
        let declaration = statement.declaration();
        let values: Vec<_> = argument_lists.iter().map(|arguments| A::values(*arguments)).collect();
        if values.is_empty() {
            return Ok(Vec::new());
        }
        self.record_statement(&declaration);
        let changed: Vec<usize> = match &mut self.engine {
            Engine::Sqlite(connection) => {
                let execute = |values: &Vec<Value<'_>>| sqlite::execute(connection, &declaration, values);
                values.iter().map(execute).collect::<Result<_>>()?
            }
            Engine::Postgres(transaction) => transaction.execute_each(&declaration, &values).await?,
        };
        self.record_rows(changed.iter().sum());
        for (values, changed) in values.iter().zip(&changed) {
            self.record_invalidation(&declaration, values, *changed > 0);
        }
        Ok(changed)
    }

    /// Runs several reads as one batch.
    pub async fn batch<Rows>(&mut self, batch: Batch<'_, Rows>) -> Result<Rows> {
        let Batch { queries, read } = batch;
        queries.iter().for_each(|(declaration, _)| self.record_statement(declaration));
        let source = match &mut self.engine {
            Engine::Sqlite(connection) => Source::Sqlite(connection, queries.iter()),
            Engine::Postgres(transaction) => Source::Postgres(transaction.rows_batched(&queries).await?.into_iter()),
        };
        let mut batch_rows = BatchRows { source, rows: 0 };
        let records = read(&mut batch_rows);
        let count = batch_rows.rows;
        self.record_rows(count);
        records
    }

    async fn rows<R>(
        &mut self,
        declaration: &Declaration,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<R>,
    ) -> Result<Vec<R>> {
        self.record_statement(declaration);
        let rows: Result<Vec<R>> = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::rows(connection, declaration, values, read),
            Engine::Postgres(transaction) => {
                let rows = transaction.rows(declaration, values).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        };
        self.record_rows(rows.as_ref().map_or(0, Vec::len));
        self.record_invalidation(declaration, values, rows.as_ref().is_ok_and(|rows| !rows.is_empty()));
        rows
    }

    fn record_rows(&mut self, rows: usize) {
        self.stats.rows = self.stats.rows.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
    }

    fn record_invalidation(&mut self, declaration: &Declaration, values: &[Value<'_>], has_changed: bool) {
        #[cfg(feature = "test-hooks")]
        self.writes.extend(has_changed.then_some(*declaration));
        if let Some(invalidation) = has_changed.then(|| declaration.invalidates.resolve(values)).flatten()
            && !self.invalidations.contains(&invalidation)
        {
            self.invalidations.push(invalidation);
        }
    }

    fn record_statement(&mut self, declaration: &Declaration) {
        record_statement(&mut self.stats, declaration);
    }
}

fn record_statement(stats: &mut QueryStats, declaration: &Declaration) {
    stats.statements += 1;
    tracing::trace!(statement = declaration.name);
    #[cfg(feature = "test-hooks")]
    super::test_hooks::statement(declaration.name);
}
