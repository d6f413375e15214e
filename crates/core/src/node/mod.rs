//! The number under which this process makes ids: leased in the database, so that nobody sets it by hand.
//!
//! The lease is what keeps numbers apart in the ordinary course of things; it rests on the processes' clocks. What must
//! never happen, happens neither when a process stood still past its lease: every table's own key refuses an id that is
//! taken, and the command is run again with another.

pub(crate) mod sql;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::error::{Code, Problem, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context};
use crate::id::IdSource;
use crate::permission::Requirement;

/// How long the number of a process that died stays taken.
const LEASE: Duration = Duration::from_mins(10);
/// How often a living one renews it.
const RENEWAL: Duration = Duration::from_mins(2);

/// Takes the lowest number that nobody holds.
pub(crate) async fn claim(executor: &Arc<Executor>) -> Result<()> {
    let node = executor.run(&Caller::anonymous(), Claim).await.result?;
    executor.ids.set_node(node);
    Ok(())
}

/// Keeps the number until `stop` is ready, then gives it back.
pub async fn hold(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    while timeout(RENEWAL, &mut stop).await.is_err() {
        if let Err(problem) = renew(executor).await {
            tracing::warn!(cause = problem.cause(), "the lease on this process's number could not be renewed");
        }
    }
    let _ = executor.run(&Caller::anonymous(), Release).await;
}

/// Renews the lease; takes another number when this one has become somebody else's.
pub async fn renew(executor: &Arc<Executor>) -> Result<()> {
    if executor.run(&Caller::anonymous(), Renew).await.result? {
        return Ok(());
    }
    tracing::warn!(node = executor.ids.node(), "another process has taken this one's number; taking a new one");
    claim(executor).await
}

#[derive(Debug)]
struct Claim;

impl Command for Claim {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = i64;

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let taken = cx.tx.all(sql::TAKEN, (cx.now,)).await?;
        let free = IdSource::NODES.into_iter().find(|node| !taken.contains(&(*node,)));
        let free = free.ok_or_else(|| Problem::internal("1,023 processes share this database already"))?;
        let lease_end = cx.now.plus(LEASE);
        Ok(cx.tx.one(sql::CLAIM, (free, &cx.executor.lease_holder, cx.now, lease_end)).await?.0)
    }
}

#[derive(Debug)]
struct Renew;

impl Command for Renew {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let held = (cx.executor.ids.node(), cx.executor.lease_holder.as_slice(), cx.now.plus(LEASE));
        Ok(cx.tx.optional(sql::RENEW, held).await?.is_some())
    }
}

#[derive(Debug)]
struct Release;

impl Command for Release {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::RELEASE, (cx.executor.ids.node(), &cx.executor.lease_holder)).await?;
        Ok(())
    }
}
