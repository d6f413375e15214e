//! Passwords and their digests: Argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane).
//!
//! One hash takes tens of milliseconds of CPU and 19 MiB, so hashing runs in a background pool.

use std::fmt;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use vestibule_db::{Cell, Column};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::background_pool::BackgroundPool;
use crate::error::{Code, Problem, Result};
use crate::random::Randomness;

/// The limit on a password's length, in bytes. It bounds the cost of hashing.
const MAX_LENGTH: usize = 512;
/// Callers that may wait for each concurrent hash, before further ones are refused with `BUSY`.
const MAX_WAITERS_PER_HASH: usize = 64;

/// Verified against when the user does not exist or has no password, so that the response takes as long as for one who
/// has. It has the parameters of real digests. The result of the verification is ignored.
const DUMMY_DIGEST: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password in plain text. It is zeroized on drop, and `Debug` does not show it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// A password to verify. No policy applies.
    pub const fn from_input(text: String) -> Self {
        Self(text)
    }

    /// A new password, of at least `min_length` characters and at most 512 bytes. There are no composition rules, which
    /// NIST SP 800-63B advises against.
    ///
    /// # Errors
    /// `INVALID_PASSWORD`.
    pub fn parse_new(text: String, min_length: usize) -> Result<Self> {
        let password = Self(text);
        if password.0.chars().count() < min_length {
            return Err(Code::InvalidPassword.with_message(format!("password: use at least {min_length} characters.")));
        }
        if password.0.len() > MAX_LENGTH {
            return Err(Code::InvalidPassword.with_message(format!("password: use at most {MAX_LENGTH} bytes.")));
        }
        Ok(password)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's digest: an Argon2id string with salt and parameters. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordDigest(String);

impl PasswordDigest {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Column for PasswordDigest {
    fn read(cell: Cell<'_>) -> Option<Self> {
        String::read(cell).map(Self)
    }
}

impl fmt::Debug for PasswordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordDigest(…)")
    }
}

/// Hashes and verifies passwords, with bounded concurrency.
#[derive(Debug)]
pub struct PasswordHasher {
    pool: BackgroundPool,
}

impl PasswordHasher {
    /// Runs at most `max_concurrent` hashes at once.
    pub fn new(max_concurrent: usize) -> Self {
        let max_concurrent = max_concurrent.max(1);
        Self { pool: BackgroundPool::new("hashing", max_concurrent, max_concurrent * MAX_WAITERS_PER_HASH) }
    }

    /// Computes the digest to store, with a fresh salt.
    ///
    /// # Errors
    /// `BUSY`.
    pub async fn digest(&self, password: Password, random: &dyn Randomness) -> Result<PasswordDigest> {
        let salt = random.bytes();
        self.run_in_pool(move || hash(&password, salt)).await?
    }

    /// Returns whether the password matches the digest. Without a digest, takes as long and returns `false`.
    ///
    /// # Errors
    /// `BUSY`.
    pub async fn verify(&self, password: Password, digest: Option<&PasswordDigest>) -> Result<bool> {
        let has_digest = digest.is_some();
        let digest = digest.map_or(DUMMY_DIGEST, PasswordDigest::as_str).to_owned();
        let matches =
            self.run_in_pool(move || argon2().verify_password(password.0.as_bytes(), digest.as_str()).is_ok());
        Ok(matches.await? && has_digest)
    }

    async fn run_in_pool<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.pool.acquire().await?.run(work).await
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

    #[tokio::test]
    async fn verifies_only_the_right_password() {
        let random = SeededRandomness::new(1);
        let hasher = PasswordHasher::new(1);
        let digest = hasher.digest(Password::from_input("correct horse".to_owned()), &random).await.unwrap();
        let text = digest.as_str();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert!(!format!("{digest:?}").contains('$'));
        assert!(hasher.verify(Password::from_input("correct horse".to_owned()), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(Password::from_input("wrong".to_owned()), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(Password::from_input("correct horse".to_owned()), None).await.unwrap());
        let parameters = |digest: &str| digest.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parameters(DUMMY_DIGEST), parameters(text), "the dummy costs as much to verify as a real digest");
        assert_eq!(DUMMY_DIGEST.len(), text.len());
        assert!(
            argon2::password_hash::phc::PasswordHash::new(DUMMY_DIGEST).is_ok(),
            "the dummy is well-formed, so the password is hashed"
        );
    }

    #[test]
    fn limits_length_and_hides_password_from_debug() {
        assert!(Password::parse_new("käse-brot".to_owned(), 8).is_ok());
        assert_eq!(Password::parse_new("short".to_owned(), 8).unwrap_err().code(), Code::InvalidPassword);
        assert_eq!(Password::parse_new("x".repeat(513), 8).unwrap_err().code(), Code::InvalidPassword);
        assert!(!format!("{:?}", Password::from_input("hunter2".to_owned())).contains("hunter2"));
    }
}
