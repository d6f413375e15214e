//! The worker that delivers webhooks.
//!
//! It serves the endpoints round-robin, and limits the attempts in progress of each endpoint and of each organization: one
//! that is slow or broken delays no other.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};

use super::claim::{Claim, ListDue, LookAhead, Share, claimed, target};
use super::in_flight::{InFlight, MAX_IN_FLIGHT};
use super::send::{Claimed, SEND_TIMEOUT, Sent, send};
use super::sql::EndpointRow;
use super::store::StoreOutcomes;
use crate::error::Result;
use crate::execution::{Caller, Executor};
use crate::id::WebhookEndpointId;
use crate::metrics::WebhookAttempt;

/// After this, another worker may send a delivery again.
pub(super) const LEASE_LIFETIME: Duration = Duration::from_mins(2);
/// The endpoints whose deliveries one transaction claims.
const MAX_ENDPOINTS_PER_CLAIM: i64 = 64;
/// The pages of endpoints that one claim looks through. The next claim continues after them.
const MAX_PAGES_PER_CLAIM: usize = 16;
/// The outcomes that one transaction stores.
const MAX_STORED: usize = 256;
/// The transactions that store outcomes at a time.
const MAX_STORES: usize = 2;
/// How long the outcomes of attempts are collected for one transaction: attempts that began together end about together.
const COLLECTION_TIME: Duration = Duration::from_millis(2);
/// The maximum time between two polls. They find deliveries whose lease has expired, and those of other processes.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(5);
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long a stopping worker waits for attempts in progress. An abandoned delivery is sent again when its lease has
/// expired.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

// The rest of the lease is for storing the outcome.
const _: () = assert!(SEND_TIMEOUT.as_secs() * 4 <= LEASE_LIFETIME.as_secs());

/// Delivers webhooks until `stop` completes, then waits for the attempts in progress.
pub async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut worker = Worker::new(executor);
    let mut stop = pin!(stop);
    loop {
        let wait = match worker.claim().await {
            // The end of an attempt comes first, most likely.
            Ok(0) if worker.is_saturated => MIN_POLL_INTERVAL,
            Ok(0) => worker.time_to_next().await,
            Ok(_) => Duration::ZERO,
            Err(problem) => {
                tracing::error!(cause = problem.cause(), "cannot claim deliveries of webhooks");
                MAX_POLL_INTERVAL
            }
        };
        let first = tokio::select! {
            biased;
            () = &mut stop => break,
            first = worker.wait(wait) => first,
        };
        // Not within the `select`, which would drop outcomes when `stop` completes; their deliveries are sent again.
        worker.store(first).await;
    }
    let finish = async {
        while !worker.sends.is_empty() {
            worker.collect().await;
        }
        worker.stored().await;
    };
    if timeout(STOP_TIMEOUT, finish).await.is_err() {
        tracing::warn!(count = worker.sends.len(), "webhooks were abandoned; they are sent again after a restart");
    }
}

/// Sends everything that is due, and returns the number of attempts.
pub async fn drain(executor: &Arc<Executor>) -> Result<usize> {
    let (mut worker, mut count) = (Worker::new(executor), 0);
    loop {
        let claimed = worker.claim().await?;
        count += claimed;
        if claimed == 0 && worker.sends.is_empty() {
            return Ok(count);
        }
        worker.collect().await;
        // Only then can the next delivery of an ordered endpoint be claimed.
        worker.stored().await;
    }
}

async fn store(executor: Arc<Executor>, outcomes: Vec<Sent>) {
    // If they cannot be stored, the deliveries are sent again, with the same ids, when their leases have expired.
    if let Err(problem) = executor.run(&Caller::anonymous(), StoreOutcomes(outcomes)).await.result {
        tracing::error!(cause = problem.cause(), "cannot store the outcomes of webhooks");
    }
    // The next deliveries of ordered endpoints can be claimed now.
    executor.webhook_requests.wake();
}

#[derive(Debug)]
struct Worker {
    executor: Arc<Executor>,
    sends: JoinSet<Sent>,
    /// Transactions that store outcomes. They run beside those that claim, because on PostgreSQL both mostly wait.
    stores: JoinSet<()>,
    /// The endpoint of each attempt in progress, and its organization.
    endpoints: HashMap<Id, (WebhookEndpointId, i64)>,
    in_flight: InFlight,
    /// The last endpoint of the round-robin so far.
    last: WebhookEndpointId,
    /// Whether something is due, but none of the endpoints that were looked at may have more attempts in progress.
    is_saturated: bool,
}

impl Worker {
    fn new(executor: &Arc<Executor>) -> Self {
        Self {
            executor: Arc::clone(executor),
            sends: JoinSet::new(),
            stores: JoinSet::new(),
            endpoints: HashMap::new(),
            in_flight: InFlight::default(),
            last: 0.into(),
            is_saturated: false,
        }
    }

    /// Claims deliveries and begins to send them. Returns their number.
    async fn claim(&mut self) -> Result<usize> {
        self.is_saturated = self.sends.len() >= MAX_IN_FLIGHT;
        if self.is_saturated {
            return Ok(0);
        }
        let (due, shares) = self.next_shares().await?;
        if shares.is_empty() {
            self.is_saturated = !due.is_empty();
            return Ok(0);
        }
        let claimed_rows = self.executor.run(&Caller::anonymous(), Claim(shares)).await.result?;
        let now = self.executor.now();
        let mut count = 0;
        for (endpoint, rows) in claimed_rows {
            let Some(row) = due.iter().find(|row| row.id == endpoint) else { continue };
            let target = match target(&self.executor, row, now) {
                Ok(target) => target,
                Err(problem) => {
                    // The deliveries wait until their leases have expired.
                    tracing::error!(%endpoint, cause = problem.cause(), "cannot sign webhooks");
                    continue;
                }
            };
            for row in rows {
                count += 1;
                self.spawn(claimed(&target, row));
            }
        }
        Ok(count)
    }

    /// What is claimed next. Skips endpoints that have their share already, at most once around, so that they delay no
    /// others.
    async fn next_shares(&mut self) -> Result<(Vec<EndpointRow>, Vec<Share>)> {
        let (start, mut has_wrapped) = (self.last, false);
        for _ in 0..MAX_PAGES_PER_CLAIM {
            let before = self.last;
            let due = self.due_endpoints().await?;
            let shares = self.in_flight.shares(&due);
            has_wrapped |= self.last <= before;
            if !shares.is_empty() || due.is_empty() || (has_wrapped && self.last >= start) {
                return Ok((due, shares));
            }
        }
        Ok((Vec::new(), Vec::new()))
    }

    /// The endpoints that are next, and the first ones after the last.
    async fn due_endpoints(&mut self) -> Result<Vec<EndpointRow>> {
        let caller = Caller::anonymous();
        let (after, limit) = (self.last, MAX_ENDPOINTS_PER_CLAIM);
        let mut due = self.executor.query(&caller, &ListDue { after, limit }).await.result?;
        if due.is_empty() && after.get() != 0 {
            due = self.executor.query(&caller, &ListDue { after: 0.into(), limit }).await.result?;
        }
        self.last = due.last().map_or_else(|| 0.into(), |row| row.id);
        Ok(due)
    }

    fn spawn(&mut self, claimed: Claimed) {
        let (endpoint, organization) = (claimed.target.id, claimed.target.organization);
        let task = self.sends.spawn(send(Arc::clone(&self.executor), claimed));
        self.endpoints.insert(task.id(), (endpoint, organization));
        self.in_flight.add(endpoint, organization);
    }

    /// Waits for a request, the end of an attempt, which it returns, or the time.
    async fn wait(&mut self, wait: Duration) -> Option<Sent> {
        let executor = Arc::clone(&self.executor);
        if self.sends.len() >= MAX_IN_FLIGHT {
            return self.next_ended().await;
        }
        let mut woken = pin!(timeout(wait, executor.webhook_requests.requested()));
        if self.sends.is_empty() {
            let _ = woken.await;
            return None;
        }
        tokio::select! {
            biased;
            ended = self.sends.join_next_with_id() => self.ended(ended),
            _ = &mut woken => None,
        }
    }

    /// Waits for the end of an attempt. `None` if it crashed.
    async fn next_ended(&mut self) -> Option<Sent> {
        let ended = self.sends.join_next_with_id().await;
        self.ended(ended)
    }

    /// Waits for the end of an attempt and stores its outcome.
    async fn collect(&mut self) {
        let first = self.next_ended().await;
        self.store(first).await;
    }

    /// Stores this outcome and those of all other attempts that end about now.
    async fn store(&mut self, first: Option<Sent>) {
        let Some(first) = first else { return };
        let mut outcomes = vec![first];
        let collected_until = Instant::now() + COLLECTION_TIME;
        while outcomes.len() < MAX_STORED && !self.sends.is_empty() {
            let Ok(ended) = timeout_at(collected_until, self.sends.join_next_with_id()).await else { break };
            outcomes.extend(self.ended(ended));
        }
        #[cfg(feature = "test-hooks")]
        vestibule_db::test_hooks::point("webhook_sent");
        for sent in &outcomes {
            self.executor.metrics.webhook_attempts.increment(if sent.outcome.is_success() {
                WebhookAttempt::Delivered
            } else {
                WebhookAttempt::Failed
            });
        }
        while self.stores.len() >= MAX_STORES {
            self.stores.join_next().await;
        }
        self.stores.spawn(store(Arc::clone(&self.executor), outcomes));
    }

    /// Waits until all outcomes are stored.
    async fn stored(&mut self) {
        while self.stores.join_next().await.is_some() {}
    }

    /// Removes an attempt from those in progress.
    fn ended(&mut self, ended: Option<Result<(Id, Sent), JoinError>>) -> Option<Sent> {
        let (id, sent) = match ended? {
            Ok((id, sent)) => (id, Some(sent)),
            Err(error) => {
                // The panic hook logged where.
                tracing::error!(cause = error.to_string(), "an attempt to deliver a webhook crashed");
                (error.id(), None)
            }
        };
        if let Some((endpoint, organization)) = self.endpoints.remove(&id) {
            self.in_flight.remove(endpoint, organization);
        }
        sent
    }

    async fn time_to_next(&self) -> Duration {
        let (executor, caller) = (&self.executor, Caller::anonymous());
        let Ok((has_endpoints, due)) = executor.query(&caller, &LookAhead).await.result else {
            return MAX_POLL_INTERVAL;
        };
        executor.webhook_requests.set_has_endpoints(has_endpoints);
        due.map_or(MAX_POLL_INTERVAL, |due| due.since(executor.now()).clamp(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL))
    }
}
