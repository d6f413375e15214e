//! The server's side of the operator socket.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use vestibule_core::service::Service;

use super::actions;
use super::protocol::{self, Failure, Outcome, Request, Response, VERSION};
use super::socket::{self, Bound};
use crate::error::SocketError;

/// The maximum number of concurrent connections. Further ones wait in the socket's queue.
const MAX_CONNECTIONS: usize = 4;
/// For reading the request, and for writing the response.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(5);
const ACTION_TIMEOUT: Duration = Duration::from_secs(25);
/// After a failed `accept`, for example because the process has too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Runs the actions that operators send.
#[derive(Debug)]
pub(crate) struct OperatorServer {
    bound: Bound,
    path: PathBuf,
}

impl OperatorServer {
    /// Creates the socket. Call it after the database was locked: two servers of one database then never compete.
    pub(crate) fn bind(path: &Path) -> Result<Self, SocketError> {
        socket::bind(path).map(|bound| Self { bound, path: path.to_owned() })
    }

    /// Serves until `stop` completes, then removes the socket and waits for the actions in progress.
    pub(crate) async fn run(self, service: Arc<Service>, stop: impl Future<Output = ()>) {
        let Self { bound: Bound { listener, owner, file }, path } = self;
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut stop = pin!(stop);
        loop {
            let accept = async {
                let permit = Arc::clone(&permits).acquire_owned().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                accepted = accept => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let service = Arc::clone(&service);
                    tokio::spawn(async move {
                        serve(stream, owner, &service).await;
                        drop(service);
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection at the operator socket");
                    if timeout(ACCEPT_PAUSE, &mut stop).await.is_ok() {
                        break;
                    }
                }
            }
        }
        socket::remove(&path, file);
        drop(listener);
        // Every action in progress has a permit, and each ends within its timeouts.
        let _ = permits.acquire_many(u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX)).await;
    }
}

/// Answers one request. The operator sees a closed connection if it is not answered.
async fn serve(mut stream: UnixStream, owner: u32, service: &Service) {
    match stream.peer_cred() {
        Ok(peer) if socket::is_authorized(peer.uid(), owner) => {}
        Ok(peer) => {
            tracing::warn!(user = peer.uid(), "rejected a connection of another user at the operator socket");
            return;
        }
        Err(error) => {
            tracing::warn!(%error, "cannot tell who connects to the operator socket");
            return;
        }
    }
    let outcome = match timeout(TRANSFER_TIMEOUT, protocol::read_line(&mut stream, protocol::MAX_REQUEST)).await {
        Ok(Ok(line)) => answer(&line, service).await,
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Outcome::Error(Failure::invalid_request()),
        // The client has closed the connection, or sends nothing.
        _ => return,
    };
    if let Ok(line) = protocol::to_line(&Response { version: VERSION, outcome }) {
        let _ = timeout(TRANSFER_TIMEOUT, stream.write_all(&line)).await;
    }
}

async fn answer(line: &[u8], service: &Service) -> Outcome {
    let result = match serde_json::from_slice::<Request>(line) {
        Err(_) => Err(Failure::invalid_request()),
        Ok(request) if request.version != VERSION => Err(Failure::other_version()),
        Ok(request) => timeout(ACTION_TIMEOUT, actions::execute(service, request))
            .await
            .unwrap_or_else(|_| Err(Failure::too_slow())),
    };
    result.map_or_else(Outcome::Error, Outcome::Result)
}
