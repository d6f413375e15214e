//! Where the database is, and opening it: the only lines that ask which engine it is.

use std::fmt;
use std::path::{Path, PathBuf};

use super::migrate::{self, Migration};
use super::postgres::{self, Postgres, PostgresOptions, PostgresUrl};
use super::sqlite::{self, Sqlite};
use crate::time::Timestamp;

/// The open database.
#[derive(Debug)]
pub enum Db {
    /// Embedded: a file beside the process, for one process.
    Sqlite(Sqlite),
    /// A server, for many processes.
    Postgres(Postgres),
}

impl Db {
    /// Opens or makes the database, and brings its schema up to date.
    pub async fn open(place: &Place, options: PostgresOptions, now: Timestamp) -> Result<Self, OpenError> {
        match place {
            Place::File(path) => Sqlite::open(path, now).map(Self::Sqlite),
            Place::Postgres(url) => Postgres::open(url, options, now).await.map(Self::Postgres),
        }
    }

    /// Has this many commands share one commit at the most, where one process writes.
    pub(crate) fn share_commits(&self, among: usize) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.share_commits(among);
        }
    }

    /// Somebody has changed rows past the service.
    #[cfg(feature = "test-hooks")]
    pub fn note_commit(&self) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.note_commit();
        }
    }

    /// How often this database has been committed to, where nobody else can and nobody is about to.
    pub(crate) fn commits(&self) -> Option<u64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.commits(),
            Self::Postgres(_) => None,
        }
    }
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of SQLite's. As it was written: perhaps relative to the working directory.
    File(PathBuf),
    /// A PostgreSQL server.
    Postgres(Box<PostgresUrl>),
}

impl Place {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Whether nothing has been stored there yet. Changes nothing.
    pub async fn is_new(&self) -> Result<bool, OpenError> {
        match self {
            // Not there, or there and empty, as whoever mounts a single file into a container makes it.
            Self::File(path) => Ok(std::fs::metadata(path).map_or(true, |file| file.len() == 0)),
            Self::Postgres(url) => postgres::is_new(url).await,
        }
    }

    /// The steps its schema lacks. Changes nothing. Error: `Newer`, among others.
    pub async fn pending_migrations(&self) -> Result<Vec<&'static Migration>, OpenError> {
        let found = match self {
            Self::File(path) => sqlite::version(path)?,
            Self::Postgres(url) => postgres::version(url).await?,
        };
        migrate::after(found).map(Iterator::collect)
    }
}

/// Without the password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has the file open.
    InUse,
    /// It was written by a newer binary: its schema, and the newest this binary knows.
    Newer {
        /// The database's schema.
        found: i64,
        /// This binary's newest.
        known: i64,
    },
    /// The file of a migration was changed after it was applied to this database.
    MigrationChanged {
        /// Relative to the repository's root.
        file: &'static str,
    },
    /// It is a database of another program, or no database at all.
    Foreign,
    /// It cannot be read or written, for a reason that has no name here.
    Unusable(String),
    /// No server answers there.
    Unreachable(String),
    /// The server does not let this user in.
    Login(String),
    /// The server has no such database or schema.
    NoDatabase(String),
    /// This user may not make or use what the schema needs.
    NotAllowed(String),
    /// The server's certificate is not believed.
    Certificate(String),
    /// The server speaks no TLS.
    NoTls,
    /// The server is a standby: it takes no writes.
    Standby,
    /// The server is too old: its version, and the oldest that does.
    TooOld {
        /// The server's version.
        found: i32,
        /// The oldest that does.
        oldest: i32,
    },
}
