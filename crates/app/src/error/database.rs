//! Messages about databases that cannot be used or copied.

use std::fmt;

use vestibule_db::{CopyError, DatabaseLocation, OpenError};

use super::CHOOSE_DATABASE;

pub(super) fn fmt_server(f: &mut fmt::Formatter<'_>, database: &DatabaseLocation, error: &OpenError) -> fmt::Result {
    write!(f, "database is {database}, ")?;
    match error {
        OpenError::Unreachable(reason) => {
            write!(f, "which cannot be reached: {reason}; start the server, or correct host and port in the URL")
        }
        OpenError::Login(reason) => write!(
            f,
            "which rejected the login: {reason}; correct user and password in the URL, or write the password into a \
             file and set VESTIBULE_DATABASE_PASSWORD_FILE to it"
        ),
        OpenError::NoDatabase(reason) => {
            write!(f, "which does not exist: {reason}; create the database, or correct its name in the URL")
        }
        OpenError::NotAllowed(reason) => write!(
            f,
            "where this user lacks a privilege: {reason}; make the user the owner of the schema, for example with: \
             CREATE SCHEMA vestibule AUTHORIZATION the_user"
        ),
        OpenError::Certificate(reason) => write!(
            f,
            "whose certificate cannot be verified: {reason}; set sslrootcert in the URL to the file of the certificate \
             authority, or correct the host; sslmode=require encrypts without verifying, which suits a trusted network only"
        ),
        OpenError::NoTls => {
            write!(
                f,
                "which does not support TLS; enable TLS on the server, or add sslmode=disable to the URL if the network is \
                 trusted"
            )
        }
        OpenError::Standby => {
            write!(f, "which is a read-only standby; use the primary in the URL, or list both: host1,host2")
        }
        OpenError::SharedSession => f.write_str(
            "which is behind a connection pooler that gives a connection another session for each transaction or \
             statement; set pool_mode = session for this database in PgBouncer, or name PostgreSQL itself in the URL",
        ),
        OpenError::StartupParameter(reason) => write!(
            f,
            "which is behind a connection pooler that refuses a parameter of the URL: {reason}; remove options from the \
             URL, and set the schema with: ALTER ROLE the_user IN DATABASE the_database SET search_path = the_schema"
        ),
        OpenError::SearchPathIgnored => f.write_str(
            "which is behind a connection pooler that ignores the search_path in the URL; remove options from the URL, \
             and set the schema with: ALTER ROLE the_user IN DATABASE the_database SET search_path = the_schema",
        ),
        OpenError::TooOld { found, oldest } => {
            write!(f, "which is PostgreSQL {found}; use version {oldest} or later, or {CHOOSE_DATABASE}")
        }
        OpenError::MigrationChanged { file } => write!(
            f,
            "which cannot be used: {file} was changed after it was applied to this database; restore the file and write a \
             new migration, use a binary that was built with the original file, or {CHOOSE_DATABASE}"
        ),
        other => write!(f, "which cannot be used: {other:?}; {CHOOSE_DATABASE}"),
    }
}

pub(super) fn fmt_copy(
    f: &mut fmt::Formatter<'_>,
    from: &DatabaseLocation,
    to: &DatabaseLocation,
    error: &CopyError,
) -> fmt::Result {
    let open_error = |flag: &str, location: &DatabaseLocation, error: &OpenError| match error {
        OpenError::InUse => format!("{flag} is {location}, which a running server has locked; stop the server first"),
        OpenError::Foreign => format!("{flag} is {location}, which is not a Vestibule database; correct {flag}"),
        OpenError::Newer { found, known } => format!(
            "{flag} is {location}, which has schema version {found}, but this binary supports versions up to {known}; \
             use the newer binary"
        ),
        OpenError::Unusable(reason) => {
            format!("{flag} is {location}, which cannot be opened: {reason}; correct {flag}")
        }
        error => ServerMessage(location, error).to_string().replacen("database is", &format!("{flag} is"), 1),
    };
    match error {
        CopyError::Source(error) => f.write_str(&open_error("--from", from, error)),
        CopyError::Target(error) => f.write_str(&open_error("--to", to, error)),
        CopyError::SourceMissing => write!(f, "--from is {from}, which does not exist; correct the path"),
        CopyError::SourceOutdated => write!(
            f,
            "--from is {from}, which has pending migrations; apply them first with: vestibule migrate --database {from}"
        ),
        CopyError::SourceInUse(processes) => write!(
            f,
            "--from is {from}, which {processes} server process(es) use; stop them first; after a crash, wait ten \
             minutes until the lease expires"
        ),
        CopyError::TargetInUse(processes) => {
            write!(f, "--to is {to}, which {processes} server process(es) use; choose an unused database")
        }
        CopyError::TargetNotEmpty(table) => {
            write!(f, "--to is {to}, where the table {table} has rows; choose an empty database")
        }
        CopyError::Differs(table) => write!(
            f,
            "nothing was copied, because the checksums of the table {table} differ; make sure that no other process \
             writes to {to}, try again, and report this bug if it recurs"
        ),
        CopyError::Failed(problem) => {
            write!(f, "nothing was copied: {problem}; check the free disk space of {to}, and try again")
        }
    }
}

/// Formats an `OpenError` of a PostgreSQL server.
struct ServerMessage<'a>(&'a DatabaseLocation, &'a OpenError);

impl fmt::Display for ServerMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_server(f, self.0, self.1)
    }
}
