//! The secrets that sign webhooks.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::InvalidToken;
use crate::random::Randomness;

const PREFIX: &str = "whsec_";
const GENERATED_BYTES: usize = 32;
/// Standard Webhooks 1.0.0, "Signature scheme".
const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 64;

/// The secret of one endpoint, which it shares with its receiver: `whsec_`, and 24 to 64 bytes in base64, as Standard
/// Webhooks specifies.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// Generates a secret of 256 random bits.
    pub fn new(random: &dyn Randomness) -> Self {
        Self(random.bytes::<GENERATED_BYTES>().to_vec())
    }

    /// The text that the receiver verifies with.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(STANDARD.encode(&self.0))))
    }

    /// The key of the HMAC.
    pub(crate) fn key(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for WebhookSecret {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidToken)?;
        // Base64 has 4 characters for 3 bytes. A longer text is not decoded.
        if encoded.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(InvalidToken);
        }
        let secret = Self(STANDARD.decode(encoded).map_err(|_| InvalidToken)?);
        if (MIN_BYTES..=MAX_BYTES).contains(&secret.0.len()) { Ok(secret) } else { Err(InvalidToken) }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandomness;
    use crate::secret::{Keys, MasterKey};

    #[test]
    fn generated_secret_is_parsed_again_and_hidden_from_debug() {
        let secret = WebhookSecret::new(&SeededRandomness::new(1));
        let text = secret.reveal();
        assert!(text.starts_with("whsec_") && text.len() == 6 + 44, "{}", text.len());
        assert_eq!(text.parse::<WebhookSecret>().unwrap().key(), secret.key());
        assert!(!format!("{secret:?}").contains(&text[6..]));
    }

    #[test]
    fn secret_has_24_to_64_bytes() {
        for (length, is_valid) in
            [(0, false), (23, false), (24, true), (32, true), (64, true), (65, false), (66, false)]
        {
            let text = format!("whsec_{}", STANDARD.encode(vec![7; length]));
            assert_eq!(text.parse::<WebhookSecret>().is_ok(), is_valid, "{length}");
        }
        let text = STANDARD.encode([7; 24]);
        for invalid in [
            text.clone(),
            format!("WHSEC_{text}"),
            format!("whsec_{text} "),
            format!("whsec_ {text}"),
            format!("whpk_{text}"),
            format!("whsec_{}", &STANDARD.encode([7; 25])[..35]),
            format!("whsec_{}", STANDARD.encode([255; 24]).replace('/', "_")),
            format!("whsec_{}", "A".repeat(100_000)),
        ] {
            assert_eq!(invalid.parse::<WebhookSecret>().err(), Some(InvalidToken));
        }
    }

    #[test]
    fn sealed_secret_is_opened_for_its_own_endpoint_only() {
        let (keys, random) = (Keys::new(&MasterKey::new([7; 32])), SeededRandomness::new(1));
        let secret = WebhookSecret::new(&random);
        let sealed = keys.seal_webhook_secret(b"endpoint 1", &secret, &random).unwrap();
        assert!(!sealed.windows(8).any(|window| secret.key().windows(8).any(|key| key == window)));
        assert_eq!(keys.open_webhook_secret(b"endpoint 1", &sealed).unwrap().key(), secret.key());
        assert!(keys.open_webhook_secret(b"endpoint 2", &sealed).is_err());
        let other = Keys::new(&MasterKey::new([8; 32]));
        assert!(other.open_webhook_secret(b"endpoint 1", &sealed).is_err());
        // Sealed for another purpose.
        let answer = keys.seal_answer(b"endpoint 1", &secret.reveal(), &random).unwrap();
        assert!(keys.open_webhook_secret(b"endpoint 1", &answer).is_err());
    }

    proptest! {
        #[test]
        fn parsed_secret_is_revealed_as_it_was(text in "(whsec_)?[A-Za-z0-9+/]{0,90}={0,2}") {
            if let Ok(secret) = text.parse::<WebhookSecret>() {
                prop_assert_eq!(String::from(secret.reveal().as_str()), text);
            }
        }
    }
}
