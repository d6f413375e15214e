//! API keys.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::InvalidToken;
use crate::random::Randomness;
use crate::settings::Mode;

const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 4;
/// The digits after the prefix of the mode that lists show.
const DISPLAYED_DIGITS: usize = 6;

/// An API key: a prefix that names the mode, and in lower-case base32 (RFC 4648, 6) 256 random bits with a checksum.
/// The checksum is the first 32 bits of the SHA-256 of the prefix and the random bits: it lets scanners recognise a
/// leaked key, and refuses a typing slip without a look-up. It is no proof of anything.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ApiKeyToken(String);

impl ApiKeyToken {
    pub(crate) fn new(mode: Mode, random: &dyn Randomness) -> Self {
        let secret: [u8; SECRET_LENGTH] = random.bytes();
        let prefix = prefix(mode);
        let bytes = [secret.as_slice(), &checksum(prefix, &secret)].concat();
        Self(format!("{prefix}{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
    }

    /// The key itself, which is shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The start of the key, by which people tell keys apart.
    pub fn display_prefix(&self) -> &str {
        let length = prefix_of(&self.0).map_or(0, str::len) + DISPLAYED_DIGITS;
        self.0.get(..length).unwrap_or_default()
    }

    pub fn digest(&self) -> ApiKeyDigest {
        ApiKeyDigest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl FromStr for ApiKeyToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let prefix = prefix_of(text).ok_or(InvalidToken)?;
        let digits = text.get(prefix.len()..).ok_or(InvalidToken)?;
        let bytes = lower_case_base32().ok_or(InvalidToken)?.decode(digits.as_bytes()).map_err(|_| InvalidToken)?;
        let (secret, found) = bytes.split_at_checked(SECRET_LENGTH).ok_or(InvalidToken)?;
        if bool::from(checksum(prefix, secret).as_slice().ct_eq(found)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidToken)
        }
    }
}

impl fmt::Debug for ApiKeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyToken(…)")
    }
}

/// The stored form of a key. Plain SHA-256 is enough for a secret of 256 random bits (OWASP ASVS 6.5.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyDigest([u8; 32]);

impl ApiKeyDigest {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// A part of it, by which requests are counted in memory.
    pub(crate) fn rate_limit_key(&self) -> String {
        data_encoding::HEXLOWER.encode(self.0.split_at(16).0)
    }
}

impl fmt::Debug for ApiKeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyDigest(…)")
    }
}

/// Whether a text begins like an API key, also like a mistyped one.
pub fn is_like_api_key(text: &[u8]) -> bool {
    [Mode::Production, Mode::Staging].into_iter().any(|mode| text.starts_with(prefix(mode).as_bytes()))
}

const fn prefix(mode: Mode) -> &'static str {
    match mode {
        Mode::Production => "vst_live_sk_",
        Mode::Staging => "vst_test_sk_",
    }
}

fn prefix_of(text: &str) -> Option<&'static str> {
    [Mode::Production, Mode::Staging].into_iter().map(prefix).find(|prefix| text.starts_with(prefix))
}

fn checksum(prefix: &str, secret: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let digest = Sha256::new().chain_update(prefix).chain_update(secret).finalize();
    let mut checksum = [0; CHECKSUM_LENGTH];
    checksum.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    checksum
}

/// Accepts lower case only: a key has one spelling.
fn lower_case_base32() -> Option<Encoding> {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;

    fn key(mode: Mode) -> ApiKeyToken {
        ApiKeyToken::new(mode, &SeededRandomness::new(7))
    }

    #[test]
    fn keys_are_parsed_again() {
        for (mode, prefix) in [(Mode::Production, "vst_live_sk_"), (Mode::Staging, "vst_test_sk_")] {
            let key = key(mode);
            assert!(key.reveal().starts_with(prefix) && key.reveal().len() == prefix.len() + 58, "{}", key.reveal());
            assert!(
                key.reveal().starts_with(key.display_prefix())
                    && key.display_prefix().len() == prefix.len() + DISPLAYED_DIGITS
            );
            let parsed: ApiKeyToken = key.reveal().parse().unwrap();
            assert_eq!(parsed.digest(), key.digest());
        }
    }

    #[test]
    fn a_changed_key_is_refused() {
        let key = key(Mode::Production).reveal().to_owned();
        for index in 0..key.len() {
            let mut bytes = key.clone().into_bytes();
            bytes[index] = if bytes[index] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed.parse::<ApiKeyToken>().is_err(), "{changed}");
        }
        let other_mode = key.replace("live", "test");
        let others = [key.to_ascii_uppercase(), format!("{key}a"), format!(" {key}"), key[..key.len() - 1].to_owned()];
        for text in others.iter().map(String::as_str).chain([other_mode.as_str(), "", "vst_live_sk_", "vst_live_sk_é"])
        {
            assert!(text.parse::<ApiKeyToken>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let key = key(Mode::Production);
        assert_eq!(format!("{key:?} {:?}", key.digest()), "ApiKeyToken(…) ApiKeyDigest(…)");
    }
}
