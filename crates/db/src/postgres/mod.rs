//! PostgreSQL, over the network: a bounded pool, and the only lines that know tokio-postgres.
//!
//! Commands run SERIALIZABLE and are run again when they lose a race; queries see one state. Nothing waits longer than
//! the timeout that was asked for: a database that is away is told of at once, and comes back by itself.

mod concurrency;
mod connect;
mod copy;
mod error;
mod schema;
mod tls;
mod transaction;
mod url;
mod values;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::Client;

use super::OpenError;
use crate::time::Timestamp;

use concurrency::conflict_throttle::ConflictThrottle;
use concurrency::row_mutexes::RowMutexes;
use concurrency::shard_slots::ShardSlots;
use concurrency::shared_connections::SharedConnections;
use connect::{Connector, Opened};
pub(super) use copy::CopyEndpoint;
pub use error::PgError;
use tls::Tls;
pub use transaction::{Transaction, TransactionMode};
pub use url::{InvalidPostgresUrl, PostgresUrl};
pub(super) use values::cell;

/// Callers that may wait for a connection; past it they are told to come back.
const MAX_WAITING_CALLERS: usize = 1024;
/// How long a host has, while a server starts.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(5);
/// What the connection that opens a database begins with: it may wait for another process's migration, but not for ever.
const STARTUP_SETTINGS: &str = "SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; \
                                SET client_min_messages = 'error'";

/// How a PostgreSQL database is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Connections at the most.
    pub max_connections: usize,
    /// The longest a transaction may take, its attempts and the wait for a connection together.
    pub timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        // Callers are promised an answer within two seconds while the database is away.
        Self { max_connections: 16, timeout: Duration::from_millis(1800) }
    }
}

/// An open database.
#[derive(Debug)]
pub struct Postgres {
    pool: Pool,
    tls: Tls,
    timeout: Duration,
    shard_slots: ShardSlots,
    conflict_throttle: ConflictThrottle,
    row_mutexes: Arc<RowMutexes>,
    shared_connections: SharedConnections,
}

impl Postgres {
    /// Connects, and brings the schema up to date.
    pub async fn open(url: &PostgresUrl, options: PostgresOptions, now: Timestamp) -> Result<Self, OpenError> {
        let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
        let (mut client, carried) = open(url, tls.clone()).await?;
        schema::migrate(&mut client, now).await?;
        let connector = Connector::sharing(&url.config, tls.clone(), options.timeout);
        // The server has made it already, which takes as long as all else that a process does before it answers.
        let connector = connector.beginning_with((client, carried));
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(url.config.clone(), connector, recycling);
        let shared_connections = SharedConnections::for_pool(options.max_connections);
        let timeout = Some(options.timeout);
        let settings = settings(options.timeout);
        let pool = Pool::builder(manager)
            .max_size(options.max_connections - shared_connections.len())
            .queue_mode(QueueMode::Lifo)
            .timeouts(Timeouts { wait: timeout, create: timeout, recycle: timeout })
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |client, _| {
                let settings = settings.clone();
                Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| OpenError::Unusable(error.to_string()))?;
        let (shard_slots, conflict_throttle, row_mutexes) =
            (ShardSlots::default(), ConflictThrottle::default(), Arc::default());
        Ok(Self {
            pool,
            tls,
            timeout: options.timeout,
            shard_slots,
            conflict_throttle,
            row_mutexes,
            shared_connections,
        })
    }

    /// The longest a transaction may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Where commands take turns.
    pub fn conflict_throttle(&self) -> &ConflictThrottle {
        &self.conflict_throttle
    }

    /// For statements that stand alone, beside those of others; `None` when there is no connection for it at once.
    pub async fn autocommit(&self) -> Option<Transaction> {
        match self.shared_connections.client(&self.pool).await {
            Some(shared) => Some(Transaction::shared(shared, self.tls.clone())),
            None => self.transaction(TransactionMode::Autocommit).await.ok(),
        }
    }

    /// Whether there is a connection for glances at this moment, so that nobody has to open one.
    pub fn has_shared_connection(&self) -> bool {
        self.shared_connections.is_open()
    }

    /// A glance was not answered in time.
    pub fn close_shared(&self) {
        self.shared_connections.close();
    }

    /// A transaction; nothing is sent before its first statement.
    pub async fn transaction(&self, mode: TransactionMode) -> Result<Transaction, PgError> {
        if self.pool.status().waiting >= MAX_WAITING_CALLERS {
            return Err(PgError::PoolExhausted);
        }
        match self.pool.get().await {
            Ok(client) => {
                let (tls, slot, mutexes) = (self.tls.clone(), self.shard_slots.take(), Arc::clone(&self.row_mutexes));
                Ok(Transaction::own(client, mode, tls, slot, mutexes))
            }
            Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) => {
                // Whatever keeps a new connection from coming about: the ones there were are gone.
                Err(PgError::Unreachable(error::redacted(&error)))
            }
            Err(error) => Err(PgError::Unreachable(error.to_string())),
        }
    }
}

/// What every connection begins with: the server gives up when nobody waits any more, or is there any more. Statements
/// are planned once for each connection, and joined in the order they are written in, which begins at a key: left to itself,
/// the server plans those with many joins anew each time they run, for many times what running them costs, and takes a table
/// for small that it has not counted since it was. It reads no table as a whole where there is an index, since under
/// SERIALIZABLE whoever does so collides with all who write to it.
fn settings(timeout: Duration) -> String {
    let timeout = timeout.as_millis();
    format!(
        "SET statement_timeout = {timeout}; SET lock_timeout = {timeout}; \
         SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'error'; \
         SET default_transaction_isolation = 'read committed'; \
         SET plan_cache_mode = force_generic_plan; SET jit = off; SET join_collapse_limit = 1; \
         SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off; \
         SELECT set_config('client_connection_check_interval', '1s', false) \
          WHERE current_setting('server_version_num')::int >= 140000"
    )
}

/// How far a database's schema has come, without changing anything.
pub(super) async fn version(url: &PostgresUrl) -> Result<i64, OpenError> {
    let client = connect(url).await?;
    schema::version(&client).await
}

/// Whether there is no schema yet, or nothing in it.
pub(super) async fn is_new(url: &PostgresUrl) -> Result<bool, OpenError> {
    let client = connect(url).await?;
    if schema::version(&client).await? == 0 {
        return Ok(true);
    }
    schema::is_unused(&client).await
}

/// A connection outside the pool.
async fn connect(url: &PostgresUrl) -> Result<Client, OpenError> {
    let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
    open(url, tls).await.map(|(client, _)| client)
}

async fn open(url: &PostgresUrl, tls: Tls) -> Result<Opened, OpenError> {
    let opened = Connector::new(&url.config, tls, STARTUP_TIMEOUT).open().await?;
    opened.0.batch_execute(STARTUP_SETTINGS).await.map_err(|error| OpenError::from_driver(&error))?;
    Ok(opened)
}
