//! Running one job: compose its mail, send it, and store the outcome.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use vestibule_db::TransactionMode;

use super::compose::{Compose, Composition};
use super::{DELIVERY_TIMEOUT, LEASE_LIFETIME, MAX_ATTEMPTS};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::mail::{DeliveryError, MailTransport, Message};
use crate::metrics::MailAttempt;
use crate::outbox::{Delivery, Job, sql, update_delivery};
use crate::permission::Requirement;
use crate::settings::Settings;

// The rest of the lease is for composing the mail and for storing the outcome.
const _: () = assert!(DELIVERY_TIMEOUT.as_secs() * 2 <= LEASE_LIFETIME.as_secs());

/// Sends the mail of a job and stores the outcome. If the mail is obsolete, completes the job without sending it.
pub(super) async fn run_job(executor: &Arc<Executor>, transport: &dyn MailTransport, job: Job) -> Result<()> {
    let outcome = match executor.query(&Caller::anonymous(), &Compose(&job)).await.result {
        Ok(Composition::Skip(reason)) => Ok(Some(reason)),
        Ok(Composition::Mail(message)) => send(transport, &message, DELIVERY_TIMEOUT).await.map(|()| None),
        // The database is unavailable. The job stays claimed, and is due again when its lease has expired.
        Err(problem) if problem.code().status() == 503 => return Err(problem),
        // Composing is deterministic, so a retry would fail as well.
        Err(problem) => {
            tracing::error!(cause = problem.cause(), "cannot compose a mail");
            Err(DeliveryError { reason: "the mail could not be composed".to_owned(), retry: false })
        }
    };
    #[cfg(feature = "test-hooks")]
    vestibule_db::test_hooks::point("sent");
    if let Err(error) = &outcome {
        tracing::warn!(job = %job.id, reason = error.reason, "cannot send a mail");
    }
    executor.metrics.mail_attempts.increment(match &outcome {
        Ok(None) => MailAttempt::Sent,
        Ok(Some(_)) => MailAttempt::Skipped,
        Err(error) if is_retried(error, &job) => MailAttempt::Deferred,
        Err(_) => MailAttempt::Failed,
    });
    executor.run(&Caller::anonymous(), StoreOutcome { job, outcome }).await.result
}

/// Whether there is another attempt after this one.
fn is_retried(error: &DeliveryError, job: &Job) -> bool {
    error.retry && job.attempts < MAX_ATTEMPTS
}

/// Sends a message, and gives up after `limit`: a transport that hangs must not occupy a worker beyond its lease.
async fn send(transport: &dyn MailTransport, message: &Message, limit: Duration) -> Result<(), DeliveryError> {
    let timed_out = |_| DeliveryError { reason: "the delivery took too long".to_owned(), retry: true };
    timeout(limit, transport.send(message)).await.map_err(timed_out)?
}

/// Stores the outcome of a job.
#[derive(Debug)]
struct StoreOutcome {
    job: Job,
    /// `Ok` with a reason if the mail was not sent because it is obsolete.
    outcome: Result<Option<&'static str>, DeliveryError>,
}

impl Command for StoreOutcome {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    /// Each statement has a condition on the row that it changes, so concurrent deliveries need not conflict.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let job = &self.job;
        let mut next_attempt_at = None;
        let (delivery, reason) = match &self.outcome {
            Ok(skipped) => {
                cx.tx.execute(sql::COMPLETE, (job.id,)).await?;
                skipped.map_or((Delivery::Sent, ""), |reason| (Delivery::NotSent, reason))
            }
            Err(error) if is_retried(error, job) => {
                let due_at = cx.now.plus(backoff(job.attempts, cx.random().bytes()));
                cx.tx.execute(sql::RESCHEDULE, (job.id, &error.reason, due_at)).await?;
                next_attempt_at = Some(due_at);
                (Delivery::Deferred, error.reason.as_str())
            }
            Err(error) => {
                cx.tx.execute(sql::MARK_DEAD, (job.id, &error.reason)).await?;
                (Delivery::Failed, error.reason.as_str())
            }
        };
        update_delivery(cx, job, delivery, reason, next_attempt_at).await
    }
}

/// The delay after a failed attempt: a minute after the first, doubled after each further one. Jitter of ±25 % spreads
/// jobs that failed together.
fn backoff(attempts: i64, [random]: [u8; 1]) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, MAX_ATTEMPTS) - 1).unwrap_or(0);
    let base = Duration::from_mins(1) * 2_u32.pow(doublings);
    base * 3 / 4 + base * u32::from(random) / 512
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::SendFuture;

    #[derive(Debug)]
    struct Hanging;

    impl MailTransport for Hanging {
        fn send<'a>(&'a self, _: &'a Message) -> SendFuture<'a> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn hanging_transport_defers_the_delivery() {
        let message = crate::mail::message::tests::message();
        let error = send(&Hanging, &message, Duration::ZERO).await.unwrap_err();
        assert!(error.retry, "{error}");
    }

    #[test]
    fn backoff_doubles_with_jitter() {
        assert_eq!(backoff(1, [0]), Duration::from_secs(45));
        assert!(backoff(1, [255]) < Duration::from_secs(75));
        assert_eq!(backoff(3, [128]), Duration::from_mins(4));
        assert_eq!(backoff(99, [128]), Duration::from_mins(512));
    }
}
