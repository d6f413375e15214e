//! The command's side of the operator socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::Action;
use super::protocol::{self, Outcome, Request, Response, VERSION};
use crate::error::AppError;
use crate::settings::LoadedSettings;

/// How long a command waits for the answer; longer than the server works on a request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);

/// Runs an action in the server that listens at `socket`. `None` if none does: the socket is missing, or was left
/// behind by a server that died.
///
/// # Errors
/// `ServerConnection`; `Refused` with the action's code.
pub(super) async fn request<A: Action>(
    socket: &Path,
    loaded: &LoadedSettings,
    action: &A,
) -> Result<Option<A::Output>, AppError> {
    let failed = |error| AppError::ServerConnection { socket: socket.to_owned(), error };
    let Some(stream) = connect(socket, loaded).await.map_err(failed)? else {
        return Ok(None);
    };
    let exchanged = timeout(ANSWER_TIMEOUT, exchange(stream, action)).await;
    let response = exchanged.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(failed)?;
    match response.outcome {
        Outcome::Error(failure) => Err(AppError::Refused(failure)),
        Outcome::Result(_) if response.version != VERSION => Err(AppError::Refused(protocol::Failure::other_version())),
        Outcome::Result(value) => {
            let output = serde_json::from_value(value).map_err(|error| failed(error.into()))?;
            Ok(Some(output))
        }
    }
}

async fn exchange(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    action: &impl Action,
) -> io::Result<Response> {
    let request =
        Request { version: VERSION, action: name(action).to_owned(), arguments: serde_json::to_value(action)? };
    stream.write_all(&protocol::to_line(&request)?).await?;
    let line = protocol::read_line(&mut stream, protocol::MAX_RESPONSE).await?;
    Ok(serde_json::from_slice(&line)?)
}

fn name<A: Action>(_: &A) -> &'static str {
    A::NAME
}

#[cfg(unix)]
async fn connect(socket: &Path, loaded: &LoadedSettings) -> io::Result<Option<tokio::net::UnixStream>> {
    super::socket::connect(socket, loaded.database.file()).await
}

/// Without Unix sockets, a command needs the server to be stopped.
#[cfg(not(unix))]
async fn connect(_: &Path, _: &LoadedSettings) -> io::Result<Option<tokio::io::DuplexStream>> {
    Ok(None)
}
