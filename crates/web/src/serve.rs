//! Connections: taking them, with bounds on how many there are, how long a request's head may be and take, and how long a
//! client may leave an answer lying; and letting go of them in order.
//!
//! HTTP/1.1 only: what stands before a server like this one speaks it, and what one connection costs is bounded by one
//! answer. With many streams on each it would be bounded by their product.

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

/// A client has this long to send a request's head; nobody holds a connection, or the server's end, by sending half.
const HEAD: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes; hyper's least is 8 KiB.
const LONGEST_HEAD: usize = 64 << 10;
/// When no connection can be taken (too many files are open, for one), the next try comes after this.
const PAUSE: Duration = Duration::from_millis(100);

/// What whoever comes when there is no room is told, before anything of theirs is read.
const CROWDED: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
                       connection: close\r\ncontent-length: 164\r\n\r\n\
                       {\"status\":503,\"message\":\"Too many callers at once. Try again in a moment.\",\"data\":null,\"session\":null,\
                       \"errors\":[{\"code\":\"BUSY\",\"message\":\"Try again in a moment.\"}]}";
/// So many are told at once; past it, connections are closed without a word.
const TURNED_AWAY_AT_ONCE: usize = 64;
/// Whoever is turned away has this long to hear it.
const TURNING_AWAY: Duration = Duration::from_secs(1);

/// How much a server has for its clients.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Connections at once.
    pub connections: usize,
    /// How long a client may take none of an answer before its connection is cut.
    pub unread: Duration,
}

impl Room {
    /// For so many connections at once.
    pub const fn of(connections: usize) -> Self {
        Self { connections, unread: Duration::from_secs(20) }
    }
}

/// Serves until `stop` is ready, by what `answer` makes of a request from an address. Then nothing new is taken, requests
/// under way are finished, and idle connections are closed; it returns when the last is.
pub async fn serve<F>(
    listener: TcpListener,
    answer: impl Fn(Request, IpAddr) -> F + Clone + Send + 'static,
    room: Room,
    stop: impl Future<Output = ()>,
) where
    F: Future<Output = Response> + Send + 'static,
{
    let Room { connections, unread } = room;
    let (room, door) = (Arc::new(Semaphore::new(connections)), Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE)));
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LONGEST_HEAD);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener) => accepted,
        };
        // An answer's last piece is sent at once, and not when the caller has acknowledged the piece before, for which
        // callers take up to 40 ms. Where the system refuses, answers are slow and right.
        let _ = stream.set_nodelay(true);
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            if let Ok(place) = Arc::clone(&door).try_acquire_owned() {
                tokio::spawn(turn_away(stream, place));
            }
            continue;
        };
        let answer = answer.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer(request.map(body), peer.ip());
            async { Ok::<_, Infallible>(answer.await) }
        });
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(unread));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = graceful.watch(builder.serve_connection(stream, service));
        // What goes wrong on a connection is its client's business: they hung up, or spoke something else than HTTP.
        tokio::spawn(async move {
            drop(connection.await);
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// A request's body; one that is empty costs nothing.
fn body(incoming: Incoming) -> Body {
    if incoming.is_end_stream() { Body::empty() } else { Body::new(incoming) }
}

/// Says that there is no room, and reads on until the caller has heard it: a connection that is closed with something
/// unread is reset, and takes the answer with it.
async fn turn_away(mut stream: TcpStream, _place: OwnedSemaphorePermit) {
    let told = async {
        stream.write_all(CROWDED.as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 512];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whoever does not listen has gone already.
    let _ = tokio::time::timeout(TURNING_AWAY, told).await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no event to wait for: the system does not tell when it has room"
)]
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
