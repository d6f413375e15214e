//! Running commands and queries on PostgreSQL: again after a lost race, on another connection after a lost one, and
//! never longer than its patience.

use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;

use super::Service;
use super::errand::{Done, Errand};
use crate::context::{Afterwards, Caller, Reply};
use crate::db::{Cost, Db, Postgres, Purpose, Trouble, Tx};
use crate::error::Problem;
use crate::id::OrganizationId;
use crate::random::Randomness;
use crate::revision::{self, CallerKey, Found, Known, Revision};
use crate::secret::SessionToken;
use crate::session::{Holds, Kept, kept};
use crate::time::Timestamp;

/// The pause before a second attempt; it doubles up to the longest, and each is cut by chance so that two losers of one
/// race do not meet again.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);
/// How long a glance may take before the whole way is gone instead, which has all of its patience left.
const GLANCE: Duration = Duration::from_millis(200);

/// A command is run in a task of its own, so that a caller who hangs up does not leave it half done.
pub(super) async fn run(service: &Arc<Service>, caller: &Caller, command: Box<dyn Errand>) -> Reply<Done> {
    let (service, caller) = (Arc::clone(service), caller.clone());
    let done = tokio::spawn(async move { finish(service, &caller, command.as_ref()).await }.in_current_span());
    done.await.unwrap_or_else(|_| Reply::refused(Problem::internal("the command did not finish")))
}

async fn finish(service: Arc<Service>, caller: &Caller, command: &dyn Errand) -> Reply<Done> {
    let Db::Postgres(postgres) = &service.db else {
        return Reply::refused(Problem::internal("this is another engine's way"));
    };
    let mut tries = Tries::of(postgres);
    loop {
        // Held until this attempt has ended.
        let turn = match command.purpose(&service.settings) {
            Purpose::Command => postgres.lane().turn(tries.until).await,
            Purpose::Guarded | Purpose::Alone | Purpose::Query | Purpose::Glance => None,
        };
        match attempt(&service, postgres, tries.until, caller, command).await {
            Ok((reply, afterwards)) => {
                service.follow_up(afterwards, reply.result.is_ok());
                return reply;
            }
            Err(trouble) => {
                if matches!(trouble, Trouble::LostRace(_)) {
                    postgres.lane().note_collision();
                }
                drop(turn);
                if let Err(problem) = tries.again(trouble, service.random.as_ref()).await {
                    return Reply::refused(problem);
                }
            }
        }
    }
}

async fn attempt(
    service: &Service,
    postgres: &Postgres,
    until: Instant,
    caller: &Caller,
    command: &dyn Errand,
) -> Result<(Reply<Done>, Afterwards), Trouble> {
    let mut transaction =
        timeout_at(until, postgres.transaction(command.purpose(&service.settings))).await.map_err(too_slow)??;
    // Only now: nobody is to wait for a connection between being asked after and writing.
    let asked = timeout_at(until, find_beside(service, postgres, caller, command)).await.map_err(too_slow)?;
    let turn = service.turn(caller, command, asked, Tx::on_postgres(&mut transaction));
    let (reply, afterwards) = match timeout_at(until, turn).await {
        Ok(done) => done,
        Err(_) if transaction.is_committing() => return Err(no_answer()),
        Err(elapsed) => return Err(too_slow(elapsed)),
    };
    if reply.result.is_err() {
        return transaction.undo().map_or(Ok((reply, afterwards)), Err);
    }
    match timeout_at(until, transaction.commit()).await {
        Ok(committed) => committed.map(|()| (reply, afterwards)),
        Err(_) if transaction.is_committing() => Err(no_answer()),
        // It never had its turn.
        Err(elapsed) => Err(too_slow(elapsed)),
    }
}

pub(super) async fn ask(service: &Service, postgres: &Postgres, caller: &Caller, query: &dyn Errand) -> Reply<Done> {
    let mut tries = Tries::of(postgres);
    if let Ok(Some(reply)) = timeout_at(tries.until, answer_at_a_glance(service, postgres, caller, query)).await {
        return reply;
    }
    loop {
        let trouble = match answer(service, postgres, tries.until, caller, query).await {
            Ok(reply) => return reply,
            Err(trouble) => trouble,
        };
        if let Err(problem) = tries.again(trouble, service.random.as_ref()).await {
            return Reply::refused(problem);
        }
    }
}

/// The caller of a command that is a transaction by itself, asked after together with others on a connection that is there for
/// that. `None` when there is none, and for whoever is not known: the command asks by itself then.
async fn find_beside(
    service: &Service,
    postgres: &Postgres,
    caller: &Caller,
    command: &dyn Errand,
) -> Option<(Found, Cost)> {
    if command.purpose(&service.settings) != Purpose::Alone || !postgres.has_glance() {
        return None;
    }
    let (known, revision) = known(service, postgres, caller, command).await?;
    Some((Found::new(known, revision), kept::ASKED))
}

/// What is known of a caller, and what the organization is at that they ask about. `None` also for what does not hold any more:
/// that is forgotten, so whoever answers in a transaction finds out anew, and need not ask once more.
async fn known(
    service: &Service,
    postgres: &Postgres,
    caller: &Caller,
    errand: &dyn Errand,
) -> Option<(Arc<Kept<Known>>, Revision)> {
    let (token, organization) = (caller.token.as_ref()?, errand.organization(&service.settings)?);
    let key = CallerKey::new(token, organization);
    let known = service.known.of(&key).filter(|known| known.holds.on_time(service.now()))?;
    let revision = still(service, postgres, &known.holds).await;
    if revision.is_none() {
        service.known.forget(&key);
    }
    revision.map(|revision| (known, revision))
}

/// Tried once: whoever gets nothing goes the whole way, which tries again.
pub(super) async fn find_out(
    service: &Service,
    postgres: &Postgres,
    token: &SessionToken,
    organization: OrganizationId,
    now: Timestamp,
) -> Option<(Kept<Known>, Revision)> {
    let asked = async {
        let mut glance = postgres.glance().await?;
        let tx = &mut Tx::on_postgres(&mut glance);
        revision::find_out(token, organization, now, &service.settings, tx).await.ok().flatten()
    };
    timeout(GLANCE, asked).await.ok().flatten()
}

/// The same, together with all who ask meanwhile.
pub(super) async fn still(service: &Service, postgres: &Postgres, holds: &Holds) -> Option<Revision> {
    let still = timeout(GLANCE, service.asked.still(holds, postgres)).await;
    still.inspect_err(|_| postgres.note_silence()).ok().flatten()
}

/// Answers without a transaction, on a connection of many. Each statement sees a state of its own; they are the same state
/// if the session and the organization are at the same afterwards as they were before. `None` when they are not, and
/// whenever anything is not as usual: then it is answered in a transaction.
async fn answer_at_a_glance(
    service: &Service,
    postgres: &Postgres,
    caller: &Caller,
    query: &dyn Errand,
) -> Option<Reply<Done>> {
    let now = service.now();
    let (known, before) = known(service, postgres, caller, query).await?;
    let mut glance = postgres.glance().await?;
    let found = Found::new(Arc::clone(&known), before);
    let (mut reply, afterwards) = service.answer_known(caller, query, found, now, Tx::on_postgres(&mut glance)).await;
    reply.result.as_ref().ok()?;
    let after = still(service, postgres, &known.holds).await?;
    // Each time one statement asks for many: together they count as one.
    reply.cost = reply.cost.and(kept::ASKED);
    if after != before {
        return None;
    }
    service.follow_up(afterwards, true);
    Some(reply)
}

async fn answer(
    service: &Service,
    postgres: &Postgres,
    until: Instant,
    caller: &Caller,
    query: &dyn Errand,
) -> Result<Reply<Done>, Trouble> {
    let mut transaction =
        timeout_at(until, postgres.transaction(query.purpose(&service.settings))).await.map_err(too_slow)??;
    let answered = timeout_at(until, service.answer(caller, query, Tx::on_postgres(&mut transaction))).await;
    let reply = answered.map_err(too_slow)?;
    transaction.undo().map_or(Ok(reply), Err)
}

fn no_answer() -> Trouble {
    Trouble::Unknown("no answer to the commit in time".to_owned())
}

fn too_slow(_: tokio::time::error::Elapsed) -> Trouble {
    Trouble::Away("no answer in time".to_owned())
}

/// The attempts at one transaction.
struct Tries {
    /// What went wrong with each.
    troubles: Vec<Discriminant<Trouble>>,
    until: Instant,
}

impl Tries {
    fn of(postgres: &Postgres) -> Self {
        Self { troubles: Vec::new(), until: Instant::now() + postgres.patience() }
    }

    /// Comes back when it is time for another attempt; the problem when there is none. Each kind of trouble has its own
    /// count: who has lost many races may still collide once.
    #[expect(clippy::disallowed_methods, reason = "who lost a race lets the winner pass, which nobody announces")]
    async fn again(&mut self, trouble: Trouble, random: &dyn Randomness) -> Result<(), Problem> {
        let kind = discriminant(&trouble);
        self.troubles.push(kind);
        let made = self.troubles.iter().filter(|earlier| **earlier == kind).count();
        if made >= trouble.worth_attempts() || Instant::now() >= self.until {
            return Err(trouble.into());
        }
        tracing::debug!(?trouble, attempt = self.troubles.len(), "a transaction is run again");
        if !matches!(trouble, Trouble::Gone(_)) {
            let longest = FIRST_PAUSE.saturating_mul(1 << made.min(6)).min(LONGEST_PAUSE);
            tokio::time::sleep(longest.mul_f64(f64::from(random.bytes::<1>()[0]) / 255.0)).await;
        }
        Ok(())
    }
}
