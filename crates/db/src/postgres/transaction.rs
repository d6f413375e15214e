//! One transaction on a connection of the pool.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::FutureExt;
use futures_util::future::join;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};
use tokio_postgres::Row;

use super::concurrency::composite::CompositeStatement;
use super::concurrency::pipeline::{Answer, Failure, all, prepared};
use super::concurrency::row_mutexes::{MAX_WAIT, RowMutexes};
use super::concurrency::shard_slots::ShardSlot;
use super::error::PgError;
use super::tls::Tls;
use super::values::types;
use crate::error::Result;
use crate::{Declaration, DependentStatement, Value};

/// How long the server is told to stop what nobody waits for any more.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionMode {
    /// Writing, as if no other transaction ran at the same time.
    Serializable,
    /// Writing what the database itself guards: each statement that writes carries the condition it depends on, or runs
    /// against a key. What was read before it may have changed an instant ago, as it may an instant after the answer. It waits
    /// for who writes the same row, where a [`Self::Serializable`] would begin anew, and collides with nobody for having read.
    ReadCommitted,
    /// The same by one statement that is a transaction by itself, with what goes along with it: see
    /// [`crate::Tx::execute_composite`]. What is read before stands alone too, and begins nothing: a guarded command's
    /// statements each see a state of their own anyway. Whoever finds that nothing was changed goes on as with
    /// [`Self::ReadCommitted`].
    SingleStatement,
    /// Reading one state of the database.
    ReadOnly,
    /// Reading by one statement alone.
    Autocommit,
}

impl TransactionMode {
    const fn begin(self) -> &'static str {
        match self {
            Self::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            // READ COMMITTED, as connections are set to: by saying so again the server would have to put that setting back at
            // the end of each transaction, for which it goes through all the settings that it has.
            Self::ReadCommitted | Self::SingleStatement => "BEGIN",
            Self::ReadOnly => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Autocommit => "",
        }
    }
}

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent.
    New,
    /// It is begun, and waits for nothing.
    Open,
    /// A statement was sent, and not answered yet.
    Executing,
    /// The commit was sent, and its answer did not come or does not tell.
    Committing,
    /// The server is done with it.
    Ended,
}

/// A transaction that is begun with its first statement. Whoever drops it has undone it, at whatever point that is.
pub struct Transaction {
    client: Option<Connection>,
    mode: TransactionMode,
    stage: Stage,
    /// Whether there is something to commit, or to undo.
    is_begun: bool,
    error: Option<PgError>,
    /// What nobody waits for, to be sent deferred of the next statement or of the commit.
    deferred: Vec<(Declaration, Vec<Value<'static>>)>,
    tls: Tls,
    shard_slot: Option<ShardSlot>,
    /// The row that others change too, and where turns at it are taken.
    serialized_row: Option<i64>,
    row_mutexes: Option<Arc<RowMutexes>>,
}

/// The connection it is on.
#[expect(clippy::large_enum_variant, reason = "it is moved once, into its transaction")]
enum Connection {
    /// Nobody else's meanwhile.
    Own(Object),
    /// One that others ask on too.
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
    pub(super) fn own(
        client: Object,
        mode: TransactionMode,
        tls: Tls,
        shard_slot: ShardSlot,
        row_mutexes: Arc<RowMutexes>,
    ) -> Self {
        Self::on(Connection::Own(client), mode, tls, Some((shard_slot, row_mutexes)))
    }

    /// For statements that stand alone, on a connection of many.
    pub(super) fn shared(client: Arc<ClientWrapper>, tls: Tls) -> Self {
        Self::on(Connection::Shared(client), TransactionMode::Autocommit, tls, None)
    }

    fn on(
        connection: Connection,
        mode: TransactionMode,
        tls: Tls,
        writes: Option<(ShardSlot, Arc<RowMutexes>)>,
    ) -> Self {
        let (client, deferred) = (Some(connection), Vec::new());
        let (shard_slot, row_mutexes) = writes.unzip();
        let (stage, is_begun) = (Stage::New, false);
        Self {
            client,
            mode,
            stage,
            is_begun,
            error: None,
            deferred,
            tls,
            shard_slot,
            serialized_row: None,
            row_mutexes,
        }
    }

    /// A number that no other transaction of this process has meanwhile, nor likely one of another.
    pub(crate) fn shard(&self) -> i64 {
        self.shard_slot.as_ref().map_or(0, ShardSlot::shard)
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize> {
        Ok(self.answers([(declaration, values)]).await?.iter().map(|answer| answer.changed).sum())
    }

    /// Runs a statement and gives its rows.
    pub(crate) async fn rows(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let answers = self.answers([(declaration, values)]).await?;
        Ok(answers.into_iter().next().map_or_else(Vec::new, |answer| answer.rows))
    }

    /// Runs a statement once for each of these, without waiting for one before the next is sent, and says how many rows each
    /// has changed.
    pub(crate) async fn execute_each(
        &mut self,
        declaration: &Declaration,
        each: &[Vec<Value<'_>>],
    ) -> Result<Vec<usize>> {
        let answers = self.answers(each.iter().map(|values| (declaration, values.as_slice()))).await?;
        Ok(answers.iter().map(|answer| answer.changed).collect())
    }

    /// Runs several statements, without waiting for one before the next is sent, and gives each one's rows.
    pub(crate) async fn rows_batched(&mut self, each: &[(Declaration, Vec<Value<'_>>)]) -> Result<Vec<Vec<Row>>> {
        let answers = self.answers(each.iter().map(|(declaration, values)| (declaration, values.as_slice()))).await?;
        Ok(answers.into_iter().map(|answer| answer.rows).collect())
    }

    /// Whether nothing was sent in it yet, and what is sent may be a transaction by itself.
    pub(crate) fn is_composite_allowed(&self) -> bool {
        self.mode == TransactionMode::SingleStatement && self.stage == Stage::New && self.deferred.is_empty()
    }

    /// Sends a statement that is a transaction by itself, and says how many rows it wrote. With any it has come to its end;
    /// with none it is as new.
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

    /// Keeps a statement to be sent deferred of the next, or of the commit.
    pub(crate) fn defer_declaration(&mut self, declaration: Declaration, values: Vec<Value<'static>>) {
        self.deferred.push((declaration, values));
    }

    /// Notes that what is put deferred of the commit changes a row that many change: they commit one after the other.
    pub(crate) fn serialize_on(&mut self, row: i64) {
        self.serialized_row = Some(row);
    }

    /// Sends what was put deferred and then these, each without waiting for the one before, and gives the answers to these.
    async fn answers<'v>(
        &mut self,
        asked: impl IntoIterator<Item = (&'v Declaration, &'v [Value<'v>])>,
    ) -> Result<Vec<Answer>> {
        let outcome = self.try_answers(asked.into_iter().collect()).await;
        outcome.map_err(|(name, error)| {
            // Answered, if with a refusal.
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
        // A statement that changes something waits until the transaction stands. Others are sent along with its beginning.
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

    /// Notes that the server is about to be busy; says whether the transaction has to be begun first.
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

    /// How far it is once the server has answered: what was asked by one statement alone is over with it.
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
            // After a failure the server refuses everything up to the end of the transaction.
            Some(error) => Err(error.clone()),
            None => {
                self.client.as_deref().ok_or_else(|| PgError::ConnectionLost("the connection was let go of".to_owned()))
            }
        }
    }

    /// Makes everything stay. A statement that failed before makes this fail too, whatever the command made of it:
    /// PostgreSQL itself would answer such a commit with a rollback and no error.
    pub async fn commit(&mut self) -> Result<(), PgError> {
        self.client()?;
        if self.stage == Stage::Ended && self.deferred.is_empty() {
            // It was a transaction by itself.
            return Ok(());
        }
        if self.stage != Stage::New || !self.deferred.is_empty() {
            let mutexes = self.row_mutexes.clone();
            let _guard = match (&mutexes, self.serialized_row) {
                (Some(mutexes), Some(row)) => mutexes.lock(row, Instant::now() + MAX_WAIT).await,
                _ => None,
            };
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

    /// Sends the commit right behind what was put deferred of it. When one of those fails, the server makes a rollback of it.
    async fn try_commit(&mut self) -> Result<(), PgError> {
        self.stage = Stage::Committing;
        let begins = !std::mem::replace(&mut self.is_begun, true);
        let client = self.client()?;
        // Nothing is committed yet, whatever goes wrong with these.
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

    /// Whether the commit was sent, and not answered.
    pub fn is_committing(&self) -> bool {
        self.stage == Stage::Committing
    }

    /// Undoes everything; says what went wrong, if it was the database that did.
    pub fn rollback(self) -> Option<PgError> {
        self.error.clone()
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // On a connection of many, the others' answers go on; ours is passed over when it comes.
        let Some(Connection::Own(client)) = self.client.take() else { return };
        let is_spoilt = self.error.as_ref().is_some_and(PgError::spoils_connection);
        match self.stage {
            Stage::New | Stage::Ended if !is_spoilt => {}
            Stage::Open if !is_spoilt => {
                // Sent without waiting: whoever gets this connection next is answered after it.
                let _ = client.batch_execute("ROLLBACK").now_or_never();
            }
            Stage::New | Stage::Ended | Stage::Open => drop(Object::take(client)),
            Stage::Committing if self.is_begun => drop(Object::take(client)),
            Stage::Executing | Stage::Committing => {
                // Nobody waits any more: neither shall the locks of what it asked for. A statement that would have been a
                // transaction by itself is undone by this, or was done before: nobody knows either way.
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
