//! Graceful shutdown in two stages.
//!
//! The first SIGTERM, SIGINT, SIGQUIT or SIGHUP stops accepting work and lets work in progress finish. A second one, or
//! `SHUTDOWN_TIMEOUT`, aborts what is left. SIGHUP never is the second one: a terminal that closes sends it twice, and
//! service managers send it after SIGTERM. It is not handled if it is ignored, as by `nohup`. SIGUSR1 and SIGUSR2 do
//! nothing: scripts that rotate logs send them.

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Stop,
    /// SIGHUP.
    HangUp,
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

async fn follow_signals(mut signals: mpsc::Receiver<Signal>, drain_timeout: Duration, stage: watch::Sender<Stage>) {
    let Some(first) = signals.recv().await else { return };
    tracing::info!("shutting down: finishing work in progress; a second signal aborts it");
    stage.send_replace(Stage::Draining);
    // Only these abort. After a terminal was closed, the one that stops the server is the first.
    let mut stops = usize::from(first == Signal::Stop);
    let second = async {
        while stops < 2 {
            match signals.recv().await {
                Some(Signal::Stop) => stops += 1,
                Some(Signal::HangUp) => {}
                None => break,
            }
        }
    };
    let _ = timeout(drain_timeout, second).await;
    stage.send_replace(Stage::Aborted);
}

#[cfg(unix)]
fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut quit = signal(SignalKind::quit())?;
    let mut hang_up = if is_hang_up_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
    // Without a handler they end the process.
    let unused = [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?];
    let (sender, signals) = mpsc::channel(2);
    tokio::spawn(async move {
        let _unused = unused;
        loop {
            let hung_up = async {
                match &mut hang_up {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            let signal = tokio::select! {
                _ = terminate.recv() => Signal::Stop,
                _ = interrupt.recv() => Signal::Stop,
                _ = quit.recv() => Signal::Stop,
                _ = hung_up => Signal::HangUp,
            };
            if sender.send(signal).await.is_err() {
                return;
            }
        }
    });
    Ok(signals)
}

/// Whether the process is to survive its terminal, as with `nohup`. Known on Linux only.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hang_up(&status))
}

/// Whether the mask of ignored signals in `/proc/self/status` has SIGHUP, which is number 1.
#[cfg(unix)]
fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, signals) = mpsc::channel(2);
    tokio::spawn(
        async move { while tokio::signal::ctrl_c().await.is_ok() && sender.send(Signal::Stop).await.is_ok() {} },
    );
    Ok(signals)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn shutdown(drain_timeout: Duration) -> (mpsc::Sender<Signal>, Shutdown) {
        let (signal, signals) = mpsc::channel(2);
        let (stage, shutdown) = watch::channel(Stage::Running);
        tokio::spawn(follow_signals(signals, drain_timeout, stage));
        (signal, Shutdown(shutdown))
    }

    #[tokio::test]
    async fn first_signal_lets_work_finish() {
        let (signal, shutdown) = shutdown(LONG);
        signal.send(Signal::Stop).await.unwrap();
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
        signal.send(Signal::Stop).await.unwrap();
        signal.send(Signal::Stop).await.unwrap();
        assert_eq!(shutdown.run_until_aborted(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn hang_up_lets_work_finish_and_does_not_abort_it() {
        for first in [Signal::HangUp, Signal::Stop] {
            let (signal, shutdown) = shutdown(LONG);
            for next in [first, Signal::HangUp, Signal::HangUp] {
                signal.send(next).await.unwrap();
            }
            shutdown.requested().await;
            let work = async {
                tokio::task::yield_now().await;
                "finished"
            };
            assert_eq!(shutdown.run_until_aborted(work).await, Some("finished"));
            if first == Signal::HangUp {
                // The server is stopped after its terminal was closed.
                signal.send(Signal::Stop).await.unwrap();
                assert_eq!(shutdown.run_until_aborted(std::future::ready("finished")).await, Some("finished"));
            }
            signal.send(Signal::Stop).await.unwrap();
            assert_eq!(shutdown.run_until_aborted(std::future::pending::<()>()).await, None);
        }
    }

    #[test]
    fn reads_whether_hang_up_is_ignored() {
        assert!(ignores_hang_up("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"));
        assert!(!ignores_hang_up("Name:\tx\nSigIgn:\t0000000000001000\nSigCgt:\t1\n"));
        assert!(!ignores_hang_up(""));
    }

    #[tokio::test]
    async fn timeout_aborts() {
        let (signal, shutdown) = shutdown(Duration::from_millis(5));
        signal.send(Signal::Stop).await.unwrap();
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
