//! New connections: the name is resolved once, each address is checked, and the connection goes to a checked one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::destination::{DestinationPolicy, Host};
use super::error::{HttpError, HttpErrorKind};
use super::pool::Connection;
use super::url::OutgoingUrl;
use crate::dns::Dns;
use crate::settings::TrustedCertificates;

/// The next address is tried after this time without an answer of the one before (RFC 8305, section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The maximum number of addresses that are tried.
const MAX_ATTEMPTS: usize = 6;

/// Opens connections.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) dns: Arc<dyn Dns>,
    pub(super) policy: DestinationPolicy,
    certificates: TrustedCertificates,
    /// Made for the first connection with TLS, because reading the system's certificates takes some milliseconds.
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Connector {
    pub(super) fn new(dns: Arc<dyn Dns>, policy: DestinationPolicy, certificates: TrustedCertificates) -> Self {
        Self { dns, policy, certificates, tls: OnceCell::new() }
    }

    /// Connects to the server of a URL.
    pub(super) async fn connect(&self, url: &OutgoingUrl) -> Result<Connection, HttpError> {
        let addresses = self.resolve(url).await?;
        let stream = connect_to_any(&addresses, url.port()).await;
        let unreachable = |error: io::Error| HttpError::new(HttpErrorKind::Unreachable, error.to_string());
        let stream = stream.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let origin = url.origin().to_owned();
        if !url.is_https() {
            return Connection::start(origin, stream).await;
        }
        let config = self.tls.get_or_try_init(|| tls_config(self.certificates.clone())).await?;
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(server_name(url.host())?, stream).await;
        Connection::start(origin, stream.map_err(|error| HttpError::from_handshake(&error))?).await
    }

    /// Looks up the addresses of the host, each of which must be allowed: a name with a private address beside a public
    /// one is no mistake.
    async fn resolve(&self, url: &OutgoingUrl) -> Result<Vec<IpAddr>, HttpError> {
        let addresses = match (url.host().known_addresses(), url.host()) {
            (Some(addresses), _) => addresses,
            (None, Host::Name(name)) => self.dns.lookup_addresses(name).await.map_err(|error| {
                HttpError::new(HttpErrorKind::LookupFailed, format!("DNS lookup of {name}: {error}"))
            })?,
            (None, Host::Address(_)) => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(HttpError::new(HttpErrorKind::NameNotFound, format!("{} has no address", url.host())));
        }
        for address in &addresses {
            self.policy.check(url.host(), url.port(), *address).map_err(|blocked| {
                let (host, kind) = (url.host(), blocked.kind.as_str());
                tracing::warn!(
                    %host, %address, kind,
                    "refused to send a request to an address that is not public; http_client.allowed_networks can allow it"
                );
                HttpError::new(HttpErrorKind::BlockedAddress, format!("the host {host}: {blocked}"))
            })?;
        }
        Ok(in_order(addresses))
    }
}

/// Alternates between IPv6 and IPv4 (RFC 8305, section 4).
fn in_order(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv6);
    let (mut v6, mut v4, mut ordered) = (v6.into_iter(), v4.into_iter(), Vec::new());
    loop {
        let pair = [v6.next(), v4.next()];
        if pair == [None, None] {
            return ordered;
        }
        ordered.extend(pair.into_iter().flatten());
    }
}

/// Connects to the first address that answers. They are tried in their order, each a moment after the one before.
async fn connect_to_any(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut attempts = FuturesUnordered::new();
    let targets: Vec<_> = addresses.iter().take(MAX_ATTEMPTS).map(|address| SocketAddr::new(*address, port)).collect();
    let mut remaining = targets.into_iter();
    let mut last_error = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        attempts.extend(remaining.next().map(TcpStream::connect));
        let finished = if remaining.len() > 0 {
            let Ok(finished) = timeout(ATTEMPT_DELAY, attempts.next()).await else { continue };
            finished
        } else {
            attempts.next().await
        };
        match finished {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => last_error = error,
            None => return Err(last_error),
        }
    }
}

/// The name that the server's certificate must have.
fn server_name(host: &Host) -> Result<ServerName<'static>, HttpError> {
    match host {
        Host::Address(address) => Ok(ServerName::from(*address)),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|error| HttpError::new(HttpErrorKind::TlsFailed, format!("{name}: {error}"))),
    }
}

/// The system's certificate authorities and the operator's certificates. There is no session cache, so that every
/// connection verifies the certificate.
async fn tls_config(certificates: TrustedCertificates) -> Result<Arc<ClientConfig>, HttpError> {
    let failed = |reason: String| HttpError::new(HttpErrorKind::TlsFailed, reason);
    let loaded = tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs).await;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.map_err(|error| failed(error.to_string()))?);
    roots.add_parsable_certificates(certificates.as_slice().iter().cloned());
    if roots.is_empty() {
        return Err(failed("this system has no root certificates".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn families_alternate() {
        let [a, b, c] = [1, 2, 3].map(|last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        let d = IpAddr::from(Ipv6Addr::LOCALHOST);
        assert_eq!(in_order(vec![a, b, c, d]), [d, a, b, c]);
        assert_eq!(in_order(vec![d]), [d]);
        assert!(in_order(Vec::new()).is_empty());
    }

    #[tokio::test]
    async fn connects_to_the_first_address_that_accepts() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let addresses = [[127, 0, 0, 9], [127, 0, 0, 1]].map(IpAddr::from);
        let stream = connect_to_any(&addresses, port).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(connect_to_any(&addresses[..1], port).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect_to_any(&[], port).await.is_err());
    }
}
