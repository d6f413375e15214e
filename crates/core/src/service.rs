//! The service: everything that is handed in, and the two ways to use it, [`Service::run`] for commands and
//! [`Service::ask`] for queries.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, Waker};

use tokio::sync::{Notify, oneshot};
use tracing::Span;

use crate::context::{Caller, Command, Context, Query, Reply};
use crate::db::{Db, Turn, Tx};
use crate::deployment::{self, Deployment};
use crate::error::{Problem, Result};
use crate::id::IdSource;
use crate::keys::Keys;
use crate::mail::Carrier;
use crate::password::PasswordHasher;
use crate::random::Randomness;
use crate::session;
use crate::settings::Settings;
use crate::time::{Clock, Timestamp};

/// What is handed in: nothing here is global, so a test can hold its own.
#[derive(Debug)]
pub struct Parts {
    /// The open database.
    pub db: Db,
    /// Who is asked for the time.
    pub clock: Arc<dyn Clock>,
    /// Who is asked for randomness.
    pub random: Arc<dyn Randomness>,
    /// This process's ids.
    pub ids: IdSource,
    /// What the operator has set.
    pub settings: Settings,
    /// The keys in use.
    pub keys: Keys,
    /// What carries mail away; `None` when nothing does.
    pub carrier: Option<Arc<dyn Carrier>>,
}

/// The running service.
#[derive(Debug)]
pub struct Service {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) ids: IdSource,
    pub(crate) keys: Keys,
    pub(crate) carrier: Option<Arc<dyn Carrier>>,
    pub(crate) passwords: PasswordHasher,
    pub(crate) outbox: Notify,
    deployment: OnceLock<Deployment>,
    /// What the operator has set.
    pub settings: Settings,
}

/// Why a service could not be put together.
#[derive(Debug)]
pub enum ServiceError {
    /// This is not the master key that the database was made with.
    WrongKey,
    /// The database failed.
    Database(Problem),
}

impl Service {
    /// Puts the parts together; on a new database, makes the deployment and its roles.
    pub async fn open(parts: Parts) -> Result<Arc<Self>, ServiceError> {
        let Parts { db, clock, random, ids, settings, keys, carrier } = parts;
        let passwords = PasswordHasher::new(settings.passwords.parallel_hashes);
        let service = Arc::new(Self {
            db,
            clock,
            random,
            ids,
            keys,
            carrier,
            passwords,
            outbox: Notify::new(),
            deployment: OnceLock::new(),
            settings,
        });
        let established = service.run(&Caller::nobody(), deployment::Establish).await.result;
        let deployment = established.map_err(ServiceError::Database)?.ok_or(ServiceError::WrongKey)?;
        let _ = service.deployment.set(deployment);
        Ok(service)
    }

    /// The instant it is now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Fresh random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        self.random.bytes()
    }

    /// The installation and its roles. It is there from the moment the service is open.
    pub fn deployment(&self) -> Result<&Deployment> {
        self.deployment.get().ok_or_else(|| Problem::internal("the deployment is not established"))
    }

    /// Has a command done for a caller, in one transaction. When this returns, it is on the disk.
    pub async fn run<C: Command>(self: &Arc<Self>, caller: &Caller, command: C) -> Reply<C::Out> {
        let (answer, heard) = oneshot::channel();
        let (service, caller, span) = (Arc::clone(self), caller.clone(), Span::current());
        let Db::Sqlite(sqlite) = &self.db;
        let handed_in = sqlite.write(move |connection| {
            let _entered = span.enter();
            let (reply, wakes_outbox) = at_once(service.turn(&caller, &command, Tx::on_sqlite(connection)));
            let keep = reply.result.is_ok();
            let service = Arc::clone(&service);
            let settle = move |committed: Result<()>| {
                let result = match committed {
                    Err(problem) if keep => Err(problem),
                    _ => reply.result,
                };
                if wakes_outbox && result.is_ok() {
                    service.outbox.notify_one();
                }
                // Let go of before anybody hears: whoever closes the service next must be the last to hold it.
                drop(service);
                // A caller who hung up does not hear; what was done stays done.
                let _ = answer.send(Reply { result, ..reply });
            };
            Turn { keep, settle: Box::new(settle) }
        });
        if let Err(problem) = handed_in {
            return Reply::refused(problem);
        }
        heard.await.unwrap_or_else(|_| Reply::refused(Problem::internal("the command did not finish")))
    }

    /// Answers a caller's question. On SQLite it is answered right here: it takes less time than handing it over.
    pub async fn ask<Q: Query>(self: &Arc<Self>, caller: &Caller, query: &Q) -> Reply<Q::Out> {
        let reply = {
            let Db::Sqlite(sqlite) = &self.db;
            let mut connection = match sqlite.readers().take() {
                Ok(connection) => connection,
                Err(problem) => return Reply::refused(problem),
            };
            let reply = self.answer(caller, query, Tx::on_sqlite(&mut connection)).await;
            sqlite.readers().put_back(connection);
            reply
        };
        if reply.stale_session {
            // What was asked is answered even if the note that it was asked cannot be written.
            let _ = self.run(caller, session::Touch).await;
        }
        reply
    }

    async fn turn<C: Command>(&self, caller: &Caller, command: &C, tx: Tx<'_>) -> (Reply<C::Out>, bool) {
        let mut cx = match self.context(caller, tx).await {
            Ok(cx) => cx,
            Err(problem) => return (Reply::refused(problem), false),
        };
        let result = match command.run(&mut cx).await {
            Ok(out) => session::note_use(&mut cx).await.map(|()| out),
            Err(problem) => Err(problem),
        };
        let wakes_outbox = cx.wakes_outbox;
        (Reply::new(&cx, result), wakes_outbox)
    }

    async fn answer<Q: Query>(&self, caller: &Caller, query: &Q, tx: Tx<'_>) -> Reply<Q::Out> {
        match self.context(caller, tx).await {
            Ok(mut cx) => {
                let result = query.run(&mut cx).await;
                Reply::new(&cx, result)
            }
            Err(problem) => Reply::refused(problem),
        }
    }

    async fn context<'a>(&'a self, caller: &'a Caller, mut tx: Tx<'a>) -> Result<Context<'a>> {
        let now = self.clock.now();
        let session = match &caller.token {
            Some(token) => session::current(&mut tx, token, now, &self.settings).await?,
            None => None,
        };
        Ok(Context { tx, now, session, caller, service: self, wakes_outbox: false })
    }
}

/// The outcome of a future that never waits: on SQLite every statement answers at once.
fn at_once<T: Unready>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => T::unready(),
    }
}

/// What stands for the outcome of a command that waited for something inside its transaction, which none may.
trait Unready {
    fn unready() -> Self;
}

impl<T> Unready for (Reply<T>, bool) {
    fn unready() -> Self {
        (Reply::refused(Problem::internal("a command waited inside its transaction")), false)
    }
}
