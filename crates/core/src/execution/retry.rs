//! Retries of PostgreSQL transactions, with exponential backoff and jitter.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use tokio::time::Instant;
use vestibule_db::{PgError, Postgres};

use crate::error::Problem;
use crate::metrics::{Metrics, TransactionFailure};
use crate::random::Randomness;

/// The backoff before a second attempt. It doubles up to the maximum, and is multiplied with a random factor below 1,
/// so that conflicting transactions do not conflict again.
const MIN_BACKOFF: Duration = Duration::from_millis(1);
const MAX_BACKOFF: Duration = Duration::from_millis(64);

/// The retry state of one transaction.
pub(super) struct Retry {
    /// The kind of error that ended each attempt.
    errors: Vec<Discriminant<PgError>>,
    pub(super) deadline: Instant,
}

impl Retry {
    /// Starts the transaction timeout.
    pub(super) fn new(postgres: &Postgres) -> Self {
        Self { errors: Vec::new(), deadline: Instant::now() + postgres.timeout() }
    }

    /// Waits until the next attempt is due, or returns the problem if there is none. Attempts are counted per kind of
    /// error: a transaction that had many serialization failures may still be retried after a constraint violation.
    #[expect(clippy::disallowed_methods, reason = "no event reports the end of a conflicting transaction")]
    pub(super) async fn backoff(
        &mut self,
        error: PgError,
        random: &dyn Randomness,
        metrics: &Metrics,
    ) -> Result<(), Problem> {
        metrics.transaction_failures.increment(failure(&error));
        let kind = discriminant(&error);
        self.errors.push(kind);
        let attempts = self.errors.iter().filter(|earlier| **earlier == kind).count();
        if attempts >= error.max_attempts() || Instant::now() >= self.deadline {
            return Err(vestibule_db::Error::from(error).into());
        }
        metrics.retries.increment();
        tracing::debug!(?error, attempt = self.errors.len(), "retrying a transaction");
        if !matches!(error, PgError::ConnectionLost(_)) {
            let max = MIN_BACKOFF.saturating_mul(1 << attempts.min(6)).min(MAX_BACKOFF);
            tokio::time::sleep(max.mul_f64(f64::from(random.bytes::<1>()[0]) / 255.0)).await;
        }
        Ok(())
    }
}

const fn failure(error: &PgError) -> TransactionFailure {
    match error {
        PgError::SerializationFailure(_) => TransactionFailure::Serialization,
        PgError::ConstraintViolation(_) => TransactionFailure::Constraint,
        PgError::ConnectionLost(_) => TransactionFailure::ConnectionLost,
        PgError::Transient(_) => TransactionFailure::Transient,
        PgError::Unreachable(_) => TransactionFailure::Unreachable,
        PgError::PoolExhausted => TransactionFailure::PoolExhausted,
        PgError::DiskFull(_) => TransactionFailure::DiskFull,
        PgError::OutcomeUnknown(_) => TransactionFailure::OutcomeUnknown,
        PgError::Internal(_) => TransactionFailure::Internal,
    }
}
