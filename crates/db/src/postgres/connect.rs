//! Connecting: to one host of the URL after another, each within its share of the timeout.

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
const NETWORK: Duration = Duration::from_secs(5);

/// Makes connections. It starts with the host that accepted writes last.
#[derive(Debug)]
pub(super) struct Connector {
    hosts: Vec<Config>,
    tls: Tls,
    limit: Duration,
    last: AtomicUsize,
    /// A connection that exists already, for the first caller.
    opened: Mutex<Option<Opened>>,
}

/// A connection, and the task that drives it.
pub(super) type Opened = (Client, JoinHandle<()>);

#[derive(Debug)]
pub(super) enum Refusal {
    /// A host refused, or could not be reached.
    Failed(Error),
    /// The last host did not answer in time.
    Silent,
}

impl Connector {
    /// Divides `limit` among the hosts, with one share left for the work itself.
    pub(super) fn sharing(config: &Config, tls: Tls, limit: Duration) -> Self {
        let shares = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX).saturating_add(1);
        Self::new(config, tls, limit / shares)
    }

    /// Gives each host this long for name resolution, connecting, TLS and the login together.
    pub(super) fn new(config: &Config, tls: Tls, limit: Duration) -> Self {
        let hosts = (0..config.get_hosts().len()).map(|index| {
            let mut host = only_host(config, index);
            if host.get_connect_timeout().is_none() {
                // A name may have several addresses, the first of which may not answer.
                host.connect_timeout(limit / 2);
            }
            if host.get_tcp_user_timeout().is_none() {
                host.tcp_user_timeout(NETWORK);
            }
            host.keepalives_idle(NETWORK);
            host
        });
        Self { hosts: hosts.collect(), tls, limit, last: AtomicUsize::new(0), opened: Mutex::default() }
    }

    /// Adds a connection that exists already.
    pub(super) fn beginning_with(self, opened: Opened) -> Self {
        Self { opened: Mutex::new(Some(opened)), ..self }
    }

    /// Connects to the first host that accepts writes.
    pub(super) async fn connect(&self) -> Result<Opened, Refusal> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(opened) = opened.filter(|(client, _)| !client.is_closed()) {
            return Ok(opened);
        }
        let first = self.last.load(Ordering::Relaxed);
        let mut refusal = Refusal::Silent;
        for index in (first..self.hosts.len()).chain(0..first) {
            match timeout(self.limit, self.hosts[index].connect(self.tls.0.clone())).await {
                Ok(Ok((client, connection))) => {
                    self.last.store(index, Ordering::Relaxed);
                    let carried = connection.map(|ended| {
                        if let Err(error) = ended {
                            tracing::warn!(cause = error::redacted(&error), "a connection to the database was lost");
                        }
                    });
                    return Ok((client, tokio::spawn(carried)));
                }
                Ok(Err(error)) => refusal = Refusal::Failed(error),
                Err(_) => refusal = Refusal::Silent,
            }
        }
        Err(refusal)
    }

    /// Connects, and names the reason if that fails.
    pub(super) async fn open(&self) -> Result<Opened, OpenError> {
        match self.connect().await {
            Ok(opened) => Ok(opened),
            Err(Refusal::Failed(error)) => Err(OpenError::from_driver(&error)),
            Err(Refusal::Silent) => Err(OpenError::Unreachable(format!("no answer within {:?}", self.limit))),
        }
    }
}

impl deadpool_postgres::Connect for Connector {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<Opened, Error>> {
        let connection = async {
            match Self::connect(self).await {
                Ok(connection) => Ok(connection),
                Err(Refusal::Failed(error)) => Err(error),
                // The driver has no error for this that other crates can make; the pool's timeout ends the wait.
                Err(Refusal::Silent) => pending().await,
            }
        };
        connection.boxed()
    }
}

/// A copy of the configuration with one host.
fn only_host(config: &Config, index: usize) -> Config {
    let mut one = Config::new();
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(name) = config.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    match config.get_hosts().get(index) {
        Some(Host::Tcp(host)) => one.host(host),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => one.host_path(folder),
        None => &mut one,
    };
    if let Some(address) = config.get_hostaddrs().get(index) {
        one.hostaddr(*address);
    }
    if let Some(port) = config.get_ports().get(index).or_else(|| config.get_ports().first()) {
        one.port(*port);
    }
    if let Some(limit) = config.get_connect_timeout() {
        one.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        // Of several hosts, the one that accepts writes. With one host, a standby is an error with its own message.
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails when the driver gets a parameter that `only_host` does not copy.
    #[test]
    fn copies_every_parameter() {
        let everything = "user=u password=p dbname=d options=o application_name=a sslmode=require sslnegotiation=direct \
                          connect_timeout=3 tcp_user_timeout=4 keepalives=0 keepalives_idle=5 keepalives_interval=6 \
                          keepalives_retries=7 target_session_attrs=read-write channel_binding=require \
                          load_balance_hosts=random";
        let of = |hosts: &str| format!("{everything} {hosts}").parse::<Config>().unwrap();
        let several = of("host=one,/two hostaddr=192.0.2.1,192.0.2.2 port=1,2");
        assert_eq!(only_host(&several, 0), of("host=one hostaddr=192.0.2.1 port=1"));
        assert_eq!(only_host(&several, 1), of("host=/two hostaddr=192.0.2.2 port=2"));
        assert_eq!(only_host(&of("host=one,two port=3"), 1), of("host=two port=3"));
    }
}
