//! Mails about client secrets that will expire. Each is sent once: the row says which one was sent last.

use std::sync::Arc;
use std::time::Duration;

use super::mail::mail_admins;
use super::sql::{self, ExpiringSecret};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::id::ConnectionId;
use crate::outbox::MailKind;
use crate::permission::Requirement;
use crate::time::Timestamp;

/// How many days before the end the admins get a mail.
pub const SECRET_NOTICE_DAYS: [u16; 3] = [30, 7, 1];
const DAY: Duration = Duration::from_hours(24);
/// Connections that are read at a time.
const BATCH_SIZE: i64 = 100;

/// Enqueues the mails that are due, and returns the number of connections that they are about. Each connection is a
/// transaction of its own.
pub async fn run_secret_notices(executor: &Arc<Executor>) -> Result<usize> {
    let (mut announced, mut after) = (0, ConnectionId::from(0));
    loop {
        let batch = executor.query(&Caller::anonymous(), &Expiring { after }).await.result?;
        let Some(last) = batch.last() else { return Ok(announced) };
        after = last.id;
        for secret in batch {
            let connection = secret.id;
            match executor.run(&Caller::anonymous(), Announce { secret }).await.result {
                Ok(is_announced) => announced += usize::from(is_announced),
                Err(problem) => {
                    tracing::warn!(%connection, cause = problem.cause(), "could not announce the end of a client secret");
                }
            }
        }
    }
}

/// The notice that is due for a secret: its number of days.
fn due_notice(expires_at: Timestamp, now: Timestamp) -> Option<u16> {
    SECRET_NOTICE_DAYS.into_iter().rev().find(|days| now >= expires_at.minus(DAY * u32::from(*days)))
}

#[derive(Debug)]
struct Expiring {
    after: ConnectionId,
}

impl Query for Expiring {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<ExpiringSecret>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<ExpiringSecret>> {
        let first = SECRET_NOTICE_DAYS.into_iter().max().unwrap_or_default();
        let until = cx.now.plus(DAY * u32::from(first));
        Ok(cx.tx.all(sql::EXPIRING_SECRETS, (cx.now, until, self.after, BATCH_SIZE)).await?)
    }
}

#[derive(Debug)]
struct Announce {
    secret: ExpiringSecret,
}

impl Command for Announce {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let ExpiringSecret { id, organization_id, secret_expires_at, secret_notice_days } = self.secret;
        let Some(days) = due_notice(secret_expires_at, cx.now).map(i64::from) else { return Ok(false) };
        if secret_notice_days.is_some_and(|sent| sent <= days) {
            return Ok(false);
        }
        let arguments = (organization_id, id, secret_expires_at, days);
        if cx.tx.execute(sql::CLAIM_SECRET_NOTICE, arguments).await? == 0 {
            return Ok(false);
        }
        mail_admins(cx, organization_id, MailKind::ConnectionSecretExpires, id.get()).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_due_on_their_days() {
        let end = Timestamp::from_microseconds(0).plus(DAY * 100);
        let just = Duration::from_secs(1);
        for (days_before, expected) in
            [(100, None), (31, None), (30, Some(30)), (8, Some(30)), (7, Some(7)), (1, Some(1))]
        {
            assert_eq!(due_notice(end, end.minus(DAY * days_before)), expected, "{days_before}");
        }
        assert_eq!(due_notice(end, end.minus(DAY * 7 + just)), Some(30));
        assert_eq!(due_notice(end, end.minus(just)), Some(1));
    }
}
