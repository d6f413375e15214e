//! Claiming deliveries that are due. A lease on each makes sure that another worker takes it over if this one dies.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::endpoint::open_secrets;
use super::send::{Claimed, Target};
use super::sql::{self, ClaimedRow, EndpointRow, NextDueRow};
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
        Ok((true, rows.iter().filter_map(NextDueRow::next_at).min()))
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
    let (endpoint, now, until) = (share.endpoint, cx.now, cx.now.plus(LEASE_LIFETIME));
    // A deleted endpoint has no numbers, and nothing is sent to it.
    let Some((last,)) = cx.tx.optional(sql::LOCK_NUMBERS, (endpoint,)).await? else { return Ok(Vec::new()) };
    let mut rows = if share.is_ordered {
        cx.tx.all(sql::FIND_FIRST, (endpoint, now)).await?
    } else {
        cx.tx.all(sql::FIND_DUE, (endpoint, now, i64::try_from(share.limit).unwrap_or(1))).await?
    };
    rows.sort_by_key(|row| row.id);
    let mut next = last;
    let mut claims = Vec::with_capacity(rows.len());
    for row in &mut rows {
        row.attempts += 1;
        row.all_attempts += 1;
        let number = *row.sequence.get_or_insert_with(|| {
            next += 1;
            next
        });
        claims.push((endpoint, row.id, now, until, number));
    }
    // One that was cancelled meanwhile is not changed.
    let changed = cx.tx.execute_each(sql::CLAIM, &claims).await?;
    if next > last {
        cx.tx.defer(sql::SET_LAST_NUMBER, (endpoint, next))?;
    }
    Ok(rows.into_iter().zip(changed).filter(|(_, changed)| *changed > 0).map(|(row, _)| row).collect())
}

/// Where the deliveries of an endpoint go at this time.
pub(super) fn target(executor: &Executor, row: &EndpointRow, now: Timestamp) -> Result<Arc<Target>> {
    // The settings may have changed since the URL was stored.
    let url = executor.http_client.parse_url(row.url.as_str()).ok();
    let secrets = open_secrets(&executor.keys, row, now)?;
    Ok(Arc::new(Target { id: row.id, organization: row.organization_id, url, secrets, updated_at: row.updated_at }))
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
