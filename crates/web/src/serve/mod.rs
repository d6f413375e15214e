//! The connection loop: accepts connections with limits on their number, on the size and time of a request's head, and
//! on blocked writes; rejects malformed heads; and shuts down gracefully.
//!
//! It serves HTTP/1.1 only. Reverse proxies use it for upstreams, and it bounds a connection's memory by one response;
//! multiplexed streams would multiply that bound.

mod listener;
mod request_head;
mod strict_reader;

use std::convert::Infallible;
use std::fmt::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;
use vestibule_core::Code;

use crate::middleware::headers;
use listener::Stream;
pub use listener::{Listener, Peer};
use strict_reader::{Rejection, StrictReader};

/// Closes connections that send a request's head too slowly, so that they cannot hold a permit or delay the shutdown.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// hyper's limit for a head, in bytes: above ours, so that ours applies.
const MAX_BUFFER_BYTES: usize = 2 * request_head::MAX_HEAD_BYTES;
/// Delay after a failed `accept`, for example when the process is out of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The body of the response when the connection limit is reached. It is sent without reading the request.
const OVERLOADED: &str = "{\"status\":503,\"message\":\"Too many callers at once. Try again in a moment.\",\"data\":null,\
     \"session\":null,\"errors\":[{\"code\":\"BUSY\",\"message\":\"Try again in a moment.\"}]}";
/// Beyond this number, surplus connections are closed without a response.
const MAX_CONCURRENT_REJECTIONS: usize = 64;
const REJECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The limits of [`serve`].
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Surplus connections get a 503 response, or are closed if there are too many.
    pub max_connections: usize,
    /// A connection is closed if its client accepts no byte of a response for this long.
    pub write_timeout: Duration,
    /// The value of `Strict-Transport-Security` in the response to surplus connections. Other responses have the
    /// handler's headers.
    pub strict_transport_security: Option<&'static str>,
}

/// A request extension: the head was rejected, and the handler must respond with this code. The request itself is a
/// placeholder.
#[derive(Clone, Copy, Debug)]
pub struct RejectedHead(pub Code);

impl ConnectionLimits {
    /// Returns limits with the default write timeout of 20 seconds, and without `Strict-Transport-Security`.
    pub const fn new(max_connections: usize) -> Self {
        Self { max_connections, write_timeout: Duration::from_secs(20), strict_transport_security: None }
    }
}

/// Serves requests with `handler`, which gets each request and its peer, until `shutdown` is ready. Then it
/// stops accepting, closes idle connections, and returns when the running requests have finished.
pub async fn serve<F>(
    listener: impl Into<Listener>,
    handler: impl Fn(Request, Peer) -> F + Clone + Send + 'static,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) where
    F: Future<Output = Response> + Send + 'static,
{
    let listener = listener.into();
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    let rejections = Arc::new(Semaphore::new(MAX_CONCURRENT_REJECTIONS));
    let overloaded: Arc<str> = overloaded_response(limits.strict_transport_security).into();
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT).max_buf_size(MAX_BUFFER_BYTES);
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener) => accepted,
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            if let Ok(permit) = Arc::clone(&rejections).try_acquire_owned() {
                tokio::spawn(reject(stream, Arc::clone(&overloaded), permit));
            }
            continue;
        };
        let handler = handler.clone();
        let rejection = Rejection::default();
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write_timeout));
        let stream = TokioIo::new(StrictReader::new(Box::pin(stream), Arc::clone(&rejection)));
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(body);
            if let Some(code) = rejection.get() {
                request.extensions_mut().insert(RejectedHead(*code));
            }
            let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
            let response = handler(request, peer);
            async move {
                let mut response = response.await;
                // `StrictReader` does not find the next head after a chunked body.
                if is_last {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = graceful.watch(builder.serve_connection(stream, service));
        // Connection errors are not logged: clients cause them by hanging up or by not speaking HTTP.
        tokio::spawn(async move {
            drop(connection.await);
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Boxes a request's body, unless it is empty.
fn body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
}

/// Formats the response with [`OVERLOADED`] and the default headers.
fn overloaded_response(strict_transport_security: Option<&'static str>) -> String {
    let mut response = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\n\
         content-length: {}\r\n",
        OVERLOADED.len()
    );
    for (name, value) in headers::defaults(strict_transport_security) {
        if let (Some(name), Ok(value)) = (name, value.to_str()) {
            // Writing to a `String` cannot fail.
            let _ = write!(response, "{name}: {value}\r\n");
        }
    }
    response + "\r\n" + OVERLOADED
}

/// Sends the response, then reads until the client closes: closing a socket with unread data resets the connection, and
/// the client may lose the response.
async fn reject(mut stream: Stream, response: Arc<str>, _permit: OwnedSemaphorePermit) {
    let rejection = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await?;
        let mut discarded = [0; 512];
        while stream.read(&mut discarded).await? > 0 {}
        std::io::Result::Ok(())
    };
    // A client that does not read or close in time loses nothing by the error.
    let _ = tokio::time::timeout(REJECT_TIMEOUT, rejection).await;
}

#[expect(clippy::disallowed_methods, reason = "the system has no event for available file descriptors")]
async fn accept(listener: &Listener) -> (Stream, Peer) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// Reads the head of a request that arrives in these parts: its length, or `None` if it is incomplete. For fuzzing.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn check_head(parts: &[&[u8]]) -> Result<Option<usize>, Code> {
    let (mut scanner, mut received, mut length) = (request_head::HeadScanner::default(), Vec::new(), None);
    for part in parts {
        received.extend_from_slice(part);
        if length.is_none() {
            length = scanner.head_length(&received)?;
        }
    }
    match length {
        Some(length) => request_head::check(&received[..length]).map(|_| Some(length)),
        None => Ok(None),
    }
}
