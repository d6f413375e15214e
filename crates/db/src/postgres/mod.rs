//! PostgreSQL: a bounded connection pool, transactions with a timeout, and reconnection.

mod concurrency;
mod connect;
mod copy;
mod error;
mod schema;
mod tls;
mod transaction;
mod url;
mod values;

use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::Client;

use super::OpenError;
use crate::time::Timestamp;

use concurrency::shard_slots::ShardSlots;
use concurrency::shared_connections::SharedConnections;
use connect::{Connector, Opened};
pub(super) use copy::CopyEndpoint;
pub use error::PgError;
use tls::Tls;
pub use transaction::{Transaction, TransactionMode};
pub use url::{InvalidPostgresUrl, PostgresUrl};
pub(super) use values::cell;

/// Callers that may wait for a connection. Further ones get `Busy`.
const MAX_WAITING_CALLERS: usize = 1024;
/// Time for each host when the database is opened.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Settings of the connection that opens the database: it may wait for another process's migration, but not forever.
const STARTUP_SETTINGS: &str = "SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; \
                                SET client_min_messages = 'error'";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    pub max_connections: usize,
    /// The longest a transaction may take, with all attempts and the wait for a connection.
    pub timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        // Callers get an answer within two seconds when the database is unavailable.
        Self { max_connections: 16, timeout: Duration::from_millis(1800) }
    }
}

#[derive(Debug)]
pub struct Postgres {
    pool: Pool,
    tls: Tls,
    timeout: Duration,
    shard_slots: ShardSlots,
    shared_connections: SharedConnections,
}

impl Postgres {
    /// Connects, and migrates the schema.
    pub async fn open(url: &PostgresUrl, options: PostgresOptions, now: Timestamp) -> Result<Self, OpenError> {
        let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
        let (mut client, carried) = open(url, tls.clone()).await?;
        schema::migrate(&mut client, now).await?;
        let connector = Connector::sharing(&url.config, tls.clone(), options.timeout);
        // The connection that opened the database becomes the first of the pool: connecting takes most of the start-up time.
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
        let (timeout, shard_slots) = (options.timeout, ShardSlots::default());
        Ok(Self { pool, tls, timeout, shard_slots, shared_connections })
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A transaction for single statements, on a shared connection; `None` if there is none available.
    pub async fn autocommit(&self) -> Option<Transaction> {
        match self.shared_connections.client(&self.pool).await {
            Some(shared) => Some(Transaction::shared(shared, self.tls.clone())),
            None => self.transaction(TransactionMode::Autocommit).await.ok(),
        }
    }

    /// Whether shared connections are open, so that none has to be opened first.
    pub fn has_shared_connection(&self) -> bool {
        self.shared_connections.is_open()
    }

    /// Closes the shared connections, after one did not answer in time. The next caller opens new ones.
    pub fn close_shared(&self) {
        self.shared_connections.close();
    }

    /// A transaction. Nothing is sent before its first statement.
    pub async fn transaction(&self, mode: TransactionMode) -> Result<Transaction, PgError> {
        if self.pool.status().waiting >= MAX_WAITING_CALLERS {
            return Err(PgError::PoolExhausted);
        }
        match self.pool.get().await {
            Ok(client) => {
                Ok(Transaction::own(client, mode, self.tls.clone(), self.shard_slots.take()))
            }
            Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) => {
                // No new connection can be made, and the existing ones are gone.
                Err(PgError::Unreachable(error::redacted(&error)))
            }
            Err(error) => Err(PgError::Unreachable(error.to_string())),
        }
    }
}

/// Settings of every pooled connection. Timeouts make the server stop when nobody waits any more. Statements are planned once for each
/// connection, with joins in the order in which they are written, which starts at a key; otherwise the server would plan those with many
/// joins on each run, and trust outdated statistics. Sequential scans are off: under SERIALIZABLE, a scan conflicts with every write to
/// the table.
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

/// The version of the schema. Changes nothing.
pub(super) async fn version(url: &PostgresUrl) -> Result<i64, OpenError> {
    let client = connect(url).await?;
    schema::version(&client).await
}

/// Whether there is no schema, or nothing in it.
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
