//! Ending in two stages. The first SIGTERM or SIGINT asks everybody to finish what is under way and take nothing new; a
//! second signal, or 30 seconds, ends the rest at once.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// What is under way when the first signal comes has this long.
const GRACE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    Finishing,
    Over,
}

/// Tells everybody who holds a copy how far the end has come.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<Stage>);

impl Shutdown {
    /// Begins to heed signals; from now on they no longer end the process by themselves.
    ///
    /// Errors: the system does not let this process handle signals. Must be called within a runtime.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let signals = signals()?;
        let (stage, shutdown) = watch::channel(Stage::Running);
        tokio::spawn(follow(signals, GRACE, stage));
        Ok(Self(shutdown))
    }

    /// Ready when everybody shall finish: for `with_graceful_shutdown`, and for workers to stop by.
    pub(crate) fn asked_for(&self) -> impl Future<Output = ()> + Send + 'static {
        self.clone().reached(Stage::Finishing)
    }

    /// What `work` comes to, or `None` when it was not done by the time everything must be over.
    pub(crate) async fn unless_over<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.clone().reached(Stage::Over) => None,
        }
    }

    async fn reached(mut self, stage: Stage) {
        if self.0.wait_for(|now| *now >= stage).await.is_err() {
            // Nobody is left who could ask for it.
            std::future::pending::<()>().await;
        }
    }
}

async fn follow(mut signals: mpsc::Receiver<()>, grace: Duration, stage: watch::Sender<Stage>) {
    if signals.recv().await.is_none() {
        return;
    }
    tracing::info!("ending: what is under way is finished first; a second signal ends at once");
    stage.send_replace(Stage::Finishing);
    let _ = timeout(grace, signals.recv()).await;
    stage.send_replace(Stage::Over);
}

#[cfg(unix)]
fn signals() -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, signals) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            let _ = tokio::select! { came = terminate.recv() => came, came = interrupt.recv() => came };
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

    fn shutdown(grace: Duration) -> (mpsc::Sender<()>, Shutdown) {
        let (signal, signals) = mpsc::channel(2);
        let (stage, shutdown) = watch::channel(Stage::Running);
        tokio::spawn(follow(signals, grace, stage));
        (signal, Shutdown(shutdown))
    }

    #[tokio::test]
    async fn the_first_signal_lets_work_finish() {
        let (signal, shutdown) = shutdown(LONG);
        signal.send(()).await.unwrap();
        let stop = shutdown.asked_for();
        let work = async {
            stop.await;
            tokio::task::yield_now().await;
            "finished"
        };
        assert_eq!(shutdown.unless_over(work).await, Some("finished"));
    }

    #[tokio::test]
    async fn the_second_signal_ends_at_once() {
        let (signal, shutdown) = shutdown(LONG);
        signal.send(()).await.unwrap();
        signal.send(()).await.unwrap();
        assert_eq!(shutdown.unless_over(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn time_runs_out_by_itself() {
        let (signal, shutdown) = shutdown(Duration::from_millis(5));
        signal.send(()).await.unwrap();
        assert_eq!(shutdown.unless_over(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn without_a_signal_nothing_ends() {
        let (signal, shutdown) = shutdown(Duration::ZERO);
        drop(signal);
        assert_eq!(shutdown.unless_over(async { "done" }).await, Some("done"));
        assert!(timeout(Duration::from_millis(20), shutdown.asked_for()).await.is_err());
    }
}
