//! DNS lookups: the TXT records that prove domain ownership, and the addresses of the hosts that requests go to. Answers
//! are untrusted: time and number of records are limited.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

/// The limit for one lookup, retries included.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_RECORDS: usize = 100;

/// A lookup in progress.
pub type LookupFuture<'a, T = String> = Pin<Box<dyn Future<Output = Result<Vec<T>, DnsError>> + Send + 'a>>;

/// A DNS resolver.
pub trait Dns: Send + Sync + fmt::Debug {
    /// Returns the TXT records of a name, each as one string. A name without records is no error.
    fn lookup_txt<'a>(&'a self, name: &'a str) -> LookupFuture<'a>;

    /// Returns the IPv6 and IPv4 addresses of a name, all of them. A name without addresses is no error.
    fn lookup_addresses<'a>(&'a self, name: &'a str) -> LookupFuture<'a, IpAddr>;
}

/// Why a lookup failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsError(pub String);

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DnsError {}

const NO_RESOLVER: &str = "no resolver is configured";

/// A resolver that fails every lookup, for systems without a resolver configuration.
#[derive(Clone, Copy, Debug)]
pub struct NoDns;

impl Dns for NoDns {
    fn lookup_txt<'a>(&'a self, _: &'a str) -> LookupFuture<'a> {
        Box::pin(async { Err(DnsError(NO_RESOLVER.to_owned())) })
    }

    fn lookup_addresses<'a>(&'a self, _: &'a str) -> LookupFuture<'a, IpAddr> {
        Box::pin(async { Err(DnsError(NO_RESOLVER.to_owned())) })
    }
}

/// Queries the system's resolver, or a given server.
pub struct HickoryDns(TokioResolver);

impl HickoryDns {
    /// Queries `server`; `None` for the system's resolver.
    ///
    /// # Errors
    /// The system's resolver configuration cannot be read.
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
        (options.timeout, options.attempts) = (ATTEMPT_TIMEOUT, 1);
        // No cache: a record that was just added must be found although an earlier lookup did not find it.
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
    fn lookup_txt<'a>(&'a self, name: &'a str) -> LookupFuture<'a> {
        Box::pin(async move {
            let response = found(timeout(LOOKUP_TIMEOUT, self.0.txt_lookup(absolute(name))).await)?;
            let answers = response.iter().flat_map(Lookup::answers);
            Ok(texts(answers.map(|record| &record.data)))
        })
    }

    fn lookup_addresses<'a>(&'a self, name: &'a str) -> LookupFuture<'a, IpAddr> {
        Box::pin(async move {
            let response = found(timeout(LOOKUP_TIMEOUT, self.0.lookup_ip(absolute(name))).await)?;
            let addresses: Vec<_> = response.iter().flat_map(|response| response.iter()).collect();
            // All of them are checked before one is used, so none may be left out.
            if addresses.len() > MAX_RECORDS {
                return Err(DnsError(format!("it has more than {MAX_RECORDS} addresses")));
            }
            Ok(addresses)
        })
    }
}

/// The final dot makes the name absolute, so that no search list of this machine is applied.
fn absolute(name: &str) -> String {
    format!("{name}.")
}

/// Returns the response, or `None` if the name does not exist or has no such records.
fn found<T>(lookup: Result<Result<T, NetError>, Elapsed>) -> Result<Option<T>, DnsError> {
    match lookup.map_err(|_| DnsError("no answer in time".to_owned()))? {
        Ok(response) => Ok(Some(response)),
        Err(error) if error.is_no_records_found() => Ok(None),
        Err(error) => Err(DnsError(error.to_string())),
    }
}

/// The TXT records among the records of an answer, each as one string: the first 100, without those that are not UTF-8.
fn texts<'a>(records: impl Iterator<Item = &'a RData>) -> Vec<String> {
    let texts = records.filter_map(|record| match record {
        RData::TXT(text) => Some(text.txt_data.concat()),
        _ => None,
    });
    texts.take(MAX_RECORDS).filter_map(|bytes| String::from_utf8(bytes).ok()).collect()
}

/// What a resolver returns for an answer, a DNS message in wire format; `None` for a malformed message. For fuzzing.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn parse_answer(message: &[u8]) -> Option<Vec<String>> {
    use hickory_resolver::proto::op::Message;
    use hickory_resolver::proto::serialize::binary::BinDecodable as _;

    let message = Message::from_bytes(message).ok()?;
    Some(texts(message.answers.iter().map(|record| &record.data)))
}
