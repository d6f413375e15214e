//! The node number of this process, which is part of every id that it generates. It is leased in the database, so
//! it needs no configuration.
//!
//! The lease keeps the numbers of processes distinct as long as their clocks run. A process that was suspended beyond
//! its lease cannot cause harm either: primary keys reject a duplicate id, and the command is retried with another one.

pub(crate) mod sql;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::id::IdSource;
use crate::permission::Requirement;

/// After this, another process may take the number of a process that died.
const LEASE_LIFETIME: Duration = Duration::from_mins(10);
const RENEWAL_INTERVAL: Duration = Duration::from_mins(2);

/// Leases the lowest free number.
pub(crate) async fn claim(executor: &Arc<Executor>) -> Result<()> {
    let node = executor.run(&Caller::anonymous(), Claim).await.result?;
    executor.ids.set_node(node);
    Ok(())
}

/// Renews the lease until `stop` completes, then releases it.
pub async fn renew_lease_loop(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    while timeout(RENEWAL_INTERVAL, &mut stop).await.is_err() {
        if let Err(problem) = renew_lease(executor).await {
            tracing::warn!(cause = problem.cause(), "cannot renew the lease on the node number");
        }
    }
    release(executor).await;
}

/// Releases the lease. If that fails, it ends by itself.
pub(crate) async fn release(executor: &Arc<Executor>) {
    let _ = executor.run(&Caller::anonymous(), Release).await;
}

/// Renews the lease. If another process has taken the number meanwhile, leases a new one.
pub async fn renew_lease(executor: &Arc<Executor>) -> Result<()> {
    if executor.run(&Caller::anonymous(), Renew).await.result? {
        return Ok(());
    }
    tracing::warn!(node = executor.ids.node(), "another process has taken the node number; leasing a new one");
    claim(executor).await
}

#[derive(Debug)]
struct Claim;

impl Command for Claim {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = i64;

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let leased = cx.tx.all(sql::LEASED, (cx.now,)).await?;
        let free = IdSource::NODES.into_iter().find(|node| !leased.contains(&(*node,)));
        let free = free.ok_or_else(|| Problem::internal("1,023 processes share this database already"))?;
        let lease_end = cx.now.plus(LEASE_LIFETIME);
        Ok(cx.tx.one(sql::CLAIM, (free, &cx.executor.lease_holder, cx.now, lease_end)).await?.0)
    }
}

#[derive(Debug)]
struct Renew;

impl Command for Renew {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let lease = (cx.executor.ids.node(), cx.executor.lease_holder.as_slice(), cx.now.plus(LEASE_LIFETIME));
        Ok(cx.tx.optional(sql::RENEW, lease).await?.is_some())
    }
}

#[derive(Debug)]
struct Release;

impl Command for Release {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::RELEASE, (cx.executor.ids.node(), &cx.executor.lease_holder)).await?;
        Ok(())
    }
}
