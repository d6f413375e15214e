//! Why a start did not succeed. Each is one sentence: which setting, what was found, what to write or do instead.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use vestibule_core::db::{MoveError, OpenError, Place};
use vestibule_core::images::StoreError;
use vestibule_core::mail::{SmtpError, TemplateError};

use crate::settings::{SettingError, variable};

/// Why `serve` or `demo` could not start, or could not end well.
#[derive(Debug)]
pub(crate) enum StartError {
    /// Settings that are wrong, all of them.
    Settings(Vec<SettingError>),
    /// The address of `listen` can't be had.
    CannotListen { address: SocketAddr, error: io::Error },
    /// The folder of `database` is not there and can't be made.
    DatabaseFolder { folder: PathBuf, error: io::Error },
    /// The file of `database` can't be read or written.
    DatabaseUnusable { database: Place, reason: String },
    /// The file of `database` is something else.
    NotADatabase { database: Place },
    /// The database was written by a newer binary.
    DatabaseNewer { database: Place, found: i64, known: i64 },
    /// The PostgreSQL server of `database` does not do.
    Server { database: Place, error: OpenError },
    /// A file with a secret can't be read.
    SecretFile { setting: &'static str, file: PathBuf, error: io::Error },
    /// The place of `images.place` does not do.
    Images(StoreError),
    /// Another process has the database open.
    DatabaseInUse { database: Place },
    /// The file of `key_file` can't be read or made.
    KeyUnusable { key_file: PathBuf, error: io::Error },
    /// The file of `key_file` holds something else.
    NotAKey { key_file: PathBuf },
    /// Other users can read the key; `mode` is the file's.
    KeyOpenToOthers { key_file: PathBuf, mode: u32 },
    /// The key is another database's.
    KeyOfAnotherDatabase { key_file: PathBuf, database: Place },
    /// The database has data, and its key is gone.
    KeyMissing { key_file: PathBuf, database: Place },
    /// Mail can't be put into `mail.folder`.
    MailFolder { folder: PathBuf, error: io::Error },
    /// The mail server can't be spoken to at all, as it is set.
    MailServer { host: String, error: SmtpError },
    /// The words of a mail don't come out right.
    MailTemplate(TemplateError),
    /// `doctor` or `outbox` found what it was asked about wanting.
    Found(String),
    /// The folder of `demo --dir` has things in it that no demo made.
    NotADemoFolder { folder: PathBuf },
    /// The system refuses something no setting is about: what, and why.
    System { what: &'static str, error: io::Error },
    /// The database failed while it was being prepared; the log knows more.
    Preparing { database: Place, reason: String },
    /// Nothing was moved.
    Moving { from: Place, to: Place, error: MoveError },
    /// A part of the running server ended by itself.
    Crashed { part: &'static str },
    /// A second signal, or 30 seconds, ended what was still under way.
    CutShort,
}

impl StartError {
    /// Why this database could not be opened.
    pub(crate) fn database(database: &Place, error: OpenError) -> Self {
        let database = database.clone();
        match error {
            OpenError::InUse => Self::DatabaseInUse { database },
            OpenError::Newer { found, known } => Self::DatabaseNewer { database, found, known },
            OpenError::Foreign => Self::NotADatabase { database },
            OpenError::Unusable(reason) => Self::DatabaseUnusable { database, reason },
            error => Self::Server { database, error },
        }
    }

    /// What to tell, a sentence a line: one for each problem.
    pub(crate) fn sentences(&self) -> Vec<String> {
        match self {
            Self::Settings(problems) => problems.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(_) => f.write_str(&self.sentences().join("\n")),
            Self::CannotListen { address, error } => cannot_listen(f, *address, error),
            Self::DatabaseFolder { .. }
            | Self::DatabaseUnusable { .. }
            | Self::NotADatabase { .. }
            | Self::DatabaseNewer { .. }
            | Self::DatabaseInUse { .. }
            | Self::Server { .. }
            | Self::Preparing { .. } => self.about_database(f),
            Self::KeyUnusable { .. }
            | Self::NotAKey { .. }
            | Self::KeyOpenToOthers { .. }
            | Self::KeyOfAnotherDatabase { .. }
            | Self::KeyMissing { .. } => self.about_key(f),
            Self::MailFolder { folder, error } => write!(
                f,
                "mail.folder is {}, where mail can't be put: {error}; make it writable for this user, or choose \
                 another with VESTIBULE_MAIL_FOLDER",
                folder.display()
            ),
            Self::Images(error) => write!(
                f,
                "images.place does not do: {error}; make it writable for this user, or choose another with \
                 VESTIBULE_IMAGES_PLACE"
            ),
            Self::SecretFile { setting, file, error } => write!(
                f,
                "{setting} is {}, which can't be read: {error}; make it readable for this user, or name another with {}",
                file.display(),
                variable(setting)
            ),
            Self::MailServer { host, error } => write!(
                f,
                "mail.host is {host:?}, and there is no way to a mail server with these settings: {error}; look at \
                 mail.host and mail.trusted_certificate, and try `vestibule doctor --mail-to you@example.com`"
            ),
            Self::MailTemplate(error) => write!(
                f,
                "mail.templates has a template that can't be used: {error}; mend it, or take it away to have ours"
            ),
            Self::Found(what) => f.write_str(what),
            Self::NotADemoFolder { folder } => write!(
                f,
                "--dir is {}, which has things in it that no demo made; choose a folder that is new or empty, for \
                 example --dir vestibule-demo",
                folder.display()
            ),
            Self::Moving { from, to, error } => not_moved(f, from, to, error),
            Self::System { what, error } => write!(f, "the system does not allow {what}: {error}"),
            Self::Crashed { part } => write!(f, "{part} ended by itself; the log says where, please report it"),
            Self::CutShort => f.write_str("ended before everything under way was finished"),
        }
    }
}

const ANOTHER_DATABASE: &str = "choose another with --database or VESTIBULE_DATABASE";

impl StartError {
    fn about_database(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DatabaseFolder { folder, error } => write!(
                f,
                "database lies in {}, and that folder can't be made: {error}; {ANOTHER_DATABASE}",
                folder.display()
            ),
            Self::DatabaseUnusable { database, reason } => write!(
                f,
                "database is {database}, which can't be opened: {reason}; make it writable for this user, or {ANOTHER_DATABASE}"
            ),
            Self::NotADatabase { database } => {
                write!(f, "database is {database}, which is not a database of Vestibule; {ANOTHER_DATABASE}")
            }
            Self::DatabaseNewer { database, found, known } => write!(
                f,
                "database is {database}, which has schema {found}, but this binary knows schemas up to {known}; use the newer \
                 binary that wrote it, or {ANOTHER_DATABASE}"
            ),
            Self::DatabaseInUse { database } => write!(
                f,
                "database is {database}, which another vestibule process has open; end that one first, or {ANOTHER_DATABASE}"
            ),
            Self::Server { database, error } => about_server(f, database, error),
            Self::Preparing { database, reason } => write!(
                f,
                "database is {database}, which could not be prepared: {reason}; see that its disk has room, or \
                 {ANOTHER_DATABASE}"
            ),
            _ => Ok(()),
        }
    }

    fn about_key(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyUnusable { key_file, error } => write!(
                f,
                "key_file is {}, which can't be used: {error}; make it readable for this user, or name another with \
                 VESTIBULE_KEY_FILE",
                key_file.display()
            ),
            Self::NotAKey { key_file } => write!(
                f,
                "key_file is {}, which does not hold a master key; bring back the file from its backup, or name \
                 another with VESTIBULE_KEY_FILE",
                key_file.display()
            ),
            Self::KeyOpenToOthers { key_file, mode } => write!(
                f,
                "key_file is {path}, which other users can reach (its mode is {mode:04o}); close it with: chmod 600 \
                 {path}",
                path = key_file.display()
            ),
            Self::KeyOfAnotherDatabase { key_file, database } => write!(
                f,
                "key_file is {}, which is not the key that database {} was made with; name the right one with \
                 VESTIBULE_KEY_FILE",
                key_file.display(),
                database
            ),
            Self::KeyMissing { key_file, database } => write!(
                f,
                "key_file is {}, which is not there, but database {} has data that needs its key; bring the file back \
                 from its backup, or name it with VESTIBULE_KEY_FILE",
                key_file.display(),
                database
            ),
            _ => Ok(()),
        }
    }
}

fn about_server(f: &mut fmt::Formatter<'_>, database: &Place, error: &OpenError) -> fmt::Result {
    write!(f, "database is {database}, ")?;
    match error {
        OpenError::Unreachable(reason) => {
            write!(f, "where no server answers: {reason}; start it, or correct host and port in the URL")
        }
        OpenError::Login(reason) => write!(
            f,
            "which does not let this user in: {reason}; correct the user and the password in the URL, or put the \
             password into a file and name it with VESTIBULE_DATABASE_PASSWORD_FILE"
        ),
        OpenError::NoDatabase(reason) => {
            write!(f, "which is not there: {reason}; create it first, or correct its name in the URL")
        }
        OpenError::NotAllowed(reason) => write!(
            f,
            "where this user lacks a right: {reason}; let the user own the schema, for example with: CREATE SCHEMA \
             vestibule AUTHORIZATION the_user"
        ),
        OpenError::Certificate(reason) => write!(
            f,
            "whose certificate can't be verified: {reason}; name the file of the authority that signed it with \
             sslrootcert in the URL, or correct the host"
        ),
        OpenError::NoTls => {
            write!(f, "which speaks no TLS; turn it on there, or write sslmode=disable into the URL if the way is safe")
        }
        OpenError::Standby => {
            write!(f, "which is a standby and takes no writes; name the primary in the URL, or both: host1,host2")
        }
        OpenError::TooOld { found, oldest } => {
            write!(f, "which is PostgreSQL {found}; use version {oldest} or later, or {ANOTHER_DATABASE}")
        }
        OpenError::MigrationChanged { file } => write!(
            f,
            "which can't be used: {file} was changed after it was applied to this database; restore the file and write \
             a new migration, use a binary that was built with the original file, or {ANOTHER_DATABASE}"
        ),
        other => write!(f, "which can't be used: {other:?}; {ANOTHER_DATABASE}"),
    }
}

fn not_moved(f: &mut fmt::Formatter<'_>, from: &Place, to: &Place, error: &MoveError) -> fmt::Result {
    let sentence = |flag: &str, place: &Place, error: &OpenError| match error {
        OpenError::InUse => format!("{flag} is {place}, which a server runs on; end that one first"),
        OpenError::Foreign => format!("{flag} is {place}, which is not a database of Vestibule; correct {flag}"),
        OpenError::Newer { found, known } => {
            format!(
                "{flag} is {place}, which has schema {found}, but this binary knows schemas up to {known}; use the newer one"
            )
        }
        OpenError::Unusable(reason) => format!("{flag} is {place}, which can't be used: {reason}; correct {flag}"),
        error => Server(place, error).to_string().replacen("database is", &format!("{flag} is"), 1),
    };
    match error {
        MoveError::Source(error) => f.write_str(&sentence("--from", from, error)),
        MoveError::Target(error) => f.write_str(&sentence("--to", to, error)),
        MoveError::SourceMissing => write!(f, "--from is {from}, which is not there; correct the path"),
        MoveError::SourceOutdated => write!(
            f,
            "--from is {from}, whose schema is older than this binary's; bring it up to date first with: vestibule \
             migrate --database {from}"
        ),
        MoveError::SourceInUse(processes) => write!(
            f,
            "--from is {from}, which {processes} server(s) run on; end them first, and if one was killed, wait ten \
             minutes until its lease is over"
        ),
        MoveError::TargetInUse(processes) => {
            write!(f, "--to is {to}, which {processes} server(s) run on; name a database that nobody uses")
        }
        MoveError::TargetNotEmpty(table) => {
            write!(f, "--to is {to}, where {table} has rows already; name a database that nothing is stored in")
        }
        MoveError::Differs(table) => write!(
            f,
            "nothing was moved, because {table} did not arrive as it was sent; see that nobody else writes to {to}, \
             and report it"
        ),
        MoveError::Failed(problem) => write!(f, "nothing was moved: {problem}; see that {to} has room, and try again"),
    }
}

/// What is wrong with a server.
struct Server<'a>(&'a Place, &'a OpenError);

impl fmt::Display for Server<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        about_server(f, self.0, self.1)
    }
}

fn cannot_listen(f: &mut fmt::Formatter<'_>, address: SocketAddr, error: &io::Error) -> fmt::Result {
    write!(f, "listen is {address}, but ")?;
    match error.kind() {
        io::ErrorKind::AddrInUse => f.write_str("another program listens there; ")?,
        io::ErrorKind::PermissionDenied => {
            f.write_str("this user may not listen there (ports below 1024 are often reserved); ")?;
        }
        io::ErrorKind::AddrNotAvailable => f.write_str("this machine does not have that address; ")?,
        _ => write!(f, "that can't be done: {error}; ")?,
    }
    f.write_str("choose another address or port with --listen or VESTIBULE_LISTEN, for example --listen 127.0.0.1:8081")
}

#[cfg(test)]
mod tests;
