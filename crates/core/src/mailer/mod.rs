//! Sends the mails of the outbox, and processes what comes back.
//!
//! A worker claims a job for the length of a lease; if it dies, another worker takes the job over. So a mail is sent at least
//! once, and normally exactly once. The outcome is stored on the invitation that the mail is about.

mod bounce;
mod compose;
mod deliver;
mod unsubscribe;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

pub use bounce::{Returned, read_reports};
pub use unsubscribe::{ShowUnsubscribe, Unsubscribe};

use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::outbox::{Job, sql};
use crate::permission::Requirement;
use crate::time::Timestamp;

/// How long a worker holds a job before another may think it dead.
const LEASE: Duration = Duration::from_mins(2);
/// How long a worker rests at the most, so that a lease that ran out elsewhere is noticed.
const MAX_REST: Duration = Duration::from_secs(30);
/// Attempts before a job is given up: with doubling pauses from a minute, about eight hours.
const MAX_ATTEMPTS: i64 = 10;

/// Carries out every job that is due, and says how many there were.
pub async fn drain(executor: &Arc<Executor>) -> Result<usize> {
    let mut carried_out = 0;
    while carry_out_next(executor).await? {
        carried_out += 1;
    }
    Ok(carried_out)
}

/// Carries out the next job that is due; false when there is none.
async fn carry_out_next(executor: &Arc<Executor>) -> Result<bool> {
    let Some(carrier) = executor.mail_transport.clone() else {
        return Ok(false);
    };
    match executor.run(&Caller::anonymous(), Claim).await.result?.map(Job::try_from).transpose()? {
        Some(job) => deliver::carry_out(executor, carrier.as_ref(), job).await.map(|()| true),
        None => Ok(false),
    }
}

/// Carries out jobs as they come, until `stop` is ready; the job under way is finished.
pub async fn work(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let rest = match carry_out_next(executor).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => {
                read_reports(executor).await;
                rest(executor).await
            }
            Err(problem) => {
                tracing::error!(cause = problem.cause(), "the outbox could not be worked on");
                MAX_REST
            }
        };
        // Whoever writes a job wakes the worker; the rest is for jobs that wait for their time.
        let woken = timeout(rest, executor.outbox.notified());
        tokio::select! {
            biased;
            () = &mut stop => return,
            _ = woken => {}
        }
    }
}

async fn rest(executor: &Arc<Executor>) -> Duration {
    let reply = executor.query(&Caller::anonymous(), &NextDue).await;
    match reply.result {
        Ok(Some(due)) => due.since(executor.clock.now()).clamp(Duration::from_millis(100), MAX_REST),
        _ => MAX_REST,
    }
}

#[derive(Debug)]
struct Claim;

impl Command for Claim {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<sql::Row>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<sql::Row>> {
        Ok(cx.tx.optional(sql::CLAIM, (cx.now, cx.now.plus(LEASE))).await?)
    }
}

#[derive(Debug)]
struct NextDue;

impl Query for NextDue {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<Timestamp>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Timestamp>> {
        Ok(cx.tx.optional(sql::NEXT_DUE, ()).await?.map(|(due,)| due))
    }
}
