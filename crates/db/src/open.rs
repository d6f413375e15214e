//! Where a database is, and opening it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::migrate::{self, Migration};
use super::postgres::{self, Postgres, PostgresOptions, PostgresUrl};
use super::sqlite::{self, Sqlite};
use crate::time::Timestamp;

/// An open database.
#[derive(Debug)]
pub enum Db {
    /// Embedded: a file for one process.
    Sqlite(Sqlite),
    /// A server for many processes.
    Postgres(Postgres),
}

impl Db {
    /// Opens or creates the database, and migrates its schema.
    ///
    /// # Errors
    /// Every [`OpenError`].
    pub async fn open(
        location: &DatabaseLocation,
        options: PostgresOptions,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        match location {
            DatabaseLocation::File(path) => Sqlite::open(path, now).map(Self::Sqlite),
            DatabaseLocation::Postgres(url) => Postgres::open(url, options, now).await.map(Self::Postgres),
        }
    }

    /// Opens an existing database for queries, and changes nothing. On SQLite another process may have the file open.
    ///
    /// # Errors
    /// [`OpenError::Outdated`] if its schema lacks migrations, and those of [`Self::open`] but `InUse`.
    pub async fn open_read_only(
        location: &DatabaseLocation,
        options: PostgresOptions,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        match location {
            DatabaseLocation::File(path) => Sqlite::open_read_only(path).map(Self::Sqlite),
            DatabaseLocation::Postgres(_) => match location.pending_migrations().await?.len() {
                0 => Self::open(location, options, now).await,
                pending => Err(OpenError::Outdated { pending }),
            },
        }
    }

    /// Sets how many commands may share one commit on SQLite.
    pub fn set_max_group(&self, size: usize) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.set_max_group(size);
        }
    }

    /// Records a commit that was made outside the service.
    #[cfg(feature = "test-hooks")]
    pub fn record_commit(&self) {
        if let Self::Sqlite(sqlite) = self {
            sqlite.record_commit();
        }
    }

    /// The number of commits so far on SQLite, where only this process writes; `None` while one is in progress, and on
    /// PostgreSQL.
    pub fn commits(&self) -> Option<u64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.commits(),
            Self::Postgres(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// The path of a SQLite file, possibly relative to the working directory.
    File(PathBuf),
    Postgres(Box<PostgresUrl>),
}

impl DatabaseLocation {
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Whether the database is missing or has no data. Changes nothing.
    pub async fn is_new(&self) -> Result<bool, OpenError> {
        match self {
            // Missing, or empty: a container runtime creates an empty file when a single file is mounted.
            Self::File(path) => Ok(std::fs::metadata(path).map_or(true, |file| file.len() == 0)),
            Self::Postgres(url) => postgres::is_new(url).await,
        }
    }

    /// The migrations that its schema lacks. Changes nothing.
    ///
    /// # Errors
    /// Those of [`Db::open`].
    pub async fn pending_migrations(&self) -> Result<Vec<&'static Migration>, OpenError> {
        let found = match self {
            Self::File(path) => sqlite::version(path)?,
            Self::Postgres(url) => postgres::version(url).await?,
        };
        migrate::after(found).map(Iterator::collect)
    }
}

/// Omits the password.
impl fmt::Display for DatabaseLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// Why a database cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has the file open.
    InUse,
    /// A newer binary has migrated it.
    Newer { found: i64, known: i64 },
    /// It is opened for reading, and its schema lacks this many migrations. All of them if it is new.
    Outdated { pending: usize },
    /// The file of a migration, relative to the root of the repository, was changed after it was applied.
    MigrationChanged { file: &'static str },
    /// It belongs to another program, or is no database.
    Foreign,
    /// It cannot be read or written.
    Unusable(String),
    /// No server answers.
    Unreachable(String),
    /// The server refuses the login.
    Login(String),
    /// The server has no such database or schema.
    NoDatabase(String),
    /// The user lacks privileges that the schema needs.
    NotAllowed(String),
    /// The server's certificate is not trusted.
    Certificate(String),
    /// The server does not support TLS.
    NoTls,
    /// The server is a standby, which accepts no writes.
    Standby,
    /// A connection pooler gives a connection another session for each transaction or statement.
    SharedSession,
    /// A connection pooler refuses a parameter of the URL.
    StartupParameter(String),
    /// A connection pooler ignores the search path of the URL.
    SearchPathIgnored,
    /// The server's version is not supported.
    TooOld { found: i32, oldest: i32 },
}
