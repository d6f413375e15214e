//! Connecting: tries the hosts of the URL one after the other, each within its share of the timeout.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::{Client, Config, Error};

use super::error;
use super::tls::Tls;
use crate::OpenError;

/// Limit for unacknowledged data, and the interval of keepalives.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens connections. It first tries the host that accepted writes last.
#[derive(Debug)]
pub(super) struct Connector {
    hosts: Vec<Config>,
    tls: Tls,
    /// The timeout for each host.
    host_timeout: Duration,
    /// The index of the host that accepted writes last.
    last: AtomicUsize,
    /// A connection that is open already, for the first caller.
    opened: Mutex<Option<OpenConnection>>,
}

/// A connection, and the task that drives it.
pub(super) type OpenConnection = (Client, JoinHandle<()>);

/// Why no connection could be opened. It is about the last host that was tried.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// The host refused the connection, or could not be reached.
    Failed(Error),
    /// The host did not answer in time.
    TimedOut,
}

impl Connector {
    /// Divides the timeout of a transaction among the hosts and the transaction itself.
    pub(super) fn with_total_timeout(config: &Config, tls: Tls, timeout: Duration) -> Self {
        let shares = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX).saturating_add(1);
        Self::new(config, tls, timeout / shares)
    }

    /// `host_timeout` covers name resolution, connecting, TLS and the login on one host.
    pub(super) fn new(config: &Config, tls: Tls, host_timeout: Duration) -> Self {
        let hosts = (0..config.get_hosts().len()).map(|index| {
            let mut host = single_host(config, index);
            if host.get_connect_timeout().is_none() {
                // A name may have several addresses, the first of which may not answer.
                host.connect_timeout(host_timeout / 2);
            }
            if host.get_tcp_user_timeout().is_none() {
                host.tcp_user_timeout(NETWORK_TIMEOUT);
            }
            host.keepalives_idle(NETWORK_TIMEOUT);
            host
        });
        Self { hosts: hosts.collect(), tls, host_timeout, last: AtomicUsize::new(0), opened: Mutex::default() }
    }

    /// Adds a connection that is open already. The first caller gets it.
    pub(super) fn with_open_connection(self, opened: OpenConnection) -> Self {
        Self { opened: Mutex::new(Some(opened)), ..self }
    }

    /// Connects to the first host that accepts writes.
    pub(super) async fn connect(&self) -> Result<OpenConnection, ConnectError> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(opened) = opened.filter(|(client, _)| !client.is_closed()) {
            return Ok(opened);
        }
        let first = self.last.load(Ordering::Relaxed);
        let mut last_error = ConnectError::TimedOut;
        for index in (first..self.hosts.len()).chain(0..first) {
            match timeout(self.host_timeout, self.hosts[index].connect(self.tls.0.clone())).await {
                Ok(Ok((client, connection))) => {
                    self.last.store(index, Ordering::Relaxed);
                    let task = connection.map(|result| {
                        if let Err(error) = result {
                            tracing::warn!(cause = error::redacted(&error), "a connection to the database was lost");
                        }
                    });
                    return Ok((client, tokio::spawn(task)));
                }
                Ok(Err(error)) => last_error = ConnectError::Failed(error),
                Err(_) => last_error = ConnectError::TimedOut,
            }
        }
        Err(last_error)
    }

    /// Like [`Self::connect`], with an error for the operator.
    pub(super) async fn open(&self) -> Result<OpenConnection, OpenError> {
        match self.connect().await {
            Ok(opened) => Ok(opened),
            Err(ConnectError::Failed(error)) => Err(OpenError::from_driver(&error)),
            Err(ConnectError::TimedOut) => {
                Err(OpenError::Unreachable(format!("no answer within {:?}", self.host_timeout)))
            }
        }
    }
}

impl deadpool_postgres::Connect for Connector {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<OpenConnection, Error>> {
        let connection = async {
            match Self::connect(self).await {
                Ok(connection) => Ok(connection),
                Err(ConnectError::Failed(error)) => Err(error),
                // Other crates cannot construct the driver's timeout error. The pool's timeout ends the wait.
                Err(ConnectError::TimedOut) => pending().await,
            }
        };
        connection.boxed()
    }
}

/// A copy of the configuration with one host.
fn single_host(config: &Config, index: usize) -> Config {
    let mut host_config = Config::new();
    if let Some(user) = config.get_user() {
        host_config.user(user);
    }
    if let Some(password) = config.get_password() {
        host_config.password(password);
    }
    if let Some(name) = config.get_dbname() {
        host_config.dbname(name);
    }
    if let Some(options) = config.get_options() {
        host_config.options(options);
    }
    if let Some(name) = config.get_application_name() {
        host_config.application_name(name);
    }
    match config.get_hosts().get(index) {
        Some(Host::Tcp(host)) => host_config.host(host),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => host_config.host_path(folder),
        None => &mut host_config,
    };
    if let Some(address) = config.get_hostaddrs().get(index) {
        host_config.hostaddr(*address);
    }
    if let Some(port) = config.get_ports().get(index).or_else(|| config.get_ports().first()) {
        host_config.port(*port);
    }
    if let Some(limit) = config.get_connect_timeout() {
        host_config.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        host_config.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        host_config.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        host_config.keepalives_retries(retries);
    }
    host_config
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        // Of several hosts, the one that accepts writes. With one host, a standby is an error with its own message.
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    host_config
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if a new version of the driver has a parameter that `single_host` does not copy.
    #[test]
    fn copies_every_parameter() {
        let parameters = "user=u password=p dbname=d options=o application_name=a sslmode=require sslnegotiation=direct \
                          connect_timeout=3 tcp_user_timeout=4 keepalives=0 keepalives_idle=5 keepalives_interval=6 \
                          keepalives_retries=7 target_session_attrs=read-write channel_binding=require \
                          load_balance_hosts=random";
        let parse = |hosts: &str| format!("{parameters} {hosts}").parse::<Config>().unwrap();
        let several = parse("host=one,/two hostaddr=192.0.2.1,192.0.2.2 port=1,2");
        assert_eq!(single_host(&several, 0), parse("host=one hostaddr=192.0.2.1 port=1"));
        assert_eq!(single_host(&several, 1), parse("host=/two hostaddr=192.0.2.2 port=2"));
        assert_eq!(single_host(&parse("host=one,two port=3"), 1), parse("host=two port=3"));
    }
}
