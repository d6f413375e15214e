//! Why a statement or a transaction failed.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

/// The result of a database operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Too many callers wait, or too many conflicts: nothing was changed, and a later attempt may succeed.
    Busy,
    /// The database does not answer. Nothing was changed.
    Unavailable,
    /// The disk of the database is full. Nothing was changed.
    DiskFull,
    /// The connection was lost during a commit, so the change may or may not be stored.
    OutcomeUnknown,
    /// A defect of this program or of the database.
    Internal,
}

/// A failed database operation: its kind, its context (such as the name of the statement), and the cause. It contains
/// no arguments of statements.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{context}")]
pub struct Error {
    kind: ErrorKind,
    context: Cow<'static, str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error without an underlying one.
    pub fn new(kind: ErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// An [`ErrorKind::Internal`] error.
    pub fn internal(context: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Internal, context)
    }

    /// An error with the one that caused it.
    pub fn with_source(
        kind: ErrorKind,
        context: impl Into<Cow<'static, str>>,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(Arc::new(source)) }
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}
