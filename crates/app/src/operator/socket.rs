//! The file of the operator socket: who may create it, replace it and connect to it.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::SocketAddr;
use std::path::Path;

use tokio::net::{UnixListener, UnixStream};

use crate::error::SocketError;

const ROOT: u32 = 0;

/// A bound socket.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listener: UnixListener,
    /// The user of the server, who owns the file.
    pub(super) owner: u32,
    /// Device and inode, so that the file of another server is never removed.
    pub(super) file: (u64, u64),
}

/// Creates the socket with mode 0600. Replaces the one of a server that died.
pub(super) fn bind(path: &Path) -> Result<Bound, SocketError> {
    if SocketAddr::from_pathname(path).is_err() {
        return Err(SocketError::PathTooLong);
    }
    check_dir(path)?;
    remove_stale(path)?;
    let listener = UnixListener::bind(path).map_err(SocketError::Io)?;
    // Another user who connects before this is rejected by `is_authorized`.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(SocketError::Io)?;
    let file = fs::symlink_metadata(path).map_err(SocketError::Io)?;
    Ok(Bound { listener, owner: file.uid(), file: (file.dev(), file.ino()) })
}

/// In a directory where every user can write, another user could replace the socket. With the sticky bit they cannot.
pub(crate) fn check_dir(path: &Path) -> Result<(), SocketError> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = fs::metadata(dir).map_err(SocketError::Io)?.mode();
    if mode & 0o1002 == 0o0002 { Err(SocketError::DirWritableByOthers(dir.to_owned())) } else { Ok(()) }
}

fn remove_stale(path: &Path) -> Result<(), SocketError> {
    if check_stale(path)? { fs::remove_file(path).map_err(SocketError::Io) } else { Ok(()) }
}

/// Returns whether there is the socket of a dead server at the path, or nothing.
///
/// # Errors
/// There is something else.
pub(crate) fn check_stale(path: &Path) -> Result<bool, SocketError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(SocketError::Io(error)),
        Ok(file) if !file.file_type().is_socket() => return Err(SocketError::NotASocket),
        Ok(_) => {}
    }
    // The socket of a dead server refuses connections.
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(true),
        Err(error) => Err(SocketError::Io(error)),
        Ok(_) => Err(SocketError::InUse),
    }
}

/// Removes the socket, unless another server has replaced it.
pub(super) fn remove(path: &Path, file: (u64, u64)) {
    if fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == file) {
        let _ = fs::remove_file(path);
    }
}

/// Connects to a server. `None` if none listens. The server must be run by root or by the owner of the database: no
/// other user can pose as it.
///
/// # Errors
/// `PermissionDenied` if this user may not connect, or the server is another user's.
pub(super) async fn connect(path: &Path, database: Option<&Path>) -> io::Result<Option<UnixStream>> {
    let stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        // The server that has this path in its settings cannot listen there either.
        Err(_) if SocketAddr::from_pathname(path).is_err() => return Ok(None),
        Err(error) => return Err(error),
    };
    let owner = database.and_then(|file| fs::metadata(file).ok()).map_or(ROOT, |file| file.uid());
    if is_authorized(stream.peer_cred()?.uid(), owner) {
        Ok(Some(stream))
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the server is run by a user who does not own the database",
        ))
    }
}

/// Whether a process of `user` may use the socket of `owner`, besides having opened it.
pub(super) fn is_authorized(user: u32, owner: u32) -> bool {
    user == owner || user == ROOT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorizes_owner_and_root_only() {
        assert!(is_authorized(1000, 1000) && is_authorized(0, 1000) && is_authorized(0, 0));
        assert!(!is_authorized(1001, 1000) && !is_authorized(1000, 0));
    }

    #[tokio::test]
    async fn creates_private_socket_and_replaces_only_a_dead_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("v.db.sock");
        let bound = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(matches!(bind(&path), Err(SocketError::InUse)));
        assert!(connect(&path, Some(dir.path())).await.unwrap().is_some());
        let first = bound.file;
        drop(bound);
        assert!(path.exists(), "a dead server leaves its socket behind");
        assert!(connect(&path, Some(dir.path())).await.unwrap().is_none());
        let again = bind(&path).unwrap();
        remove(&path, (first.0, first.1 + 1_000_000));
        assert!(path.exists(), "the socket of another server stays");
        remove(&path, again.file);
        assert!(!path.exists());
        assert!(connect(&path, None).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn rejects_unsafe_paths() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(matches!(bind(&file), Err(SocketError::NotASocket)));
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(matches!(bind(&link), Err(SocketError::NotASocket)));
        assert!(matches!(bind(&dir.path().join("n".repeat(120))), Err(SocketError::PathTooLong)));
        assert!(matches!(bind(&dir.path().join("missing/v.sock")), Err(SocketError::Io(_))));
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        for (mode, is_allowed) in [(0o777, false), (0o1777, true), (0o702, false), (0o770, true), (0o755, true)] {
            fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
            let path = open.join("v.sock");
            let bound = bind(&path);
            assert_eq!(bound.is_ok(), is_allowed, "{mode:o}: {bound:?}");
            let _ = fs::remove_file(path);
        }
    }
}
