//! Asking DNS for the records that prove a domain. What answers is not believed further than that: it may be slow, lie, or
//! send a great deal.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use tokio::time::timeout;

/// How long one question may take, tries and all.
const LONGEST: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(2);
/// Records that are looked at.
const MOST_RECORDS: usize = 100;

/// A question on its way.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, DnsError>> + Send + 'a>>;

/// Whoever answers for DNS.
pub trait Dns: Send + Sync + fmt::Debug {
    /// The TXT records of a name, each as one text; none when there are none.
    fn txt<'a>(&'a self, name: &'a str) -> Looking<'a>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsError(pub String);

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DnsError {}

/// Asks nobody, and so proves nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoDns;

impl Dns for NoDns {
    fn txt<'a>(&'a self, _: &'a str) -> Looking<'a> {
        Box::pin(async { Err(DnsError("no resolver is configured".to_owned())) })
    }
}

/// Asks the system's resolver, or one that is named.
pub struct HickoryDns(TokioResolver);

impl HickoryDns {
    /// One that asks this server; `None` for the system's. Error: the system's configuration cannot be read.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, DnsError> {
        let failed = |error: &dyn fmt::Display| DnsError(error.to_string());
        let mut builder = match server {
            None => TokioResolver::builder_tokio().map_err(|error| failed(&error))?,
            Some(address) => {
                let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
                (udp.port, tcp.port) = (address.port(), address.port());
                let server = NameServerConfig::new(address.ip(), true, vec![udp, tcp]);
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts) = (ATTEMPT, 1);
        // Whoever has just added the record must not hear for an hour that it is not there.
        (options.cache_size, options.ndots) = (0, 0);
        builder.build().map(Self).map_err(|error| failed(&error))
    }
}

impl fmt::Debug for HickoryDns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HickoryDns")
    }
}

impl Dns for HickoryDns {
    fn txt<'a>(&'a self, name: &'a str) -> Looking<'a> {
        Box::pin(async move {
            // Absolute: no search list of this machine's makes another name of it.
            let asked = timeout(LONGEST, self.0.txt_lookup(format!("{name}."))).await;
            let found = match asked.map_err(|_| DnsError("no answer in time".to_owned()))? {
                Ok(found) => found,
                Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
                Err(error) => return Err(DnsError(error.to_string())),
            };
            let texts = found.answers().iter().filter_map(|record| match &record.data {
                RData::TXT(text) => Some(text.txt_data.concat()),
                _ => None,
            });
            Ok(texts.take(MOST_RECORDS).filter_map(|bytes| String::from_utf8(bytes).ok()).collect())
        })
    }
}
