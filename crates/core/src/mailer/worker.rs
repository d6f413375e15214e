//! The workers of a server: one for each queue of the outbox, and one for delivery reports.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use super::{NextDue, bounce, claim, deliver};
use crate::error::Result;
use crate::execution::{Caller, Executor};
use crate::mail::MailTransport;
use crate::outbox::Queue;

/// The maximum time between two polls of a queue. They find jobs whose lease has expired, and those of other processes.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(30);
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long a stopping worker waits for deliveries in progress. It is shorter than the shutdown timeout of a server.
/// The job of an abandoned delivery runs again when its lease has expired.
const STOP_TIMEOUT: Duration = Duration::from_secs(25);

/// Runs jobs and processes delivery reports until `stop` completes, then waits for the deliveries in progress.
///
/// Each queue has up to `mail.max_concurrent_deliveries` deliveries at once.
pub async fn run_worker(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let stop = stop.shared();
    tokio::join!(
        run_queue(executor, Queue::Urgent, stop.clone()),
        run_queue(executor, Queue::Ordinary, stop.clone()),
        run_reports(executor, stop),
    );
}

async fn run_queue(executor: &Arc<Executor>, queue: Queue, stop: impl Future<Output = ()>) {
    let Some(transport) = executor.mail_transport.clone() else { return };
    let max_concurrent = executor.settings.mail.max_concurrent_deliveries.max(1);
    let mut deliveries = Deliveries::new();
    let mut stop = pin!(stop);
    loop {
        let wait = if deliveries.len() >= max_concurrent {
            None
        } else {
            match claim(executor, queue).await {
                Ok(Some(job)) => {
                    let (executor, transport) = (Arc::clone(executor), Arc::<dyn MailTransport>::clone(&transport));
                    deliveries.spawn(async move { deliver::run_job(&executor, transport.as_ref(), job).await });
                    Some(Duration::ZERO)
                }
                Ok(None) => Some(time_to_next_job(executor, queue).await),
                Err(problem) => {
                    tracing::error!(cause = problem.cause(), "cannot claim the next job of the outbox");
                    Some(MAX_POLL_INTERVAL)
                }
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = poll_is_due(executor, queue, wait, &mut deliveries) => {}
        }
    }
    let finish = async { while next(&mut deliveries).await {} };
    if timeout(STOP_TIMEOUT, finish).await.is_err() {
        tracing::warn!(count = deliveries.len(), "deliveries were abandoned; their mail is sent again after a restart");
    }
}

type Deliveries = JoinSet<Result<()>>;

/// Waits until a delivery ends if all permitted ones are in progress (`wait` is `None`), otherwise until a job is
/// enqueued or `wait` is over.
async fn poll_is_due(executor: &Executor, queue: Queue, wait: Option<Duration>, deliveries: &mut Deliveries) {
    let Some(wait) = wait else {
        next(deliveries).await;
        return;
    };
    // Enqueueing a job wakes the worker. The timeout is for jobs that are due later.
    let mut woken = pin!(timeout(wait, queue.wake_up(executor).notified()));
    loop {
        tokio::select! {
            _ = &mut woken => return,
            true = next(deliveries) => {}
        }
    }
}

/// Waits for the end of the next delivery. Returns `false` at once if there is none in progress.
async fn next(deliveries: &mut Deliveries) -> bool {
    let Some(ended) = deliveries.join_next().await else { return false };
    let log = |cause| tracing::error!(cause, "cannot run a job of the outbox");
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => log(problem.cause()),
        // The panic hook logged where. The job runs again when its lease has expired.
        Err(error) => log(Some(JoinError::to_string(&error))),
    }
    true
}

async fn time_to_next_job(executor: &Arc<Executor>, queue: Queue) -> Duration {
    let reply = executor.query(&Caller::anonymous(), &NextDue(queue)).await;
    match reply.result {
        Ok(Some(due)) => due.since(executor.clock.now()).clamp(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL),
        _ => MAX_POLL_INTERVAL,
    }
}

/// Processes delivery reports, if `mail.bounce_dir` is set. The system has no portable event for new files.
async fn run_reports(executor: &Arc<Executor>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        bounce::process_reports(executor).await;
        if timeout(MAX_POLL_INTERVAL, &mut stop).await.is_ok() {
            return;
        }
    }
}
