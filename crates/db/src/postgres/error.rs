//! Errors of PostgreSQL, and how often a transaction is retried after each.

use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use crate::OpenError;
use crate::error::{Error as DbError, ErrorKind};

/// Why a transaction did not commit. The texts contain the server's message and code, but never its details, which
/// quote values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PgError {
    /// A serialization failure or a deadlock: the transaction may succeed when it runs again from the start.
    #[error("serialization failure: {0}")]
    SerializationFailure(String),
    /// A unique or foreign key was violated, possibly by a concurrent transaction, so a retry may succeed.
    #[error("constraint violation: {0}")]
    ConstraintViolation(String),
    /// The connection was lost. Nothing was changed; another connection may work.
    #[error("connection lost: {0}")]
    ConnectionLost(String),
    /// The server refuses temporarily: a lock or resource is not available, or it accepts no writes. Nothing was
    /// changed.
    #[error("the server temporarily refuses: {0}")]
    Transient(String),
    /// No connection could be opened. Nothing was changed.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// Every connection is in use, and too many callers wait for one. Nothing was changed.
    #[error("the connection pool is exhausted")]
    PoolExhausted,
    /// The server's disk is full. Nothing was changed.
    #[error("disk full: {0}")]
    DiskFull(String),
    /// The connection was lost during the commit, which may or may not have taken effect.
    #[error("the outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// A defect of this program.
    #[error("{0}")]
    Internal(String),
}

impl PgError {
    /// The error of a statement.
    pub(super) fn from_driver(error: &Error) -> Self {
        let message = redacted(error);
        let Some(code) = error.code() else {
            let is_lost = error.is_closed() || source::<std::io::Error>(error).is_some();
            return if is_lost { Self::ConnectionLost(message) } else { Self::Internal(message) };
        };
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
                Self::SerializationFailure(message)
            }
            SqlState::UNIQUE_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION => Self::ConstraintViolation(message),
            SqlState::DISK_FULL => Self::DiskFull(message),
            // A primary that became a standby; a timeout of the server.
            SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::QUERY_CANCELED
            | SqlState::LOCK_NOT_AVAILABLE
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Transient(message),
            // Insufficient resources (53), operator intervention (57), system errors (58), connection exceptions (08).
            _ if code.code().starts_with("53") => Self::Transient(message),
            _ if ["08", "57", "58"].iter().any(|class| code.code().starts_with(class)) => Self::ConnectionLost(message),
            _ => Self::Internal(message),
        }
    }

    /// The error of a commit. Only errors with which the server rolls back before it writes the commit prove that
    /// nothing was stored.
    pub(super) fn from_commit(error: &Error) -> Self {
        let is_rolled_back = error.as_db_error().is_some_and(|error| {
            let code = error.code();
            error.parsed_severity() == Some(Severity::Error)
                && (code.code().starts_with("23")
                    || [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::DISK_FULL]
                        .contains(code))
        });
        if is_rolled_back { Self::from_driver(error) } else { Self::OutcomeUnknown(redacted(error)) }
    }

    /// The error of a statement that was sent right before the commit. If the server rejects it, the commit becomes a
    /// rollback. Without an answer, the outcome is unknown.
    pub(super) fn from_final_statement(error: &Error) -> Self {
        let is_rejected = error.as_db_error().is_some_and(|error| error.parsed_severity() == Some(Severity::Error));
        if is_rejected { Self::from_driver(error) } else { Self::OutcomeUnknown(redacted(error)) }
    }

    /// How often a transaction may run in total, if each attempt ends with this kind of error.
    pub fn max_attempts(&self) -> usize {
        match self {
            Self::SerializationFailure(_) => 200,
            Self::ConstraintViolation(_) => 5,
            // After a restart of the server, each idle connection of the pool may be broken. The transaction timeout
            // applies as well.
            Self::ConnectionLost(_) => 50,
            Self::Transient(_) => 3,
            Self::PoolExhausted
            | Self::Unreachable(_)
            | Self::DiskFull(_)
            | Self::OutcomeUnknown(_)
            | Self::Internal(_) => 1,
        }
    }

    /// Whether the connection must not be used again.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(self, Self::ConnectionLost(_) | Self::Transient(_) | Self::OutcomeUnknown(_))
    }

    /// Converts to the error of this crate. `context` names the statement or the operation.
    pub(super) fn in_context(self, context: &'static str) -> DbError {
        let kind = match &self {
            Self::SerializationFailure(_) | Self::PoolExhausted => ErrorKind::Busy,
            Self::ConnectionLost(_) | Self::Transient(_) | Self::Unreachable(_) => ErrorKind::Unavailable,
            Self::DiskFull(_) => ErrorKind::DiskFull,
            Self::OutcomeUnknown(_) => ErrorKind::OutcomeUnknown,
            Self::ConstraintViolation(_) | Self::Internal(_) => ErrorKind::Internal,
        };
        DbError::with_source(kind, context, self)
    }
}

impl From<PgError> for DbError {
    fn from(error: PgError) -> Self {
        error.in_context("the transaction failed")
    }
}

/// The text for the log: the server's message without its details, which contain values.
pub(super) fn redacted(error: &Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

fn source<E: std::error::Error + 'static>(error: &Error) -> Option<&E> {
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

impl OpenError {
    /// The error of connecting, or of reading the schema.
    pub(super) fn from_driver(error: &Error) -> Self {
        let message = redacted(error);
        if let Some(code) = error.code() {
            return match *code {
                SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Self::Login(message),
                SqlState::INVALID_CATALOG_NAME | SqlState::INVALID_SCHEMA_NAME => Self::NoDatabase(message),
                SqlState::INSUFFICIENT_PRIVILEGE => Self::NotAllowed(message),
                SqlState::READ_ONLY_SQL_TRANSACTION => Self::Standby,
                // PgBouncer has this code for all errors of its own.
                SqlState::PROTOCOL_VIOLATION if message.contains("startup parameter") => {
                    Self::StartupParameter(message)
                }
                SqlState::PROTOCOL_VIOLATION if message.contains("does not exist") => Self::NoDatabase(message),
                SqlState::PROTOCOL_VIOLATION if message.contains("auth") => Self::Login(message),
                _ => Self::Unusable(message),
            };
        }
        // The driver wraps errors of the TLS library into I/O errors.
        let inner = source::<std::io::Error>(error).and_then(std::io::Error::get_ref);
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::Certificate(error.to_string());
        }
        match source::<std::io::Error>(error).map(std::io::Error::kind) {
            // The driver's message for a server that does not accept writes.
            Some(std::io::ErrorKind::PermissionDenied) if message.contains("does not allow writes") => Self::Standby,
            None if message.contains("server does not support TLS") => Self::NoTls,
            None if message.contains("password missing") => Self::Login("the server requires a password".to_owned()),
            _ => Self::Unreachable(message),
        }
    }
}
