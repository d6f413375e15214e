//! Requests to a bucket, and to whoever gives credentials for it. Nobody else is asked for anything over HTTP.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqsign_core::HttpSend;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// How long a server may take to be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection is kept for the next image. Servers close theirs after longer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of an answer at the most; images are smaller.
const MAX_RESPONSE_BYTES: usize = 32 << 20;

/// What sends requests.
#[derive(Clone, Debug)]
pub(super) struct Http(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Http {
    /// Without trusted certificates there is nothing to open where one is needed.
    pub(crate) fn open(needs_certificates: bool) -> Result<Self, String> {
        let mut trusted = RootCertStore::empty();
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if needs_certificates && trusted.is_empty() {
            return Err("this system has no trusted certificates".to_owned());
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT);
        Ok(Self(client.build(connector)))
    }

    /// The answer, whatever it says; an error is one of getting there and back.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let answer = self.0.request(request.map(Full::new)).await.map_err(|error| message(&error))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl HttpSend for Http {
    async fn http_send(&self, request: Request<Bytes>) -> reqsign_core::Result<Response<Bytes>> {
        self.send(request).await.map_err(reqsign_core::Error::unexpected)
    }
}

/// An error with all that it came from.
pub(crate) fn message(error: &dyn StdError) -> String {
    let mut message = error.to_string();
    let mut from = error.source();
    while let Some(error) = from {
        message = format!("{message}: {error}");
        from = error.source();
    }
    message
}
