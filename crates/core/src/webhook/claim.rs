//! Claiming deliveries that are due. A lease on each makes sure that another worker takes it over if this one dies.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::endpoint::open_secrets;
use super::send::{Claimed, Target};
use super::sql::{self, ClaimedRow, EndpointRow};
use super::worker::LEASE_LIFETIME;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Executor, Query};
use crate::id::WebhookEndpointId;
use crate::permission::Requirement;
use crate::settings::Settings;
use crate::time::Timestamp;

/// The endpoints of which the next due time is looked up.
const MAX_LOOKED_UP: i64 = 1000;

/// The endpoints to which something is to be sent, in the order of their ids.
#[derive(Debug)]
pub(super) struct ListDue {
    pub(super) after: WebhookEndpointId,
    pub(super) limit: i64,
}

impl Query for ListDue {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<EndpointRow>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<EndpointRow>> {
        Ok(cx.tx.all(sql::DUE, (cx.now, self.after, self.limit)).await?)
    }
}

/// Whether there are endpoints, and when something is to be sent next.
#[derive(Debug)]
pub(super) struct LookAhead;

impl Query for LookAhead {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = (bool, Option<Timestamp>);

    async fn run(&self, cx: &mut Context<'_>) -> Result<(bool, Option<Timestamp>)> {
        if cx.tx.optional(sql::ANY, ()).await?.is_none() {
            return Ok((false, None));
        }
        let rows = cx.tx.all(sql::NEXT_DUE, (MAX_LOOKED_UP,)).await?;
        let due = rows.into_iter().filter_map(|row| row.due_at.map(|due_at| due_at.max(row.paused_until)));
        Ok((true, due.min()))
    }
}

/// How many deliveries of an endpoint to claim.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) endpoint: WebhookEndpointId,
    pub(super) is_ordered: bool,
    pub(super) limit: usize,
}

/// Claims deliveries of several endpoints.
#[derive(Debug)]
pub(super) struct Claim(pub(super) Vec<Share>);

impl Command for Claim {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<(WebhookEndpointId, Vec<ClaimedRow>)>;

    /// Each statement repeats its condition on the rows that it changes. A worker that another one overtakes gets fewer.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let mut claimed = Vec::with_capacity(self.0.len());
        for share in &self.0 {
            claimed.push((share.endpoint, claim(cx, share).await?));
        }
        Ok(claimed)
    }
}

async fn claim(cx: &mut Context<'_>, share: &Share) -> Result<Vec<ClaimedRow>> {
    let (endpoint, until) = (share.endpoint, cx.now.plus(LEASE_LIFETIME));
    let limit = i64::try_from(share.limit).unwrap_or(1);
    let mut rows = if share.is_ordered {
        cx.tx.all(sql::CLAIM_FIRST, (endpoint, cx.now, until)).await?
    } else {
        cx.tx.all(sql::CLAIM, (endpoint, cx.now, until, limit)).await?
    };
    rows.sort_by_key(|row| row.id);
    let new = rows.iter().filter(|row| row.sequence.is_none()).count();
    // A deleted endpoint has no numbers, and nothing is sent to it.
    let Some((last,)) = cx.tx.optional(sql::TAKE_NUMBERS, (endpoint, i64::try_from(new).unwrap_or(0))).await? else {
        return Ok(Vec::new());
    };
    let mut next = last - i64::try_from(new).unwrap_or(0);
    let mut numbers = Vec::with_capacity(new);
    for row in rows.iter_mut().filter(|row| row.sequence.is_none()) {
        next += 1;
        row.sequence = Some(next);
        numbers.push((endpoint, row.id, next));
    }
    cx.tx.execute_each(sql::SET_NUMBER, &numbers).await?;
    Ok(rows)
}

/// Where the deliveries of an endpoint go at this time.
pub(super) fn target(executor: &Executor, row: &EndpointRow, now: Timestamp) -> Result<Arc<Target>> {
    // The settings may have changed since the URL was stored.
    let url = executor.http_client.parse_url(&row.url).ok();
    let secrets = open_secrets(&executor.keys, row, now)?;
    Ok(Arc::new(Target { id: row.id, organization: row.organization_id, url, secrets }))
}

pub(super) fn claimed(target: &Arc<Target>, row: ClaimedRow) -> Claimed {
    Claimed {
        target: Arc::clone(target),
        id: row.id,
        body: row.body.into_bytes().into(),
        sequence: row.sequence.unwrap_or_default(),
        attempts: row.attempts,
        number: row.all_attempts,
    }
}
