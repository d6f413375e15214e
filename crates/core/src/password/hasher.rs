//! Hashing and verification: Argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane).
//!
//! One hash takes tens of milliseconds of CPU and 19 MiB, so hashing runs in a background pool.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::normalize::opaque_string;
use super::{AcceptedPassword, Password, PasswordDigest};
use crate::background_pool::BackgroundPool;
use crate::error::{Problem, Result};
use crate::metrics::PoolStatus;
use crate::random::Randomness;

/// Callers that may wait for each concurrent hash, before further ones are refused with `BUSY`.
const MAX_WAITERS_PER_HASH: usize = 64;

/// Verified against when the user does not exist or has no password, so that the response takes as long as for one who
/// has. It has the parameters of real digests. The result of the verification is ignored.
const DUMMY_DIGEST: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords, with bounded concurrency.
#[derive(Debug)]
pub struct PasswordHasher {
    pool: BackgroundPool,
}

/// The result of a verification.
#[derive(Clone, Debug)]
pub(crate) enum Verified {
    Wrong,
    Right,
    /// The digest is one of the typed form: it was stored before passwords were normalized. The caller replaces it by a
    /// digest of this normalized form.
    RightUnnormalized(AcceptedPassword),
}

impl PasswordHasher {
    /// Runs at most `max_concurrent` hashes at once.
    pub fn new(max_concurrent: usize) -> Self {
        let max_concurrent = max_concurrent.max(1);
        Self { pool: BackgroundPool::new("hashing", max_concurrent, max_concurrent * MAX_WAITERS_PER_HASH) }
    }

    /// The hashes that run and wait.
    pub(crate) fn pool_status(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Computes the digest to store, with a fresh salt.
    ///
    /// # Errors
    /// `BUSY`.
    pub(crate) async fn digest(&self, password: AcceptedPassword, random: &dyn Randomness) -> Result<PasswordDigest> {
        let salt = random.bytes();
        self.run_in_pool(move || hash(&password.0, salt)).await?
    }

    /// Returns whether the password matches the digest. Without a digest, takes as long and returns `false`.
    ///
    /// # Errors
    /// `BUSY`.
    pub(crate) async fn verify(&self, password: Password, digest: Option<&PasswordDigest>) -> Result<bool> {
        Ok(!matches!(self.verify_forms(password, digest).await?, Verified::Wrong))
    }

    /// Verifies the normalized form, and if that fails the typed form, if it differs: older digests are of that one.
    /// Without a digest, takes as long and returns `Wrong`.
    ///
    /// # Errors
    /// `BUSY`.
    pub(crate) async fn verify_forms(&self, password: Password, digest: Option<&PasswordDigest>) -> Result<Verified> {
        let has_digest = digest.is_some();
        let digest = digest.map_or(DUMMY_DIGEST, PasswordDigest::as_str).to_owned();
        let verified = self.run_in_pool(move || verify_forms(&password, &digest)).await?;
        Ok(if has_digest { verified } else { Verified::Wrong })
    }

    async fn run_in_pool<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.pool.acquire().await?.run(work).await
    }
}

fn verify_forms(typed: &Password, digest: &str) -> Verified {
    let matches = |text: &str| argon2().verify_password(text.as_bytes(), digest).is_ok();
    let normalized = opaque_string(&typed.0).map(|mut text| Password(std::mem::take(&mut *text)));
    match normalized.filter(|normalized| normalized.0 != typed.0) {
        Some(normalized) if matches(&normalized.0) => Verified::Right,
        Some(normalized) if matches(&typed.0) => Verified::RightUnnormalized(AcceptedPassword(normalized)),
        None if matches(&typed.0) => Verified::Right,
        _ => Verified::Wrong,
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(password: &Password, salt: [u8; 16]) -> Result<PasswordDigest> {
    let digest = argon2().hash_password_with_salt(password.0.as_bytes(), &salt).map_err(Problem::internal)?;
    Ok(PasswordDigest(digest.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;

    fn typed(text: &str) -> Password {
        Password::from_input(text.to_owned())
    }

    #[tokio::test]
    async fn verifies_only_the_right_password() {
        let random = SeededRandomness::new(1);
        let hasher = PasswordHasher::new(1);
        let digest = hasher.digest(AcceptedPassword(typed("correct horse")), &random).await.unwrap();
        let text = digest.as_str();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert!(!format!("{digest:?}").contains('$'));
        assert!(hasher.verify(typed("correct horse"), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(typed("wrong"), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(typed("correct horse"), None).await.unwrap());
        let parameters = |digest: &str| digest.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parameters(DUMMY_DIGEST), parameters(text), "the dummy costs as much to verify as a real digest");
        assert_eq!(DUMMY_DIGEST.len(), text.len());
        assert!(
            argon2::password_hash::phc::PasswordHash::new(DUMMY_DIGEST).is_ok(),
            "the dummy is well-formed, so the password is hashed"
        );
    }

    #[test]
    fn verifies_digests_of_both_forms() {
        let (composed, decomposed) = (typed("crème brûlée"), typed("cre\u{300}me bru\u{302}le\u{301}e"));
        let digest_of = |text: &Password| hash(text, [1; 16]).unwrap();
        let (normalized, old) = (digest_of(&composed), digest_of(&decomposed));
        assert!(matches!(verify_forms(&composed, normalized.as_str()), Verified::Right));
        assert!(matches!(verify_forms(&decomposed, normalized.as_str()), Verified::Right));
        let Verified::RightUnnormalized(AcceptedPassword(upgraded)) = verify_forms(&decomposed, old.as_str()) else {
            panic!("the old digest matches");
        };
        assert_eq!(upgraded.0, composed.0);
        assert!(matches!(verify_forms(&composed, old.as_str()), Verified::Wrong), "the typed form is unknown");
        // A control character is refused in a new password, but an old one may have it.
        let with_tab = typed("with\ttab");
        assert!(matches!(verify_forms(&with_tab, digest_of(&with_tab).as_str()), Verified::Right));
        assert!(matches!(verify_forms(&typed(""), old.as_str()), Verified::Wrong));
    }

    #[test]
    fn hides_password_from_debug() {
        assert!(!format!("{:?}", typed("hunter2")).contains("hunter2"));
        assert!(!format!("{:?}", Verified::RightUnnormalized(AcceptedPassword(typed("hunter2")))).contains("hunter2"));
    }
}
