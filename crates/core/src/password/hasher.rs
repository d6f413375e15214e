//! Hashing and verification: Argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane).
//!
//! One hash takes tens of milliseconds of CPU and 19 MiB, so hashing runs in a background pool. Hashes of other systems
//! are verified in the same pool, and replaced.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::foreign::{ForeignHash, WeakHash, Wrapped};
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

/// What our digests begin with.
const OUR_PARAMETERS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

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
    /// The digest is not one that we would store now: it was imported from another system, has other parameters, or is
    /// of the typed form, stored before passwords were normalized. The caller replaces it by a digest of this password.
    RightOutdated(AcceptedPassword),
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
        self.run_in_pool(move || hash(password.0.0.as_bytes(), salt).map(PasswordDigest)).await?
    }

    /// Computes the digest to store for a weak one of another system: the weak one, hashed as a password is.
    ///
    /// # Errors
    /// `BUSY`.
    pub(crate) async fn wrap(&self, weak: WeakHash, random: &dyn Randomness) -> Result<PasswordDigest> {
        let salt = random.bytes();
        let wrapped = move || Ok(PasswordDigest(Wrapped::to_text(&weak, &hash(weak.digest(), salt)?)));
        self.run_in_pool(wrapped).await?
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
    let is_ours = is_ours(digest);
    let foreign = if is_ours { None } else { ForeignHash::parse(digest) };
    let matches = |text: &str| match &foreign {
        Some(hash) => matches_foreign(hash, text),
        None => matches_argon2id(digest, text),
    };
    let normalized = opaque_string(&typed.0).map(|mut text| Password(std::mem::take(&mut *text)));
    let (is_right, is_stored_form) = match &normalized {
        Some(normalized) if normalized.0 != typed.0 && matches(&normalized.0) => (true, true),
        Some(normalized) if normalized.0 != typed.0 => (matches(&typed.0), false),
        _ => (matches(&typed.0), true),
    };
    match (is_right, is_ours && is_stored_form) {
        (false, _) => Verified::Wrong,
        (true, true) => Verified::Right,
        // Without a normalized form (it has control characters), the typed form is hashed.
        (true, false) => Verified::RightOutdated(AcceptedPassword(normalized.unwrap_or_else(|| typed.clone()))),
    }
}

/// Whether a digest has our parameters, with a salt and a hash of our lengths.
fn is_ours(digest: &str) -> bool {
    digest.len() == DUMMY_DIGEST.len() && digest.starts_with(OUR_PARAMETERS)
}

fn matches_argon2id(digest: &str, text: &str) -> bool {
    argon2().verify_password(text.as_bytes(), digest).is_ok()
}

/// Verifies a hash of another system. If it does not match, also verifies the dummy digest: most of these hashes cost
/// less than ours, and a quick refusal would tell who was imported. A refusal therefore takes longer for them than for
/// others, by the cost of their hash, until they sign in for the first time. A match needs no dummy: the caller then
/// computes a digest of ours.
fn matches_foreign(hash: &ForeignHash, text: &str) -> bool {
    let is_right = hash.matches(text);
    if !is_right && !hash.includes_own_cost() {
        std::hint::black_box(matches_argon2id(DUMMY_DIGEST, text));
    }
    is_right
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(bytes: &[u8], salt: [u8; 16]) -> Result<String> {
    let digest = argon2().hash_password_with_salt(bytes, &salt).map_err(Problem::internal)?;
    Ok(digest.to_string())
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
        assert!(is_ours(DUMMY_DIGEST) && is_ours(text));
        assert!(
            argon2::password_hash::phc::PasswordHash::new(DUMMY_DIGEST).is_ok(),
            "the dummy is well-formed, so the password is hashed"
        );
    }

    #[test]
    fn verifies_digests_of_both_forms() {
        let (composed, decomposed) = (typed("crème brûlée"), typed("cre\u{300}me bru\u{302}le\u{301}e"));
        let digest_of = |text: &Password| PasswordDigest(hash(text.0.as_bytes(), [1; 16]).unwrap());
        let (normalized, old) = (digest_of(&composed), digest_of(&decomposed));
        assert!(matches!(verify_forms(&composed, normalized.as_str()), Verified::Right));
        assert!(matches!(verify_forms(&decomposed, normalized.as_str()), Verified::Right));
        let Verified::RightOutdated(AcceptedPassword(upgraded)) = verify_forms(&decomposed, old.as_str()) else {
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
        assert!(!format!("{:?}", Verified::RightOutdated(AcceptedPassword(typed("hunter2")))).contains("hunter2"));
    }
}
