//! Work that holds a processor for long, such as hashing a password: on threads of its own, which give way to those that
//! answer requests, and only so much of it at once.

use std::io;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use crate::error::{Problem, Result};

/// How much more slowly than others such a thread gets on where there are more threads than processors, as `nice(1)` counts:
/// as much as can be. Whoever gives way by less gets on no faster where a processor is free, and where none is, holds one for
/// a tick of the kernel (4 ms at 250 a second) so often that one reader in a hundred waits for it.
#[cfg(target_os = "linux")]
const GIVES_WAY_BY: i32 = 19;

/// Where such work is done.
#[derive(Debug)]
pub(crate) struct Aside {
    name: &'static str,
    places: Arc<Semaphore>,
}

impl Aside {
    /// Does `at_once` of its kind at once, on threads of this name.
    pub(crate) fn new(name: &'static str, at_once: usize) -> Self {
        Self { name, places: Arc::new(Semaphore::new(at_once.max(1))) }
    }

    /// Waits for a place. It is given to what is done there: a caller who hangs up makes no room before that has ended.
    pub(crate) async fn place(&self) -> Result<Place> {
        let permit = Arc::clone(&self.places).acquire_owned().await.map_err(Problem::internal)?;
        Ok(Place { name: self.name, _permit: permit })
    }
}

/// A place for one piece of work.
#[derive(Debug)]
pub(crate) struct Place {
    name: &'static str,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Place {
    /// Does the work, and gives what comes of it. Beside work that takes milliseconds at least, a thread for each costs
    /// nothing, and none is left over.
    pub(crate) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (done, outcome) = oneshot::channel();
        let thread = std::thread::Builder::new().name(self.name.to_owned());
        let work = move || {
            // Where it may not, it is done all the same.
            let _ = give_way();
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
fn give_way() -> io::Result<()> {
    rustix::process::nice(GIVES_WAY_BY)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn give_way() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_a_thread_that_gives_way() {
        let aside = Aside::new("aside", 1);
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
    async fn a_place_is_free_again_when_its_work_has_ended_however_that_was() {
        let aside = Aside::new("aside", 1);
        let place = aside.place().await.unwrap();
        assert!(aside.places.try_acquire().is_err());
        assert!(place.run(|| panic!("this is meant to happen")).await.is_err());
        aside.place().await.unwrap().run(|| ()).await.unwrap();
        assert!(aside.places.try_acquire().is_ok());
    }
}
