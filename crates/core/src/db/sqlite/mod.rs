//! SQLite, in process: one writer that commits in groups, readers beside it, and the only lines that know rusqlite.
//!
//! Writes go through one thread, because SQLite has one writer anyway. What is waiting when a transaction begins rides
//! along in it, each command in a savepoint of its own, so that a failing command undoes itself alone and one flush to
//! the disk serves them all. No caller hears of success before that flush.

mod whole;

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use tokio::sync::mpsc;

use super::OpenError;
use super::migrate::{self, Applied, Migration};
use super::statement::{Declaration, Row};
use super::{Cell, Value};
use crate::error::{Code, Problem, Result};
use crate::time::Timestamp;

pub(super) use whole::Whole;

/// "VEST": tells our files from other programs'.
const APPLICATION_ID: i64 = 0x5645_5354;
/// Commands that may wait for the writer; past it the caller is told to come back.
const WAITING_COMMANDS: usize = 1024;
/// Commands that share one commit at the most, unless somebody says otherwise, so that the first does not wait for ever.
const GROUP: usize = 64;
/// Bytes of a database's header.
const HEADER: u64 = 100;
/// Prepared statements a connection keeps.
const STATEMENT_CACHE: usize = 256;

/// An open database file.
#[derive(Debug)]
pub struct Sqlite {
    readers: Arc<Connections>,
    writer: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    commits: Arc<Commits>,
    group: Arc<AtomicUsize>,
    /// Held as long as the database is open: a second process would give the same ids.
    _lock: File,
}

/// What a command did with its turn.
pub struct Turn {
    /// Whether its changes stay.
    pub keep: bool,
    /// Called once the outcome of the whole group is known.
    pub settle: Box<dyn FnOnce(Result<()>) + Send>,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("keep", &self.keep).finish_non_exhaustive()
    }
}

/// Commits of the one writer: an even number between them, and an odd one during each, since a reader may see it before
/// the writer goes on. No caller hears of a commit that is not counted.
#[derive(Debug, Default)]
struct Commits(AtomicU64);

impl Commits {
    fn so_far(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst)).filter(|count| count.is_multiple_of(2))
    }

    fn count<T>(&self, commit: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let committed = commit();
        self.0.fetch_add(1, Ordering::SeqCst);
        committed
    }
}

type Job = Box<dyn FnOnce(&mut Connection) -> Turn + Send>;

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Unusable(error.to_string()),
        }
    }
}

impl Sqlite {
    /// Opens or makes the file, and brings its schema up to date.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        if is_foreign(path) {
            return Err(OpenError::Foreign);
        }
        let lock = lock(path)?;
        let mut connection = connect(path, true)?;
        migrate(&mut connection, now)?;
        let (writer, waiting) = mpsc::channel(WAITING_COMMANDS);
        let commits = Arc::<Commits>::default();
        let counted = Arc::clone(&commits);
        let group = Arc::new(AtomicUsize::new(GROUP));
        let grouped = Arc::clone(&group);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write(connection, waiting, &counted, &grouped))
            .map_err(|error| OpenError::Unusable(error.to_string()))?;
        let readers = Arc::new(Connections { path: path.to_owned(), idle: Mutex::new(Vec::new()) });
        Ok(Self { readers, writer: Some(writer), thread: Some(thread), commits, group, _lock: lock })
    }

    /// Connections for reading.
    pub fn readers(&self) -> &Connections {
        &self.readers
    }

    /// How often the writer has committed; `None` while it is about to.
    pub(crate) fn commits(&self) -> Option<u64> {
        self.commits.so_far()
    }

    /// Has this many commands share one commit at the most.
    pub(super) fn share_commits(&self, among: usize) {
        self.group.store(among, Ordering::Relaxed);
    }

    /// Somebody else has committed.
    #[cfg(feature = "test-hooks")]
    pub(super) fn note_commit(&self) {
        self.commits.count(|| ());
    }

    /// Hands a command to the writer. Error: `BUSY` when too many are waiting already.
    pub fn write(&self, job: impl FnOnce(&mut Connection) -> Turn + Send + 'static) -> Result<()> {
        let writer = self.writer.as_ref().ok_or_else(|| Problem::internal("the writer has ended"))?;
        writer.try_send(Box::new(job)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Code::Busy.into(),
            mpsc::error::TrySendError::Closed(_) => Problem::internal("the writer has ended"),
        })
    }
}

impl Drop for Sqlite {
    /// Waits until what was handed in is written.
    fn drop(&mut self) {
        drop(self.writer.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// Idle connections for reading. A read holds one without ever waiting, so there are never more than threads.
#[derive(Debug)]
pub struct Connections {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// A transaction that sees one state of the database from its first statement to its last.
    pub fn take(&self) -> Result<Connection> {
        let connection = self.glance()?;
        begin(&connection, "BEGIN DEFERRED")?;
        Ok(connection)
    }

    /// Ends the read and keeps the connection for the next. One that cannot end is dropped, which ends it too.
    pub fn put_back(&self, connection: Connection) {
        if begin(&connection, "COMMIT").is_ok() {
            self.keep(connection);
        }
    }

    /// A connection for one statement alone.
    pub fn glance(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| connect(&self.path, false).map_err(|error| failed(&error)), Ok)
    }

    /// Keeps it for the next.
    pub fn keep(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// Whether a file is another program's, told by its first bytes, so that nothing of it is changed in finding out: SQLite's
/// mark at the beginning, and the application's id at 68 (SQLite file format, 1.3).
pub fn is_foreign(path: &Path) -> bool {
    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEADER).read_to_end(&mut header));
    // A file that is not there is made, and an empty one filled; one that can't be read is named when it is opened.
    if read.is_err() || header.is_empty() {
        return false;
    }
    let id = header.get(68..72).map(|id| id.iter().fold(0_i64, |id, byte| (id << 8) | i64::from(*byte)));
    // A first start that was cut short may have our id in the log beside the file only.
    let is_ours = id == Some(APPLICATION_ID) || (id == Some(0) && beside(path, "-wal").exists());
    !header.starts_with(b"SQLite format 3\0") || !is_ours
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let unusable = |error: std::io::Error| OpenError::Unusable(error.to_string());
    let file =
        File::options().create(true).truncate(false).write(true).open(beside(path, ".lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

fn connect(path: &Path, writes: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if writes {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Without it, statements are planned anew on every run once the tables have been analysed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    if writes {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Full, so that what was acknowledged outlives a power cut; the group commit pays for it.
        connection.pragma_update(None, "synchronous", "FULL")?;
    } else {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// How far the file's schema has come, without changing it; 0 for one that is not there.
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

fn write(mut connection: Connection, mut waiting: mpsc::Receiver<Job>, commits: &Commits, group: &AtomicUsize) {
    while let Some(first) = waiting.blocking_recv() {
        let begun = begin(&connection, "BEGIN IMMEDIATE");
        let mut settles = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            settles.push(take_turn(&mut connection, job, begun.is_ok()));
            // A full disk or the like makes SQLite end the transaction by itself. What ran before is undone, and whatever
            // ran now would be committed on its own: the group ends here, and its commit fails below.
            let goes_on = settles.len() < group.load(Ordering::Relaxed) && !connection.is_autocommit();
            next = if goes_on { waiting.try_recv().ok() } else { None };
        }
        let ended = match begun {
            Ok(()) if connection.is_autocommit() => {
                Err(Problem::caused(Code::Unavailable, "another command of the group made SQLite end the transaction"))
            }
            begun => begun.and_then(|()| commits.count(|| commit(&connection))),
        };
        if ended.is_err() && !connection.is_autocommit() {
            let _ = begin(&connection, "ROLLBACK");
        }
        for settle in settles {
            settle(ended.clone());
        }
    }
}

fn commit(connection: &Connection) -> Result<()> {
    #[cfg(feature = "test-hooks")]
    super::hooks::point("commit");
    begin(connection, "COMMIT")?;
    #[cfg(feature = "test-hooks")]
    super::hooks::point("committed");
    Ok(())
}

/// Runs one command in its own savepoint. A panic in it is its own failure, and not the writer's end.
fn take_turn(connection: &mut Connection, job: Job, begun: bool) -> Box<dyn FnOnce(Result<()>) + Send> {
    let opened = begun && begin(connection, "SAVEPOINT command").is_ok();
    let turn =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| opened.then(|| job(connection)))).ok().flatten();
    let keep = turn.as_ref().is_some_and(|turn| turn.keep);
    let closed = !opened
        || ((keep || begin(connection, "ROLLBACK TO command").is_ok()) && begin(connection, "RELEASE command").is_ok());
    match turn {
        Some(turn) if closed => turn.settle,
        // Dropping the command's settle tells its caller that there will be no answer.
        _ => Box::new(|_| ()),
    }
}

fn begin(connection: &Connection, command: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(command).map_err(|error| failed(&error))?;
    statement.execute([]).map(|_| ()).map_err(|error| failed(&error))
}

/// Runs a statement and says how many rows it changed.
pub(super) fn execute(connection: &Connection, declaration: &Declaration, values: &[Value<'_>]) -> Result<usize> {
    let run = || {
        let mut statement = connection.prepare_cached(declaration.sqlite)?;
        statement.execute(rusqlite::params_from_iter(values))
    };
    run().map_err(|error| named(declaration, &error))
}

/// Runs a statement and reads its rows.
pub(super) fn rows<R>(
    connection: &Connection,
    declaration: &Declaration,
    values: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<R>,
) -> Result<Vec<R>> {
    let failed = |error: rusqlite::Error| named(declaration, &error);
    let mut statement = connection.prepare_cached(declaration.sqlite).map_err(failed)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        records.push(read(&Row::Sqlite(row))?);
    }
    Ok(records)
}

/// The cell at this place of a row.
pub(super) fn cell<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<Cell<'r>> {
    Ok(match row.get_ref(index).map_err(|error| failed(&error))? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(Problem::internal)?),
        ValueRef::Blob(bytes) => Value::Bytes(bytes),
        ValueRef::Real(_) => return Err(Problem::internal(format!("column {index} holds a fraction"))),
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

fn named(declaration: &Declaration, error: &rusqlite::Error) -> Problem {
    problem(error, format!("{}: {error}", declaration.name))
}

fn failed(error: &rusqlite::Error) -> Problem {
    problem(error, error.to_string())
}

fn problem(error: &rusqlite::Error, cause: String) -> Problem {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => Problem::caused(Code::StorageFull, cause),
        _ => Problem::internal(cause),
    }
}
