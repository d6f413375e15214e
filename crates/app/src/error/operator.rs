//! Errors of the operator commands: reaching the running server, and its socket.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::AppError;
use crate::settings::env_var;

/// Why a server cannot listen at its operator socket.
#[derive(Debug)]
pub(crate) enum SocketError {
    /// The system limits the paths of sockets, to about a hundred bytes.
    PathTooLong,
    /// Other users could replace the socket.
    DirWritableByOthers(PathBuf),
    /// The path is another kind of file, which must not be replaced.
    NotASocket,
    /// Another server listens there.
    InUse,
    Io(io::Error),
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathTooLong => {
                f.write_str("its path is longer than the system allows for a socket (about 100 bytes)")
            }
            Self::DirWritableByOthers(dir) => write!(
                f,
                "every user can write to its directory {dir}; restrict it with: chmod o-w {dir}; or",
                dir = dir.display()
            ),
            Self::NotASocket => f.write_str("there is a file at this path that is not a socket; move it away, or"),
            Self::InUse => f.write_str("another server listens there; stop it, or"),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl AppError {
    pub(super) fn fmt_operator(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = env_var("operator_socket");
        match self {
            Self::Refused(failure) => write!(f, "{}: {}", failure.code, failure.message),
            Self::OperatorSocket { path, error } => {
                let separator = if matches!(error, SocketError::PathTooLong | SocketError::Io(_)) { ";" } else { "" };
                write!(
                    f,
                    "operator_socket is {}, and the socket cannot be opened: {error}{separator} set {variable} to another \
                     path, or to nothing if no operator command needs to change data while the server runs",
                    path.display()
                )
            }
            Self::ServerConnection { socket, error } if error.kind() == io::ErrorKind::PermissionDenied => write!(
                f,
                "the running server cannot be reached at {}: {error}; run this command as the user of the server, or as root",
                socket.display()
            ),
            Self::ServerConnection { socket, error } if error.kind() == io::ErrorKind::TimedOut => write!(
                f,
                "the running server did not answer in time at {}; look at the result before you try again, for example with: \
                 vestibule users show ID",
                socket.display()
            ),
            Self::ServerConnection { socket, error } => write!(
                f,
                "the connection to the running server at {} failed: {error}; look at the result and the server's log \
                 before you try again",
                socket.display()
            ),
            Self::ServerUnreachable { database, socket: Some(socket) } => write!(
                f,
                "database is {database}, which a running process has locked that does not listen at {}; give this command \
                 the operator_socket of the server ({variable}), or stop the server first",
                socket.display()
            ),
            Self::ServerUnreachable { database, socket: None } => write!(
                f,
                "database is {database}, which a running server has locked, and operator_socket is empty; set {variable} \
                 for the server and for this command, or stop the server first"
            ),
            Self::DatabaseMissing { database } => write!(
                f,
                "database is {database}, which does not exist; correct --database or VESTIBULE_DATABASE, or start the \
                 server, which creates it"
            ),
            Self::DatabaseOutdated { database, pending } => write!(
                f,
                "database is {database}, which lacks {pending} migration(s) of this binary; use the binary of the running \
                 server, or apply them with: vestibule migrate"
            ),
            _ => Ok(()),
        }
    }
}
