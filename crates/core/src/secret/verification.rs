//! The codes and tokens of verification attempts.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use super::{InvalidToken, decode_hex, join, split};
use crate::id::AttemptId;

/// The six digits in a mail. They are easy to guess, so attempts are limited, and a code is valid in one session only.
#[derive(Clone)]
pub struct VerificationCode([u8; 6]);

impl VerificationCode {
    /// The last six decimal digits of `number`. For a random number, all codes are equally likely to within 2^-44.
    pub(crate) fn from_number(number: u64) -> Self {
        let mut rest = number;
        let mut digits = [0; 6];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Self(digits)
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.0.ct_eq(&expected.0).into()
    }

    /// The digits.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|digit| char::from(*digit)).collect()
    }
}

impl FromStr for VerificationCode {
    type Err = InvalidToken;

    /// Ignores spaces and dashes between the digits.
    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_separator = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let digits = text.chars().take(40).filter(|c| !is_separator(c));
        let digits: Vec<u8> = digits
            .map(|c| u8::try_from(c).ok().filter(u8::is_ascii_digit).ok_or(InvalidToken))
            .collect::<Result<_, _>>()?;
        digits.try_into().map(Self).map_err(|_| InvalidToken)
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCode(…)")
    }
}

/// A code as the user submitted it. Text that is no code counts as a wrong code.
#[derive(Clone, Debug)]
pub struct SubmittedCode(Option<VerificationCode>);

impl SubmittedCode {
    pub fn from_input(text: &str) -> Self {
        Self(text.parse().ok())
    }

    pub(crate) fn matches(&self, expected: &VerificationCode) -> bool {
        self.0.as_ref().is_some_and(|code| code.matches(expected))
    }
}

/// The token of a magic link or of a password reset: the attempt's id and a 256-bit secret.
#[derive(Clone)]
pub struct AttemptToken {
    attempt: AttemptId,
    secret: [u8; 32],
}

impl AttemptToken {
    pub(crate) const fn new(attempt: AttemptId, secret: [u8; 32]) -> Self {
        Self { attempt, secret }
    }

    /// The attempt that it claims to be of.
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.attempt == expected.attempt && bool::from(self.secret.ct_eq(&expected.secret))
    }

    /// The token's text: 80 hexadecimal digits.
    pub fn reveal(&self) -> String {
        HEXLOWER.encode(&join(self.attempt.get(), &self.secret))
    }
}

impl FromStr for AttemptToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let (attempt, secret) = split(&decode_hex::<40>(text)?)?;
        Ok(Self { attempt, secret })
    }
}

impl fmt::Debug for AttemptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptToken({}, …)", self.attempt)
    }
}
