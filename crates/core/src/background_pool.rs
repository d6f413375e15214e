//! Work that holds a processor for long, such as hashing a password: on threads of its own, which give way to those that
//! answer requests, and only so much of it at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::{Code, Problem, Result};

/// How much more slowly than others such a thread gets on where there are more threads than processors, as `nice(1)` counts:
/// as much as can be. Whoever gives way by less gets on no faster where a processor is free, and where none is, holds one for
/// a tick of the kernel (4 ms at 250 a second) so often that one reader in a hundred waits for it.
#[cfg(target_os = "linux")]
const GIVES_WAY_BY: i32 = 19;
/// The same once many wait for it: a tenth of the time of one that answers requests. Readers could keep others from signing
/// in else.
#[cfg(target_os = "linux")]
const GIVES_WAY_TO_FEWER_BY: i32 = 10;
/// Many wait when more than this do for each place.
const FEW: usize = 4;

/// Where such work is done.
#[derive(Debug)]
pub(crate) struct BackgroundPool {
    name: &'static str,
    at_once: usize,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

impl BackgroundPool {
    /// Does `at_once` of its kind at once, on threads of this name, while no more than `most_waiting` wait.
    pub(crate) fn new(name: &'static str, at_once: usize, most_waiting: usize) -> Self {
        let at_once = at_once.max(1);
        Self { name, at_once, places: Arc::new(Semaphore::new(at_once)), waiting: AtomicUsize::new(0), most_waiting }
    }

    /// Waits for a place. It is given to what is done there: a caller who hangs up makes no room before that has ended.
    /// Error: `BUSY` when too many wait already.
    pub(crate) async fn place(&self) -> Result<Place> {
        let waiting = Waiting::begin(&self.waiting, self.most_waiting).ok_or(Code::Busy)?;
        let permit = Arc::clone(&self.places).acquire_owned().await.map_err(Problem::internal)?;
        drop(waiting);
        let many_wait = self.waiting.load(Ordering::Relaxed) > self.at_once * FEW;
        Ok(Place { name: self.name, many_wait, _permit: permit })
    }
}

/// One who waits, for as long as it is held: whoever goes away does not wait any more.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let one = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(one)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place for one piece of work.
#[derive(Debug)]
pub(crate) struct Place {
    name: &'static str,
    many_wait: bool,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Does the work, and gives what comes of it. Beside work that takes milliseconds at least, a thread for each costs
    /// nothing, and none is left over.
    pub(crate) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (done, outcome) = oneshot::channel();
        let thread = std::thread::Builder::new().name(self.name.to_owned());
        let work = move || {
            // Where it may not, it is done all the same.
            let _ = give_way(self.many_wait);
            let made = work();
            drop(self);
            let _ = done.send(made);
        };
        thread.spawn(work).map_err(Problem::internal)?;
        outcome.await.map_err(Problem::internal)
    }
}

/// Elsewhere it would slow down the whole process.
#[cfg(target_os = "linux")]
fn give_way(many_wait: bool) -> io::Result<()> {
    rustix::process::nice(if many_wait { GIVES_WAY_TO_FEWER_BY } else { GIVES_WAY_BY })?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn give_way(_: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn work_is_done_on_a_thread_that_gives_way() {
        let aside = BackgroundPool::new("aside", 1, 64);
        let place = aside.place().await.unwrap();
        let name = place.run(|| std::thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("aside"));
        #[cfg(target_os = "linux")]
        {
            let before = rustix::process::getpriority_process(None).unwrap();
            let there = aside.place().await.unwrap().run(|| rustix::process::getpriority_process(None)).await.unwrap();
            assert_eq!(there.unwrap(), (before + GIVES_WAY_BY).min(19));
            assert_eq!(rustix::process::getpriority_process(None).unwrap(), before, "the others are as they were");
        }
    }

    #[tokio::test]
    async fn it_gives_way_by_less_once_many_wait() {
        let aside = BackgroundPool::new("aside", 1, 64);
        let first = aside.place().await.unwrap();
        assert!(!first.many_wait);
        let mut waiting: Vec<_> = (0..=FEW + 1).map(|_| Box::pin(aside.place())).collect();
        for one in &mut waiting {
            assert!(one.as_mut().now_or_never().is_none());
        }
        drop(first);
        let next = waiting.remove(0).await.unwrap();
        assert!(next.many_wait);
        // Those who go away do not wait.
        waiting.truncate(1);
        drop(next);
        assert!(!waiting.remove(0).await.unwrap().many_wait);
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_work_has_ended_however_that_was() {
        let aside = BackgroundPool::new("aside", 1, 64);
        let place = aside.place().await.unwrap();
        assert!(aside.places.try_acquire().is_err());
        assert!(place.run(|| panic!("this is meant to happen")).await.is_err());
        aside.place().await.unwrap().run(|| ()).await.unwrap();
        assert!(aside.places.try_acquire().is_ok());
    }
}
