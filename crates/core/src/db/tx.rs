//! One transaction: the only thing that runs statements.

use super::change::Change;
use super::postgres::Transaction;
use super::statement::{Along, Arguments, Declaration, Record, Row, Statement};
use super::together::{Answers, Source, Together};
use super::{Value, sqlite};
use crate::error::{Problem, Result};

/// An open transaction. It counts its statements, for the log line of the request and for the tests that hold a call
/// to a number of them.
#[derive(Debug)]
pub struct Tx<'a> {
    engine: Engine<'a>,
    cost: Cost,
    changes: Vec<Change>,
}

/// What something has cost the database so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Statements that ran.
    pub statements: u32,
    /// Rows that were read or written.
    pub rows: u32,
}

impl Cost {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
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
    /// A transaction that somebody has begun on this connection, and will end.
    pub(crate) fn on_sqlite(connection: &'a mut rusqlite::Connection) -> Self {
        Self { engine: Engine::Sqlite(connection), cost: Cost::default(), changes: Vec::new() }
    }

    /// The same on a server; it begins with its first statement.
    pub(crate) fn on_postgres(transaction: &'a mut Transaction) -> Self {
        Self { engine: Engine::Postgres(transaction), cost: Cost::default(), changes: Vec::new() }
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// A number that no other command has at the same time, as far as that can be: see [`crate::revision`].
    pub(crate) fn shard(&self) -> i64 {
        match &self.engine {
            // One command runs at a time.
            Engine::Sqlite(_) => 0,
            Engine::Postgres(transaction) => transaction.shard(),
        }
    }

    /// What has changed of what lists show.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Every row.
    pub async fn all<A: Arguments, R: Record>(
        &mut self,
        statement: Statement<A, R>,
        given: A::Given<'_>,
    ) -> Result<Vec<R>> {
        self.rows(&statement.declaration(), &A::values(given), R::read).await
    }

    /// The row, or nothing. A second row is left unread: the statement's keys say there is none.
    pub async fn optional<A: Arguments, R: Record>(
        &mut self,
        statement: Statement<A, R>,
        given: A::Given<'_>,
    ) -> Result<Option<R>> {
        Ok(self.rows(&statement.declaration(), &A::values(given), R::read).await?.into_iter().next())
    }

    /// The row that must be there.
    pub async fn one<A: Arguments, R: Record>(&mut self, statement: Statement<A, R>, given: A::Given<'_>) -> Result<R> {
        let name = statement.declaration().name;
        self.optional(statement, given).await?.ok_or_else(|| Problem::internal(format!("{name} gave no row")))
    }

    /// Runs it and says how many rows it changed.
    pub async fn execute<A: Arguments>(&mut self, statement: Statement<A, ()>, given: A::Given<'_>) -> Result<usize> {
        let declaration = statement.declaration();
        self.note(&declaration);
        let values = A::values(given);
        let changed = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, &declaration, &values)?,
            Engine::Postgres(transaction) => transaction.execute(&declaration, &values).await?,
        };
        self.note_rows(changed);
        self.note_change(&declaration, &values, changed > 0);
        Ok(changed)
    }

    /// Runs it without waiting for what comes of it: before whatever is run next, and before the end. A server gets it
    /// together with what comes next, or with the commit. One that fails makes the transaction fail.
    #[expect(clippy::needless_pass_by_value, reason = "every statement is given in the same way")]
    pub fn without_waiting<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        given: A::Given<'static>,
    ) -> Result<()> {
        self.put_ahead(statement.declaration(), A::values(given))
    }

    fn put_ahead(&mut self, declaration: Declaration, values: Vec<Value<'static>>) -> Result<()> {
        self.note(&declaration);
        let changed = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, &declaration, &values)?,
            // Not known yet.
            Engine::Postgres(_) => 1,
        };
        self.note_rows(changed);
        self.note_change(&declaration, &values, changed > 0);
        if let Engine::Postgres(transaction) = &mut self.engine {
            transaction.put_ahead(declaration, values);
        }
        Ok(())
    }

    /// Runs a statement that is all that its transaction changes, and says whether it changed anything. What goes along is
    /// done if it did; `revised` moves on what it changed, and belongs to it where one statement is the whole transaction: for
    /// a [`Purpose::Alone`](super::Purpose::Alone) on a server. Nothing else may be done then. Where it changed nothing, the
    /// transaction goes on.
    pub(crate) async fn execute_alone<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        given: A::Given<'_>,
        along: Vec<Along>,
        revised: impl FnOnce(Change, i64) -> Option<Along>,
    ) -> Result<bool> {
        let (declaration, values, shard) = (statement.declaration(), A::values(given), self.shard());
        if let Engine::Postgres(transaction) = &mut self.engine
            && transaction.may_do_alone()
            && let Some(last) = Change::of(&declaration, &values).and_then(|change| revised(change, shard))
        {
            let parts = std::iter::once(&declaration).chain(along.iter().map(|along| &along.declaration));
            let parts: Vec<_> = parts.chain([&last.declaration]).copied().collect();
            parts.iter().for_each(|part| note(&mut self.cost, part));
            let has_changed = transaction.execute_alone(&declaration, values, along, last).await? > 0;
            self.note_rows(if has_changed { parts.len() } else { 0 });
            return Ok(has_changed);
        }
        let has_changed = self.execute(statement, given).await? > 0;
        if has_changed {
            along.into_iter().try_for_each(|along| self.put_ahead(along.declaration, along.values))?;
        }
        Ok(has_changed)
    }

    /// Says that what is run last, without waiting, changes a row that others change at the same time. One of this process
    /// commits after the other then, so that they do not wait for each other in the server.
    pub(crate) fn contest(&mut self, row: i64) {
        if let Engine::Postgres(transaction) = &mut self.engine {
            transaction.contest(row);
        }
    }

    /// Whether all that a command reads is of one state, but for what it changes itself. On a server it may see what others
    /// have committed meanwhile.
    pub(crate) fn sees_one_state(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// Runs it once for each of these, all sent together, and says how many rows each has changed.
    pub async fn execute_each<A: Arguments>(
        &mut self,
        statement: Statement<A, ()>,
        given: &[A::Given<'_>],
    ) -> Result<Vec<usize>> {
        let declaration = statement.declaration();
        let values: Vec<_> = given.iter().map(|one| A::values(*one)).collect();
        if values.is_empty() {
            return Ok(Vec::new());
        }
        self.note(&declaration);
        let changed: Vec<usize> = match &mut self.engine {
            Engine::Sqlite(connection) => {
                let one = |values: &Vec<Value<'_>>| sqlite::execute(connection, &declaration, values);
                values.iter().map(one).collect::<Result<_>>()?
            }
            Engine::Postgres(transaction) => transaction.execute_each(&declaration, &values).await?,
        };
        self.note_rows(changed.iter().sum());
        for (values, changed) in values.iter().zip(&changed) {
            self.note_change(&declaration, values, *changed > 0);
        }
        Ok(changed)
    }

    /// Every row of several statements that only read, all sent together.
    pub async fn together<Rows>(&mut self, questions: Together<'_, Rows>) -> Result<Rows> {
        let Together { sent, read } = questions;
        sent.iter().for_each(|(declaration, _)| self.note(declaration));
        let source = match &mut self.engine {
            Engine::Sqlite(connection) => Source::Sqlite(connection, sent.iter()),
            Engine::Postgres(transaction) => Source::Postgres(transaction.rows_together(&sent).await?.into_iter()),
        };
        let mut answers = Answers { source, rows: 0 };
        let read = read(&mut answers);
        let rows = answers.rows;
        self.note_rows(rows);
        read
    }

    async fn rows<R>(
        &mut self,
        declaration: &Declaration,
        values: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<R>,
    ) -> Result<Vec<R>> {
        self.note(declaration);
        let rows: Result<Vec<R>> = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite::rows(connection, declaration, values, read),
            Engine::Postgres(transaction) => {
                let rows = transaction.rows(declaration, values).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        };
        self.note_rows(rows.as_ref().map_or(0, Vec::len));
        self.note_change(declaration, values, rows.as_ref().is_ok_and(|rows| !rows.is_empty()));
        rows
    }

    fn note_rows(&mut self, rows: usize) {
        self.cost.rows = self.cost.rows.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
    }

    fn note_change(&mut self, declaration: &Declaration, values: &[Value<'_>], has_changed: bool) {
        if let Some(change) = has_changed.then(|| Change::of(declaration, values)).flatten()
            && !self.changes.contains(&change)
        {
            self.changes.push(change);
        }
    }

    fn note(&mut self, declaration: &Declaration) {
        note(&mut self.cost, declaration);
    }
}

fn note(cost: &mut Cost, declaration: &Declaration) {
    cost.statements += 1;
    tracing::trace!(statement = declaration.name);
    #[cfg(feature = "test-hooks")]
    super::hooks::statement(declaration.name);
}
