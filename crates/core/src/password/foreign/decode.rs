//! The parts of the texts of hashes: salts, keys and numbers.

use std::str::FromStr;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use data_encoding::HEXLOWER_PERMISSIVE;
use subtle::ConstantTimeEq;

/// A shorter key would match other passwords too.
const MIN_KEY_BYTES: usize = 16;
const MAX_KEY_BYTES: usize = 128;
const MAX_SALT_BYTES: usize = 128;

/// Base64 with or without padding: makers differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is hashed with the password. It may be empty.
#[derive(Clone)]
pub(super) struct Salt(Vec<u8>);

impl Salt {
    pub(super) fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX_SALT_BYTES).then_some(Self(bytes))
    }

    /// A salt that is hashed as it is written.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        Self::new(text.as_bytes().to_vec())
    }

    pub(super) fn from_base64(text: &str) -> Option<Self> {
        Self::new(base64(text)?)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn to_base64(&self) -> String {
        data_encoding::BASE64_NOPAD.encode(&self.0)
    }
}

/// What a hash function computed from the password, of 16 to 128 bytes.
#[derive(Clone)]
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new(bytes: Vec<u8>) -> Option<Self> {
        (MIN_KEY_BYTES..=MAX_KEY_BYTES).contains(&bytes.len()).then_some(Self(bytes))
    }

    pub(super) fn from_base64(text: &str) -> Option<Self> {
        Self::new(base64(text)?)
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        Self::new(hex(text)?)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time.
    pub(super) fn equals(&self, computed: &[u8]) -> bool {
        self.0.as_slice().ct_eq(computed).into()
    }

    /// Compares the first bytes in constant time.
    pub(super) fn starts_with(&self, computed: &[u8]) -> bool {
        self.0.get(..computed.len()).is_some_and(|start| start.ct_eq(computed).into())
    }
}

pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

/// A number in decimal digits, without a sign.
pub(super) fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal { text.parse().ok() } else { None }
}

/// The parts of a text, if there are exactly `N`.
pub(super) fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    text.split(separator).collect::<Vec<_>>().try_into().ok()
}

/// The value of `name=value`.
pub(super) fn value<'a>(parameter: &'a str, name: &str) -> Option<&'a str> {
    parameter.strip_prefix(name)?.strip_prefix('=')
}
