//! The ticket of a sign-in that a backend asks for.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{InvalidToken, decode};
use crate::random::Randomness;

/// A ticket, which is exchanged for a sign-in once: 256 random bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionTicket([u8; 32]);

impl SessionTicket {
    pub(crate) fn new(random: &dyn Randomness) -> Self {
        Self(random.bytes())
    }

    /// The stored form. Plain SHA-256 is enough for a high-entropy secret (OWASP ASVS 6.5.2).
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The ticket's text: 43 characters, base64url.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl FromStr for SessionTicket {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        decode(text.as_bytes()).map(Self)
    }
}

impl fmt::Debug for SessionTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionTicket(…)")
    }
}
