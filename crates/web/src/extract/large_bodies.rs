//! Admission of large bodies: how many may be in memory at once, in total and for each sender.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vestibule_core::id::{ApiKeyId, UserId};
use vestibule_core::{Code, Problem};

/// Images and lists in memory at once. With the maximum of 5 MiB for a body, they take about 100 MiB.
pub(crate) const MAX_LARGE_BODIES: usize = 16;
/// So that one user cannot occupy all permits.
pub(crate) const MAX_LARGE_BODIES_PER_USER: usize = 2;

/// A backend serves many people.
const MAX_LARGE_BODIES_PER_API_KEY: usize = 8;

/// Who sends a large body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BodySender {
    User(UserId),
    ApiKey(ApiKeyId),
}

impl BodySender {
    const fn max(self) -> usize {
        match self {
            Self::User(_) => MAX_LARGE_BODIES_PER_USER,
            Self::ApiKey(_) => MAX_LARGE_BODIES_PER_API_KEY,
        }
    }
}

/// Permits for bodies of signed-in users and API keys that are larger than 64 KiB or contain an image. A request gets its permit
/// before its body is read, and does not wait for one: it would hold a connection meanwhile.
#[derive(Debug)]
pub(crate) struct LargeBodies {
    permits: Arc<Semaphore>,
    per_sender: Arc<Mutex<HashMap<BodySender, usize>>>,
}

impl Default for LargeBodies {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_LARGE_BODIES)), per_sender: Arc::default() }
    }
}

impl LargeBodies {
    /// # Errors
    /// `BUSY` if there are too many, or too many of this sender.
    pub(crate) fn admit(&self, sender: BodySender) -> Result<LargeBodyPermit, Problem> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| Problem::from(Code::Busy))?;
        let mut per_sender = lock(&self.per_sender);
        let count = per_sender.entry(sender).or_insert(0);
        if *count >= sender.max() {
            return Err(Code::Busy.into());
        }
        *count += 1;
        Ok(LargeBodyPermit { sender, per_sender: Arc::clone(&self.per_sender), _permit: permit })
    }
}

/// Permits one large body, until it is dropped.
#[derive(Debug)]
pub(crate) struct LargeBodyPermit {
    sender: BodySender,
    per_sender: Arc<Mutex<HashMap<BodySender, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl LargeBodyPermit {
    /// Returns the bytes in a buffer that has a share of the permit: it is released when the last such buffer is
    /// dropped.
    pub(super) fn attach(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        Bytes::from_owner(PermittedBytes { bytes, _permit: Arc::clone(self) })
    }
}

impl Drop for LargeBodyPermit {
    fn drop(&mut self) {
        let mut per_sender = lock(&self.per_sender);
        match per_sender.get_mut(&self.sender) {
            Some(count) if *count > 1 => *count -= 1,
            // The map has an entry only for senders with a permit, so its size is bounded too.
            _ => drop(per_sender.remove(&self.sender)),
        }
    }
}

struct PermittedBytes {
    bytes: Bytes,
    _permit: Arc<LargeBodyPermit>,
}

impl AsRef<[u8]> for PermittedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn lock(per_sender: &Mutex<HashMap<BodySender, usize>>) -> MutexGuard<'_, HashMap<BodySender, usize>> {
    per_sender.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64) -> BodySender {
        BodySender::User(id.into())
    }

    #[test]
    fn bounds_bodies_in_total_and_per_user() {
        let bodies = LargeBodies::default();
        let first = bodies.admit(user(1)).unwrap();
        let second = Arc::new(bodies.admit(user(1)).unwrap());
        assert_eq!(bodies.admit(user(1)).unwrap_err().code(), Code::Busy);
        drop(first);
        let bytes = second.attach(Bytes::from_static(b"image"));
        drop(second);
        let first = bodies.admit(user(1)).unwrap();
        assert!(bodies.admit(user(1)).is_err(), "the buffer still has its permit");
        assert_eq!(bytes, "image");
        drop((first, bytes));
        assert!(lock(&bodies.per_sender).is_empty());

        let users = (0..16).map(|id| bodies.admit(user(id)).unwrap()).collect::<Vec<_>>();
        assert_eq!(bodies.admit(user(99)).unwrap_err().code(), Code::Busy);
        assert_eq!(lock(&bodies.per_sender).len(), 16, "a refused user is not counted");
        drop(users);
        assert_eq!(bodies.permits.available_permits(), MAX_LARGE_BODIES);
    }

    #[test]
    fn api_keys_may_send_more_than_users() {
        let (bodies, key) = (LargeBodies::default(), BodySender::ApiKey(1.into()));
        let permits = (0..MAX_LARGE_BODIES_PER_API_KEY).map(|_| bodies.admit(key).unwrap()).collect::<Vec<_>>();
        assert_eq!(bodies.admit(key).unwrap_err().code(), Code::Busy);
        assert!(bodies.admit(user(1)).is_ok(), "the ids of users and of keys are told apart");
        drop(permits);
        assert!(lock(&bodies.per_sender).is_empty());
    }
}
