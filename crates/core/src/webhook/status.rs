//! How far the deliveries lag behind, for metrics.

use std::time::Duration;

use super::sql::{self, BacklogRow};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;

/// More deliveries are not counted.
pub const MAX_COUNTED: i64 = 10_000;

/// The deliveries that could be sent and are not. What is being sent, waits for its next attempt or for the one before it, or
/// has a disabled or paused endpoint is not due.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// At most [`MAX_COUNTED`].
    pub due: i64,
    /// How long the first of them has been due; zero without one.
    pub oldest: Duration,
}

/// Counts the due deliveries.
#[derive(Debug)]
pub struct ShowStatus;

impl Query for ShowStatus {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Status;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Status> {
        let BacklogRow { due, oldest_due_at } = cx.tx.one(sql::BACKLOG, (cx.now, MAX_COUNTED)).await?;
        Ok(Status { due, oldest: oldest_due_at.map_or(Duration::ZERO, |due_at| cx.now.since(due_at)) })
    }
}
