//! The end of every command's transaction.

use super::{Command, Context};
use crate::error::{Code, Result};
use crate::event::PendingEvent;
use crate::permission::Requirement;
use crate::{cache, caller, event};

/// Stores the caller's idempotency key in the transaction that it stands for, once for a request.
///
/// # Errors
/// `IDEMPOTENT_ANSWER_LOST` if a concurrent request with the same key took effect.
pub(super) async fn spend_idempotency_key(cx: &mut Context<'_>) -> Result<()> {
    let (Some(key), Some(idempotency)) = (&cx.api_key, &cx.caller.idempotency) else { return Ok(()) };
    let no_answer: &[u8] = &[];
    let arguments = (key.id, idempotency.key.as_slice(), idempotency.request.as_slice(), no_answer, cx.now);
    if cx.tx.execute(caller::sql::INSERT_IDEMPOTENCY_KEY, arguments).await? > 0 {
        Ok(())
    } else {
        Err(Code::IdempotentAnswerLost.into())
    }
}

/// The number of events up to which they are sent with the commit. More are a batch of their own.
const MAX_DEFERRED: usize = 8;

/// Completes the transaction of every command: stores its events, touches the session and bumps the revisions. On
/// PostgreSQL, all of it but many events is sent with the commit.
pub(super) async fn finish(cx: &mut Context<'_>) -> Result<()> {
    let events = std::mem::take(&mut cx.events);
    if !events.is_empty() || cx.has_emitted {
        cx.has_emitted = true;
        cx.after_commit.on_success(|executor| {
            executor.audit_sealer.notify_one();
            executor.webhook_requests.wake();
        });
    }
    if !events.is_empty() {
        store_events(cx, events).await?;
    }
    if let Some(session) = &cx.session {
        caller::touch(&mut cx.tx, session, cx.now, &cx.executor.settings)?;
    }
    cache::bump_revisions(&mut cx.tx, cx.now)
}

/// Adds events to the audit log, and stores what endpoints of webhooks get of them.
async fn store_events(cx: &mut Context<'_>, events: Vec<PendingEvent>) -> Result<()> {
    let is_batch = events.len() > MAX_DEFERRED;
    // On PostgreSQL, looking for an endpoint takes a round trip, and a few deferred statements take none.
    let looks_for_endpoint = is_batch || cx.tx.is_snapshot();
    let deliveries = if looks_for_endpoint && cx.tx.optional(event::sql::ENABLED_ENDPOINT, ()).await?.is_none() {
        Vec::new()
    } else {
        events.iter().map(|event| event.deliveries(cx.now)).collect()
    };
    let fan_outs: Vec<_> = deliveries.iter().map(|deliveries| deliveries.arguments(cx.now)).collect();
    let emitted = cx.event_context();
    if is_batch {
        cx.tx.execute_each(event::sql::FAN_OUT, &fan_outs).await?;
        let events: Vec<_> = events.into_iter().map(|event| event.complete(emitted)).collect();
        let rows: Vec<_> = events.iter().map(|event| event.row(emitted)).collect();
        cx.tx.execute_each(event::sql::INSERT, &rows).await?;
        return Ok(());
    }
    for fan_out in fan_outs {
        cx.tx.defer(event::sql::FAN_OUT, fan_out)?;
    }
    for event in events {
        event.insert(emitted, |row| cx.tx.defer(event::sql::INSERT, row))?;
    }
    Ok(())
}

/// Stores that the session was used, after a query. It does nothing itself: every command touches the session when it
/// ends.
#[derive(Debug)]
pub(super) struct Touch;

impl Command for Touch {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, _: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
}
