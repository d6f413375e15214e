//! The state of the queue, for metrics.

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::time::Timestamp;

/// More deliveries are not counted.
pub const MAX_COUNTED: i64 = 10_000;

/// The waiting deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// At most [`MAX_COUNTED`].
    pub waiting: i64,
    /// `None` without one.
    pub oldest_created_at: Option<Timestamp>,
}

/// Counts the waiting deliveries.
#[derive(Debug)]
pub struct ShowStatus;

impl Query for ShowStatus {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Status;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Status> {
        let row = cx.tx.one(sql::BACKLOG, (MAX_COUNTED,)).await?;
        Ok(Status { waiting: row.waiting, oldest_created_at: row.oldest_created_at })
    }
}
