//! Hashes that are computed so fast that they hide few passwords: MD5, SHA-1, SHA-2 and phpass.
//!
//! They are not stored. Their digest is hashed with Argon2id as if it was the password, see [`Wrapped`](super::Wrapped).

use std::fmt;

use data_encoding::{BitOrder, Specification};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

use super::decode::{Key, Salt, base64, number};

/// phpass: 2¹³ rounds are usual, and 2¹⁶ take about 10 ms.
const MAX_PHPASS_LOG_ROUNDS: u8 = 16;
const MIN_PHPASS_LOG_ROUNDS: u8 = 7;
const PHPASS_SALT_BYTES: usize = 8;
/// The digits of phpass, of which the first character of a group has the lowest bits.
const PHPASS_DIGITS: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A digest of another system that is too weak to be stored. `Debug` does not show it.
#[derive(Clone)]
pub struct WeakHash {
    scheme: WeakScheme,
    digest: Key,
}

/// How a weak digest is computed.
#[derive(Clone)]
pub(super) struct WeakScheme {
    function: Function,
    salt: Salt,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    /// The digest of the password, followed by the salt if there is one.
    Md5,
    Sha1,
    Sha256,
    Sha512,
    /// Portable hashes of phpass: MD5 of salt and password, then again of that and the password.
    Phpass {
        log_rounds: u8,
    },
}

impl WeakHash {
    /// A digest in hex, without a salt; LDAP's `{SHA}…` and `{SSHA}…` (RFC 2307 and what followed it); phpass.
    pub(in crate::password) fn parse(text: &str) -> Option<Self> {
        if !super::is_plain(text) {
            return None;
        }
        if let Some(text) = text.strip_prefix('{') {
            Self::parse_ldap(text)
        } else if let Some(text) = text.strip_prefix("$P$").or_else(|| text.strip_prefix("$H$")) {
            Self::parse_phpass(text)
        } else {
            let digest = Key::from_hex(text)?;
            let function = Function::PLAIN.into_iter().find(|function| function.output_bytes() == digest.len())?;
            Some(Self { scheme: WeakScheme { function, salt: Salt::new(Vec::new())? }, digest })
        }
    }

    /// `SSHA}` and the digest with the salt after it, in base64.
    fn parse_ldap(text: &str) -> Option<Self> {
        let (name, encoded) = text.split_once('}')?;
        let (function, is_salted) = match name.to_ascii_uppercase().as_str() {
            "MD5" => (Function::Md5, false),
            "SMD5" => (Function::Md5, true),
            "SHA" => (Function::Sha1, false),
            "SSHA" => (Function::Sha1, true),
            "SHA256" => (Function::Sha256, false),
            "SSHA256" => (Function::Sha256, true),
            "SHA512" => (Function::Sha512, false),
            "SSHA512" => (Function::Sha512, true),
            _ => return None,
        };
        let mut digest = base64(encoded)?;
        if digest.len() < function.output_bytes() {
            return None;
        }
        let salt = digest.split_off(function.output_bytes());
        if salt.is_empty() == is_salted {
            return None;
        }
        Some(Self { scheme: WeakScheme { function, salt: Salt::new(salt)? }, digest: Key::new(digest)? })
    }

    /// `B`, the digit whose value is the logarithm of the rounds; eight characters of salt; the digest.
    fn parse_phpass(text: &str) -> Option<Self> {
        let digit = text.chars().next()?;
        let log_rounds = u8::try_from(PHPASS_DIGITS.find(digit)?).ok()?;
        let (salt, digest) = text.get(1..)?.split_at_checked(PHPASS_SALT_BYTES)?;
        let mut encoding = Specification::new();
        encoding.symbols.push_str(PHPASS_DIGITS);
        encoding.bit_order = BitOrder::LeastSignificantFirst;
        let digest = encoding.encoding().ok()?.decode(digest.as_bytes()).ok()?;
        let function = Function::phpass(log_rounds).filter(|function| function.output_bytes() == digest.len())?;
        Some(Self { scheme: WeakScheme { function, salt: Salt::from_text(salt)? }, digest: Key::new(digest)? })
    }

    pub(super) const fn scheme(&self) -> &WeakScheme {
        &self.scheme
    }

    /// What Argon2id hashes.
    pub(in crate::password) fn digest(&self) -> &[u8] {
        self.digest.as_bytes()
    }
}

impl fmt::Debug for WeakHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakHash(…)")
    }
}

impl WeakScheme {
    /// The name of the function and the salt, as they are stored: `sha1$c2FsdA`.
    pub(super) fn parse(function: &str, salt: &str) -> Option<Self> {
        let function = match function.strip_prefix("phpass-") {
            Some(log_rounds) => Function::phpass(number(log_rounds)?)?,
            None => Function::PLAIN.into_iter().find(|known| known.name() == function)?,
        };
        Some(Self { function, salt: Salt::from_base64(salt)? })
    }

    pub(super) fn to_text(&self) -> String {
        let (name, salt) = (self.function.name(), self.salt.to_base64());
        match self.function {
            Function::Phpass { log_rounds } => format!("{name}-{log_rounds}${salt}"),
            _ => format!("{name}${salt}"),
        }
    }

    /// The weak digest of a password.
    pub(super) fn digest(&self, password: &str) -> Zeroizing<Vec<u8>> {
        let (password, salt) = (password.as_bytes(), self.salt.as_bytes());
        Zeroizing::new(match self.function {
            Function::Md5 => Md5::new().chain_update(password).chain_update(salt).finalize().to_vec(),
            Function::Sha1 => Sha1::new().chain_update(password).chain_update(salt).finalize().to_vec(),
            Function::Sha256 => Sha256::new().chain_update(password).chain_update(salt).finalize().to_vec(),
            Function::Sha512 => Sha512::new().chain_update(password).chain_update(salt).finalize().to_vec(),
            Function::Phpass { log_rounds } => {
                let first = Md5::new().chain_update(salt).chain_update(password).finalize();
                let again = |digest, _| Md5::new().chain_update(digest).chain_update(password).finalize();
                (0..1_u32 << log_rounds).fold(first, again).to_vec()
            }
        })
    }
}

impl Function {
    const PLAIN: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    fn phpass(log_rounds: u8) -> Option<Self> {
        let is_bounded = (MIN_PHPASS_LOG_ROUNDS..=MAX_PHPASS_LOG_ROUNDS).contains(&log_rounds);
        is_bounded.then_some(Self::Phpass { log_rounds })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Phpass { .. } => "phpass",
        }
    }

    const fn output_bytes(self) -> usize {
        match self {
            Self::Md5 | Self::Phpass { .. } => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}
