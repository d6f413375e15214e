//! The state of the queue, for metrics.

use super::sql::{self, NextDueRow};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::time::Timestamp;

/// More deliveries are not counted, and no more endpoints looked at.
pub const MAX_COUNTED: i64 = 10_000;

/// The deliveries that wait for enabled endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// At most [`MAX_COUNTED`].
    pub waiting: i64,
    /// Since when the one is due that has been due longest. `None` if nothing is due, as while receivers have asked for a
    /// pause.
    pub oldest_due_at: Option<Timestamp>,
}

/// Counts the deliveries that wait.
#[derive(Debug)]
pub struct ShowStatus;

impl Query for ShowStatus {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Status;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Status> {
        let (waiting,) = cx.tx.one(sql::COUNT_WAITING, (MAX_COUNTED,)).await?;
        let rows = cx.tx.all(sql::NEXT_DUE, (MAX_COUNTED,)).await?;
        let oldest_due_at = rows.iter().filter_map(NextDueRow::next_at).min().filter(|due_at| *due_at <= cx.now);
        Ok(Status { waiting, oldest_due_at })
    }
}
