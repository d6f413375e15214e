//! Password hashes of other systems: a user whose hash was imported signs in with the password that they have, and the
//! hash is then replaced by one of ours.
//!
//! | Kind | Text |
//! |---|---|
//! | Argon2id, Argon2i | `$argon2id$v=19$m=…,t=…,p=…$salt$hash` |
//! | bcrypt | `$2a$…`, `$2b$…`, `$2y$…`; Django's `bcrypt$…` and `bcrypt_sha256$…` |
//! | PBKDF2 | `$pbkdf2-sha256$i=…$salt$hash`; passlib, Django, Werkzeug; Keycloak by [`KeycloakPassword`] |
//! | scrypt | `$scrypt$ln=…,r=…,p=…$salt$hash`; Werkzeug, Better Auth |
//! | Firebase's scrypt | `$fbscrypt$v=1,n=…,r=…,p=…,ss=…,sk=…$salt$hash` |
//! | MD5, SHA-1, SHA-2 | hex; LDAP's `{SSHA}` and its like; phpass (`$P$…`) |
//!
//! The last row is too weak to be stored: [`WeakHash`] is hashed with Argon2id first. Not supported are crypt's `$1$`,
//! `$5$` and `$6$`, passlib's `$bcrypt-sha256$` and `$2x$`, which is what a bug made of bcrypt.
//!
//! A text comes from outside and says how much work its verification is. Each parser therefore checks every parameter
//! against a limit, so that a parsed hash is one that can be computed.

mod argon2;
mod bcrypt;
mod decode;
mod firebase;
mod keycloak;
mod pbkdf2;
mod scrypt;
#[cfg(test)]
mod tests;
mod weak;
mod wrapped;

pub use keycloak::{KeycloakAlgorithm, KeycloakPassword};
pub use weak::WeakHash;
pub(super) use wrapped::Wrapped;

use self::argon2::Argon2Hash;
use self::bcrypt::Bcrypt;
use self::firebase::FirebaseScrypt;
use self::pbkdf2::Pbkdf2;
use self::scrypt::Scrypt;

/// The longest text. Firebase's has the signer key of its project in it and takes about 300 bytes.
const MAX_BYTES: usize = 500;
/// The most memory that a verification with scrypt may take. Argon2 has the same limit.
const MAX_MEMORY: u64 = 64 * 1024 * 1024;

/// A hash that another system made, or that we made with other parameters. All its parameters are within the limits.
pub(super) enum ForeignHash {
    Argon2(Argon2Hash),
    Bcrypt(Bcrypt),
    Pbkdf2(Pbkdf2),
    Scrypt(Scrypt),
    Firebase(FirebaseScrypt),
    Wrapped(Wrapped),
}

impl ForeignHash {
    /// `None` for an unknown text, and for one whose verification would take too much time or memory.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !is_plain(text) {
            return None;
        }
        let parsers: [fn(&str) -> Option<Self>; 6] = [
            |text| Argon2Hash::parse(text).map(Self::Argon2),
            |text| Bcrypt::parse(text).map(Self::Bcrypt),
            |text| Pbkdf2::parse(text).map(Self::Pbkdf2),
            |text| Scrypt::parse(text).map(Self::Scrypt),
            |text| FirebaseScrypt::parse(text).map(Self::Firebase),
            |text| Wrapped::parse(text).map(Self::Wrapped),
        ];
        parsers.into_iter().find_map(|parse| parse(text))
    }

    /// Whether the hash is of this text, which is compared in constant time. An empty text matches nothing.
    pub(super) fn matches(&self, text: &str) -> bool {
        !text.is_empty()
            && match self {
                Self::Argon2(hash) => hash.matches(text.as_bytes()),
                Self::Bcrypt(hash) => hash.matches(text),
                Self::Pbkdf2(hash) => hash.matches(text),
                Self::Scrypt(hash) => hash.matches(text),
                Self::Firebase(hash) => hash.matches(text),
                Self::Wrapped(hash) => hash.matches(text),
            }
    }

    /// Whether a verification takes at least as long as one of our own digests: it includes one.
    pub(super) const fn includes_own_cost(&self) -> bool {
        matches!(self, Self::Wrapped(_))
    }
}

/// Whether a text is short and consists of printable ASCII characters, which all texts of hashes do.
fn is_plain(text: &str) -> bool {
    text.len() <= MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic())
}
