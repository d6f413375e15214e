//! scrypt (RFC 7914).

use scrypt::Params;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::MAX_MEMORY;
use super::decode::{Key, Salt, hex, number, parts, value};

const MAX_PARALLELISM: u32 = 4;
/// In units of 128 bytes. Memory for `p` such blocks is needed besides the one that [`MAX_MEMORY`] bounds.
const MAX_BLOCK_SIZE: u32 = 32;
/// Better Auth has no parameters in its texts: N, r and p are always these.
const BETTER_AUTH: (u8, u32, u32) = (14, 16, 1);
const BETTER_AUTH_SALT_BYTES: usize = 16;
const BETTER_AUTH_KEY_BYTES: usize = 64;

/// The form of the password that is hashed.
enum Form {
    Typed,
    /// Normalized to NFKC (Better Auth).
    Nfkc,
}

pub(in crate::password) struct Scrypt {
    form: Form,
    params: Params,
    salt: Salt,
    key: Key,
}

impl Scrypt {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_prefix("$scrypt$") {
            Self::parse_phc(text)
        } else if let Some(text) = text.strip_prefix("scrypt:") {
            Self::parse_werkzeug(text)
        } else {
            Self::parse_better_auth(text)
        }
    }

    /// `ln=16,r=8,p=1$salt$key`
    fn parse_phc(text: &str) -> Option<Self> {
        let [parameters, salt, key] = parts(text, '$')?;
        let [log_n, r, p] = parts(parameters, ',')?;
        let params = params(number(value(log_n, "ln")?)?, number(value(r, "r")?)?, number(value(p, "p")?)?)?;
        Some(Self { form: Form::Typed, params, salt: Salt::from_base64(salt)?, key: Key::from_base64(key)? })
    }

    /// `32768:8:1$salt$key`, with N itself, a salt that is text, and a key in hex.
    fn parse_werkzeug(text: &str) -> Option<Self> {
        let [parameters, salt, key] = parts(text, '$')?;
        let [n, r, p] = parts(parameters, ':')?;
        let n: u64 = number(n).filter(|n: &u64| n.is_power_of_two())?;
        let params = params(u8::try_from(n.ilog2()).ok()?, number(r)?, number(p)?)?;
        Some(Self { form: Form::Typed, params, salt: Salt::from_text(salt)?, key: Key::from_hex(key)? })
    }

    /// `salt:key`, both in hex. Its own hex digits are hashed as the salt, not the bytes that they stand for.
    fn parse_better_auth(text: &str) -> Option<Self> {
        let [salt, key] = parts(text, ':')?;
        hex(salt).filter(|bytes| bytes.len() == BETTER_AUTH_SALT_BYTES)?;
        let key = Key::from_hex(key).filter(|key| key.len() == BETTER_AUTH_KEY_BYTES)?;
        let (log_n, r, p) = BETTER_AUTH;
        Some(Self { form: Form::Nfkc, params: params(log_n, r, p)?, salt: Salt::from_text(salt)?, key })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let mut key = vec![0; self.key.len()];
        let is_computed = match self.form {
            Form::Typed => scrypt::scrypt(text.as_bytes(), self.salt.as_bytes(), &self.params, &mut key),
            Form::Nfkc => {
                // Reserves for the longest normalization form of UTF-8, which is eleven times as long, so that no copy
                // of the password stays in memory after the buffer grows.
                let mut normalized = Zeroizing::new(String::with_capacity(text.len() * 11));
                normalized.extend(text.nfkc());
                scrypt::scrypt(normalized.as_bytes(), self.salt.as_bytes(), &self.params, &mut key)
            }
        };
        is_computed.is_ok() && self.key.equals(&key)
    }
}

/// Parameters that take at most [`MAX_MEMORY`] bytes and [`MAX_PARALLELISM`] times the work for them.
pub(super) fn params(log_n: u8, r: u32, p: u32) -> Option<Params> {
    let n = 1_u64.checked_shl(u32::from(log_n))?;
    let memory = n.checked_mul(u64::from(r))?.checked_mul(128)?;
    let is_small = (1..=MAX_BLOCK_SIZE).contains(&r) && memory <= MAX_MEMORY;
    let is_bounded = log_n >= 1 && is_small && (1..=MAX_PARALLELISM).contains(&p);
    if is_bounded { Params::new(log_n, r, p).ok() } else { None }
}
