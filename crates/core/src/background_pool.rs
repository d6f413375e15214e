//! A bounded pool for CPU-bound work such as password hashing. The work runs on threads of its own at a raised nice
//! value, so that it does not delay the threads that serve requests.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::{Code, Problem, Result};
use crate::metrics::PoolStatus;

/// Nice value of the background threads, the highest there is. A lower one makes the work no faster on an idle
/// processor. On a busy one it takes whole scheduler ticks (4 ms at 250 Hz) from request threads, which 1 % of the
/// reads then wait for.
#[cfg(target_os = "linux")]
const NICE: i32 = 19;
/// Nice value while many callers wait: about a tenth of the CPU share of a request thread. At [`NICE`], a steady load
/// of reads could keep users from signing in.
#[cfg(target_os = "linux")]
const NICE_WHEN_BUSY: i32 = 10;
/// [`NICE_WHEN_BUSY`] applies while more callers than this wait for each permit.
const BUSY_WAITERS_PER_PERMIT: usize = 4;

/// Runs CPU-bound work of one kind with bounded concurrency and a bounded queue.
#[derive(Debug)]
pub(crate) struct BackgroundPool {
    thread_name: &'static str,
    max_concurrent: usize,
    permits: Arc<Semaphore>,
    waiters: AtomicUsize,
    max_waiters: usize,
}

impl BackgroundPool {
    /// Runs up to `max_concurrent` pieces of work at once, while up to `max_waiters` callers wait.
    pub(crate) fn new(thread_name: &'static str, max_concurrent: usize, max_waiters: usize) -> Self {
        let max_concurrent = max_concurrent.max(1);
        let permits = Arc::new(Semaphore::new(max_concurrent));
        Self { thread_name, max_concurrent, permits, waiters: AtomicUsize::new(0), max_waiters }
    }

    /// How many pieces of work run and wait. All permits count as open: there is no thread without work.
    pub(crate) fn status(&self) -> PoolStatus {
        let max = self.max_concurrent;
        let in_use = max.saturating_sub(self.permits.available_permits());
        PoolStatus { max, open: max, in_use, waiting: self.waiters.load(Ordering::Relaxed).min(self.max_waiters) }
    }

    /// Waits for a permit. It is released when the work ends, even if the caller hangs up before.
    ///
    /// # Errors
    /// `BUSY` if too many callers wait already.
    pub(crate) async fn acquire(&self) -> Result<Permit> {
        let waiter = Waiter::register(&self.waiters, self.max_waiters).ok_or(Code::Busy)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(Problem::internal)?;
        drop(waiter);
        let is_pool_busy = self.waiters.load(Ordering::Relaxed) > self.max_concurrent * BUSY_WAITERS_PER_PERMIT;
        Ok(Permit { thread_name: self.thread_name, is_pool_busy, _slot: permit })
    }
}

/// Counts one waiting caller until it is dropped, so that a caller who hangs up is not counted any more.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn register(waiters: &'a AtomicUsize, max: usize) -> Option<Self> {
        let waiter = Self(waiters);
        (waiters.fetch_add(1, Ordering::Relaxed) < max).then_some(waiter)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Permits one piece of work to run.
#[derive(Debug)]
pub(crate) struct Permit {
    thread_name: &'static str,
    is_pool_busy: bool,
    _slot: OwnedSemaphorePermit,
}

impl Permit {
    /// Runs the work on a new thread and returns its result. Starting a thread is cheap compared with work that takes
    /// milliseconds, and leaves no idle thread.
    pub(crate) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::Builder::new().name(self.thread_name.to_owned());
        let work = move || {
            // If the nice value cannot be set, the work runs at normal priority.
            let _ = lower_priority(self.is_pool_busy);
            let result = work();
            drop(self);
            let _ = sender.send(result);
        };
        thread.spawn(work).map_err(Problem::internal)?;
        receiver.await.map_err(Problem::internal)
    }
}

/// Sets the nice value of this thread. Only on Linux: elsewhere, nice values belong to the whole process.
#[cfg(target_os = "linux")]
fn lower_priority(is_pool_busy: bool) -> io::Result<()> {
    rustix::process::nice(if is_pool_busy { NICE_WHEN_BUSY } else { NICE })?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn lower_priority(_: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn runs_work_on_a_named_thread_at_low_priority() {
        let pool = BackgroundPool::new("background", 1, 64);
        let permit = pool.acquire().await.unwrap();
        let name = permit.run(|| std::thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("background"));
        #[cfg(target_os = "linux")]
        {
            let before = rustix::process::getpriority_process(None).unwrap();
            let permit = pool.acquire().await.unwrap();
            let in_work = permit.run(|| rustix::process::getpriority_process(None)).await.unwrap();
            assert_eq!(in_work.unwrap(), (before + NICE).min(19));
            assert_eq!(rustix::process::getpriority_process(None).unwrap(), before, "other threads are unchanged");
        }
    }

    #[tokio::test]
    async fn raises_priority_while_many_callers_wait() {
        let pool = BackgroundPool::new("background", 1, 64);
        let first = pool.acquire().await.unwrap();
        assert!(!first.is_pool_busy);
        let mut waiting: Vec<_> = (0..=BUSY_WAITERS_PER_PERMIT + 1).map(|_| Box::pin(pool.acquire())).collect();
        for waiter in &mut waiting {
            assert!(waiter.as_mut().now_or_never().is_none());
        }
        drop(first);
        let next = waiting.remove(0).await.unwrap();
        assert!(next.is_pool_busy);
        // Dropped waiters are not counted.
        waiting.truncate(1);
        drop(next);
        assert!(!waiting.remove(0).await.unwrap().is_pool_busy);
    }

    #[tokio::test]
    async fn releases_the_permit_even_if_the_work_panics() {
        let pool = BackgroundPool::new("background", 1, 64);
        let permit = pool.acquire().await.unwrap();
        assert!(pool.permits.try_acquire().is_err());
        assert!(permit.run(|| panic!("this panic is intended")).await.is_err());
        pool.acquire().await.unwrap().run(|| ()).await.unwrap();
        assert!(pool.permits.try_acquire().is_ok());
    }
}
