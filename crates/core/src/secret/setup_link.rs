//! The token of a setup link.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{InvalidToken, decode};
use crate::random::Randomness;

const PREFIX: &str = "vsl_";

/// The token of a setup link: 256 random bits. It is in the fragment of the link, which browsers do not send, and then in
/// a cookie.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SetupToken([u8; 32]);

impl SetupToken {
    pub fn new(random: &dyn Randomness) -> Self {
        Self(random.bytes())
    }

    /// The stored form. Plain SHA-256 is enough for a high-entropy secret (OWASP ASVS 6.5.2).
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The token's text: the prefix, then 43 characters, base64url.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for SetupToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        decode(text.strip_prefix(PREFIX).ok_or(InvalidToken)?.as_bytes()).map(Self)
    }
}

impl fmt::Debug for SetupToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;

    #[test]
    fn tokens_are_parsed_again() {
        let token = SetupToken::new(&SeededRandomness::new(7));
        assert!(token.reveal().starts_with("vsl_") && token.reveal().len() == 47, "{}", token.reveal());
        assert_eq!(token.reveal().parse::<SetupToken>().unwrap().digest(), token.digest());
        for text in ["", "vsl_", &token.reveal()[4..], &format!("{}a", token.reveal()), &token.reveal()[..46]] {
            assert!(text.parse::<SetupToken>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SetupToken::new(&SeededRandomness::new(7))), "SetupToken(…)");
    }
}
