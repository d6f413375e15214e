//! PostgreSQL, over the network: a bounded pool, and the only lines that know tokio-postgres.
//!
//! Commands run SERIALIZABLE and are run again when they lose a race; queries see one state. Nothing waits longer than
//! the patience that was asked for: a database that is away is told of at once, and comes back by itself.

mod schema;
mod tls;
mod transaction;
mod trouble;
mod url;
mod whole;

use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::OpenError;
use crate::time::Timestamp;

pub(super) use transaction::cell;
pub(crate) use transaction::{Purpose, Transaction};
pub(crate) use trouble::Trouble;
pub use url::{NotAPostgresUrl, PostgresUrl};
pub(super) use whole::Whole;

/// Callers that may wait for a connection; past it they are told to come back.
const WAITING_CALLERS: usize = 1024;
/// How long one address of a server may take to answer, and how long sent bytes may stay unconfirmed.
const NETWORK: Duration = Duration::from_secs(5);
/// What every connection begins with. A transaction whose process has lost its way holds its locks no longer than this.
const SETTINGS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
                        SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'error'";

/// How a PostgreSQL database is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Connections at the most.
    pub connections: usize,
    /// The longest a transaction may take, its attempts and the wait for a connection together.
    pub patience: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        // Callers are promised an answer within two seconds while the database is away.
        Self { connections: 16, patience: Duration::from_millis(1800) }
    }
}

/// An open database.
#[derive(Debug)]
pub struct Postgres {
    pool: Pool,
    patience: Duration,
}

impl Postgres {
    /// Connects, and brings the schema up to date.
    pub async fn open(url: &PostgresUrl, options: PostgresOptions, now: Timestamp) -> Result<Self, OpenError> {
        let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
        let config = config(url);
        let mut client = connect(&config, &tls).await?;
        schema::check_version(&client).await?;
        schema::migrate(&mut client, now).await?;
        let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let patience = Some(options.patience);
        let pool = Pool::builder(manager)
            .max_size(options.connections)
            .queue_mode(QueueMode::Lifo)
            .timeouts(Timeouts { wait: patience, create: patience, recycle: patience })
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { client.batch_execute(SETTINGS).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| OpenError::Unusable(error.to_string()))?;
        Ok(Self { pool, patience: options.patience })
    }

    /// The longest a transaction may take.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// A transaction; nothing is sent before its first statement.
    pub(crate) async fn transaction(&self, purpose: Purpose) -> Result<Transaction, Trouble> {
        if self.pool.status().waiting >= WAITING_CALLERS {
            return Err(Trouble::Crowded);
        }
        match self.pool.get().await {
            Ok(client) => Ok(Transaction::new(client, purpose)),
            Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) => {
                // Whatever keeps a new connection from coming about: the ones there were are gone.
                Err(Trouble::Away(trouble::words(&error)))
            }
            Err(error) => Err(Trouble::Away(error.to_string())),
        }
    }
}

/// How far a database's schema has come, without changing anything.
pub(super) async fn version(url: &PostgresUrl) -> Result<i64, OpenError> {
    let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
    let client = connect(&config(url), &tls).await?;
    schema::check_version(&client).await?;
    schema::version(&client).await
}

/// Whether there is no schema yet, or nothing in it.
pub(super) async fn is_new(url: &PostgresUrl) -> Result<bool, OpenError> {
    let tls = tls::connector(url.verification, url.root_certificates.as_deref())?;
    let client = connect(&config(url), &tls).await?;
    schema::check_version(&client).await?;
    if schema::version(&client).await? == 0 {
        return Ok(true);
    }
    let row = client.query_one("SELECT COUNT(*) FROM deployments", &[]).await.map_err(|error| OpenError::of(&error))?;
    Ok(row.get::<_, i64>(0) == 0)
}

fn config(url: &PostgresUrl) -> Config {
    let mut config = url.config.clone();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(NETWORK);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(NETWORK);
    }
    config.keepalives_idle(NETWORK);
    config
}

async fn connect(config: &Config, tls: &MakeRustlsConnect) -> Result<Client, OpenError> {
    let (client, connection) = config.connect(tls.clone()).await.map_err(|error| OpenError::of(&error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(cause = trouble::words(&error), "a connection to the database was lost");
        }
    });
    Ok(client)
}
