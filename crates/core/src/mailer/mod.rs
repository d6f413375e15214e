//! The mail worker: sends the mails of the outbox and processes delivery reports.
//!
//! A worker leases a job; if the worker dies, another one takes the job over. So each mail is sent at least once, and
//! normally exactly once. The outcome is stored on the invitation that the mail is about.

mod bounce;
mod compose;
mod connections;
mod deliver;
mod notifications;
mod unsubscribe;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::outbox::{Job, Queue, sql};
use crate::permission::Requirement;
use crate::settings::Settings;
use crate::time::Timestamp;

pub use bounce::{RecordDeliveryReport, process_reports};
pub use unsubscribe::{ShowUnsubscribe, Unsubscribe};
pub use worker::run_worker;

/// After this, another worker may take the job over.
const LEASE_LIFETIME: Duration = Duration::from_mins(2);
/// A delivery is abandoned after this, whatever the transport does. It ends before the lease does, so that no other
/// worker sends the mail meanwhile.
const DELIVERY_TIMEOUT: Duration = Duration::from_mins(1);
/// Attempts before a job is given up. With the doubling backoff, they take about eight hours.
const MAX_ATTEMPTS: i64 = 10;

/// Runs every job that is due, one after the other, urgent ones first. Returns how many there were.
pub async fn drain(executor: &Arc<Executor>) -> Result<usize> {
    let Some(transport) = executor.mail_transport.clone() else {
        return Ok(0);
    };
    let mut count = 0;
    loop {
        let job = match claim(executor, Queue::Urgent).await? {
            Some(job) => Some(job),
            None => claim(executor, Queue::Ordinary).await?,
        };
        let Some(job) = job else { return Ok(count) };
        deliver::run_job(executor, transport.as_ref(), job).await?;
        count += 1;
    }
}

/// Claims the next job of a queue that is due.
async fn claim(executor: &Arc<Executor>, queue: Queue) -> Result<Option<Job>> {
    executor.run(&Caller::anonymous(), Claim(queue)).await.result?.map(Job::try_from).transpose()
}

#[derive(Debug)]
struct Claim(Queue);

impl Command for Claim {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<sql::JobRow>;

    /// The statement repeats its condition on the row that it selected. A worker that another one overtakes gets no
    /// job, and polls again.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<sql::JobRow>> {
        Ok(cx.tx.optional(sql::CLAIM, (cx.now, cx.now.plus(LEASE_LIFETIME), self.0.is_urgent())).await?)
    }
}

#[derive(Debug)]
struct NextDue(Queue);

impl Query for NextDue {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<Timestamp>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Timestamp>> {
        Ok(cx.tx.optional(sql::NEXT_DUE, (self.0.is_urgent(),)).await?.map(|(due,)| due))
    }
}
