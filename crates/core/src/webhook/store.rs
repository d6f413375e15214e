//! Storing the outcomes of attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::delivery::{DeliveryState, delay_after};
use super::endpoint::DisabledReason;
use super::send::Sent;
use super::sql;
use crate::error::{Code, Result};
use crate::event::WebhookEndpointDisabled;
use crate::execution::{Command, Context};
use crate::id::{OrganizationId, WebhookEndpointId};
use crate::notification;
use crate::permission::Requirement;
use crate::settings::Settings;
use crate::time::Timestamp;

/// An endpoint without a success for so long is disabled.
const MAX_FAILING: Duration = Duration::from_hours(24 * 5);
/// The attempts of one delivery that are kept.
const MAX_KEPT_ATTEMPTS: i64 = 20;

/// Stores the outcomes of several attempts, of any endpoints.
#[derive(Debug)]
pub(super) struct StoreOutcomes(pub(super) Vec<Sent>);

impl Command for StoreOutcomes {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    /// Each statement has a condition on the row that it changes, so concurrent workers need not conflict.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        // In the order of their keys, so that two workers cannot wait for each other.
        let mut all: Vec<&Sent> = self.0.iter().collect();
        all.sort_by_key(|sent| (sent.endpoint, sent.id));
        let outcomes: Vec<_> = all.iter().map(|sent| outcome(cx, sent)).collect();
        cx.tx.execute_each(sql::STORE_OUTCOME, &outcomes).await?;
        let attempts: Vec<_> = all.iter().map(|sent| attempt(sent)).collect();
        cx.tx.execute_each(sql::INSERT_ATTEMPT, &attempts).await?;
        let superfluous: Vec<_> = all
            .iter()
            .filter(|sent| sent.number > MAX_KEPT_ATTEMPTS)
            .map(|sent| (sent.endpoint, sent.id, sent.number - MAX_KEPT_ATTEMPTS))
            .collect();
        cx.tx.execute_each(sql::TRIM_ATTEMPTS, &superfluous).await?;
        update_endpoints(cx, &all).await
    }
}

fn outcome(cx: &Context<'_>, sent: &Sent) -> sql::AttemptOutcome<'static> {
    let (state, due_at) = if sent.outcome.is_success() {
        (DeliveryState::Delivered, cx.now)
    } else {
        match delay_after(sent.attempts, cx.random().bytes()) {
            Some(delay) => (DeliveryState::Waiting, cx.now.plus(delay.max(sent.outcome.pause().unwrap_or_default()))),
            None => (DeliveryState::Failed, cx.now),
        }
    };
    sql::AttemptOutcome {
        endpoint: sent.endpoint,
        id: sent.id,
        number: sent.number,
        state,
        due_at,
        status: sent.outcome.status(),
        error: sent.outcome.error(),
        now: cx.now,
        attempts: sent.attempts,
    }
}

fn attempt(sent: &Sent) -> sql::NewAttempt<'_> {
    sql::NewAttempt {
        endpoint: sent.endpoint,
        delivery: sent.id,
        number: sent.number,
        started_at: sent.started_at,
        duration: i64::try_from(sent.duration.as_micros()).unwrap_or(i64::MAX),
        status: sent.outcome.status(),
        error: sent.outcome.error(),
        answer: sent.outcome.answer(),
    }
}

/// An endpoint, and when it was last changed before the attempt. The response of a replaced URL says nothing about the
/// new one.
type Version = (WebhookEndpointId, Timestamp);

fn version(sent: &Sent) -> Version {
    (sent.endpoint, sent.endpoint_updated_at)
}

/// Updates what is known of the endpoints, and disables those that want nothing, or have failed for too long.
async fn update_endpoints(cx: &mut Context<'_>, all: &[&Sent]) -> Result<()> {
    let succeeding: BTreeSet<Version> =
        all.iter().filter(|sent| sent.outcome.is_success()).map(|sent| version(sent)).collect();
    let cleared: Vec<Version> = succeeding.iter().copied().collect();
    cx.tx.execute_each(sql::CLEAR_FAILING, &cleared).await?;
    // The first failure of each endpoint without a success.
    let mut failing: BTreeMap<Version, Timestamp> = BTreeMap::new();
    for sent in all.iter().filter(|sent| !succeeding.contains(&version(sent))) {
        let since = failing.entry(version(sent)).or_insert(sent.started_at);
        *since = sent.started_at.min(*since);
    }
    // Before any of them is disabled, which is a change.
    let mut failed = Vec::new();
    for ((endpoint, updated_at), started_at) in failing {
        let since = cx.tx.optional(sql::SET_FAILING, (endpoint, updated_at, started_at)).await?;
        if since.is_some_and(|(since,)| since.plus(MAX_FAILING) <= cx.now) {
            failed.push((endpoint, updated_at));
        }
    }
    // Several of one endpoint: the statement leaves the longest.
    let pauses: Vec<_> = all
        .iter()
        .filter_map(|sent| Some((sent.endpoint, sent.endpoint_updated_at, cx.now.plus(sent.outcome.pause()?))))
        .collect();
    cx.tx.execute_each(sql::PAUSE, &pauses).await?;
    let gone: BTreeSet<Version> = all.iter().filter(|sent| sent.outcome.is_gone()).map(|sent| version(sent)).collect();
    let mut organizations = BTreeSet::new();
    for endpoint in gone {
        organizations.extend(disable(cx, endpoint, DisabledReason::Gone).await?);
    }
    for endpoint in failed {
        organizations.extend(disable(cx, endpoint, DisabledReason::Failing).await?);
    }
    for organization in organizations {
        notification::notify_of_disabled_webhooks(cx, organization).await?;
    }
    Ok(())
}

/// Disables an endpoint unless it was changed since. Returns the organization whose members are to be notified.
async fn disable(
    cx: &mut Context<'_>,
    (endpoint, updated_at): Version,
    reason: DisabledReason,
) -> Result<Option<OrganizationId>> {
    let Some((organization,)) = cx.tx.optional(sql::DISABLE, (endpoint, reason, cx.now, updated_at)).await? else {
        return Ok(None);
    };
    let organization_id = Some(organization).filter(|id| *id != 0).map(OrganizationId::from);
    let reason = reason.as_str();
    if let Some(organization) = organization_id {
        tracing::info!(%endpoint, %organization, reason, "disabled a webhook endpoint");
    } else {
        // No mail is sent, so alerts look for this line.
        tracing::warn!(%endpoint, reason, "disabled a webhook endpoint of the installation");
    }
    cx.emit(WebhookEndpointDisabled { organization_id, webhook_endpoint_id: endpoint, disabled_reason: reason });
    Ok(organization_id)
}
