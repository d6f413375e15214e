//! Passwords and their digests, and which new passwords are accepted.

mod breached;
mod common;
mod context_words;
mod foreign;
mod hasher;
mod import;
mod normalize;
mod pattern;
mod policy;

use std::fmt;

use vestibule_db::{Cell, Column};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::Result;

pub use breached::{BreachedFileError, check_breached_file};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use breached::{check_and_find, sha1_hex};
pub(crate) use context_words::ContextWords;
pub use foreign::{KeycloakAlgorithm, KeycloakPassword, WeakHash};
pub use hasher::PasswordHasher;
pub(crate) use hasher::Verified;
pub use import::ImportedPassword;
pub(crate) use policy::PasswordPolicy;
pub use policy::{NewPassword, UncheckedPassword};

/// The limit on a new password's length, in bytes after normalization. It bounds the cost of hashing.
const MAX_LENGTH: usize = 512;

/// A password in plain text, as it was typed. It is zeroized on drop, and `Debug` does not show it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// A password to verify. No policy applies.
    pub const fn from_input(text: String) -> Self {
        Self(text)
    }

    /// A new password, of at least `min_length` characters and at most 512 bytes after normalization. There are no
    /// composition rules, which NIST SP 800-63B advises against; common passwords and patterns are refused.
    ///
    /// # Errors
    /// `INVALID_PASSWORD`, with the reason.
    pub fn parse_new(text: String, min_length: usize) -> Result<NewPassword> {
        Ok(NewPassword::parse(&Self(text), min_length)?)
    }

    /// A new password that the policy does not apply to: only its normalization and its length of 1 to 512 bytes.
    ///
    /// # Errors
    /// `INVALID_PASSWORD`, with the reason.
    pub fn parse_unchecked(text: String) -> Result<UncheckedPassword> {
        Ok(UncheckedPassword::parse(&Self(text))?)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password that may be hashed: one that [`PasswordPolicy::accept`] accepted, or a verified one, in its normalized
/// form if it has one.
#[derive(Clone, Debug)]
pub(crate) struct AcceptedPassword(Password);

/// A new password that an API key chooses for a user.
#[derive(Clone, Debug)]
pub enum ChosenPassword {
    Checked(NewPassword),
    /// The policy does not apply to it.
    Unchecked(UncheckedPassword),
}

/// A password's digest: an Argon2id string with salt and parameters, or one of another system. `Debug` does not show it.
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
