//! Connections: one request at a time on each, and a bounded number of idle ones that are used again.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::error::HttpError;

/// Both in bytes and in number, more than any receiver sends.
const MAX_HEADERS: usize = 100;
const MAX_HEAD_BYTES: usize = 32 << 10;
/// After this time a connection is not used again, so that a host whose addresses have changed is looked up again.
const MAX_AGE: Duration = Duration::from_mins(5);
/// How long a connection takes at most to be ready for another request when a response was read. It is ready at once,
/// unless the server has answered before it read the request.
const READY_TIMEOUT: Duration = Duration::from_millis(100);

/// The limits of idle connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolLimits {
    pub(super) max_idle: usize,
    pub(super) max_idle_per_origin: usize,
    pub(super) idle_timeout: Duration,
}

/// A connection to one origin. Dropping it closes it at once, also if the server does not read.
pub(super) struct Connection {
    origin: String,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    opened_at: Instant,
}

/// Why a request got no response.
pub(super) struct SendError {
    /// Whether nothing of it was sent.
    pub(super) is_unsent: bool,
    pub(super) error: HttpError,
}

impl Connection {
    /// Starts HTTP/1.1 on an open connection.
    pub(super) async fn start<T>(origin: String, io: T) -> Result<Self, HttpError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = Builder::new();
        builder.max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD_BYTES);
        let started = builder.handshake(TokioIo::new(io)).await;
        let (sender, connection) = started.map_err(|error| HttpError::from_exchange(&error))?;
        // Its error is also the error of the request.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { origin, sender, driver, opened_at: Instant::now() })
    }

    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, SendError> {
        self.sender.try_send_request(request).await.map_err(|error| SendError {
            is_unsent: error.message().is_some(),
            error: HttpError::from_exchange(error.error()),
        })
    }

    /// Waits until it can send another request. Returns whether it can.
    async fn is_reusable(&mut self) -> bool {
        self.opened_at.elapsed() < MAX_AGE && matches!(timeout(READY_TIMEOUT, self.sender.ready()).await, Ok(Ok(())))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.origin)
    }
}

/// The idle connections of all origins.
#[derive(Debug)]
pub(super) struct Pool {
    limits: PoolLimits,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    /// With the time since when each is idle, oldest first. So few that a search costs nothing.
    connections: VecDeque<(Connection, Instant)>,
    has_sweeper: bool,
}

impl Pool {
    pub(super) fn new(limits: PoolLimits) -> Arc<Self> {
        Arc::new(Self { limits, idle: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the connection to an origin that was used last. The server may have closed it just now.
    pub(super) fn take(&self, origin: &str) -> Option<Connection> {
        let mut idle = self.lock();
        loop {
            let index = idle.connections.iter().rposition(|(connection, _)| connection.origin == origin)?;
            let (connection, since) = idle.connections.remove(index)?;
            if since.elapsed() < self.limits.idle_timeout && connection.sender.is_ready() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose response was read completely, instead of the one that is idle longest if there are too
    /// many.
    pub(super) async fn put(self: &Arc<Self>, mut connection: Connection) {
        if self.limits.idle_timeout.is_zero() || self.limits.max_idle == 0 || !connection.is_reusable().await {
            return;
        }
        let mut idle = self.lock();
        let has_origin = |(other, _): &(Connection, Instant)| other.origin == connection.origin;
        let superfluous =
            if idle.connections.iter().filter(|idle| has_origin(idle)).count() >= self.limits.max_idle_per_origin {
                idle.connections.iter().position(has_origin)
            } else {
                (idle.connections.len() >= self.limits.max_idle).then_some(0)
            };
        if let Some(index) = superfluous {
            idle.connections.remove(index);
        }
        idle.connections.push_back((connection, Instant::now()));
        if !idle.has_sweeper {
            idle.has_sweeper = true;
            tokio::spawn(sweep(Arc::downgrade(self), self.limits.idle_timeout));
        }
    }

    /// Closes the connections whose time has passed. Returns whether others are left; if not, the sweeper ends.
    fn close_expired(&self) -> bool {
        let mut idle = self.lock();
        let timeout = self.limits.idle_timeout;
        idle.connections.retain(|(connection, since)| since.elapsed() < timeout && !connection.sender.is_closed());
        idle.has_sweeper = !idle.connections.is_empty();
        idle.has_sweeper
    }
}

/// Closes idle connections in time, while there are any. A server that closes none would otherwise keep them open.
async fn sweep(pool: Weak<Pool>, period: Duration) {
    loop {
        let _ = timeout(period, pending::<()>()).await;
        if !pool.upgrade().is_some_and(|pool| pool.close_expired()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};
    use tokio::task::yield_now;

    use super::*;

    const LIMITS: PoolLimits =
        PoolLimits { max_idle: 3, max_idle_per_origin: 2, idle_timeout: Duration::from_mins(10) };

    async fn connection(origin: &str) -> (Connection, DuplexStream) {
        let (ours, server) = duplex(1 << 16);
        (Connection::start(origin.to_owned(), ours).await.unwrap(), server)
    }

    fn origins(pool: &Pool) -> Vec<String> {
        pool.lock().connections.iter().map(|(connection, _)| connection.origin.clone()).collect()
    }

    #[tokio::test]
    async fn keeps_a_bounded_number_of_idle_connections() {
        let pool = Pool::new(LIMITS);
        let mut servers = Vec::new();
        for origin in ["a", "a", "a", "b", "c", "c"] {
            let (connection, server) = connection(origin).await;
            servers.push(server);
            pool.put(connection).await;
        }
        assert_eq!(origins(&pool), ["b", "c", "c"]);
        assert_eq!(pool.take("c").unwrap().origin, "c");
        assert!(pool.take("a").is_none());
        assert_eq!(origins(&pool), ["b", "c"]);
    }

    #[tokio::test]
    async fn takes_no_connection_that_the_server_has_closed() {
        let pool = Pool::new(LIMITS);
        let (first, server) = connection("a").await;
        let (second, _open) = connection("a").await;
        pool.put(second).await;
        pool.put(first).await;
        drop(server);
        while !pool.lock().connections[1].0.sender.is_closed() {
            yield_now().await;
        }
        let taken = pool.take("a").unwrap();
        assert!(!taken.sender.is_closed() && pool.take("a").is_none());
        let (closed, server) = connection("a").await;
        drop(server);
        while !closed.sender.is_closed() {
            yield_now().await;
        }
        pool.put(closed).await;
        assert!(origins(&pool).is_empty());
    }

    #[tokio::test]
    async fn sweeper_closes_what_is_idle_too_long_and_ends() {
        let pool = Pool::new(PoolLimits { idle_timeout: Duration::from_millis(1), ..LIMITS });
        let (idle, mut server) = connection("a").await;
        pool.put(idle).await;
        // The server sees the end of the connection, although nobody takes another one.
        assert_eq!(tokio::io::AsyncReadExt::read(&mut server, &mut [0]).await.unwrap(), 0);
        assert!(!pool.close_expired() && !pool.lock().has_sweeper);
    }

    #[tokio::test]
    async fn dropping_a_connection_closes_it_although_the_server_reads_nothing() {
        let (mut connection, mut server) = connection("a").await;
        let body = Full::new(Bytes::from(vec![b'x'; 1 << 20]));
        let sent = timeout(Duration::from_millis(1), connection.send(Request::new(body))).await;
        assert!(sent.is_err(), "the server does not respond");
        drop(connection);
        let mut received = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut server, &mut received).await.unwrap();
        assert!(received.len() < 1 << 20, "{}", received.len());
    }
}
