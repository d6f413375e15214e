//! Graceful shutdown in two stages.
//!
//! The first SIGTERM or SIGINT stops accepting work and lets work in progress finish. A second signal, or
//! `SHUTDOWN_TIMEOUT`, aborts what is left.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// How long work in progress may continue after the first signal.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    Draining,
    Aborted,
}

/// A handle on the shutdown stage. Clones observe the same stage.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<Stage>);

impl Shutdown {
    /// Installs the signal handlers; from then on signals no longer terminate the process directly. Must be called
    /// within a Tokio runtime.
    ///
    /// # Errors
    /// The system does not allow the process to handle signals.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let signals = signals()?;
        let (stage, shutdown) = watch::channel(Stage::Running);
        tokio::spawn(follow_signals(signals, SHUTDOWN_TIMEOUT, stage));
        Ok(Self(shutdown))
    }

    /// Completes when shutdown has been requested. Servers and workers then stop accepting work.
    pub(crate) fn requested(&self) -> impl Future<Output = ()> + Send + 'static {
        self.clone().reached(Stage::Draining)
    }

    /// Runs `work` and returns its output, or `None` if shutdown was forced before it completed.
    pub(crate) async fn run_until_aborted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            output = work => Some(output),
            () = self.clone().reached(Stage::Aborted) => None,
        }
    }

    async fn reached(mut self, stage: Stage) {
        if self.0.wait_for(|now| *now >= stage).await.is_err() {
            // The sender is gone, so the stage cannot change any more.
            std::future::pending::<()>().await;
        }
    }
}

async fn follow_signals(mut signals: mpsc::Receiver<()>, drain_timeout: Duration, stage: watch::Sender<Stage>) {
    if signals.recv().await.is_none() {
        return;
    }
    tracing::info!("shutting down: finishing work in progress; a second signal aborts it");
    stage.send_replace(Stage::Draining);
    let _ = timeout(drain_timeout, signals.recv()).await;
    stage.send_replace(Stage::Aborted);
}

#[cfg(unix)]
fn signals() -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, signals) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            let _ = tokio::select! { received = terminate.recv() => received, received = interrupt.recv() => received };
            if sender.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(signals)
}

#[cfg(not(unix))]
fn signals() -> io::Result<mpsc::Receiver<()>> {
    let (sender, signals) = mpsc::channel(2);
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && sender.send(()).await.is_ok() {} });
    Ok(signals)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn shutdown(drain_timeout: Duration) -> (mpsc::Sender<()>, Shutdown) {
        let (signal, signals) = mpsc::channel(2);
        let (stage, shutdown) = watch::channel(Stage::Running);
        tokio::spawn(follow_signals(signals, drain_timeout, stage));
        (signal, Shutdown(shutdown))
    }

    #[tokio::test]
    async fn first_signal_lets_work_finish() {
        let (signal, shutdown) = shutdown(LONG);
        signal.send(()).await.unwrap();
        let requested = shutdown.requested();
        let work = async {
            requested.await;
            tokio::task::yield_now().await;
            "finished"
        };
        assert_eq!(shutdown.run_until_aborted(work).await, Some("finished"));
    }

    #[tokio::test]
    async fn second_signal_aborts() {
        let (signal, shutdown) = shutdown(LONG);
        signal.send(()).await.unwrap();
        signal.send(()).await.unwrap();
        assert_eq!(shutdown.run_until_aborted(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn timeout_aborts() {
        let (signal, shutdown) = shutdown(Duration::from_millis(5));
        signal.send(()).await.unwrap();
        assert_eq!(shutdown.run_until_aborted(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn does_not_shut_down_without_a_signal() {
        let (signal, shutdown) = shutdown(Duration::ZERO);
        drop(signal);
        assert_eq!(shutdown.run_until_aborted(async { "done" }).await, Some("done"));
        assert!(timeout(Duration::from_millis(20), shutdown.requested()).await.is_err());
    }
}
