//! Clearing away what has been over for a while.

use std::sync::Arc;
use std::time::Duration;

use super::sql;
use crate::context::{Caller, Command, Context};
use crate::error::Result;
use crate::service::Service;

/// So long an attempt stays after its end: whoever comes late is told that it is over, and not that it never was.
const KEPT: Duration = Duration::from_hours(1);
/// Rows at a time, so that nobody waits long for the writer.
const AT_ONCE: i64 = 200;

/// Clears away attempts that are over, and says how many there were.
pub async fn clear_over(service: &Arc<Service>) -> Result<usize> {
    let mut cleared = 0;
    loop {
        let now = service.run(&Caller::nobody(), Clear).await.result?;
        cleared += now;
        if now == 0 {
            return Ok(cleared);
        }
    }
}

#[derive(Debug)]
struct Clear;

impl Command for Clear {
    type Out = usize;

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        Ok(cx.tx.all(sql::CLEAR, (cx.now.minus(KEPT), AT_ONCE)).await?.len())
    }
}
