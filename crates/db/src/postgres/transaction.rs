//! A transaction on a pooled or shared connection.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::FutureExt;
use futures_util::future::join;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::concurrency::composite::CompositeStatement;
use super::concurrency::pipeline::{Failure, StatementResult, execute_all, prepare_all};
use super::concurrency::shard_slots::ShardSlot;
use super::error::PgError;
use super::tls::Tls;
use super::values::types;
use crate::error::Result;
use crate::value::OwnedValue;
use crate::{Declaration, DependentStatement, Value};

/// Timeout for telling the server to cancel a statement.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// The isolation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionMode {
    /// Reads and writes as if no other transaction ran at the same time.
    Serializable,
    /// For changes that do not rely on earlier reads: each statement that writes has a condition, or a unique key
    /// guards it. It waits for a row lock where [`Self::Serializable`] would fail, and its reads conflict with no other
    /// transaction.
    ReadCommitted,
    /// Like [`Self::ReadCommitted`], but the change is one statement that is a transaction by itself: see
    /// [`crate::Tx::execute_composite`]. Reads before it run in autocommit. If nothing changed, it continues as
    /// [`Self::ReadCommitted`].
    SingleStatement,
    /// Reads one consistent state of the database.
    ReadOnly,
    /// Reads with single statements, each in a transaction of its own.
    Autocommit,
}

impl TransactionMode {
    const fn begin(self) -> &'static str {
        match self {
            Self::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            // READ COMMITTED is the connection's default. If it were named, the server would reset the setting at the
            // end of each transaction.
            Self::ReadCommitted | Self::SingleStatement => "BEGIN",
            Self::ReadOnly => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Autocommit => "",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent.
    New,
    /// It has begun, and no statement is running.
    Open,
    /// A statement was sent, and its result is missing.
    Executing,
    /// The commit was sent, and its result is missing or unclear.
    Committing,
    Ended,
}

/// A transaction that begins with its first statement. Dropping it rolls it back.
pub struct Transaction {
    client: Option<Connection>,
    mode: TransactionMode,
    stage: Stage,
    /// Whether `BEGIN` was sent.
    is_begun: bool,
    error: Option<PgError>,
    /// Statements to be sent before the next one or before the commit.
    deferred: Vec<(Declaration, Vec<OwnedValue>)>,
    tls: Tls,
    shard_slot: Option<ShardSlot>,
}

#[expect(clippy::large_enum_variant, reason = "it is moved once, into its transaction")]
enum Connection {
    /// Exclusive until the transaction ends.
    Exclusive(Object),
    /// Shared with other callers.
    Shared(Arc<ClientWrapper>),
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        match self {
            Self::Exclusive(client) => client,
            Self::Shared(client) => client,
        }
    }
}

impl Transaction {
    /// A transaction on a pooled connection.
    pub(super) fn exclusive(client: Object, mode: TransactionMode, tls: Tls, shard_slot: ShardSlot) -> Self {
        Self::new(Connection::Exclusive(client), mode, tls, Some(shard_slot))
    }

    /// A transaction for single statements, on a shared connection.
    pub(super) fn shared(client: Arc<ClientWrapper>, tls: Tls) -> Self {
        Self::new(Connection::Shared(client), TransactionMode::Autocommit, tls, None)
    }

    fn new(connection: Connection, mode: TransactionMode, tls: Tls, shard_slot: Option<ShardSlot>) -> Self {
        let (client, deferred) = (Some(connection), Vec::new());
        let (stage, is_begun) = (Stage::New, false);
        Self { client, mode, stage, is_begun, error: None, deferred, tls, shard_slot }
    }

    /// A number that no other concurrent transaction of this process has.
    pub(crate) fn shard(&self) -> i64 {
        self.shard_slot.as_ref().map_or(0, ShardSlot::shard)
    }

    /// Runs a statement and returns the number of changed rows.
    pub(crate) async fn execute(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize> {
        Ok(self.send([(declaration, values)]).await?.iter().map(|result| result.changed).sum())
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let results = self.send([(declaration, values)]).await?;
        Ok(results.into_iter().next().map_or_else(Vec::new, |result| result.rows))
    }

    /// Runs a statement once for each list of arguments, pipelined, and returns the number of changed rows of each run.
    pub(crate) async fn execute_each(
        &mut self,
        declaration: &Declaration,
        each: &[Vec<Value<'_>>],
    ) -> Result<Vec<usize>> {
        let results = self.send(each.iter().map(|values| (declaration, values.as_slice()))).await?;
        Ok(results.iter().map(|result| result.changed).collect())
    }

    /// Runs several statements, pipelined, and returns the rows of each.
    pub(crate) async fn rows_batched(&mut self, each: &[(Declaration, Vec<Value<'_>>)]) -> Result<Vec<Vec<Row>>> {
        let results = self.send(each.iter().map(|(declaration, values)| (declaration, values.as_slice()))).await?;
        Ok(results.into_iter().map(|result| result.rows).collect())
    }

    /// Whether a composite statement may be the whole transaction: nothing was sent or deferred yet.
    pub(crate) fn is_composite_allowed(&self) -> bool {
        self.mode == TransactionMode::SingleStatement && self.stage == Stage::New && self.deferred.is_empty()
    }

    /// Runs a composite statement and returns the number of rows that it wrote. If there are any, the transaction has
    /// ended; otherwise it can continue.
    pub(crate) async fn execute_composite(
        &mut self,
        change: &Declaration,
        values: Vec<Value<'_>>,
        dependent: &[DependentStatement],
        last: &DependentStatement,
    ) -> Result<usize> {
        let outcome = self.try_composite(&CompositeStatement::new(change, values, dependent, last)).await;
        outcome.map_err(|error| {
            if !error.breaks_connection() {
                self.stage = Stage::Ended;
            }
            self.error.get_or_insert_with(|| error.clone());
            error.in_context(change.name)
        })
    }

    async fn try_composite(&mut self, composite: &CompositeStatement<'_>) -> Result<usize, PgError> {
        self.client()?;
        self.stage = Stage::Executing;
        let client = self.client()?;
        let statement = client.prepare_typed_cached(&composite.text, &types(&composite.kinds)).await;
        let statement = statement.map_err(|error| PgError::from_driver(&error))?;
        #[cfg(feature = "test-hooks")]
        crate::test_hooks::point("commit");
        self.stage = Stage::Committing;
        let client = self.client()?;
        let written = client.execute_raw(&statement, composite.values.iter()).await;
        let written = written.map_err(|error| PgError::from_final_statement(&error))?;
        #[cfg(feature = "test-hooks")]
        crate::test_hooks::point("committed");
        self.stage = if written > 0 { Stage::Ended } else { Stage::New };
        usize::try_from(written).map_err(|error| PgError::Internal(error.to_string()))
    }

    /// Adds a statement, which is sent before the next one or before the commit.
    pub(crate) fn defer_declaration(&mut self, declaration: Declaration, values: Vec<OwnedValue>) {
        self.deferred.push((declaration, values));
    }

    /// Sends the deferred statements and then these, pipelined, and returns the results of these.
    async fn send<'v>(
        &mut self,
        statements: impl IntoIterator<Item = (&'v Declaration, &'v [Value<'v>])>,
    ) -> Result<Vec<StatementResult>> {
        let outcome = self.try_send(statements.into_iter().collect()).await;
        outcome.map_err(|(name, error)| {
            // The server has responded with an error.
            self.stage = self.stage_after_result();
            self.error.get_or_insert_with(|| error.clone());
            error.in_context(name)
        })
    }

    async fn try_send(&mut self, queries: Vec<(&Declaration, &[Value<'_>])>) -> Result<Vec<StatementResult>, Failure> {
        let name = queries.first().map_or("nothing", |(declaration, _)| declaration.name);
        let is_read = |declaration: &Declaration| declaration.text.starts_with("SELECT");
        let only_reads = queries.iter().all(|(declaration, _)| is_read(declaration)) && self.deferred.is_empty();
        let begins = self.start_statement(only_reads).map_err(|error| (name, error))?;
        let deferred = std::mem::take(&mut self.deferred);
        let deferred_count = deferred.len();
        let deferred_values = borrow_values(&deferred);
        let sent: Vec<_> = with_values(&deferred, &deferred_values).chain(queries).collect();
        let client = self.client().map_err(|error| (name, error))?;
        let begin = async || {
            client.batch_execute(self.mode.begin()).await.map_err(|error| (name, PgError::from_driver(&error)))
        };
        // Statements that write are sent after BEGIN was executed, reads together with BEGIN.
        let sends_begin_along = begins && only_reads;
        if begins && !sends_begin_along {
            begin().await?;
        }
        let statements = prepare_all(client, &sent).await?;
        let executing = execute_all(client, &statements, &sent);
        let results = if sends_begin_along {
            let (begun, results) = join(begin(), executing).await;
            begun?;
            results
        } else {
            executing.await
        };
        let results =
            results.into_iter().map(|result| result.map_err(|(name, error)| (name, PgError::from_driver(&error))));
        let mut results = results.collect::<Result<Vec<_>, _>>()?;
        self.stage = self.stage_after_result();
        Ok(results.split_off(deferred_count))
    }

    /// Records that statements are about to be sent, and returns whether `BEGIN` has to be sent first.
    fn start_statement(&mut self, only_reads: bool) -> Result<bool, PgError> {
        self.client()?;
        if self.stage == Stage::Ended && self.mode != TransactionMode::Autocommit {
            return Err(PgError::Internal("the transaction has already ended".to_owned()));
        }
        self.stage = Stage::Executing;
        let is_autocommit = match self.mode {
            TransactionMode::Autocommit => true,
            TransactionMode::SingleStatement => only_reads,
            TransactionMode::Serializable | TransactionMode::ReadCommitted | TransactionMode::ReadOnly => false,
        };
        let begins = !self.is_begun && !is_autocommit;
        self.is_begun |= begins;
        Ok(begins)
    }

    /// The stage after a statement was executed. In autocommit, the transaction has ended.
    fn stage_after_result(&self) -> Stage {
        match self.mode {
            TransactionMode::Autocommit => Stage::Ended,
            _ if self.stage == Stage::Ended => Stage::Ended,
            _ if self.is_begun => Stage::Open,
            _ => Stage::New,
        }
    }

    fn client(&self) -> Result<&ClientWrapper, PgError> {
        match &self.error {
            // After an error, the server rejects every statement until the end of the transaction.
            Some(error) => Err(error.clone()),
            None => {
                self.client.as_deref().ok_or_else(|| PgError::ConnectionLost("the connection was released".to_owned()))
            }
        }
    }

    /// Commits. Fails if an earlier statement failed, even if the command ignored that: PostgreSQL executes the commit
    /// of an aborted transaction as a rollback, without an error.
    ///
    /// # Errors
    /// Every [`PgError`]. Only after [`PgError::OutcomeUnknown`] the change may be stored.
    pub async fn commit(&mut self) -> Result<(), PgError> {
        self.client()?;
        if self.stage == Stage::Ended && self.deferred.is_empty() {
            // A composite statement was the whole transaction.
            return Ok(());
        }
        if self.stage != Stage::New || !self.deferred.is_empty() {
            #[cfg(feature = "test-hooks")]
            crate::test_hooks::point("commit");
            if let Err(error) = self.try_commit().await {
                if !error.breaks_connection() {
                    self.stage = Stage::Ended;
                }
                return Err(error);
            }
            #[cfg(feature = "test-hooks")]
            crate::test_hooks::point("committed");
        }
        self.stage = Stage::Ended;
        Ok(())
    }

    /// Sends the deferred statements and the commit together. If one of those fails, the server rolls back.
    async fn try_commit(&mut self) -> Result<(), PgError> {
        self.stage = Stage::Committing;
        let begins = !std::mem::replace(&mut self.is_begun, true);
        let client = self.client()?;
        // Nothing is committed if one of these fails.
        if begins {
            client.batch_execute(self.mode.begin()).await.map_err(|error| PgError::from_driver(&error))?;
        }
        let values = borrow_values(&self.deferred);
        let deferred: Vec<_> = with_values(&self.deferred, &values).collect();
        let statements = prepare_all(client, &deferred).await.map_err(|(_, error)| error)?;
        let (results, committed) =
            join(execute_all(client, &statements, &deferred), client.batch_execute("COMMIT")).await;
        for result in results {
            result.map_err(|(_, error)| PgError::from_final_statement(&error))?;
        }
        committed.map_err(|error| PgError::from_commit(&error))
    }

    pub fn is_committing(&self) -> bool {
        self.stage == Stage::Committing
    }

    /// Rolls back. Returns the error of the first statement that failed, if any.
    pub fn rollback(self) -> Option<PgError> {
        self.error.clone()
    }
}

/// The values of deferred statements as the driver takes them.
fn borrow_values(deferred: &[(Declaration, Vec<OwnedValue>)]) -> Vec<Vec<Value<'_>>> {
    deferred.iter().map(|(_, values)| values.iter().map(OwnedValue::value).collect()).collect()
}

fn with_values<'v>(
    deferred: &'v [(Declaration, Vec<OwnedValue>)],
    values: &'v [Vec<Value<'v>>],
) -> impl Iterator<Item = (&'v Declaration, &'v [Value<'v>])> {
    deferred.iter().map(|(declaration, _)| declaration).zip(values.iter().map(Vec::as_slice))
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // On a shared connection, the statements of other callers continue, and the result of ours is ignored.
        let Some(Connection::Exclusive(client)) = self.client.take() else { return };
        let is_broken = self.error.as_ref().is_some_and(PgError::breaks_connection);
        match self.stage {
            Stage::New | Stage::Ended if !is_broken => {}
            Stage::Open if !is_broken => {
                // Sent without waiting for the result. Later statements on the connection run after it.
                let _ = client.batch_execute("ROLLBACK").now_or_never();
            }
            Stage::New | Stage::Ended | Stage::Open => drop(Object::take(client)),
            Stage::Committing if self.is_begun => drop(Object::take(client)),
            Stage::Executing | Stage::Committing => {
                // No caller waits any more, and cancelling releases the locks. A composite statement is either
                // cancelled or committed already.
                let (cancel, tls) = (client.cancel_token(), self.tls.0.clone());
                drop(Object::take(client));
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(timeout(CANCEL_TIMEOUT, async move { cancel.cancel_query(tls).await }));
                }
            }
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("mode", &self.mode).field("stage", &self.stage).finish_non_exhaustive()
    }
}
