//! Digests of passwords that come from another system.

use super::PasswordDigest;
use super::foreign::{ForeignHash, WeakHash};
use crate::error::{Code, Result};

/// A digest of another system, parsed and within the limits of its cost.
#[derive(Clone, Debug)]
pub enum ImportedPassword {
    /// Stored as it is, until the user signs in.
    Strong(PasswordDigest),
    /// Stored only within Argon2id, which takes a hash to compute.
    Weak(WeakHash),
}

impl ImportedPassword {
    /// Parses the text in which another system stores a digest: the module `foreign` lists them. No hash is computed.
    ///
    /// # Errors
    /// `UNSUPPORTED_PASSWORD_HASH` for an unknown text, and for one whose verification would take too much time or
    /// memory.
    pub fn parse(text: &str) -> Result<Self> {
        if ForeignHash::parse(text).is_some() {
            return Ok(Self::Strong(PasswordDigest(text.to_owned())));
        }
        WeakHash::parse(text).map(Self::Weak).ok_or_else(|| Code::UnsupportedPasswordHash.into())
    }
}
