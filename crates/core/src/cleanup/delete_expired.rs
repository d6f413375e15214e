//! Clearing away what has been over for a while.

use std::sync::Arc;
use std::time::Duration;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context};
use crate::invitation;
use crate::permission::Requirement;

/// So long something stays after its end: whoever comes late is told that it is over, and not that it never was.
const RETENTION: Duration = Duration::from_hours(1);
/// Rows at a time, so that nobody waits for the writer longer than a few milliseconds.
const BATCH_SIZE: i64 = 200;

/// What ends by itself.
#[derive(Clone, Copy, Debug)]
enum ExpiredRows {
    /// Sessions past their longest life.
    ExpiredSessions,
    /// Sessions that nobody has used.
    IdleSessions,
    /// Counters whose window is over.
    Limits,
    /// Answers for whoever asks again with the same key.
    Answers,
    /// Attempts at proving an address.
    Attempts,
}

/// Clears away whatever is over, and says how many rows that were. Each batch is a command of its own, between which
/// others are served.
pub async fn delete_expired(executor: &Arc<Executor>) -> Result<usize> {
    let mut cleared = 0;
    for over in [ExpiredRows::ExpiredSessions, ExpiredRows::IdleSessions, ExpiredRows::Limits, ExpiredRows::Answers, ExpiredRows::Attempts] {
        loop {
            let now = executor.run(&Caller::anonymous(), over).await.result?;
            cleared += now;
            if now < usize::try_from(BATCH_SIZE).unwrap_or(usize::MAX) {
                break;
            }
        }
    }
    Ok(cleared)
}

impl Command for ExpiredRows {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let before = |span: Duration| (cx.now.minus(span), BATCH_SIZE);
        let (ended, idle) = (before(RETENTION), before(RETENTION + cx.executor.settings.sessions.idle));
        let answered = before(invitation::ANSWERS_KEPT);
        let tx = &mut cx.tx;
        Ok(match self {
            Self::ExpiredSessions => tx.all(sql::EXPIRED_SESSIONS, ended).await?.len(),
            Self::IdleSessions => tx.all(sql::IDLE_SESSIONS, idle).await?.len(),
            Self::Limits => tx.all(sql::RATE_LIMIT_COUNTERS, ended).await?.len(),
            Self::Answers => tx.all(sql::IDEMPOTENT_RESPONSES, answered).await?.len(),
            Self::Attempts => tx.all(sql::VERIFICATION_ATTEMPTS, ended).await?.len(),
        })
    }
}
