//! The socket of `listen`: a TCP port, or a Unix socket with its file.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use vestibule_web::Listener;

use crate::error::AppError;
use crate::settings::LoadedSettings;

/// The value of `listen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListenAddress {
    /// Port 0 binds any free port.
    Tcp(SocketAddr),
    /// `unix:/path`.
    Unix(PathBuf),
}

impl ListenAddress {
    /// Parses an IP address with a port, or `unix:` and an absolute path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some(path) = text.strip_prefix("unix:") else {
            return text.parse().ok().map(Self::Tcp);
        };
        let is_path = path.starts_with('/') && !path.ends_with('/') && !path.contains(char::is_control);
        (cfg!(unix) && is_path).then(|| Self::Unix(PathBuf::from(path)))
    }

    /// Returns whether other machines can connect.
    pub(crate) fn is_reachable_from_elsewhere(&self) -> bool {
        matches!(self, Self::Tcp(address) if !address.ip().is_loopback())
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A bound socket. Dropping it removes the file of a Unix socket.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    pub(crate) listener: Listener,
    /// Removes the file, and holds the lock.
    pub(crate) file: Option<SocketFile>,
}

/// Binds the address of `listen`, and records the port that was assigned if it is 0.
pub(crate) async fn bind(loaded: &mut LoadedSettings) -> Result<BoundSocket, AppError> {
    match loaded.listen.clone() {
        ListenAddress::Tcp(address) => {
            let (socket, bound) = bind_tcp(address).await?;
            loaded.set_bound_address(bound);
            Ok(socket)
        }
        ListenAddress::Unix(path) => {
            let bound = bind_unix(&path, loaded.listen_mode);
            bound.map_err(|error| AppError::ListenSocket { path, error })
        }
    }
}

/// Binds the address of `platform.listen` or `metrics.listen`, and records the port that was assigned if it is 0. `None`
/// if it is off.
pub(crate) async fn bind_optional(
    listen: &mut Option<ListenAddress>,
    socket_mode: u32,
) -> Result<Option<BoundSocket>, AppError> {
    let (socket, bound) = match listen.clone() {
        None => return Ok(None),
        Some(ListenAddress::Tcp(address)) => bind_tcp(address).await?,
        Some(ListenAddress::Unix(path)) => {
            let bound = bind_unix(&path, socket_mode);
            return bound.map(Some).map_err(|error| AppError::ListenSocket { path, error });
        }
    };
    *listen = Some(bound.into());
    Ok(Some(socket))
}

async fn bind_tcp(address: SocketAddr) -> Result<(BoundSocket, SocketAddr), AppError> {
    let failed = |error| AppError::CannotListen { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((BoundSocket { listener: listener.into(), file: None }, bound))
}

#[cfg(unix)]
pub(crate) use unix::SocketFile;
#[cfg(unix)]
use unix::bind_unix;

#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) enum SocketFile {}

#[cfg(not(unix))]
fn bind_unix(_: &std::path::Path, _: u32) -> Result<BoundSocket, crate::error::SocketError> {
    Err(crate::error::SocketError::Io(std::io::ErrorKind::Unsupported.into()))
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::os::unix::net::SocketAddr;
    use std::path::{Path, PathBuf};

    use tokio::net::UnixListener;

    use super::BoundSocket;
    use crate::error::SocketError;
    use crate::operator::socket::{check_dir, check_stale};

    /// The file of a bound socket. Dropping it removes the file, unless another server has replaced it.
    #[derive(Debug)]
    pub(crate) struct SocketFile {
        path: PathBuf,
        /// Device and inode.
        id: (u64, u64),
        /// Locked while the server runs.
        lock: File,
    }

    impl Drop for SocketFile {
        fn drop(&mut self) {
            // The file of the lock stays: a server that starts now may have it open.
            if fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.id) {
                let _ = fs::remove_file(&self.path);
            }
            // Closing it unlocks it too.
            let _ = self.lock.unlock();
        }
    }

    /// Binds a socket with these permissions. Replaces the one of a server that died, but never one of a server that
    /// runs: it holds a lock on `path.lock`.
    ///
    /// The socket is bound at another path and then renamed, so that nobody can connect before it has its permissions,
    /// and clients find either the old socket or the new one.
    pub(super) fn bind_unix(path: &Path, mode: u32) -> Result<BoundSocket, SocketError> {
        let (lock_path, new_path) = (with_suffix(path, ".lock"), with_suffix(path, ".new"));
        if SocketAddr::from_pathname(&new_path).is_err() {
            return Err(SocketError::PathTooLong);
        }
        check_dir(path)?;
        let options = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock_path);
        let lock = options.map_err(SocketError::Io)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SocketError::InUse,
            TryLockError::Error(error) => SocketError::Io(error),
        })?;
        check_stale(path)?;
        if check_stale(&new_path)? {
            fs::remove_file(&new_path).map_err(SocketError::Io)?;
        }
        let listener = UnixListener::bind(&new_path).map_err(SocketError::Io)?;
        fs::set_permissions(&new_path, Permissions::from_mode(mode)).map_err(SocketError::Io)?;
        fs::rename(&new_path, path).map_err(SocketError::Io)?;
        let found = fs::symlink_metadata(path).map_err(SocketError::Io)?;
        let file = SocketFile { path: path.to_owned(), id: (found.dev(), found.ino()), lock };
        Ok(BoundSocket { listener: listener.into(), file: Some(file) })
    }

    fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
        let mut path = path.as_os_str().to_owned();
        path.push(suffix);
        path.into()
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::net::UnixStream;

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().mode() & 0o777
        }

        #[tokio::test]
        async fn replaces_only_the_socket_of_a_dead_server() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("v.sock");
            let bound = bind_unix(&path, 0o660).unwrap();
            assert_eq!(mode(&path), 0o660);
            assert!(UnixStream::connect(&path).is_ok());
            assert!(matches!(bind_unix(&path, 0o660), Err(SocketError::InUse)));
            assert!(UnixStream::connect(&path).is_ok(), "the second server has not removed the socket");
            // A server that is killed leaves its file, and no lock.
            let BoundSocket { listener, file } = bound;
            drop(listener);
            let file = std::mem::ManuallyDrop::new(file.unwrap());
            file.lock.unlock().unwrap();
            assert!(path.exists() && UnixStream::connect(&path).is_err());
            let again = bind_unix(&path, 0o600).unwrap();
            assert_eq!(mode(&path), 0o600);
            drop(again);
            assert!(!path.exists(), "a server that stops removes its socket");
        }

        #[tokio::test]
        async fn does_not_remove_what_is_not_its_own() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("v.sock");
            fs::write(&path, "precious").unwrap();
            assert!(matches!(bind_unix(&path, 0o660), Err(SocketError::NotASocket)));
            assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
            fs::remove_file(&path).unwrap();
            // Another program listens there, without the lock.
            let other = std::os::unix::net::UnixListener::bind(&path).unwrap();
            assert!(matches!(bind_unix(&path, 0o660), Err(SocketError::InUse)));
            assert!(UnixStream::connect(&path).is_ok());
            drop(other);
            let bound = bind_unix(&path, 0o660).unwrap();
            fs::remove_file(&path).unwrap();
            let other = std::os::unix::net::UnixListener::bind(&path).unwrap();
            drop(bound);
            assert!(path.exists(), "the socket of another program stays");
            drop(other);
            assert!(matches!(bind_unix(&dir.path().join("n".repeat(120)), 0o660), Err(SocketError::PathTooLong)));
            assert!(matches!(bind_unix(&dir.path().join("missing/v.sock"), 0o660), Err(SocketError::Io(_))));
            let open = dir.path().join("open");
            fs::create_dir(&open).unwrap();
            fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
            assert!(matches!(bind_unix(&open.join("v.sock"), 0o660), Err(SocketError::DirWritableByOthers(_))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_addresses_and_socket_paths() {
        assert_eq!(ListenAddress::parse("[::1]:80"), Some(ListenAddress::Tcp("[::1]:80".parse().unwrap())));
        assert_eq!(ListenAddress::parse("unix:/run/v.sock"), Some(ListenAddress::Unix("/run/v.sock".into())));
        for invalid in
            ["", "unix:", "unix:v.sock", "unix:/run/", "unix:/a\0b", "unix://", "/run/v.sock", "localhost:80", "8080"]
        {
            assert_eq!(ListenAddress::parse(invalid), None, "{invalid:?}");
        }
    }
}
