//! Applying resets whose delay is over.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::{apply, sql};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::id::UserId;
use crate::permission::Requirement;

/// Time between two runs. A reset that is due is also applied when its user next proves a first factor, so nobody waits
/// for a run.
const INTERVAL: Duration = Duration::from_mins(1);

/// Applies the reset of a user if it is due, and returns whether it was. Call it when the user has proved a first factor,
/// before the second one is asked for: it ends their sign-ins.
pub(crate) async fn apply_due(cx: &mut Context<'_>, user: UserId) -> Result<bool> {
    if cx.tx.optional(sql::TAKE_DUE, (user, cx.now)).await?.is_none() {
        return Ok(false);
    }
    apply(cx, user).await?;
    Ok(true)
}

/// Applies the resets that are due, and returns their number. Each is a transaction of its own. If one fails, it is
/// logged and tried again in the next run.
pub async fn run_due(executor: &Arc<Executor>) -> Result<usize> {
    let (mut applied, mut after) = (0, UserId::from(0));
    while let Some(user) = executor.query(&Caller::anonymous(), &NextDue { after }).await.result? {
        after = user;
        match executor.run(&Caller::anonymous(), ApplyDue { user }).await.result {
            Ok(is_applied) => applied += usize::from(is_applied),
            Err(problem) => tracing::warn!(%user, cause = problem.cause(), "could not reset second factors"),
        }
    }
    Ok(applied)
}

/// Runs [`run_due`] periodically, until `stop` completes.
pub(crate) async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        match run_due(executor).await {
            Ok(0) => {}
            Ok(applied) => tracing::info!(applied, "reset second factors"),
            Err(problem) => tracing::warn!(cause = problem.cause(), "could not reset second factors"),
        }
        if timeout(INTERVAL, stop.as_mut()).await.is_ok() {
            return;
        }
    }
}

#[derive(Debug)]
struct NextDue {
    after: UserId,
}

impl Query for NextDue {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<UserId>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<UserId>> {
        Ok(cx.tx.optional(sql::NEXT_DUE, (self.after, cx.now)).await?.map(|(user,)| user))
    }
}

#[derive(Debug)]
struct ApplyDue {
    user: UserId,
}

impl Command for ApplyDue {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        apply_due(cx, self.user).await
    }
}
