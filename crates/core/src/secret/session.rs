//! The session token.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{InvalidToken, decode};
use crate::random::Randomness;

/// The value of the session cookie: 256 random bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    pub fn new(random: &dyn Randomness) -> Self {
        Self(random.bytes())
    }

    /// The stored form. Plain SHA-256 is enough for a high-entropy secret (OWASP ASVS 6.5.2).
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The cookie's value: 43 characters, base64url.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl FromStr for SessionToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        decode(text.as_bytes()).map(Self)
    }
}

/// From the bytes of a cookie, which may not be UTF-8.
impl TryFrom<&[u8]> for SessionToken {
    type Error = InvalidToken;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidToken> {
        decode(bytes).map(Self)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}
