//! How far the outbox lags behind, for metrics.

use std::time::Duration;

use super::Queue;
use super::sql::{self, Backlog};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;

/// Jobs beyond this number are not counted, so that a backlog does not make its own metrics expensive.
pub const MAX_COUNTED: i64 = 10_000;

/// The jobs that wait, and those that were given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Codes, links and security notices.
    pub urgent: QueueStatus,
    /// All other mail.
    pub ordinary: QueueStatus,
    /// Jobs that were given up, at most [`MAX_COUNTED`].
    pub dead: i64,
}

/// The due jobs of one queue. Reminders and later attempts are not due yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStatus {
    /// At most [`MAX_COUNTED`].
    pub due: i64,
    /// How long the first of them has been due; zero without one.
    pub oldest: Duration,
}

/// Loads the status, with one bounded statement for each of its parts.
#[derive(Debug)]
pub struct ShowStatus;

impl Query for ShowStatus {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Status;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Status> {
        let urgent = queue_status(cx, Queue::Urgent).await?;
        let ordinary = queue_status(cx, Queue::Ordinary).await?;
        let (dead,) = cx.tx.one(sql::COUNT_DEAD, (MAX_COUNTED,)).await?;
        Ok(Status { urgent, ordinary, dead })
    }
}

async fn queue_status(cx: &mut Context<'_>, queue: Queue) -> Result<QueueStatus> {
    let Backlog { due, oldest_due_at } = cx.tx.one(sql::BACKLOG, (queue.is_urgent(), cx.now, MAX_COUNTED)).await?;
    Ok(QueueStatus { due, oldest: oldest_due_at.map_or(Duration::ZERO, |due_at| cx.now.since(due_at)) })
}
