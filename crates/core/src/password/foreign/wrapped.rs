//! Argon2id of a weak digest, so that no weak digest is in the database.

use super::argon2::Argon2Hash;
use super::weak::{WeakHash, WeakScheme};

/// Our own text, for what no other system stores.
const PREFIX: &str = "$wrapped$";

pub(in crate::password) struct Wrapped {
    scheme: WeakScheme,
    /// The digest of the password by the scheme, hashed.
    outer: Argon2Hash,
}

impl Wrapped {
    /// `$wrapped$sha1$c2FsdA` followed by the PHC string of Argon2. The salt of the weak digest can be empty.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (function, rest) = text.strip_prefix(PREFIX)?.split_once('$')?;
        let (salt, outer) = rest.split_at_checked(rest.find('$')?)?;
        Some(Self { scheme: WeakScheme::parse(function, salt)?, outer: Argon2Hash::parse(outer)? })
    }

    /// The text to store. `outer` is the PHC string of the Argon2 hash of the weak digest.
    pub(in crate::password) fn to_text(weak: &WeakHash, outer: &str) -> String {
        format!("{PREFIX}{}{outer}", weak.scheme().to_text())
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.outer.matches(&self.scheme.digest(text))
    }
}
