//! One job carried out.

use std::sync::Arc;
use std::time::Duration;

use super::MAX_ATTEMPTS;
use super::compose::{Compose, Composed};
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context};
use crate::mail::{MailTransport, Undelivered};
use crate::outbox::Delivery;
use crate::outbox::sql;
use crate::outbox::{Job, Subject};
use crate::permission::Requirement;

/// Sends the mail and writes down what became of it. A job that a resend, a discard or an answer has overtaken is done
/// without sending anything.
pub(super) async fn carry_out(executor: &Arc<Executor>, carrier: &dyn MailTransport, job: Job) -> Result<()> {
    let outcome = match executor.query(&Caller::anonymous(), &Compose(&job)).await.result {
        Ok(Composed::Nothing(reason)) => Ok(Some(reason)),
        Ok(Composed::Mail(message)) => carrier.send(&message).await.map(|()| None),
        // The database is away: the job is still claimed, and comes back when its lease has run out.
        Err(problem) if problem.code().status() == 503 => return Err(problem),
        // A mail that cannot be made today cannot be made tomorrow.
        Err(problem) => {
            tracing::error!(cause = problem.cause(), "a mail could not be made");
            Err(Undelivered { reason: "the mail could not be made".to_owned(), retry: false })
        }
    };
    #[cfg(feature = "test-hooks")]
    vestibule_db::test_hooks::point("sent");
    if let Err(undelivered) = &outcome {
        tracing::warn!(job = %job.id, reason = undelivered.reason, "a mail did not leave");
    }
    executor.run(&Caller::anonymous(), Settle { job, outcome }).await.result
}

/// What came of a job: sent, not to be sent for a reason, or not delivered.
#[derive(Debug)]
struct Settle {
    job: Job,
    outcome: Result<Option<&'static str>, Undelivered>,
}

impl Command for Settle {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let job = &self.job;
        let mut next = None;
        let (delivery, reason) = match &self.outcome {
            Ok(unsent) => {
                cx.tx.execute(sql::DONE, (job.id,)).await?;
                unsent.map_or((Delivery::Sent, ""), |reason| (Delivery::NotSent, reason))
            }
            Err(undelivered) if undelivered.retry && job.attempts < MAX_ATTEMPTS => {
                let due_at = cx.now.plus(pause(job.attempts, cx.random().bytes()));
                cx.tx.execute(sql::LATER, (job.id, &undelivered.reason, due_at)).await?;
                next = Some(due_at);
                (Delivery::Deferred, undelivered.reason.as_str())
            }
            Err(undelivered) => {
                cx.tx.execute(sql::DEAD, (job.id, &undelivered.reason)).await?;
                (Delivery::Failed, undelivered.reason.as_str())
            }
        };
        // A reminder says nothing of the invitation's own mail, which arrived long ago.
        if let Subject::Invitation { organization, invitation, generation, is_reminder: false } = job.about {
            let update = sql::DeliveryUpdate {
                organization,
                invitation,
                generation,
                delivery,
                reason,
                attempts: job.attempts,
                now: cx.now,
                next_attempt_at: next,
            };
            cx.tx.execute(sql::DELIVERED, update).await?;
        }
        Ok(())
    }
}

/// Subject a minute after the first attempt, twice as long after each further one: a quarter more or less, so that what
/// was refused together does not come back together.
fn pause(attempts: i64, [chance]: [u8; 1]) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, MAX_ATTEMPTS) - 1).unwrap_or(0);
    let base = Duration::from_mins(1) * 2_u32.pow(doublings);
    base * 3 / 4 + base * u32::from(chance) / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_differ() {
        assert_eq!(pause(1, [0]), Duration::from_secs(45));
        assert!(pause(1, [255]) < Duration::from_secs(75));
        assert_eq!(pause(3, [128]), Duration::from_mins(4));
        assert_eq!(pause(99, [128]), Duration::from_mins(512));
    }
}
