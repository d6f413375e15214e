//! The HTTP client for requests to servers that users name, such as the receivers of webhooks.
//!
//! Everything that leaves this process by HTTP to a URL of a user goes through [`HttpClient`], which guards against
//! requests to the operator's own network (SSRF, CWE-918): it resolves names itself, checks every address, connects to a
//! checked address, follows no redirects, and limits time and size. The bucket's client of the image store is not one of
//! them: its endpoint is a setting.

mod address;
mod connect;
mod destination;
mod error;
mod pool;
mod url;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HOST, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use self::connect::Connector;
use self::pool::{Connection, Pool, PoolLimits};
use crate::dns::Dns;
use crate::settings::Settings;

pub use self::address::AddressKind;
pub use self::destination::{BlockedAddress, DestinationPolicy, Host};
pub use self::error::{HttpError, HttpErrorKind};
pub use self::url::{MAX_URL_LENGTH, OutgoingUrl, UrlError};

const AGENT: &str = concat!("Vestibule/", env!("CARGO_PKG_VERSION"));

/// The limits of the client, besides those that each request has.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the lookup, the connection and the TLS handshake together.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept; 0 for not at all.
    pub idle_timeout: Duration,
    /// The maximum number of idle connections.
    pub max_idle: usize,
    /// The maximum number of idle connections to one host and port.
    pub max_idle_per_origin: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            // Shorter than the 5 seconds of Node.js, so that we rarely use a connection that the server closes.
            idle_timeout: Duration::from_secs(4),
            // As many as the webhooks that are sent at a time, of all endpoints and of one: while one batch is stored and the
            // next one claimed, all of them are idle.
            max_idle: 512,
            max_idle_per_origin: 64,
        }
    }
}

/// Sends requests.
#[derive(Debug)]
pub struct HttpClient {
    connector: Connector,
    pool: Arc<Pool>,
    connect_timeout: Duration,
}

/// A request. The client adds `Host`, `User-Agent` and `Content-Length`. `Debug` does not print headers and body.
pub struct OutgoingRequest<'a> {
    pub method: Method,
    pub url: &'a OutgoingUrl,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether it may be sent again if the server closes a connection that was used before, and it is unknown whether it
    /// has read the request.
    pub is_repeatable: bool,
    /// The time until the response is complete.
    pub timeout: Duration,
    /// The maximum size of the response's body.
    pub max_response_bytes: usize,
    pub excess: Excess,
}

/// What happens to a response with a larger body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It is an error: the body is needed.
    Refuse,
    /// The rest is not read, and the connection is closed: the status is enough.
    Cut,
}

/// A response with any status. Redirects are not followed. `Debug` does not print headers and body.
pub struct OutgoingResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether the body is complete.
    pub is_complete: bool,
}

impl fmt::Debug for OutgoingRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingRequest({} {:?}, {} bytes)", self.method, self.url, self.body.len())
    }
}

impl fmt::Debug for OutgoingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingResponse({}, {} bytes)", self.status, self.body.len())
    }
}

impl HttpClient {
    pub fn new(settings: &Settings, dns: Arc<dyn Dns>) -> Self {
        Self::with_limits(settings, dns, Limits::default())
    }

    pub fn with_limits(settings: &Settings, dns: Arc<dyn Dns>, limits: Limits) -> Self {
        let Limits { connect_timeout, idle_timeout, max_idle, max_idle_per_origin } = limits;
        let certificates = settings.http_client.certificates.clone();
        Self {
            connector: Connector::new(dns, DestinationPolicy::new(settings), certificates),
            pool: Pool::new(PoolLimits { max_idle, max_idle_per_origin, idle_timeout }),
            connect_timeout,
        }
    }

    /// Parses a URL that requests can be sent to. A stored one is parsed again: the settings may have changed.
    ///
    /// # Errors
    /// See [`OutgoingUrl::parse`].
    pub fn parse_url(&self, text: &str) -> Result<OutgoingUrl, UrlError> {
        OutgoingUrl::parse(text, &self.connector.policy)
    }

    /// Sends a request and reads the response. Dropping the future closes the connection.
    ///
    /// # Errors
    /// An error may come after the server has processed the request.
    pub async fn send(&self, request: &OutgoingRequest<'_>) -> Result<OutgoingResponse, HttpError> {
        timeout(request.timeout, self.exchange(request)).await.unwrap_or_else(|_| {
            let (origin, limit) = (request.url.origin(), request.timeout.as_millis());
            Err(HttpError::new(HttpErrorKind::Timeout, format!("no complete response of {origin} within {limit} ms")))
        })
    }

    async fn exchange(&self, request: &OutgoingRequest<'_>) -> Result<OutgoingResponse, HttpError> {
        while let Some(mut connection) = self.pool.take(request.url.origin()) {
            match connection.send(to_http(request)?).await {
                Ok(response) => return self.finish(request, connection, response).await,
                // The server had closed the connection; others may be open.
                Err(failed) if failed.is_unsent => {}
                // It closed the connection in the moment in which it was used again.
                Err(failed) if failed.error.kind == HttpErrorKind::ConnectionLost && request.is_repeatable => break,
                Err(failed) => return Err(failed.error),
            }
        }
        let mut connection = self.connect(request.url).await?;
        let response = connection.send(to_http(request)?).await.map_err(|failed| failed.error)?;
        self.finish(request, connection, response).await
    }

    async fn connect(&self, url: &OutgoingUrl) -> Result<Connection, HttpError> {
        timeout(self.connect_timeout, self.connector.connect(url)).await.unwrap_or_else(|_| {
            let (origin, limit) = (url.origin(), self.connect_timeout.as_millis());
            Err(HttpError::new(HttpErrorKind::Timeout, format!("no connection to {origin} within {limit} ms")))
        })
    }

    /// Reads the body, and keeps the connection if it can be used again.
    async fn finish(
        &self,
        request: &OutgoingRequest<'_>,
        connection: Connection,
        response: Response<Incoming>,
    ) -> Result<OutgoingResponse, HttpError> {
        let (head, body) = response.into_parts();
        let (body, is_complete) = read_body(body, request.max_response_bytes, request.excess).await?;
        if is_complete {
            self.pool.put(connection).await;
        }
        Ok(OutgoingResponse { status: head.status, headers: head.headers, body, is_complete })
    }
}

fn to_http(request: &OutgoingRequest<'_>) -> Result<Request<Full<Bytes>>, HttpError> {
    let host = HeaderValue::from_str(request.url.authority())
        .map_err(|error| HttpError::new(HttpErrorKind::InvalidResponse, error.to_string()))?;
    let mut http_request = Request::new(Full::new(request.body.clone()));
    *http_request.method_mut() = request.method.clone();
    *http_request.uri_mut() = Uri::from(request.url.path_and_query().clone());
    *http_request.headers_mut() = request.headers.clone();
    http_request.headers_mut().insert(HOST, host);
    http_request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    Ok(http_request)
}

/// Reads a body up to a limit. Returns whether it is complete.
async fn read_body(mut body: Incoming, limit: usize, excess: Excess) -> Result<(Bytes, bool), HttpError> {
    let is_too_large = |bytes: u64| usize::try_from(bytes).map_or(true, |bytes| bytes > limit);
    if excess == Excess::Refuse && is_too_large(body.size_hint().lower()) {
        return Err(HttpError::too_large(limit));
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpError::from_exchange(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = limit - read.len();
        if data.len() <= room {
            read.extend_from_slice(&data);
            continue;
        }
        if excess == Excess::Refuse {
            return Err(HttpError::too_large(limit));
        }
        read.extend_from_slice(&data[..room]);
        return Ok((read.freeze(), false));
    }
    Ok((read.freeze(), true))
}
