//! Work that leaves the process: rows written in the same transaction as the change they tell of, and a worker that
//! carries them out afterwards.
//!
//! A job is claimed for the length of a lease; a worker that dies leaves it to the next. So a mail is sent at least once,
//! and in the good case exactly once. What became of it is written back to the invitation it is about.

mod deliver;
pub(crate) mod sql;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::access::Grant;
use crate::context::{Caller, Command, Context, Query};
use crate::error::Result;
use crate::invitation::Invitation;
use crate::service::Service;
use crate::time::Timestamp;

/// How long a worker holds a job before another may think it dead.
const LEASE: Duration = Duration::from_mins(2);
/// How long a worker rests at the most, so that a lease that ran out elsewhere is noticed.
const LONGEST_REST: Duration = Duration::from_secs(30);
/// Attempts before a job is given up: with doubling pauses from a minute, about eight hours.
const MOST_ATTEMPTS: i64 = 10;

/// Puts the mail for this generation of an invitation into the outbox, if anything carries mail here.
pub(crate) async fn tell(cx: &mut Context<'_>, grant: &Grant, invitation: &Invitation) -> Result<()> {
    if cx.service.carrier.is_some() {
        let job = (cx.id(), grant.organization(), invitation.id, invitation.generation, cx.now);
        cx.tx.execute(sql::INSERT, job).await?;
        cx.wakes.outbox = true;
    }
    Ok(())
}

/// The same for many at once.
pub(crate) async fn tell_all(cx: &mut Context<'_>, grant: &Grant, invitations: &[&Invitation]) -> Result<()> {
    if cx.service.carrier.is_some() && !invitations.is_empty() {
        let job = |one: &&Invitation| (cx.id(), grant.organization(), one.id, one.generation, cx.now);
        let jobs: Vec<_> = invitations.iter().map(job).collect();
        cx.tx.execute_each(sql::INSERT, &jobs).await?;
        cx.wakes.outbox = true;
    }
    Ok(())
}

/// Carries out every job that is due, and says how many there were.
pub async fn drain(service: &Arc<Service>) -> Result<usize> {
    let mut carried_out = 0;
    while carry_out_next(service).await? {
        carried_out += 1;
    }
    Ok(carried_out)
}

/// Carries out the next job that is due; false when there is none.
async fn carry_out_next(service: &Arc<Service>) -> Result<bool> {
    let Some(carrier) = service.carrier.clone() else {
        return Ok(false);
    };
    match service.run(&Caller::nobody(), Claim).await.result? {
        Some(job) => deliver::carry_out(service, carrier.as_ref(), job).await.map(|()| true),
        None => Ok(false),
    }
}

/// Carries out jobs as they come, until `stop` is ready; the job under way is finished.
pub async fn work(service: &Arc<Service>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let rest = match carry_out_next(service).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => rest(service).await,
            Err(problem) => {
                tracing::error!(cause = problem.cause(), "the outbox could not be worked on");
                LONGEST_REST
            }
        };
        // Whoever writes a job wakes the worker; the rest is for jobs that wait for their time.
        let woken = timeout(rest, service.outbox.notified());
        tokio::select! {
            biased;
            () = &mut stop => return,
            _ = woken => {}
        }
    }
}

async fn rest(service: &Arc<Service>) -> Duration {
    let reply = service.ask(&Caller::nobody(), &NextDue).await;
    match reply.result {
        Ok(Some(due)) => due.since(service.clock.now()).clamp(Duration::from_millis(100), LONGEST_REST),
        _ => LONGEST_REST,
    }
}

#[derive(Debug)]
struct Claim;

impl Command for Claim {
    type Out = Option<sql::Job>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<sql::Job>> {
        cx.tx.optional(sql::CLAIM, (cx.now, cx.now.plus(LEASE))).await
    }
}

#[derive(Debug)]
struct NextDue;

impl Query for NextDue {
    type Out = Option<Timestamp>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Timestamp>> {
        Ok(cx.tx.optional(sql::NEXT_DUE, ()).await?.map(|(due,)| due))
    }
}
