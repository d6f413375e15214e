//! Passwords: what may be one, and how it is held. Argon2id with OWASP's parameters (19 MiB, two passes, one lane).
//!
//! Hashing costs tens of milliseconds of a core and 19 MiB, so it happens aside of the threads that answer requests, only so
//! many at once, and with a bound on how many wait.

use std::fmt;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::background_pool::BackgroundPool;
use crate::error::{Code, Problem, Result};
use crate::random::Randomness;
use vestibule_db::{Cell, Column};

/// The longest password, in bytes: long enough for any sentence, short enough to hash.
const LONGEST: usize = 512;
/// How many may wait for each that is being hashed, before callers are told to come back.
const WAITING_PER_HASH: usize = 64;

/// Compared when there is no user, so that a stranger waits as long as an owner. It has our parameters; whatever password
/// it may be made from, what comes of the comparison is not asked.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password as somebody types it. It is wiped when it is dropped, and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// A password to compare: anything may be tried.
    pub const fn attempt(text: String) -> Self {
        Self(text)
    }

    /// A password to set: `INVALID_PASSWORD` below `minimum` characters or above 512 bytes. There are no rules about
    /// digits and signs, which make passwords worse (NIST SP 800-63B).
    pub fn chosen(text: String, minimum: usize) -> Result<Self> {
        let password = Self(text);
        if password.0.chars().count() < minimum {
            return Err(Code::InvalidPassword.saying(format!("password: use at least {minimum} characters.")));
        }
        if password.0.len() > LONGEST {
            return Err(Code::InvalidPassword.saying(format!("password: use at most {LONGEST} bytes.")));
        }
        Ok(password)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's digest: an Argon2id string with its own salt and parameters. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordDigest(String);

impl PasswordDigest {
    /// The string, for the database.
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

/// Hashes and compares passwords.
#[derive(Debug)]
pub struct PasswordHasher {
    hashing: BackgroundPool,
}

impl PasswordHasher {
    /// A hasher that runs `parallel` hashes at once.
    pub fn new(parallel: usize) -> Self {
        let parallel = parallel.max(1);
        Self { hashing: BackgroundPool::new("hashing", parallel, parallel * WAITING_PER_HASH) }
    }

    /// The string to store for a password, with a fresh salt. Error: `BUSY`.
    pub async fn digest(&self, password: Password, random: &dyn Randomness) -> Result<PasswordDigest> {
        let salt = random.bytes();
        self.off_thread(move || hash(&password, salt)).await?
    }

    /// Whether the password is the one this digest was made from. Without a digest it takes as long and says no.
    /// Error: `BUSY`.
    pub async fn verify(&self, password: Password, digest: Option<&PasswordDigest>) -> Result<bool> {
        let known = digest.is_some();
        let digest = digest.map_or(NOBODYS, PasswordDigest::as_str).to_owned();
        let same = self.off_thread(move || argon2().verify_password(password.0.as_bytes(), digest.as_str()).is_ok());
        Ok(same.await? && known)
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.hashing.place().await?.run(work).await
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
    async fn only_the_right_password_of_a_known_user_is_right() {
        let random = SeededRandomness::new(1);
        let hasher = PasswordHasher::new(1);
        let digest = hasher.digest(Password::attempt("correct horse".to_owned()), &random).await.unwrap();
        let text = digest.as_str();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert!(!format!("{digest:?}").contains('$'));
        assert!(hasher.verify(Password::attempt("correct horse".to_owned()), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(Password::attempt("wrong".to_owned()), Some(&digest)).await.unwrap());
        assert!(!hasher.verify(Password::attempt("correct horse".to_owned()), None).await.unwrap());
        let parameters = |digest: &str| digest.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parameters(NOBODYS), parameters(text), "nobody's costs what somebody's costs");
        assert_eq!(NOBODYS.len(), text.len());
        assert!(
            argon2::password_hash::phc::PasswordHash::new(NOBODYS).is_ok(),
            "it is hashed, not refused for its form"
        );
    }

    #[test]
    fn a_chosen_password_has_bounds_and_is_never_printed() {
        assert!(Password::chosen("käse-brot".to_owned(), 8).is_ok());
        assert_eq!(Password::chosen("short".to_owned(), 8).unwrap_err().code(), Code::InvalidPassword);
        assert_eq!(Password::chosen("x".repeat(513), 8).unwrap_err().code(), Code::InvalidPassword);
        assert!(!format!("{:?}", Password::attempt("hunter2".to_owned())).contains("hunter2"));
    }
}
