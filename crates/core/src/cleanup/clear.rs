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
const KEPT: Duration = Duration::from_hours(1);
/// Rows at a time, so that nobody waits for the writer longer than a few milliseconds.
const AT_ONCE: i64 = 200;

/// What ends by itself.
#[derive(Clone, Copy, Debug)]
enum Over {
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
    for over in [Over::ExpiredSessions, Over::IdleSessions, Over::Limits, Over::Answers, Over::Attempts] {
        loop {
            let now = executor.run(&Caller::anonymous(), over).await.result?;
            cleared += now;
            if now < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
                break;
            }
        }
    }
    Ok(cleared)
}

impl Command for Over {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let before = |span: Duration| (cx.now.minus(span), AT_ONCE);
        let (ended, idle) = (before(KEPT), before(KEPT + cx.executor.settings.sessions.idle_timeout));
        let answered = before(invitation::IDEMPOTENCY_RETENTION);
        let tx = &mut cx.tx;
        Ok(match self {
            Self::ExpiredSessions => tx.all(sql::EXPIRED_SESSIONS, ended).await?.len(),
            Self::IdleSessions => tx.all(sql::IDLE_SESSIONS, idle).await?.len(),
            Self::Limits => tx.all(sql::LIMITS, ended).await?.len(),
            Self::Answers => tx.all(sql::ANSWERS, answered).await?.len(),
            Self::Attempts => tx.all(sql::ATTEMPTS, ended).await?.len(),
        })
    }
}
