//! What can go wrong with PostgreSQL, and what to do about each: run again, come back later, or tell the log.

use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use crate::db::OpenError;
use crate::error::{Code, Problem};

/// Why a transaction did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction was first: run from the start, this one sees what that one did.
    LostRace(String),
    /// A key was taken, or what it points at gone, which may be a race too: worth a few tries and no more.
    Collided(String),
    /// The connection was lost, or the database has ended it. Nothing was changed, and another one may do.
    Gone(String),
    /// The server would not do it now: a lock or a resource it lacks, or it takes no writes any more. Nothing was changed.
    Hindered(String),
    /// There is no connection to be had. Nothing was changed.
    Away(String),
    /// All connections are in use, and too many callers wait for one. Nothing was changed.
    Crowded,
    /// Its disk is full. Nothing was changed.
    Full(String),
    /// It went away during the commit: nobody knows whether that was done.
    Unknown(String),
    /// A mistake of ours.
    Failed(String),
}

impl Trouble {
    /// What went wrong with a statement.
    pub(super) fn of(error: &Error) -> Self {
        let words = words(error);
        let Some(code) = error.code() else {
            let gone = error.is_closed() || source::<std::io::Error>(error).is_some();
            return if gone { Self::Gone(words) } else { Self::Failed(words) };
        };
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::LostRace(words),
            SqlState::UNIQUE_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION => Self::Collided(words),
            SqlState::DISK_FULL => Self::Full(words),
            // A primary that has become a standby; a limit in time of the server's.
            SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::QUERY_CANCELED
            | SqlState::LOCK_NOT_AVAILABLE
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Hindered(words),
            // Resources (53), an operator (57), the system around it (58), the connection (08).
            _ if code.code().starts_with("53") => Self::Hindered(words),
            _ if ["08", "57", "58"].iter().any(|class| code.code().starts_with(class)) => Self::Gone(words),
            _ => Self::Failed(words),
        }
    }

    /// What went wrong with a commit. Only the server's own refusal, of a kind that undoes the transaction before it is
    /// written, says that nothing was done.
    pub(super) fn of_commit(error: &Error) -> Self {
        let is_undone = error.as_db_error().is_some_and(|error| {
            let code = error.code();
            error.parsed_severity() == Some(Severity::Error)
                && (code.code().starts_with("23")
                    || [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::DISK_FULL]
                        .contains(code))
        });
        if is_undone { Self::of(error) } else { Self::Unknown(words(error)) }
    }

    /// What went wrong with a statement that the commit was sent right behind. A server that refuses it makes a rollback of
    /// the commit; whoever heard nothing knows nothing of either.
    pub(super) fn of_last(error: &Error) -> Self {
        let is_refused = error.as_db_error().is_some_and(|error| error.parsed_severity() == Some(Severity::Error));
        if is_refused { Self::of(error) } else { Self::Unknown(words(error)) }
    }

    /// How often a transaction is begun at the most because of this.
    pub(crate) fn worth_attempts(&self) -> usize {
        match self {
            Self::LostRace(_) => 200,
            Self::Collided(_) => 5,
            // As many as there may be idle connections that went with the server, and the answer has its limit in time.
            Self::Gone(_) => 50,
            Self::Hindered(_) => 3,
            Self::Crowded | Self::Away(_) | Self::Full(_) | Self::Unknown(_) | Self::Failed(_) => 1,
        }
    }

    /// Whether the connection is of no more use, or nobody knows what it is still busy with.
    pub(super) fn spoils_connection(&self) -> bool {
        matches!(self, Self::Gone(_) | Self::Hindered(_) | Self::Unknown(_))
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::LostRace(cause) => Self::caused(Code::Busy, cause),
            Trouble::Crowded => Code::Busy.into(),
            Trouble::Gone(cause) | Trouble::Hindered(cause) | Trouble::Away(cause) => {
                Self::caused(Code::Unavailable, cause)
            }
            Trouble::Full(cause) => Self::caused(Code::StorageFull, cause),
            Trouble::Unknown(cause) => Self::caused(Code::OutcomeUnknown, cause),
            Trouble::Collided(cause) | Trouble::Failed(cause) => Self::internal(cause),
        }
    }
}

/// What the log may know: the server's words without its details, which hold values.
pub(super) fn words(error: &Error) -> String {
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
    /// Why a connection could not be made, or a schema not be looked at.
    pub(super) fn of(error: &Error) -> Self {
        let words = words(error);
        if let Some(code) = error.code() {
            return match *code {
                SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Self::Login(words),
                SqlState::INVALID_CATALOG_NAME | SqlState::INVALID_SCHEMA_NAME => Self::NoDatabase(words),
                SqlState::INSUFFICIENT_PRIVILEGE => Self::NotAllowed(words),
                SqlState::READ_ONLY_SQL_TRANSACTION => Self::Standby,
                _ => Self::Unusable(words),
            };
        }
        // The driver wraps what the TLS library said into an error of the network.
        let inner = source::<std::io::Error>(error).and_then(std::io::Error::get_ref);
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::Certificate(error.to_string());
        }
        match source::<std::io::Error>(error).map(std::io::Error::kind) {
            // Words of the driver, for a server that is not the one that takes writes.
            Some(std::io::ErrorKind::PermissionDenied) if words.contains("does not allow writes") => Self::Standby,
            None if words.contains("server does not support TLS") => Self::NoTls,
            None if words.contains("password missing") => Self::Login("it asks for a password".to_owned()),
            _ => Self::Unreachable(words),
        }
    }
}
