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
use super::concurrency::pipeline::{Answer, Failure, all, prepared};
use super::concurrency::shard_slots::ShardSlot;
use super::error::PgError;
use super::tls::Tls;
use super::values::types;
use crate::error::Result;
use crate::{Declaration, DependentStatement, Value};

/// Timeout for telling the server to cancel a statement.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// The isolation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionMode {
    /// Writes as if no other transaction ran at the same time.
    Serializable,
    /// Writes what the database guards: each statement that writes carries its condition, or a key decides. What was read before it
    /// may have changed since. It waits for a row lock where [`Self::Serializable`] would fail, and its reads conflict with nobody.
    ReadCommitted,
    /// Like [`Self::ReadCommitted`], but the change is one statement that is a transaction by itself: see
    /// [`crate::Tx::execute_composite`]. Reads before it run in autocommit. If nothing changed, it continues as
    /// [`Self::ReadCommitted`].
    SingleStatement,
    /// Reads one state of the database.
    ReadOnly,
    /// Reads with single statements, each in a transaction of its own.
    Autocommit,
}

impl TransactionMode {
    const fn begin(self) -> &'static str {
        match self {
            Self::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            // READ COMMITTED is the connection's default. Naming it would make the server reset the setting at the end of each transaction.
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
    /// A statement was sent and not answered.
    Executing,
    /// The commit was sent, and its answer is missing or does not tell.
    Committing,
    Ended,
}

/// A transaction that begins with its first statement. Dropping it rolls it back.
pub struct Transaction {
    client: Option<Connection>,
    mode: TransactionMode,
    stage: Stage,
    /// Whether there is something to commit or to roll back.
    is_begun: bool,
    error: Option<PgError>,
    /// Statements to be sent before the next one or before the commit.
    deferred: Vec<(Declaration, Vec<Value<'static>>)>,
    tls: Tls,
    shard_slot: Option<ShardSlot>,
}

#[expect(clippy::large_enum_variant, reason = "it is moved once, into its transaction")]
enum Connection {
    /// Exclusive until the transaction ends.
    Own(Object),
    /// Shared with other callers.
    Shared(Arc<ClientWrapper>),
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        match self {
            Self::Own(client) => client,
            Self::Shared(client) => client,
        }
    }
}

impl Transaction {
    /// On a connection of its own.
    pub(super) fn own(client: Object, mode: TransactionMode, tls: Tls, shard_slot: ShardSlot) -> Self {
        Self::on(Connection::Own(client), mode, tls, Some(shard_slot))
    }

    /// For single statements on a shared connection.
    pub(super) fn shared(client: Arc<ClientWrapper>, tls: Tls) -> Self {
        Self::on(Connection::Shared(client), TransactionMode::Autocommit, tls, None)
    }

    fn on(connection: Connection, mode: TransactionMode, tls: Tls, shard_slot: Option<ShardSlot>) -> Self {
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
        Ok(self.answers([(declaration, values)]).await?.iter().map(|answer| answer.changed).sum())
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let answers = self.answers([(declaration, values)]).await?;
        Ok(answers.into_iter().next().map_or_else(Vec::new, |answer| answer.rows))
    }

    /// Runs a statement once for each of these arguments, pipelined, and returns the number of changed rows of each.
    pub(crate) async fn execute_each(
        &mut self,
        declaration: &Declaration,
        each: &[Vec<Value<'_>>],
    ) -> Result<Vec<usize>> {
        let answers = self.answers(each.iter().map(|values| (declaration, values.as_slice()))).await?;
        Ok(answers.iter().map(|answer| answer.changed).collect())
    }

    /// Runs several statements, pipelined, and returns the rows of each.
    pub(crate) async fn rows_batched(&mut self, each: &[(Declaration, Vec<Value<'_>>)]) -> Result<Vec<Vec<Row>>> {
        let answers = self.answers(each.iter().map(|(declaration, values)| (declaration, values.as_slice()))).await?;
        Ok(answers.into_iter().map(|answer| answer.rows).collect())
    }

    /// Whether nothing was sent yet, and a composite statement may be the transaction.
    pub(crate) fn is_composite_allowed(&self) -> bool {
        self.mode == TransactionMode::SingleStatement && self.stage == Stage::New && self.deferred.is_empty()
    }

    /// Runs a composite statement and returns the number of rows it wrote. If there are any, the transaction has ended; otherwise it is
    /// as new.
    pub(crate) async fn execute_composite(
        &mut self,
        change: &Declaration,
        values: Vec<Value<'_>>,
        dependent: Vec<DependentStatement>,
        last: DependentStatement,
    ) -> Result<usize> {
        let outcome = self.try_composite(&CompositeStatement::new(change, values, dependent, last)).await;
        outcome.map_err(|error| {
            if !error.spoils_connection() {
                self.stage = Stage::Ended;
            }
            self.error.get_or_insert_with(|| error.clone());
            error.in_context(change.name)
        })
    }

    async fn try_composite(&mut self, alone: &CompositeStatement<'_>) -> Result<usize, PgError> {
        self.client()?;
        self.stage = Stage::Executing;
        let client = self.client()?;
        let statement = client.prepare_typed_cached(&alone.text, &types(&alone.kinds)).await;
        let statement = statement.map_err(|error| PgError::from_driver(&error))?;
        #[cfg(feature = "test-hooks")]
        crate::test_hooks::point("commit");
        self.stage = Stage::Committing;
        let client = self.client()?;
        let written = client.execute_raw(&statement, alone.values.iter()).await;
        let written = written.map_err(|error| PgError::from_final_statement(&error))?;
        #[cfg(feature = "test-hooks")]
        crate::test_hooks::point("committed");
        self.stage = if written > 0 { Stage::Ended } else { Stage::New };
        usize::try_from(written).map_err(|error| PgError::Internal(error.to_string()))
    }

    /// Adds a statement to be sent before the next one or before the commit.
    pub(crate) fn defer_declaration(&mut self, declaration: Declaration, values: Vec<Value<'static>>) {
        self.deferred.push((declaration, values));
    }

    /// Sends the deferred statements and then these, pipelined, and returns the answers to these.
    async fn answers<'v>(
        &mut self,
        asked: impl IntoIterator<Item = (&'v Declaration, &'v [Value<'v>])>,
    ) -> Result<Vec<Answer>> {
        let outcome = self.try_answers(asked.into_iter().collect()).await;
        outcome.map_err(|(name, error)| {
            // The server has answered with an error.
            self.stage = self.answered();
            self.error.get_or_insert_with(|| error.clone());
            error.in_context(name)
        })
    }

    async fn try_answers(&mut self, asked: Vec<(&Declaration, &[Value<'_>])>) -> Result<Vec<Answer>, Failure> {
        let name = asked.first().map_or("nothing", |(declaration, _)| declaration.name);
        let only_reads = |declaration: &Declaration| declaration.text.starts_with("SELECT");
        let reads = asked.iter().all(|(declaration, _)| only_reads(declaration)) && self.deferred.is_empty();
        let begins = self.ask(reads).map_err(|error| (name, error))?;
        let deferred = std::mem::take(&mut self.deferred);
        let not_asked = deferred.len();
        let sent: Vec<_> =
            deferred.iter().map(|(declaration, values)| (declaration, values.as_slice())).chain(asked).collect();
        let client = self.client().map_err(|error| (name, error))?;
        let begin = async || {
            client.batch_execute(self.mode.begin()).await.map_err(|error| (name, PgError::from_driver(&error)))
        };
        // A statement that writes waits until the transaction has begun. Reads are sent together with BEGIN.
        let rides_along = begins && reads;
        if begins && !rides_along {
            begin().await?;
        }
        let statements = prepared(client, &sent).await?;
        let sent = all(client, &statements, &sent);
        let answers = if rides_along {
            let (begun, answers) = join(begin(), sent).await;
            begun?;
            answers
        } else {
            sent.await
        };
        let answers =
            answers.into_iter().map(|answer| answer.map_err(|(name, error)| (name, PgError::from_driver(&error))));
        let mut answers = answers.collect::<Result<Vec<_>, _>>()?;
        self.stage = self.answered();
        Ok(answers.split_off(not_asked))
    }

    /// Records that a statement is about to be sent, and returns whether the transaction has to begin first.
    fn ask(&mut self, only_reads: bool) -> Result<bool, PgError> {
        self.client()?;
        if self.stage == Stage::Ended && self.mode != TransactionMode::Autocommit {
            return Err(PgError::Internal("it was over already".to_owned()));
        }
        self.stage = Stage::Executing;
        let stands_alone = match self.mode {
            TransactionMode::Autocommit => true,
            TransactionMode::SingleStatement => only_reads,
            TransactionMode::Serializable | TransactionMode::ReadCommitted | TransactionMode::ReadOnly => false,
        };
        let begins = !self.is_begun && !stands_alone;
        self.is_begun |= begins;
        Ok(begins)
    }

    /// The stage after an answer: an autocommit statement has ended the transaction.
    fn answered(&self) -> Stage {
        match self.mode {
            TransactionMode::Autocommit => Stage::Ended,
            _ if self.stage == Stage::Ended => Stage::Ended,
            _ if self.is_begun => Stage::Open,
            _ => Stage::New,
        }
    }

    fn client(&self) -> Result<&ClientWrapper, PgError> {
        match &self.error {
            // After an error, the server refuses everything until the end of the transaction.
            Some(error) => Err(error.clone()),
            None => {
                self.client.as_deref().ok_or_else(|| PgError::ConnectionLost("the connection was let go of".to_owned()))
            }
        }
    }

    /// Commits. It fails if an earlier statement failed, whatever the command made of that: PostgreSQL answers the commit of an aborted
    /// transaction with a rollback and no error.
    pub async fn commit(&mut self) -> Result<(), PgError> {
        self.client()?;
        if self.stage == Stage::Ended && self.deferred.is_empty() {
            // A composite statement was the transaction.
            return Ok(());
        }
        if self.stage != Stage::New || !self.deferred.is_empty() {
            #[cfg(feature = "test-hooks")]
            crate::test_hooks::point("commit");
            if let Err(error) = self.try_commit().await {
                if !error.spoils_connection() {
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

    /// Sends the commit right after the deferred statements. If one of those fails, the server rolls back.
    async fn try_commit(&mut self) -> Result<(), PgError> {
        self.stage = Stage::Committing;
        let begins = !std::mem::replace(&mut self.is_begun, true);
        let client = self.client()?;
        // Nothing is committed if one of these fails.
        if begins {
            client.batch_execute(self.mode.begin()).await.map_err(|error| PgError::from_driver(&error))?;
        }
        let deferred: Vec<_> =
            self.deferred.iter().map(|(declaration, values)| (declaration, values.as_slice())).collect();
        let statements = prepared(client, &deferred).await.map_err(|(_, error)| error)?;
        let (answers, committed) = join(all(client, &statements, &deferred), client.batch_execute("COMMIT")).await;
        for answer in answers {
            answer.map_err(|(_, error)| PgError::from_final_statement(&error))?;
        }
        committed.map_err(|error| PgError::from_commit(&error))
    }

    pub fn is_committing(&self) -> bool {
        self.stage == Stage::Committing
    }

    /// Rolls back, and returns the error of the database, if there was one.
    pub fn rollback(self) -> Option<PgError> {
        self.error.clone()
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // On a shared connection, other callers' answers continue; ours is ignored when it arrives.
        let Some(Connection::Own(client)) = self.client.take() else { return };
        let is_spoilt = self.error.as_ref().is_some_and(PgError::spoils_connection);
        match self.stage {
            Stage::New | Stage::Ended if !is_spoilt => {}
            Stage::Open if !is_spoilt => {
                // Sent without waiting: the next user of the connection is answered after it.
                let _ = client.batch_execute("ROLLBACK").now_or_never();
            }
            Stage::New | Stage::Ended | Stage::Open => drop(Object::take(client)),
            Stage::Committing if self.is_begun => drop(Object::take(client)),
            Stage::Executing | Stage::Committing => {
                // Nobody waits any more: cancelling releases the locks. A composite statement is cancelled or was committed before; nobody
                // knows which.
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
