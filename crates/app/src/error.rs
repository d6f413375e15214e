//! Why a command failed. Each message is one sentence that names the setting or flag, what was found, and what to do.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use vestibule_core::image_store::StoreError;
use vestibule_core::mail::{SmtpError, TemplateError};
use vestibule_core::password::BreachedFileError;
use vestibule_core::settings::BrandImageError;
use vestibule_db::{CopyError, DatabaseLocation, OpenError};

use database::{fmt_copy, fmt_server};

use crate::operator::{Failure, is_not_found};
use crate::secret_file::SecretFileError;
use crate::secret_file::exposure::{Exposure, unreadable_advice};
use crate::settings::{SettingError, env_var};

mod database;
mod operator;

pub(crate) use operator::SocketError;

/// The error of every command.
#[derive(Debug)]
pub(crate) enum AppError {
    /// All invalid settings, not only the first.
    Settings(Vec<SettingError>),
    CannotListen {
        address: SocketAddr,
        error: io::Error,
    },
    /// The Unix socket of `listen` cannot be opened.
    ListenSocket {
        path: PathBuf,
        error: SocketError,
    },
    /// The directory of `database` does not exist and cannot be created.
    DatabaseDir {
        dir: PathBuf,
        error: io::Error,
    },
    DatabaseUnusable {
        database: DatabaseLocation,
        reason: String,
    },
    /// The file of `database` is not a Vestibule database.
    ForeignDatabase {
        database: DatabaseLocation,
    },
    /// A newer binary has migrated the database.
    DatabaseNewer {
        database: DatabaseLocation,
        found: i64,
        known: i64,
    },
    /// The PostgreSQL server of `database` cannot be used.
    PostgresServer {
        database: DatabaseLocation,
        error: OpenError,
    },
    /// Another process has locked the SQLite file.
    DatabaseInUse {
        database: DatabaseLocation,
    },
    /// A migration or the setup of the deployment failed; the log has the details.
    DatabaseSetup {
        database: DatabaseLocation,
        reason: String,
    },
    /// The file named by this setting does not contain a secret that can be used.
    SecretFile {
        setting: Cow<'static, str>,
        file: PathBuf,
        error: SecretFileError,
    },
    /// `passwords.breached_file` cannot be used.
    BreachedFile {
        file: PathBuf,
        error: BreachedFileError,
    },
    /// `http_client.ca_file` cannot be used.
    CaFile {
        file: PathBuf,
        /// With a verb.
        reason: String,
    },
    /// `images.storage` cannot be used.
    Images(StoreError),
    /// An image of the section `branding`.
    BrandImage(BrandImageError),
    /// The file of `key_file` cannot be read or created.
    KeyUnusable {
        key_file: PathBuf,
        error: io::Error,
    },
    InvalidKey {
        key_file: PathBuf,
    },
    /// The permissions of the key file let its group or other users access it.
    KeyExposed {
        key_file: PathBuf,
        exposure: Exposure,
    },
    /// The key belongs to another database.
    WrongKey {
        key_file: PathBuf,
        database: DatabaseLocation,
    },
    /// The database has data, and the key file does not exist.
    KeyMissing {
        key_file: PathBuf,
        database: DatabaseLocation,
    },
    /// Mail cannot be written to `mail.file_dir`.
    MailDir {
        dir: PathBuf,
        error: io::Error,
    },
    MailServer {
        host: String,
        error: SmtpError,
    },
    MailTemplate(TemplateError),
    /// A failure of `doctor`, `mail` or `outbox`, as a complete message.
    CommandFailed(String),
    /// The directory of `demo --dir` contains files that no demo created.
    NotADemoDir {
        dir: PathBuf,
    },
    /// `demo --listen` is a Unix socket, which the commands and links that the demo prints cannot name.
    DemoAtUnixSocket {
        path: PathBuf,
    },
    /// A system call failed that no setting controls.
    System {
        action: &'static str,
        error: io::Error,
    },
    /// Nothing was copied.
    CopyDatabase {
        from: DatabaseLocation,
        to: DatabaseLocation,
        error: CopyError,
    },
    /// The service refused what an operator requested.
    Refused(Failure),
    /// The operator socket of this server cannot be opened.
    OperatorSocket {
        path: PathBuf,
        error: SocketError,
    },
    /// The connection to the running server failed. The server may have run the action.
    ServerConnection {
        socket: PathBuf,
        error: io::Error,
    },
    /// A server has locked the database, and does not listen at the socket.
    ServerUnreachable {
        database: DatabaseLocation,
        socket: Option<PathBuf>,
    },
    /// A command that creates no database found none.
    DatabaseMissing {
        database: DatabaseLocation,
    },
    /// A command that does not migrate the database found an older one.
    DatabaseOutdated {
        database: DatabaseLocation,
        pending: usize,
    },
    /// A task of the running server panicked.
    Crashed {
        part: &'static str,
    },
    /// A second signal or the shutdown timeout stopped work in progress.
    ShutdownAborted,
}

impl AppError {
    /// Converts the error of opening `database`.
    pub(crate) fn database(database: &DatabaseLocation, error: OpenError) -> Self {
        let database = database.clone();
        match error {
            OpenError::InUse => Self::DatabaseInUse { database },
            OpenError::Newer { found, known } => Self::DatabaseNewer { database, found, known },
            OpenError::Foreign => Self::ForeignDatabase { database },
            OpenError::Unusable(reason) => Self::DatabaseUnusable { database, reason },
            OpenError::Outdated { pending } => Self::DatabaseOutdated { database, pending },
            error => Self::PostgresServer { database, error },
        }
    }

    /// The exit code of the process: 3 if what the command is about does not exist, else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(failure) if is_not_found(&failure.code) => 3,
            _ => 1,
        }
    }

    /// Returns one message for each problem.
    pub(crate) fn messages(&self) -> Vec<String> {
        match self {
            Self::Settings(problems) => problems.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(_) => f.write_str(&self.messages().join("\n")),
            Self::CannotListen { address, error } => fmt_listen(f, *address, error),
            Self::ListenSocket { path, error } => fmt_listen_socket(f, path, error),
            Self::DatabaseDir { .. }
            | Self::DatabaseUnusable { .. }
            | Self::ForeignDatabase { .. }
            | Self::DatabaseNewer { .. }
            | Self::DatabaseInUse { .. }
            | Self::PostgresServer { .. }
            | Self::DatabaseSetup { .. } => self.fmt_database(f),
            Self::KeyUnusable { .. }
            | Self::InvalidKey { .. }
            | Self::KeyExposed { .. }
            | Self::WrongKey { .. }
            | Self::KeyMissing { .. } => self.fmt_key(f),
            Self::MailDir { dir, error } => write!(
                f,
                "mail.file_dir is {}, where mail cannot be written: {error}; make it writable for this user, or set \
                 VESTIBULE_MAIL_FILE_DIR to another directory",
                dir.display()
            ),
            Self::BrandImage(_) | Self::BreachedFile { .. } | Self::CaFile { .. } => self.fmt_file(f),
            Self::Images(error) => write!(
                f,
                "images.storage cannot be used: {error}; make it writable for this user, or set \
                 VESTIBULE_IMAGES_STORAGE to another directory or bucket"
            ),
            Self::SecretFile { setting, file, error } => {
                write!(f, "{setting} is {}, which {error}, or ", file.display())?;
                match env_var(setting).as_str() {
                    "" => f.write_str("name another file there"),
                    variable => write!(f, "set {variable} to another file"),
                }
            }
            Self::MailServer { host, error } => write!(
                f,
                "mail.host is {host:?}, and the connection to this mail server failed: {error}; check mail.host, \
                 mail.port, mail.security and mail.ca_file, then run: vestibule doctor --mail-to you@example.com"
            ),
            Self::MailTemplate(error) => write!(
                f,
                "mail.template_dir contains an invalid template: {error}; correct it, or delete it to use the built-in \
                 template"
            ),
            Self::CommandFailed(message) => f.write_str(message),
            Self::NotADemoDir { .. } | Self::DemoAtUnixSocket { .. } => self.fmt_demo(f),
            Self::CopyDatabase { from, to, error } => fmt_copy(f, from, to, error),
            Self::Refused(_)
            | Self::OperatorSocket { .. }
            | Self::ServerConnection { .. }
            | Self::ServerUnreachable { .. }
            | Self::DatabaseMissing { .. }
            | Self::DatabaseOutdated { .. } => self.fmt_operator(f),
            Self::System { action, error } => write!(f, "cannot {action}: {error}"),
            Self::Crashed { part } => {
                write!(f, "the {part} stopped unexpectedly; see the log, and please report this bug")
            }
            Self::ShutdownAborted => f.write_str("shutdown aborted work that was still in progress"),
        }
    }
}

const CHOOSE_DATABASE: &str = "choose another database with --database or VESTIBULE_DATABASE";

impl AppError {
    fn fmt_database(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DatabaseDir { dir, error } => write!(
                f,
                "database is in the directory {}, which cannot be created: {error}; {CHOOSE_DATABASE}",
                dir.display()
            ),
            Self::DatabaseUnusable { database, reason } => write!(
                f,
                "database is {database}, which cannot be opened: {reason}; make it writable for this user, or \
                 {CHOOSE_DATABASE}"
            ),
            Self::ForeignDatabase { database } => {
                write!(f, "database is {database}, which is not a Vestibule database; {CHOOSE_DATABASE}")
            }
            Self::DatabaseNewer { database, found, known } => write!(
                f,
                "database is {database}, which has schema version {found}, but this binary supports versions up to \
                 {known}; use the newer binary, or {CHOOSE_DATABASE}"
            ),
            Self::DatabaseInUse { database } => write!(
                f,
                "database is {database}, which another vestibule process has locked; stop that process, or \
                 {CHOOSE_DATABASE}"
            ),
            Self::PostgresServer { database, error } => fmt_server(f, database, error),
            Self::DatabaseSetup { database, reason } => write!(
                f,
                "database is {database}, and its setup failed: {reason}; check the log and the free disk space, or \
                 {CHOOSE_DATABASE}"
            ),
            _ => Ok(()),
        }
    }

    /// Formats the errors of the demo.
    fn fmt_demo(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADemoDir { dir } => write!(
                f,
                "--dir is {}, which contains files that no demo created; use a new or empty directory, for example: \
                 --dir vestibule-demo",
                dir.display()
            ),
            Self::DemoAtUnixSocket { path } => write!(
                f,
                "--listen is unix:{}, but the demo listens on a port, so that a browser can open it; for example: \
                 --listen 127.0.0.1:8080",
                path.display()
            ),
            _ => Ok(()),
        }
    }

    fn fmt_file(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrandImage(BrandImageError { setting, path, reason }) => write!(
                f,
                "{setting} is {}, which cannot be used: {reason}; write the path of a PNG, JPEG, WebP, ICO or SVG image of at \
                 most 256 KiB, or an https URL",
                path.display()
            ),
            Self::BreachedFile { file, error } => write!(
                f,
                "passwords.breached_file is {}, which cannot be used: {error}; download the list again, or set {} to \
                 another file or to nothing",
                file.display(),
                env_var("passwords.breached_file")
            ),
            Self::CaFile { file, reason } => write!(
                f,
                "http_client.ca_file is {}, which {reason}; write certificates in PEM format into it, or set {} to another \
                 file or to nothing",
                file.display(),
                env_var("http_client.ca_file")
            ),
            _ => Ok(()),
        }
    }

    fn fmt_key(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyUnusable { key_file, error } => write!(
                f,
                "key_file is {}, which cannot be used: {error}; {}, or set VESTIBULE_KEY_FILE to another file",
                key_file.display(),
                unreadable_advice(error)
            ),
            Self::InvalidKey { key_file } => write!(
                f,
                "key_file is {}, which does not contain a master key; restore the file from its backup, or set \
                 VESTIBULE_KEY_FILE to another file",
                key_file.display()
            ),
            Self::KeyExposed { key_file, exposure } => {
                write!(f, "key_file is {}, which {exposure}", key_file.display())
            }
            Self::WrongKey { key_file, database } => write!(
                f,
                "key_file is {}, which is not the key of the database {}; set VESTIBULE_KEY_FILE to the key that the \
                 database was created with",
                key_file.display(),
                database
            ),
            Self::KeyMissing { key_file, database } => write!(
                f,
                "key_file is {}, which does not exist, but the database {} has data that needs its key; restore the \
                 file from its backup, or set VESTIBULE_KEY_FILE to its path",
                key_file.display(),
                database
            ),
            _ => Ok(()),
        }
    }
}

fn fmt_listen(f: &mut fmt::Formatter<'_>, address: SocketAddr, error: &io::Error) -> fmt::Result {
    write!(f, "listen is {address}, but ")?;
    match error.kind() {
        io::ErrorKind::AddrInUse => f.write_str("another program is listening there; ")?,
        io::ErrorKind::PermissionDenied => {
            f.write_str("this user may not listen there (ports below 1024 are often reserved); ")?;
        }
        io::ErrorKind::AddrNotAvailable => f.write_str("this machine does not have that address; ")?,
        _ => write!(f, "listening failed: {error}; ")?,
    }
    f.write_str(
        "choose another address or port with --listen or VESTIBULE_LISTEN, for example: --listen 127.0.0.1:8081",
    )
}

fn fmt_listen_socket(f: &mut fmt::Formatter<'_>, path: &Path, error: &SocketError) -> fmt::Result {
    let separator = if matches!(error, SocketError::PathTooLong | SocketError::Io(_)) { ";" } else { "" };
    write!(
        f,
        "listen is unix:{}, and the socket cannot be opened: {error}{separator} choose another path with --listen or \
         VESTIBULE_LISTEN, for example: --listen unix:/run/vestibule/http.sock",
        path.display()
    )
}

#[cfg(test)]
mod tests;
