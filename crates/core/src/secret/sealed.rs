//! Sealed texts: stored so that a reader of the database alone learns nothing, and cannot change or move them.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use super::InvalidToken;
use crate::random::Randomness;

const NONCE_LENGTH: usize = 24;

/// Seals with XChaCha20-Poly1305 (RFC 8439, with the longer nonce, which may be random).
pub(super) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals a text with associated data, such as the key of its row, without which it cannot be opened.
    pub(super) fn seal(
        &self,
        associated_data: &[u8],
        text: &str,
        random: &dyn Randomness,
    ) -> Result<Vec<u8>, InvalidToken> {
        let nonce: [u8; NONCE_LENGTH] = random.bytes();
        let payload = Payload { msg: text.as_bytes(), aad: associated_data };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| InvalidToken)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] returned for the same associated data.
    pub(super) fn open(&self, associated_data: &[u8], sealed: &[u8]) -> Result<String, InvalidToken> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>().ok_or(InvalidToken)?;
        let opened = self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: associated_data });
        String::from_utf8(opened.map_err(|_| InvalidToken)?).map_err(|_| InvalidToken)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;

    #[test]
    fn opens_with_the_same_key_and_associated_data_only() {
        let (sealer, random) = (Sealer::new(&[1; 32]), SeededRandomness::new(7));
        let sealed = sealer.seal(b"row 1", "secret", &random).unwrap();
        assert_eq!(sealer.open(b"row 1", &sealed).unwrap(), "secret");
        assert!(sealer.open(b"row 2", &sealed).is_err());
        assert!(Sealer::new(&[2; 32]).open(b"row 1", &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealer.open(b"row 1", &changed).is_err(), "{index}");
        }
        assert!(sealer.open(b"row 1", &[]).is_err());
        assert_ne!(sealer.seal(b"row 1", "secret", &random).unwrap(), sealed, "each has its own nonce");
    }
}
