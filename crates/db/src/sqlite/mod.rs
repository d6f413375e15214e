//! SQLite: one writer thread that commits in groups, and readers.
//!
//! The commands that are queued when a transaction begins share it, each in its own savepoint. A command that fails is
//! rolled back alone, and all others share one flush to the disk. No caller gets success before that flush.

mod copy;
mod writer;

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use tokio::sync::mpsc;

use super::OpenError;
use super::migrate::{self, Applied, Migration};
use super::private_file::{private_file_options, restrict_file};
use super::statement::{Declaration, Row};
use super::{Cell, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::{Histogram, WAIT_BOUNDS};
use crate::time::Timestamp;

pub(super) use copy::CopyEndpoint;
pub use writer::WriteResult;
use writer::{Commits, Queued, run_writer};

/// The application id of our files: "VEST" in ASCII.
const APPLICATION_ID: i64 = 0x5645_5354;
/// Commands that may wait for the writer. Further ones get [`ErrorKind::Busy`].
const MAX_WAITING_COMMANDS: usize = 1024;
/// The default number of commands that may share one commit. The limit keeps the first command from waiting too long.
const DEFAULT_MAX_GROUP: usize = 64;
/// The length of a database file's header, in bytes.
const HEADER_LENGTH: u64 = 100;
/// Prepared statements that a connection caches.
const STATEMENT_CACHE_CAPACITY: usize = 256;

/// An open database file.
#[derive(Debug)]
pub struct Sqlite {
    readers: Arc<ReadConnections>,
    /// `None` if the file was opened for reading only.
    writer: Option<mpsc::Sender<Queued>>,
    thread: Option<JoinHandle<()>>,
    /// `None` if another process may write: its commits are not counted here.
    commits: Option<Arc<Commits>>,
    /// The maximum number of commands in a commit group.
    max_group: Arc<AtomicUsize>,
    /// How long commands have waited for the writer.
    writer_wait: Arc<Histogram>,
    /// Held while the database is open for writing, because a second process would generate the same ids.
    _lock: Option<File>,
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Unusable(error.to_string()),
        }
    }
}

impl Sqlite {
    /// Opens or creates the file, and migrates its schema.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        if is_foreign(path) {
            return Err(OpenError::Foreign);
        }
        let lock = lock(path)?;
        make_private(path)?;
        let mut connection = connect(path, true)?;
        migrate(&mut connection, now)?;
        let (writer, queue) = mpsc::channel(MAX_WAITING_COMMANDS);
        let commits = Arc::<Commits>::default();
        let writer_commits = Arc::clone(&commits);
        let max_group = Arc::new(AtomicUsize::new(DEFAULT_MAX_GROUP));
        let writer_max_group = Arc::clone(&max_group);
        let writer_wait = Arc::new(Histogram::new(WAIT_BOUNDS));
        let wait = Arc::clone(&writer_wait);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run_writer(connection, queue, &writer_commits, &writer_max_group, &wait))
            .map_err(|error| OpenError::Unusable(error.to_string()))?;
        let readers = Arc::new(ReadConnections { path: path.to_owned(), idle: Mutex::new(Vec::new()) });
        let (writer, thread, commits) = (Some(writer), Some(thread), Some(commits));
        Ok(Self { readers, writer, thread, commits, max_group, writer_wait, _lock: Some(lock) })
    }

    /// Opens an existing file for reading; another process may have it open for writing. Reads see what that process
    /// has committed.
    ///
    /// # Errors
    /// [`OpenError::Outdated`] if the schema lacks migrations, and those of [`Self::open`] but `InUse`.
    pub fn open_read_only(path: &Path) -> Result<Self, OpenError> {
        let pending = migrate::after(version(path)?)?.count();
        if pending > 0 {
            return Err(OpenError::Outdated { pending });
        }
        let readers = Arc::new(ReadConnections { path: path.to_owned(), idle: Mutex::new(Vec::new()) });
        let max_group = Arc::new(AtomicUsize::new(DEFAULT_MAX_GROUP));
        let writer_wait = Arc::new(Histogram::new(WAIT_BOUNDS));
        Ok(Self { readers, writer: None, thread: None, commits: None, max_group, writer_wait, _lock: None })
    }

    pub fn readers(&self) -> &ReadConnections {
        &self.readers
    }

    /// The number of commits so far; `None` while one is in progress, and if the file was opened for reading only.
    pub fn commits(&self) -> Option<u64> {
        self.commits.as_ref().and_then(|commits| commits.current())
    }

    /// The commands that wait for the writer.
    pub fn writer_queue(&self) -> usize {
        self.writer.as_ref().map_or(0, |writer| writer.max_capacity() - writer.capacity())
    }

    /// How long commands have waited for the writer.
    pub fn writer_wait(&self) -> &Histogram {
        &self.writer_wait
    }

    pub fn set_max_group(&self, size: usize) {
        self.max_group.store(size, Ordering::Relaxed);
    }

    /// Counts a commit that was made outside the service.
    #[cfg(feature = "test-hooks")]
    pub fn record_commit(&self) {
        if let Some(commits) = &self.commits {
            commits.count(|| ());
        }
    }

    /// Queues a command for the writer.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if too many commands wait.
    pub fn write(&self, job: impl FnOnce(&mut Connection) -> WriteResult + Send + 'static) -> Result<()> {
        let writer = self.writer.as_ref().ok_or_else(|| Error::internal("the database was opened for reading only"))?;
        writer.try_send(Queued { job: Box::new(job), queued_at: Instant::now() }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::new(ErrorKind::Busy, "too many commands wait for the writer"),
            mpsc::error::TrySendError::Closed(_) => Error::internal("the writer has ended"),
        })
    }
}

impl Drop for Sqlite {
    /// Waits until all queued commands have run.
    fn drop(&mut self) {
        drop(self.writer.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// The idle read connections. A read never waits while it uses one, so there are at most as many connections as
/// threads.
#[derive(Debug)]
pub struct ReadConnections {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl ReadConnections {
    /// Returns a connection with a read transaction, which sees one consistent state of the database.
    pub fn begin_read(&self) -> Result<Connection> {
        let connection = self.acquire()?;
        run(&connection, "BEGIN DEFERRED")?;
        Ok(connection)
    }

    /// Ends the transaction and releases the connection, or closes it if that fails.
    pub fn end_read(&self, connection: Connection) {
        if run(&connection, "COMMIT").is_ok() {
            self.release(connection);
        }
    }

    /// Returns a connection for a single statement.
    pub fn acquire(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| connect(&self.path, false).map_err(driver_error), Ok)
    }

    /// Makes the connection available to others.
    pub fn release(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// Whether the file belongs to another program, by its header (SQLite file format, 1.3): the magic string, and the
/// application id at offset 68. Changes nothing.
pub fn is_foreign(path: &Path) -> bool {
    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEADER_LENGTH).read_to_end(&mut header));
    // A missing file is created, an empty one is filled, and an unreadable one is reported when it is opened.
    if read.is_err() || header.is_empty() {
        return false;
    }
    let id = header.get(68..72).map(|id| id.iter().fold(0_i64, |id, byte| (id << 8) | i64::from(*byte)));
    // After an interrupted first start, our id may be in the write-ahead log only.
    let is_ours = id == Some(APPLICATION_ID) || (id == Some(0) && sibling(path, "-wal").exists());
    !header.starts_with(b"SQLite format 3\0") || !is_ours
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let unusable = |error: std::io::Error| OpenError::Unusable(error.to_string());
    let file = private_file_options().create(true).truncate(false).open(sibling(path, ".lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Creates the file before SQLite does, so that no other user can ever read it, and restricts existing files. SQLite
/// gives `-wal` and `-shm` the mode of the file.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let unusable = |error: std::io::Error| OpenError::Unusable(error.to_string());
    // An existing file is not opened: closing it would release SQLite's locks of this process.
    match private_file_options().create_new(true).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    for suffix in ["", "-wal", "-shm", ".lock"] {
        restrict_file(&sibling(path, suffix));
    }
    Ok(())
}

fn connect(path: &Path, writes: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if writes {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_CAPACITY);
    // Without this, statements would be planned on each run once `ANALYZE` has run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    if writes {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Committed changes survive a power loss. Group commits make up for the cost.
        connection.pragma_update(None, "synchronous", "FULL")?;
    } else {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// The version of the file's schema; 0 if it is missing. Changes nothing.
pub(super) fn version(path: &Path) -> Result<i64, OpenError> {
    if is_foreign(path) {
        return Err(OpenError::Foreign);
    }
    if !path.exists() {
        return Ok(0);
    }
    schema_version(&connect(path, false)?)
}

fn schema_version(connection: &Connection) -> Result<i64, OpenError> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application != 0 || tables > 0) {
        return Err(OpenError::Foreign);
    }
    if tables == 0 {
        return Ok(0);
    }
    migrate::verify(&applied(connection)?, |migration| migration.sqlite)
}

/// The recorded migrations. Development versions before the first release recorded no checksums.
fn applied(connection: &Connection) -> rusqlite::Result<Vec<Applied>> {
    let has_checksums = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'checksum')";
    let recorded = if connection.query_row(has_checksums, [], |row| row.get(0))? {
        "SELECT version, checksum FROM schema_migrations"
    } else {
        "SELECT version, '' FROM schema_migrations"
    };
    let mut statement = connection.prepare(recorded)?;
    statement.query_map([], |row| Ok(Applied { version: row.get(0)?, checksum: row.get(1)? }))?.collect()
}

fn migrate(connection: &mut Connection, now: Timestamp) -> Result<(), OpenError> {
    let found = schema_version(connection)?;
    for Migration { version, name, sqlite, .. } in migrate::after(found)? {
        let step = connection.transaction()?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.execute_batch(sqlite.text)?;
        step.execute(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            (version, name, sqlite.checksum(), now.as_microseconds()),
        )?;
        step.commit()?;
    }
    Ok(())
}

/// Runs a statement without arguments and results, such as `COMMIT`.
fn run(connection: &Connection, statement: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(statement).map_err(driver_error)?;
    statement.execute([]).map(|_| ()).map_err(driver_error)
}

/// Runs a statement and returns the number of changed rows.
pub(super) fn execute(connection: &Connection, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize> {
    let execute = || {
        let mut statement = connection.prepare_cached(declaration.sqlite)?;
        statement.execute(rusqlite::params_from_iter(values))
    };
    execute().map_err(|error| statement_error(declaration, error))
}

/// Runs a statement and reads its rows.
pub(super) fn rows<R>(
    connection: &Connection,
    declaration: &Declaration,
    values: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<R>,
) -> Result<Vec<R>> {
    let failed = |error| statement_error(declaration, error);
    let mut statement = connection.prepare_cached(declaration.sqlite).map_err(failed)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        records.push(read(&Row::Sqlite(row))?);
    }
    Ok(records)
}

pub(super) fn cell<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<Cell<'r>> {
    Ok(match row.get_ref(index).map_err(driver_error)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|error| {
            Error::with_source(ErrorKind::Internal, format!("column {index} holds invalid UTF-8"), error)
        })?),
        ValueRef::Blob(bytes) => Value::Bytes(bytes),
        ValueRef::Real(_) => return Err(Error::internal(format!("column {index} holds a fraction"))),
    })
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn statement_error(declaration: &Declaration, error: rusqlite::Error) -> Error {
    Error::with_source(kind(&error), declaration.name, error)
}

fn driver_error(error: rusqlite::Error) -> Error {
    Error::with_source(kind(&error), "SQLite failed", error)
}

fn kind(error: &rusqlite::Error) -> ErrorKind {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => ErrorKind::DiskFull,
        _ => ErrorKind::Internal,
    }
}
