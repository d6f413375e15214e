//! The connection loop: accepts connections with limits on their number, on the size and time of a request's head, and
//! on blocked writes; and shuts down gracefully.
//!
//! It serves HTTP/1.1 only. Reverse proxies use it for upstreams, and it bounds a connection's memory by one response;
//! multiplexed streams would multiply that bound.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;

/// Closes connections that send a request's head too slowly, so that they cannot hold a permit or delay the shutdown.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// In bytes; hyper's minimum is 8 KiB.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Delay after a failed `accept`, for example when the process is out of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The response when the connection limit is reached. It is sent without reading the request.
const OVERLOADED: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
                       connection: close\r\ncontent-length: 164\r\n\r\n\
                       {\"status\":503,\"message\":\"Too many callers at once. Try again in a moment.\",\"data\":null,\"session\":null,\
                       \"errors\":[{\"code\":\"BUSY\",\"message\":\"Try again in a moment.\"}]}";
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
}

impl ConnectionLimits {
    /// Returns limits with the default write timeout of 20 seconds.
    pub const fn new(max_connections: usize) -> Self {
        Self { max_connections, write_timeout: Duration::from_secs(20) }
    }
}

/// Serves requests with `handler`, which gets each request and its peer's address, until `shutdown` is ready. Then it
/// stops accepting, closes idle connections, and returns when the running requests have finished.
pub async fn serve<F>(
    listener: TcpListener,
    handler: impl Fn(Request, IpAddr) -> F + Clone + Send + 'static,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) where
    F: Future<Output = Response> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    let rejections = Arc::new(Semaphore::new(MAX_CONCURRENT_REJECTIONS));
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener) => accepted,
        };
        // Without it, the last segment of a response waits for a delayed acknowledgment of up to 40 ms. A failure only
        // costs that time.
        let _ = stream.set_nodelay(true);
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            if let Ok(permit) = Arc::clone(&rejections).try_acquire_owned() {
                tokio::spawn(reject(stream, permit));
            }
            continue;
        };
        let handler = handler.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let response = handler(request.map(body), peer.ip());
            async { Ok::<_, Infallible>(response.await) }
        });
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write_timeout));
        let stream = TokioIo::new(Box::pin(stream));
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

/// Sends [`OVERLOADED`], then reads until the client closes: closing a socket with unread data resets the connection,
/// and the client may lose the response.
async fn reject(mut stream: TcpStream, _permit: OwnedSemaphorePermit) {
    let rejection = async {
        stream.write_all(OVERLOADED.as_bytes()).await?;
        stream.shutdown().await?;
        let mut discarded = [0; 512];
        while stream.read(&mut discarded).await? > 0 {}
        std::io::Result::Ok(())
    };
    // A client that does not read or close in time loses nothing by the error.
    let _ = tokio::time::timeout(REJECT_TIMEOUT, rejection).await;
}

#[expect(clippy::disallowed_methods, reason = "the system has no event for available file descriptors")]
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
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
