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

use super::alone::Alone;
use super::places::Place;
use super::sending::{Answer, Failure, all, prepared};
use super::tls::Tls;
use super::trouble::Trouble;
use super::turns::{LONGEST, Turns};
use super::values::types;
use crate::db::{Along, Declaration, Value};
use crate::error::{Problem, Result};

/// How long the server is told to stop what nobody waits for any more.
const CANCELLING: Duration = Duration::from_secs(5);

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Writing, as if no other transaction ran at the same time.
    Command,
    /// Writing what the database itself guards: each statement that writes carries the condition it depends on, or runs
    /// against a key. What was read before it may have changed an instant ago, as it may an instant after the answer. It waits
    /// for who writes the same row, where a [`Self::Command`] would begin anew, and collides with nobody for having read.
    Guarded,
    /// The same by one statement that is a transaction by itself, with what goes along with it: see
    /// [`crate::db::Tx::execute_alone`]. What is read before stands alone too, and begins nothing: a guarded command's
    /// statements each see a state of their own anyway. Whoever finds that nothing was changed goes on as with
    /// [`Self::Guarded`].
    Alone,
    /// Reading one state of the database.
    Query,
    /// Reading by one statement alone.
    Glance,
}

impl Purpose {
    const fn begin(self) -> &'static str {
        match self {
            Self::Command => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            // READ COMMITTED, as connections are set to: by saying so again the server would have to put that setting back at
            // the end of each transaction, for which it goes through all the settings that it has.
            Self::Guarded | Self::Alone => "BEGIN",
            Self::Query => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Glance => "",
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
    Asking,
    /// The commit was sent, and its answer did not come or does not tell.
    Committing,
    /// The server is done with it.
    Ended,
}

/// A transaction that is begun with its first statement. Whoever drops it has undone it, at whatever point that is.
pub(crate) struct Transaction {
    client: Option<Line>,
    purpose: Purpose,
    stage: Stage,
    /// Whether there is something to commit, or to undo.
    is_begun: bool,
    trouble: Option<Trouble>,
    /// What nobody waits for, to be sent ahead of the next statement or of the commit.
    ahead: Vec<(Declaration, Vec<Value<'static>>)>,
    tls: Tls,
    place: Option<Place>,
    /// The row that others change too, and where turns at it are taken.
    contested: Option<i64>,
    turns: Option<Arc<Turns>>,
}

/// The connection it is on.
#[expect(clippy::large_enum_variant, reason = "it is moved once, into its transaction")]
enum Line {
    /// Nobody else's meanwhile.
    Own(Object),
    /// One that others ask on too.
    Shared(Arc<ClientWrapper>),
}

impl Deref for Line {
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
    pub(super) fn own(client: Object, purpose: Purpose, tls: Tls, place: Place, turns: Arc<Turns>) -> Self {
        Self::on(Line::Own(client), purpose, tls, Some((place, turns)))
    }

    /// For statements that stand alone, on a connection of many.
    pub(super) fn shared(client: Arc<ClientWrapper>, tls: Tls) -> Self {
        Self::on(Line::Shared(client), Purpose::Glance, tls, None)
    }

    fn on(line: Line, purpose: Purpose, tls: Tls, writes: Option<(Place, Arc<Turns>)>) -> Self {
        let (client, ahead) = (Some(line), Vec::new());
        let (place, turns) = writes.unzip();
        let (stage, is_begun) = (Stage::New, false);
        Self { client, purpose, stage, is_begun, trouble: None, ahead, tls, place, contested: None, turns }
    }

    /// A number that no other transaction of this process has meanwhile, nor likely one of another.
    pub(in crate::db) fn shard(&self) -> i64 {
        self.place.as_ref().map_or(0, Place::shard)
    }

    /// Runs a statement and says how many rows it changed.
    pub(in crate::db) async fn execute(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize> {
        Ok(self.answers([(declaration, values)]).await?.iter().map(|answer| answer.changed).sum())
    }

    /// Runs a statement and gives its rows.
    pub(in crate::db) async fn rows(&mut self, declaration: &Declaration, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let answers = self.answers([(declaration, values)]).await?;
        Ok(answers.into_iter().next().map_or_else(Vec::new, |answer| answer.rows))
    }

    /// Runs a statement once for each of these, without waiting for one before the next is sent, and says how many rows each
    /// has changed.
    pub(in crate::db) async fn execute_each(
        &mut self,
        declaration: &Declaration,
        each: &[Vec<Value<'_>>],
    ) -> Result<Vec<usize>> {
        let answers = self.answers(each.iter().map(|values| (declaration, values.as_slice()))).await?;
        Ok(answers.iter().map(|answer| answer.changed).collect())
    }

    /// Runs several statements, without waiting for one before the next is sent, and gives each one's rows.
    pub(in crate::db) async fn rows_together(
        &mut self,
        each: &[(Declaration, Vec<Value<'_>>)],
    ) -> Result<Vec<Vec<Row>>> {
        let answers = self.answers(each.iter().map(|(declaration, values)| (declaration, values.as_slice()))).await?;
        Ok(answers.into_iter().map(|answer| answer.rows).collect())
    }

    /// Whether nothing was sent in it yet, and what is sent may be a transaction by itself.
    pub(in crate::db) fn may_do_alone(&self) -> bool {
        self.purpose == Purpose::Alone && self.stage == Stage::New && self.ahead.is_empty()
    }

    /// Sends a statement that is a transaction by itself, and says how many rows it wrote. With any it has come to its end;
    /// with none it is as new.
    pub(in crate::db) async fn execute_alone(
        &mut self,
        change: &Declaration,
        values: Vec<Value<'_>>,
        along: Vec<Along>,
        last: Along,
    ) -> Result<usize> {
        let outcome = self.try_alone(&Alone::new(change, values, along, last)).await;
        outcome.map_err(|trouble| {
            if !trouble.spoils_connection() {
                self.stage = Stage::Ended;
            }
            self.trouble.get_or_insert_with(|| trouble.clone());
            Problem::internal(format!("{}: {trouble:?}", change.name))
        })
    }

    async fn try_alone(&mut self, alone: &Alone<'_>) -> Result<usize, Trouble> {
        self.client()?;
        self.stage = Stage::Asking;
        let client = self.client()?;
        let statement = client.prepare_typed_cached(&alone.text, &types(&alone.kinds)).await;
        let statement = statement.map_err(|error| Trouble::of(&error))?;
        #[cfg(feature = "test-hooks")]
        crate::db::hooks::point("commit");
        self.stage = Stage::Committing;
        let client = self.client()?;
        let written = client.execute_raw(&statement, alone.values.iter()).await;
        let written = written.map_err(|error| Trouble::of_last(&error))?;
        #[cfg(feature = "test-hooks")]
        crate::db::hooks::point("committed");
        self.stage = if written > 0 { Stage::Ended } else { Stage::New };
        usize::try_from(written).map_err(|error| Trouble::Failed(error.to_string()))
    }

    /// Keeps a statement to be sent ahead of the next, or of the commit.
    pub(in crate::db) fn put_ahead(&mut self, declaration: Declaration, values: Vec<Value<'static>>) {
        self.ahead.push((declaration, values));
    }

    /// Notes that what is put ahead of the commit changes a row that many change: they commit one after the other.
    pub(in crate::db) fn contest(&mut self, row: i64) {
        self.contested = Some(row);
    }

    /// Sends what was put ahead and then these, each without waiting for the one before, and gives the answers to these.
    async fn answers<'v>(
        &mut self,
        asked: impl IntoIterator<Item = (&'v Declaration, &'v [Value<'v>])>,
    ) -> Result<Vec<Answer>> {
        let outcome = self.try_answers(asked.into_iter().collect()).await;
        outcome.map_err(|(name, trouble)| {
            // Answered, if with a refusal.
            self.stage = self.answered();
            self.trouble.get_or_insert_with(|| trouble.clone());
            Problem::internal(format!("{name}: {trouble:?}"))
        })
    }

    async fn try_answers(&mut self, asked: Vec<(&Declaration, &[Value<'_>])>) -> Result<Vec<Answer>, Failure> {
        let name = asked.first().map_or("nothing", |(declaration, _)| declaration.name);
        let only_reads = |declaration: &Declaration| declaration.text.starts_with("SELECT");
        let reads = asked.iter().all(|(declaration, _)| only_reads(declaration)) && self.ahead.is_empty();
        let begins = self.ask(reads).map_err(|trouble| (name, trouble))?;
        let ahead = std::mem::take(&mut self.ahead);
        let not_asked = ahead.len();
        let sent: Vec<_> =
            ahead.iter().map(|(declaration, values)| (declaration, values.as_slice())).chain(asked).collect();
        let client = self.client().map_err(|trouble| (name, trouble))?;
        let begin =
            async || client.batch_execute(self.purpose.begin()).await.map_err(|error| (name, Trouble::of(&error)));
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
        let answers = answers.into_iter().map(|answer| answer.map_err(|(name, error)| (name, Trouble::of(&error))));
        let mut answers = answers.collect::<Result<Vec<_>, _>>()?;
        self.stage = self.answered();
        Ok(answers.split_off(not_asked))
    }

    /// Notes that the server is about to be busy; says whether the transaction has to be begun first.
    fn ask(&mut self, only_reads: bool) -> Result<bool, Trouble> {
        self.client()?;
        if self.stage == Stage::Ended && self.purpose != Purpose::Glance {
            return Err(Trouble::Failed("it was over already".to_owned()));
        }
        self.stage = Stage::Asking;
        let stands_alone = match self.purpose {
            Purpose::Glance => true,
            Purpose::Alone => only_reads,
            Purpose::Command | Purpose::Guarded | Purpose::Query => false,
        };
        let begins = !self.is_begun && !stands_alone;
        self.is_begun |= begins;
        Ok(begins)
    }

    /// How far it is once the server has answered: what was asked by one statement alone is over with it.
    fn answered(&self) -> Stage {
        match self.purpose {
            Purpose::Glance => Stage::Ended,
            _ if self.stage == Stage::Ended => Stage::Ended,
            _ if self.is_begun => Stage::Open,
            _ => Stage::New,
        }
    }

    fn client(&self) -> Result<&ClientWrapper, Trouble> {
        match &self.trouble {
            // After a failure the server refuses everything up to the end of the transaction.
            Some(trouble) => Err(trouble.clone()),
            None => self.client.as_deref().ok_or_else(|| Trouble::Gone("the connection was let go of".to_owned())),
        }
    }

    /// Makes everything stay. A statement that failed before makes this fail too, whatever the command made of it:
    /// PostgreSQL itself would answer such a commit with a rollback and no error.
    pub(crate) async fn commit(&mut self) -> Result<(), Trouble> {
        self.client()?;
        if self.stage == Stage::Ended && self.ahead.is_empty() {
            // It was a transaction by itself.
            return Ok(());
        }
        if self.stage != Stage::New || !self.ahead.is_empty() {
            let turns = self.turns.clone();
            let _turn = match (&turns, self.contested) {
                (Some(turns), Some(row)) => turns.of(row, Instant::now() + LONGEST).await,
                _ => None,
            };
            #[cfg(feature = "test-hooks")]
            crate::db::hooks::point("commit");
            if let Err(trouble) = self.try_commit().await {
                if !trouble.spoils_connection() {
                    self.stage = Stage::Ended;
                }
                return Err(trouble);
            }
            #[cfg(feature = "test-hooks")]
            crate::db::hooks::point("committed");
        }
        self.stage = Stage::Ended;
        Ok(())
    }

    /// Sends the commit right behind what was put ahead of it. When one of those fails, the server makes a rollback of it.
    async fn try_commit(&mut self) -> Result<(), Trouble> {
        self.stage = Stage::Committing;
        let begins = !std::mem::replace(&mut self.is_begun, true);
        let client = self.client()?;
        // Nothing is committed yet, whatever goes wrong with these.
        if begins {
            client.batch_execute(self.purpose.begin()).await.map_err(|error| Trouble::of(&error))?;
        }
        let ahead: Vec<_> = self.ahead.iter().map(|(declaration, values)| (declaration, values.as_slice())).collect();
        let statements = prepared(client, &ahead).await.map_err(|(_, trouble)| trouble)?;
        let (answers, committed) = join(all(client, &statements, &ahead), client.batch_execute("COMMIT")).await;
        for answer in answers {
            answer.map_err(|(_, error)| Trouble::of_last(&error))?;
        }
        committed.map_err(|error| Trouble::of_commit(&error))
    }

    /// Whether the commit was sent, and not answered.
    pub(crate) fn is_committing(&self) -> bool {
        self.stage == Stage::Committing
    }

    /// Undoes everything; says what went wrong, if it was the database that did.
    pub(crate) fn undo(self) -> Option<Trouble> {
        self.trouble.clone()
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // On a connection of many, the others' answers go on; ours is passed over when it comes.
        let Some(Line::Own(client)) = self.client.take() else { return };
        let is_spoilt = self.trouble.as_ref().is_some_and(Trouble::spoils_connection);
        match self.stage {
            Stage::New | Stage::Ended if !is_spoilt => {}
            Stage::Open if !is_spoilt => {
                // Sent without waiting: whoever gets this connection next is answered after it.
                let _ = client.batch_execute("ROLLBACK").now_or_never();
            }
            Stage::New | Stage::Ended | Stage::Open => drop(Object::take(client)),
            Stage::Committing if self.is_begun => drop(Object::take(client)),
            Stage::Asking | Stage::Committing => {
                // Nobody waits any more: neither shall the locks of what it asked for. A statement that would have been a
                // transaction by itself is undone by this, or was done before: nobody knows either way.
                let (cancel, tls) = (client.cancel_token(), self.tls.0.clone());
                drop(Object::take(client));
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(timeout(CANCELLING, async move { cancel.cancel_query(tls).await }));
                }
            }
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("purpose", &self.purpose)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}
