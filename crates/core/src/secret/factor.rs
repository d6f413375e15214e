//! Codes of second factors: those of authenticator apps and backup codes.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::InvalidToken;
use crate::names::is_invisible;
use crate::random::Randomness;

/// The characters of a code that a user submits, with separators.
const MAX_INPUT: usize = 64;
const TOTP_DIGITS: usize = 6;
const BACKUP_CODE_LENGTH: usize = 8;
/// 32 characters, so that five random bits choose one. Without 0, 1, I and O, which look alike.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A code as the user submitted it. Spaces, dashes and invisible characters are ignored, decimal digits of any script
/// are read as ASCII ones, and letters as capitals. Text that is no code counts as a wrong code.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SubmittedFactorCode(String);

impl SubmittedFactorCode {
    pub fn from_input(text: &str) -> Self {
        Self(normalize(text).unwrap_or_default())
    }

    /// Whether it was typed as a backup code rather than as one of an authenticator app.
    pub fn looks_like_backup_code(&self) -> bool {
        self.0.len() == BACKUP_CODE_LENGTH || self.0.bytes().any(|byte| byte.is_ascii_alphabetic())
    }

    /// The six digits, if it can be a code of an authenticator app.
    pub(crate) fn as_totp_code(&self) -> Option<&str> {
        let is_code = self.0.len() == TOTP_DIGITS && self.0.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then_some(self.0.as_str())
    }

    /// The backup code, if it can be one.
    pub(crate) fn as_backup_code(&self) -> Option<BackupCode> {
        let is_code = self.0.bytes().all(|byte| ALPHABET.contains(&byte));
        self.0.as_bytes().try_into().ok().filter(|_| is_code).map(BackupCode)
    }
}

impl fmt::Debug for SubmittedFactorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubmittedFactorCode(…)")
    }
}

/// Returns `None` for text that has other characters than codes have, or too many.
fn normalize(text: &str) -> Option<String> {
    if text.chars().nth(MAX_INPUT).is_some() {
        return None;
    }
    let mut code = Zeroizing::new(String::with_capacity(MAX_INPUT));
    for c in text.chars().filter(|c| !is_separator(*c)) {
        code.push(decimal_digit(c).or_else(|| c.is_ascii_alphabetic().then_some(c.to_ascii_uppercase()))?);
    }
    Some(std::mem::take(&mut *code))
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || is_invisible(c)
        || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// The zeros of the decimal digits of Unicode 17 (general category Nd). The other nine follow each.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0,
    0x11c50, 0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce,
    0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// The ASCII digit of a decimal digit of any script.
fn decimal_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let at = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    char::from_digit(code - ZEROS.get(at)?, 10)
}

/// A backup code: eight characters, 40 random bits. It works once. Stored as a keyed digest.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BackupCode([u8; BACKUP_CODE_LENGTH]);

impl BackupCode {
    pub(crate) fn new(random: &dyn Randomness) -> Self {
        let character = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or_default();
        Self(random.bytes::<BACKUP_CODE_LENGTH>().map(character))
    }

    /// The characters that are hashed.
    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text that the user is shown: `XXXX-XXXX`.
    pub fn reveal(&self) -> String {
        let (first, second) = self.0.split_at(BACKUP_CODE_LENGTH / 2);
        let half = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
        format!("{}-{}", half(first), half(second))
    }
}

impl std::str::FromStr for BackupCode {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        SubmittedFactorCode::from_input(text).as_backup_code().ok_or(InvalidToken)
    }
}

impl fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use icu_properties::CodePointMapData;
    use icu_properties::props::GeneralCategory;
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandomness;
    use crate::secret::{Keys, MasterKey};

    fn totp(text: &str) -> Option<String> {
        SubmittedFactorCode::from_input(text).as_totp_code().map(str::to_owned)
    }

    fn backup_code(text: &str) -> Option<String> {
        SubmittedFactorCode::from_input(text).as_backup_code().map(|code| code.reveal())
    }

    #[test]
    fn totp_code_is_read_with_separators_and_digits_of_any_script() {
        for typed in [
            "012345",
            " 012 345\n",
            "012-345",
            "012\u{2013}345",
            "012\u{a0}345",
            "٠١٢٣٤٥",
            "\u{200f}٠١٢ ٣٤٥\u{200e}",
            "۰۱۲۳۴۵",
            "०१२३४५",
            "０１２３４５",
            "𝟎𝟏𝟐𝟑𝟒𝟓",
            "0١2३4５",
        ] {
            assert_eq!(totp(typed).as_deref(), Some("012345"), "{typed:?}");
        }
        for invalid in ["", "01234", "0123456", "01234a", "½12345", "Ⅷ12345", "①23456", "+12345", "12345.", "1234,56"]
        {
            assert_eq!(totp(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn backup_code_is_read_in_any_spelling() {
        for typed in ["AB2D-EF9H", "ab2d-ef9h", "AB2DEF9H", " ab2d ef9h ", "a-b-2-d-e-f-9-h", "AB٢D–EF９H"] {
            assert_eq!(backup_code(typed).as_deref(), Some("AB2D-EF9H"), "{typed:?}");
        }
        for invalid in ["", "AB2D-EF9", "AB2D-EF9HJ", "AB2D-EF90", "OB2D-EF9H", "IB2D-EF9H", "ÄB2D-EF9H", "AB2D_EF9H"]
        {
            assert_eq!(backup_code(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn backup_codes_are_told_from_codes_of_an_app() {
        for (typed, expected) in [
            ("012345", false),
            ("2345-6789", true),
            ("ABCD-2345", true),
            ("abcd-234", true),
            ("", false),
            ("12", false),
        ] {
            assert_eq!(SubmittedFactorCode::from_input(typed).looks_like_backup_code(), expected, "{typed}");
        }
    }

    #[test]
    fn long_input_is_no_code() {
        assert_eq!(totp(&format!("012345{}", " ".repeat(58))).as_deref(), Some("012345"));
        assert_eq!(totp(&format!("012345{}", " ".repeat(59))), None);
        assert_eq!(totp(&"1".repeat(1_000_000)), None);
    }

    #[test]
    fn every_decimal_digit_of_unicode_is_known() {
        let categories = CodePointMapData::<GeneralCategory>::new();
        for c in ('\0'..=char::MAX).filter(|c| categories.get(*c) == GeneralCategory::DecimalNumber) {
            assert!(decimal_digit(c).is_some(), "{c:?}");
        }
        assert!(ZEROS.is_sorted());
        assert_eq!(decimal_digit('\u{666a}'), None);
        assert_eq!(decimal_digit('\u{669}'), Some('9'));
        assert_eq!(decimal_digit('\u{66a}'), None);
    }

    #[test]
    fn generated_backup_codes_use_the_whole_alphabet() {
        let random = SeededRandomness::new(1);
        let codes: Vec<_> = (0..500).map(|_| BackupCode::new(&random).reveal()).collect();
        let characters: BTreeSet<_> = codes.iter().flat_map(|code| code.bytes()).collect();
        assert_eq!(characters.len(), ALPHABET.len() + 1, "and the dash");
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for code in codes {
            assert_eq!(code.len(), 9);
            assert_eq!(backup_code(&code.to_lowercase()), Some(code));
        }
    }

    #[test]
    fn backup_code_digest_depends_on_the_user_and_the_key() {
        let (keys, other) = (Keys::new(&MasterKey::new([7; 32])), Keys::new(&MasterKey::new([8; 32])));
        let code: BackupCode = "AB2D-EF9H".parse().unwrap();
        let digest = keys.backup_code_digest(1.into(), &code);
        assert_eq!(digest, keys.backup_code_digest(1.into(), &"ab2d ef9h".parse().unwrap()));
        assert_ne!(digest, keys.backup_code_digest(2.into(), &code));
        assert_ne!(digest, keys.backup_code_digest(1.into(), &"AB2D-EF9J".parse().unwrap()));
        assert_ne!(digest, other.backup_code_digest(1.into(), &code));
    }

    #[test]
    fn codes_are_hidden_from_debug() {
        assert!(!format!("{:?}", SubmittedFactorCode::from_input("012345")).contains("012345"));
        assert!(!format!("{:?}", BackupCode::new(&SeededRandomness::new(1))).contains('-'));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in ".*") {
            let code = SubmittedFactorCode::from_input(&text);
            prop_assert!(code.0.len() <= MAX_INPUT);
            prop_assert!(code.0.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
            prop_assert!(code.as_totp_code().is_none() || code.as_backup_code().is_none());
        }

        #[test]
        fn separators_change_nothing(digits in "[0-9]{6}", at in 0_usize..6, separator in "[ \t\u{2010}-\u{2015}-]{0,9}") {
            let typed = format!("{}{separator}{}", &digits[..at], &digits[at..]);
            prop_assert_eq!(totp(&typed), Some(digits));
        }
    }
}
