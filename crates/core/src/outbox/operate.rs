//! What an operator does about mail that does not leave: look, try again, let go.

use super::job::{Job, Subject};
use super::sql::{self, Listed};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::OutboxId;
use crate::outbox::Delivery;
use crate::permission::Requirement;

/// The most jobs that are shown.
const MOST: i64 = 1000;

/// Shows the outbox: what was given up first, then what waits, the next one first. For operators only: no door of the API
/// leads here.
#[derive(Debug)]
pub struct List;

impl Query for List {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Listed>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Listed>> {
        Ok(cx.tx.all(sql::LIST, (MOST,)).await?)
    }
}

/// Has a job tried again at once, from the beginning; or every one that was given up. Says how many.
///
/// Error: `JOB_NOT_FOUND`.
#[derive(Debug)]
pub struct Retry {
    /// Which one; `None` for all that were given up.
    pub job: Option<OutboxId>,
}

impl Command for Retry {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::JobNotFound];
    type Out = usize;

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let jobs = match self.job {
            Some(job) => vec![job],
            None => cx.tx.all(sql::ALL_DEAD, ()).await?.into_iter().map(|(job,)| job).collect(),
        };
        for job in &jobs {
            let row = cx.tx.optional(sql::RETRY, (*job, cx.now)).await?.ok_or(Code::JobNotFound)?;
            tell(cx, &Job::try_from(row)?, Delivery::Queued, "").await?;
        }
        cx.after_commit.on_success(|executor| executor.outbox.notify_one());
        Ok(jobs.len())
    }
}

/// Lets a job go, and says so on the invitation it is about. Error: `JOB_NOT_FOUND`.
#[derive(Debug)]
pub struct Drop {
    /// Which one.
    pub job: OutboxId,
}

impl Command for Drop {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::JobNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let row = cx.tx.optional(sql::DROP, (self.job,)).await?.ok_or(Code::JobNotFound)?;
        tell(cx, &Job::try_from(row)?, Delivery::NotSent, "an operator took it out of the outbox").await
    }
}

async fn tell(cx: &mut Context<'_>, job: &Job, delivery: Delivery, reason: &str) -> Result<()> {
    if let Subject::Invitation { organization, invitation, generation, is_reminder: false } = job.about {
        let update = sql::DeliveryUpdate {
            organization,
            invitation,
            generation,
            delivery,
            reason,
            attempts: job.attempts,
            now: cx.now,
            next_attempt_at: None,
        };
        cx.tx.execute(sql::DELIVERED, update).await?;
    }
    Ok(())
}
