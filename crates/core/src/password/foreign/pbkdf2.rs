//! PBKDF2 with HMAC.

use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::decode::{Key, Salt, number, parts, value};

/// Takes about a second. Django's default grows each year, and was 1,200,000 in 2025.
const MAX_ROUNDS: u32 = 1_500_000;

/// The hash function within HMAC.
#[derive(Clone, Copy)]
enum Function {
    Sha1,
    Sha256,
    Sha512,
}

impl Function {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    const fn output_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

pub(in crate::password) struct Pbkdf2 {
    function: Function,
    rounds: u32,
    salt: Salt,
    key: Key,
}

impl Pbkdf2 {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hash = if let Some(text) = text.strip_prefix("$pbkdf2") {
            Self::parse_phc(text)
        } else if let Some(text) = text.strip_prefix("pbkdf2_") {
            Self::parse_django(text)
        } else {
            Self::parse_werkzeug(text.strip_prefix("pbkdf2:")?)
        };
        hash.filter(|hash| (1..=MAX_ROUNDS).contains(&hash.rounds))
    }

    /// `-sha256$i=29000,l=32$salt$key`, or passlib's `-sha256$29000$salt$key` and `$29000$salt$key` for SHA-1.
    fn parse_phc(text: &str) -> Option<Self> {
        let [function, parameters, salt, key] = parts(text, '$')?;
        let function = if function.is_empty() { Function::Sha1 } else { Function::parse(function.strip_prefix('-')?)? };
        // passlib writes `.` for `+`.
        let decoded = |text: &str| text.replace('.', "+");
        let (salt, key) = (Salt::from_base64(&decoded(salt))?, Key::from_base64(&decoded(key))?);
        let (rounds, length) = match parameters.split_once(',') {
            Some((rounds, length)) => (value(rounds, "i")?, Some(number::<usize>(value(length, "l")?)?)),
            None => (value(parameters, "i").unwrap_or(parameters), None),
        };
        let is_consistent = length.is_none_or(|length| length == key.len());
        if is_consistent { Some(Self { function, rounds: number(rounds)?, salt, key }) } else { None }
    }

    /// `sha256$260000$salt$key`, with a salt that is text.
    fn parse_django(text: &str) -> Option<Self> {
        let [function, rounds, salt, key] = parts(text, '$')?;
        Some(Self {
            function: Function::parse(function)?,
            rounds: number(rounds)?,
            salt: Salt::from_text(salt)?,
            key: Key::from_base64(key)?,
        })
    }

    /// `sha256:600000$salt$key`, with a salt that is text, and a key in hex.
    fn parse_werkzeug(text: &str) -> Option<Self> {
        let [parameters, salt, key] = parts(text, '$')?;
        let [function, rounds] = parts(parameters, ':')?;
        Some(Self {
            function: Function::parse(function)?,
            rounds: number(rounds)?,
            salt: Salt::from_text(salt)?,
            key: Key::from_hex(key)?,
        })
    }

    /// Only the first block is computed and compared. Each block is a hash of the password of its own, which takes as
    /// long as the first: further ones make the verification slower, and not the search for a password.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut block = vec![0; self.function.output_bytes().min(self.key.len())];
        let (password, salt) = (text.as_bytes(), self.salt.as_bytes());
        match self.function {
            Function::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, self.rounds, &mut block),
            Function::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, self.rounds, &mut block),
            Function::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, self.rounds, &mut block),
        }
        self.key.starts_with(&block)
    }
}
