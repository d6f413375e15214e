//! bcrypt, and what Django makes of it.

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::decode::{number, parts};

/// 2¹⁴ rounds take about a second.
const MAX_COST: u32 = 14;
const MIN_COST: u32 = 4;
/// bcrypt ignores the bytes after these.
const MAX_PASSWORD_BYTES: usize = 72;

/// The alphabet of bcrypt. Some makers leave the unused bits of the last character set.
const BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

/// What bcrypt is given.
enum Input {
    /// The first 72 bytes of the password.
    Password,
    /// The SHA-256 of the password in hex, so that all its bytes count (Django).
    Sha256Hex,
}

/// `$2a$`, `$2b$` and `$2y$` are three names of one function, for passwords of up to 255 bytes: old versions of `$2a$`
/// shortened longer ones otherwise.
pub(in crate::password) struct Bcrypt {
    input: Input,
    cost: u32,
    salt: [u8; 16],
    /// One byte less than bcrypt computes: the original did not store it.
    key: [u8; 23],
}

impl Bcrypt {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_prefix("bcrypt_sha256$") {
            return Self::parse_crypt(text, Input::Sha256Hex);
        }
        Self::parse_crypt(text.strip_prefix("bcrypt$").unwrap_or(text), Input::Password)
    }

    fn parse_crypt(text: &str, input: Input) -> Option<Self> {
        let ["", "2a" | "2b" | "2y", cost, salt_and_key] = parts::<4>(text, '$')? else { return None };
        let (salt, key) = salt_and_key.split_at_checked(22)?;
        let cost = number(cost).filter(|number| cost.len() == 2 && (MIN_COST..=MAX_COST).contains(number))?;
        let decode = |text: &str| BASE64.decode(text).ok();
        Some(Self { input, cost, salt: decode(salt)?.try_into().ok()?, key: decode(key)?.try_into().ok()? })
    }

    /// A password with a NUL matches nothing. In C it ends there, elsewhere it does not, and some makers refuse it.
    pub(super) fn matches(&self, text: &str) -> bool {
        if text.contains('\0') {
            return false;
        }
        match self.input {
            Input::Password => self.matches_bytes(text.as_bytes()),
            Input::Sha256Hex => {
                let digest = Zeroizing::new(data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())));
                self.matches_bytes(digest.as_bytes())
            }
        }
    }

    fn matches_bytes(&self, bytes: &[u8]) -> bool {
        // The NUL that ends a text in C counts, unless the text fills the space.
        let mut input = Zeroizing::new([0; MAX_PASSWORD_BYTES]);
        input.iter_mut().zip(bytes).for_each(|(to, byte)| *to = *byte);
        let length = (bytes.len() + 1).min(MAX_PASSWORD_BYTES);
        let computed = bcrypt::bcrypt(self.cost, self.salt, input.get(..length).unwrap_or(input.as_slice()));
        computed.get(..self.key.len()).is_some_and(|computed| computed.ct_eq(&self.key).into())
    }
}
