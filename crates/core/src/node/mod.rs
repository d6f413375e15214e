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

use crate::context::{Caller, Command, Context};
use crate::error::{Problem, Result};
use crate::id::IdSource;
use crate::service::Service;

/// How long the number of a process that died stays taken.
const LEASE: Duration = Duration::from_mins(10);
/// How often a living one renews it.
const RENEWAL: Duration = Duration::from_mins(2);

/// Random bytes by which a process knows its own lease.
pub(crate) type Holder = [u8; 16];

/// Takes the lowest number that nobody holds.
pub(crate) async fn claim(service: &Arc<Service>) -> Result<()> {
    let node = service.run(&Caller::nobody(), Claim).await.result?;
    service.ids.set_node(node);
    Ok(())
}

/// Keeps the number until `stop` is ready, then gives it back.
pub async fn hold(service: &Arc<Service>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    while timeout(RENEWAL, &mut stop).await.is_err() {
        if let Err(problem) = renew(service).await {
            tracing::warn!(cause = problem.cause(), "the lease on this process's number could not be renewed");
        }
    }
    let _ = service.run(&Caller::nobody(), Release).await;
}

/// Renews the lease; takes another number when this one has become somebody else's.
pub async fn renew(service: &Arc<Service>) -> Result<()> {
    if service.run(&Caller::nobody(), Renew).await.result? {
        return Ok(());
    }
    tracing::warn!(node = service.ids.node(), "another process has taken this one's number; taking a new one");
    claim(service).await
}

#[derive(Debug)]
struct Claim;

impl Command for Claim {
    type Out = i64;

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let taken = cx.tx.all(sql::TAKEN, (cx.now,)).await?;
        let free = IdSource::NODES.into_iter().find(|node| !taken.contains(&(*node,)));
        let free = free.ok_or_else(|| Problem::internal("1,023 processes share this database already"))?;
        let lease_end = cx.now.plus(LEASE);
        Ok(cx.tx.one(sql::CLAIM, (free, &cx.service.holder, cx.now, lease_end)).await?.0)
    }
}

#[derive(Debug)]
struct Renew;

impl Command for Renew {
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let held = (cx.service.ids.node(), cx.service.holder.as_slice(), cx.now.plus(LEASE));
        Ok(cx.tx.optional(sql::RENEW, held).await?.is_some())
    }
}

#[derive(Debug)]
struct Release;

impl Command for Release {
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::RELEASE, (cx.service.ids.node(), &cx.service.holder)).await?;
        Ok(())
    }
}
