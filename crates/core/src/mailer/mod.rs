//! The mail worker: sends the mails of the outbox and processes delivery reports.
//!
//! A worker leases a job; if the worker dies, another one takes the job over. So each mail is sent at least once, and
//! normally exactly once. The outcome is stored on the invitation that the mail is about.

mod bounce;
mod compose;
mod deliver;
mod unsubscribe;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::outbox::{Job, sql};
use crate::permission::Requirement;
use crate::time::Timestamp;

pub use bounce::{RecordDeliveryReport, process_reports};
pub use unsubscribe::{ShowUnsubscribe, Unsubscribe};

/// After this, another worker may take the job over.
const LEASE_LIFETIME: Duration = Duration::from_mins(2);
/// The maximum time between two polls of the outbox. They find jobs whose lease has expired.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(30);
/// Attempts before a job is given up. With the doubling backoff, they take about eight hours.
const MAX_ATTEMPTS: i64 = 10;

/// Runs every job that is due. Returns how many there were.
pub async fn drain(executor: &Arc<Executor>) -> Result<usize> {
    let mut count = 0;
    while run_next(executor).await? {
        count += 1;
    }
    Ok(count)
}

/// Runs the next job that is due. Returns `false` if there is none.
async fn run_next(executor: &Arc<Executor>) -> Result<bool> {
    let Some(transport) = executor.mail_transport.clone() else {
        return Ok(false);
    };
    match executor.run(&Caller::anonymous(), Claim).await.result?.map(Job::try_from).transpose()? {
        Some(job) => deliver::run_job(executor, transport.as_ref(), job).await.map(|()| true),
        None => Ok(false),
    }
}

/// Runs jobs until `stop` completes. The job in progress is completed first.
pub async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        let wait = match run_next(executor).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => {
                process_reports(executor).await;
                time_to_next_job(executor).await
            }
            Err(problem) => {
                tracing::error!(cause = problem.cause(), "cannot run the next job of the outbox");
                MAX_POLL_INTERVAL
            }
        };
        // Enqueueing a job wakes the worker. The timeout is for jobs that are due later.
        let woken = timeout(wait, executor.outbox.notified());
        tokio::select! {
            biased;
            () = &mut stop => return,
            _ = woken => {}
        }
    }
}

async fn time_to_next_job(executor: &Arc<Executor>) -> Duration {
    let reply = executor.query(&Caller::anonymous(), &NextDue).await;
    match reply.result {
        Ok(Some(due)) => due.since(executor.clock.now()).clamp(Duration::from_millis(100), MAX_POLL_INTERVAL),
        _ => MAX_POLL_INTERVAL,
    }
}

#[derive(Debug)]
struct Claim;

impl Command for Claim {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<sql::JobRow>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<sql::JobRow>> {
        Ok(cx.tx.optional(sql::CLAIM, (cx.now, cx.now.plus(LEASE_LIFETIME))).await?)
    }
}

#[derive(Debug)]
struct NextDue;

impl Query for NextDue {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<Timestamp>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Timestamp>> {
        Ok(cx.tx.optional(sql::NEXT_DUE, ()).await?.map(|(due,)| due))
    }
}
