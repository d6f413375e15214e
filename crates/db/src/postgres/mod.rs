//! PostgreSQL: a bounded connection pool, transactions with a timeout, and reconnection.

mod concurrency;
mod connect;
mod copy;
mod error;
mod pooling;
mod schema;
mod tls;
mod transaction;
mod url;
mod values;

use std::time::{Duration, Instant};

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::Client;

use self::concurrency::shard_slots::ShardSlots;
use self::concurrency::shared_connections::SharedConnections;
use self::connect::{Connector, OpenConnection};
use self::tls::Tls;
use super::OpenError;
use crate::metrics::{Histogram, PoolStatus, WAIT_BOUNDS};
use crate::time::Timestamp;

pub(super) use copy::CopyEndpoint;
pub use error::PgError;
pub use transaction::{Transaction, TransactionMode};
pub use url::{InvalidPostgresUrl, PostgresUrl};
pub(super) use values::cell;

/// Callers that may wait for a connection. Further ones get [`PgError::PoolExhausted`].
const MAX_WAITING_CALLERS: usize = 1024;
/// Time for each host when the database is opened.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Settings of the connection that opens the database. It may wait for another process's migration, for a limited time.
/// Behind a pooler that resets nothing, the session may have prepared statements of an earlier client.
const STARTUP_SETTINGS: &str = "DEALLOCATE ALL; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'; \
                                SET client_min_messages = 'error'";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    pub max_connections: usize,
    /// The timeout of a transaction, including all attempts and the wait for a connection.
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
    /// How long transactions have waited for a connection.
    pool_wait: Histogram,
}

impl Postgres {
    /// Connects, and migrates the schema.
    ///
    /// # Errors
    /// Every [`OpenError`] except `InUse`.
    pub async fn open(url: &PostgresUrl, options: PostgresOptions, now: Timestamp) -> Result<Self, OpenError> {
        let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
        let (mut client, connection_task) = open(url, tls.clone()).await?;
        schema::migrate(&mut client, now).await?;
        let connector = Connector::with_total_timeout(&url.config, tls.clone(), options.timeout);
        // The connection that opened the database becomes the first of the pool, because connecting takes most of the
        // start-up time.
        let connector = connector.with_open_connection((client, connection_task));
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
        let pool_wait = Histogram::new(WAIT_BOUNDS);
        Ok(Self { pool, tls, timeout, shard_slots, shared_connections, pool_wait })
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The connections for transactions; not those that many callers share.
    pub fn pool_status(&self) -> PoolStatus {
        let status = self.pool.status();
        let in_use = status.size.saturating_sub(status.available);
        PoolStatus { max: status.max_size, open: status.size, in_use, waiting: status.waiting }
    }

    /// How long transactions have waited for a connection, also for a new one.
    pub fn pool_wait(&self) -> &Histogram {
        &self.pool_wait
    }

    /// A transaction for single statements, on a shared connection, or else on a pooled one. `None` if neither is
    /// available.
    pub async fn autocommit(&self) -> Option<Transaction> {
        match self.shared_connections.client(&self.pool).await {
            Some(shared) => Some(Transaction::shared(shared, self.tls.clone())),
            None => self.transaction(TransactionMode::Autocommit).await.ok(),
        }
    }

    /// Whether all shared connections are open.
    pub fn has_shared_connection(&self) -> bool {
        self.shared_connections.is_open()
    }

    /// Closes the shared connections, after one did not answer in time. The next caller opens new ones.
    pub fn close_shared(&self) {
        self.shared_connections.close();
    }

    /// Acquires a connection for a transaction, which begins with its first statement.
    ///
    /// # Errors
    /// [`PgError::PoolExhausted`]; [`PgError::Unreachable`].
    pub async fn transaction(&self, mode: TransactionMode) -> Result<Transaction, PgError> {
        if self.pool.status().waiting >= MAX_WAITING_CALLERS {
            return Err(PgError::PoolExhausted);
        }
        let asked_at = Instant::now();
        let client = self.pool.get().await;
        self.pool_wait.observe(asked_at.elapsed());
        match client {
            Ok(client) => Ok(Transaction::exclusive(client, mode, self.tls.clone(), self.shard_slots.take())),
            Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) => {
                // No new connection can be opened, and the existing ones are lost.
                Err(PgError::Unreachable(error::redacted(&error)))
            }
            Err(error) => Err(PgError::Unreachable(error.to_string())),
        }
    }
}

/// Settings of every pooled connection. `DEALLOCATE ALL` comes first, because the connection has prepared nothing yet,
/// but a pooler may have handed out a server connection on which another client has. Timeouts make the server stop when
/// no caller waits any more. Each connection plans a statement once, with the joins in the written order, which starts
/// at a key. Otherwise the server would plan statements with many joins on each run, based on outdated statistics.
/// Sequential scans are off, because under SERIALIZABLE a scan conflicts with every write to the table.
fn settings(timeout: Duration) -> String {
    let timeout = timeout.as_millis();
    format!(
        "DEALLOCATE ALL; SET statement_timeout = {timeout}; SET lock_timeout = {timeout}; \
         SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'error'; \
         SET default_transaction_isolation = 'read committed'; \
         SET plan_cache_mode = force_generic_plan; SET jit = off; SET join_collapse_limit = 1; \
         SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off; \
         SELECT set_config('client_connection_check_interval', '1s', false) \
          WHERE current_setting('server_version_num')::int >= 140000"
    )
}

/// The version of the schema; 0 for an empty one. Changes nothing.
pub(super) async fn version(url: &PostgresUrl) -> Result<i64, OpenError> {
    let client = connect(url).await?;
    schema::version(&client).await
}

/// Whether the database has no tables, or no data.
pub(super) async fn is_new(url: &PostgresUrl) -> Result<bool, OpenError> {
    let client = connect(url).await?;
    if schema::version(&client).await? == 0 {
        return Ok(true);
    }
    schema::is_unused(&client).await
}

/// Opens a connection outside the pool.
async fn connect(url: &PostgresUrl) -> Result<Client, OpenError> {
    let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
    open(url, tls).await.map(|(client, _)| client)
}

async fn open(url: &PostgresUrl, tls: Tls) -> Result<OpenConnection, OpenError> {
    let connector = Connector::new(&url.config, tls, STARTUP_TIMEOUT);
    let opened = connector.open().await?;
    // Before the settings: they would apply to other clients of a pooler that shares sessions.
    pooling::require_own_session(&opened.0, &connector).await?;
    pooling::require_search_path(&opened.0, url.config.get_options()).await?;
    opened.0.batch_execute(STARTUP_SETTINGS).await.map_err(|error| OpenError::from_driver(&error))?;
    Ok(opened)
}
