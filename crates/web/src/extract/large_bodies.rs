//! Admission of large bodies: how many may be in memory at once, in total and for each user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vestibule_core::id::UserId;
use vestibule_core::{Code, Problem};

/// Images and lists in memory at once. With the maximum of 5 MiB for a body, they take about 100 MiB.
pub(crate) const MAX_LARGE_BODIES: usize = 16;
/// So that one user cannot occupy all permits.
pub(crate) const MAX_LARGE_BODIES_PER_USER: usize = 2;

/// Permits for bodies of signed-in users that are larger than 64 KiB or contain an image. A request gets its permit
/// before its body is read, and does not wait for one: it would hold a connection meanwhile.
#[derive(Debug)]
pub(crate) struct LargeBodies {
    permits: Arc<Semaphore>,
    per_user: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Default for LargeBodies {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_LARGE_BODIES)), per_user: Arc::default() }
    }
}

impl LargeBodies {
    /// # Errors
    /// `BUSY` if there are too many, or too many of this user.
    pub(crate) fn admit(&self, user: UserId) -> Result<LargeBodyPermit, Problem> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| Problem::from(Code::Busy))?;
        let mut per_user = lock(&self.per_user);
        let count = per_user.entry(user).or_insert(0);
        if *count >= MAX_LARGE_BODIES_PER_USER {
            return Err(Code::Busy.into());
        }
        *count += 1;
        Ok(LargeBodyPermit { user, per_user: Arc::clone(&self.per_user), _permit: permit })
    }
}

/// Permits one large body, until it is dropped.
#[derive(Debug)]
pub(crate) struct LargeBodyPermit {
    user: UserId,
    per_user: Arc<Mutex<HashMap<UserId, usize>>>,
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
        let mut per_user = lock(&self.per_user);
        match per_user.get_mut(&self.user) {
            Some(count) if *count > 1 => *count -= 1,
            // The map has an entry only for users with a permit, so its size is bounded too.
            _ => drop(per_user.remove(&self.user)),
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

fn lock(per_user: &Mutex<HashMap<UserId, usize>>) -> MutexGuard<'_, HashMap<UserId, usize>> {
    per_user.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_bodies_in_total_and_per_user() {
        let bodies = LargeBodies::default();
        let first = bodies.admit(1.into()).unwrap();
        let second = Arc::new(bodies.admit(1.into()).unwrap());
        assert_eq!(bodies.admit(1.into()).unwrap_err().code(), Code::Busy);
        drop(first);
        let bytes = second.attach(Bytes::from_static(b"image"));
        drop(second);
        let first = bodies.admit(1.into()).unwrap();
        assert!(bodies.admit(1.into()).is_err(), "the buffer still has its permit");
        assert_eq!(bytes, "image");
        drop((first, bytes));
        assert!(lock(&bodies.per_user).is_empty());

        let users = (0..16).map(|user| bodies.admit(user.into()).unwrap()).collect::<Vec<_>>();
        assert_eq!(bodies.admit(99.into()).unwrap_err().code(), Code::Busy);
        assert_eq!(lock(&bodies.per_user).len(), 16, "a refused user is not counted");
        drop(users);
        assert_eq!(bodies.permits.available_permits(), MAX_LARGE_BODIES);
    }
}
