//! Work that leaves the process: rows written in the same transaction as the change they tell of, and a worker that
//! carries them out afterwards.
//!
//! A job is claimed for the length of a lease; a worker that dies leaves it to the next. So a mail is sent at least once,
//! and in the good case exactly once. What became of it is written back to the invitation it is about.

mod bounce;
mod compose;
mod deliver;
mod job;
mod operate;
mod refuse;
pub(crate) mod sql;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

pub use bounce::{Returned, read_reports};
use job::Job;
pub use job::{Kind, State};
pub use operate::{Drop, List, Retry};
pub use refuse::{Refuse, ShowRefusal};
pub use sql::Listed;

use crate::attempt::Attempt;
use crate::context::{Caller, Command, Context, Query};
use crate::db::Along;
use crate::error::Result;
use crate::id::{AttemptId, InvitationId, OrganizationId, OutboxId, UserId};
use crate::invitation;
use crate::service::Service;
use crate::time::Timestamp;

/// One day of an invitation's life.
const DAY: Duration = Duration::from_hours(24);
/// How long a worker holds a job before another may think it dead.
const LEASE: Duration = Duration::from_mins(2);
/// How long a worker rests at the most, so that a lease that ran out elsewhere is noticed.
const LONGEST_REST: Duration = Duration::from_secs(30);
/// Attempts before a job is given up: with doubling pauses from a minute, about eight hours.
const MOST_ATTEMPTS: i64 = 10;

/// Puts the mail for this generation of an invitation into the outbox, if anything carries mail here, and with it the
/// reminders: those that the invitation is answered before find themselves overtaken.
pub(crate) async fn tell(cx: &mut Context<'_>, invitation: &invitation::Entry) -> Result<()> {
    tell_all(cx, &[invitation]).await
}

/// The same for many at once.
pub(crate) async fn tell_all(cx: &mut Context<'_>, invitations: &[&invitation::Entry]) -> Result<()> {
    let jobs = jobs_of(cx, invitations);
    cx.tx.execute_each(sql::INSERT, &jobs).await.map(|_| ())
}

/// The same to go along with what makes the invitations.
pub(crate) fn letters(cx: &mut Context<'_>, invitations: &[&invitation::Entry]) -> Vec<Along> {
    jobs_of(cx, invitations).into_iter().map(|job| sql::INSERT.along(job)).collect()
}

fn jobs_of(cx: &mut Context<'_>, invitations: &[&invitation::Entry]) -> Vec<NewJob> {
    if cx.service.carrier.is_none() || invitations.is_empty() {
        return Vec::new();
    }
    let mut jobs = Vec::with_capacity(invitations.len());
    for one in invitations {
        let mut put = |kind, due_at| {
            let organization = Some(one.organization_id);
            jobs.push((cx.id(), kind, organization, Some(one.id), None, None, one.generation, due_at, cx.now));
        };
        put(Kind::Invitation, cx.now);
        for days in &cx.service.settings.invitations.remind {
            let due_at = one.expires_at.minus(DAY * u32::from(*days));
            if due_at > cx.now {
                put(Kind::Reminder, due_at);
            }
        }
    }
    cx.afterwards.outbox = true;
    jobs
}

/// A job that nobody has tried yet, in the order of [`sql::INSERT`].
type NewJob = (
    OutboxId,
    Kind,
    Option<OrganizationId>,
    Option<InvitationId>,
    Option<AttemptId>,
    Option<UserId>,
    i64,
    Timestamp,
    Timestamp,
);

/// Puts the mail of an attempt into the outbox.
pub(crate) async fn tell_attempt(cx: &mut Context<'_>, attempt: &Attempt) -> Result<()> {
    put(cx, (Kind::Attempt, None, Some(attempt.id), None, attempt.generation)).await
}

/// Tells somebody that they were removed from an organization, or are offered one.
pub(crate) async fn tell_member(
    cx: &mut Context<'_>,
    kind: Kind,
    organization: OrganizationId,
    user: UserId,
) -> Result<()> {
    put(cx, (kind, Some(organization), None, Some(user), 0)).await
}

type About = (Kind, Option<OrganizationId>, Option<AttemptId>, Option<UserId>, i64);

async fn put(cx: &mut Context<'_>, (kind, organization, attempt, user, generation): About) -> Result<()> {
    if cx.service.carrier.is_some() {
        let job = (cx.id(), kind, organization, None, attempt, user, generation, cx.now, cx.now);
        cx.tx.execute(sql::INSERT, job).await?;
        cx.afterwards.outbox = true;
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
    match service.run(&Caller::nobody(), Claim).await.result?.map(Job::try_from).transpose()? {
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
            Ok(false) => {
                read_reports(service).await;
                rest(service).await
            }
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
    type Out = Option<sql::Row>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<sql::Row>> {
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
