//! The policy for new passwords: not common, no pattern, not only context words, not breached.

use super::breached::BreachedPasswords;
use super::common::is_common;
use super::context_words::ContextWords;
use super::normalize::{fold, opaque_string};
use super::pattern::is_pattern;
use super::{AcceptedPassword, ChosenPassword, MAX_LENGTH, Password};
use crate::error::Result;
use crate::password_refusal::PasswordRefusal;
use crate::settings::Settings;

/// A new password that is normalized, long enough, and neither common nor a pattern. [`PasswordPolicy::accept`] checks
/// the rest, which depends on the user or reads a file. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    pub(super) fn parse(text: &Password, min_length: usize) -> Result<Self, PasswordRefusal> {
        // Bounds the work below. Normalization makes few texts shorter, and none to a third.
        if text.0.len() > 3 * MAX_LENGTH {
            return Err(PasswordRefusal::TooLong { max_bytes: MAX_LENGTH });
        }
        if text.0.chars().count() < min_length {
            return Err(PasswordRefusal::TooShort { min_length });
        }
        let mut normalized = opaque_string(&text.0).ok_or(PasswordRefusal::ControlCharacter)?;
        if normalized.chars().count() < min_length {
            return Err(PasswordRefusal::TooShort { min_length });
        }
        if normalized.len() > MAX_LENGTH {
            return Err(PasswordRefusal::TooLong { max_bytes: MAX_LENGTH });
        }
        let folded = fold(&normalized);
        if is_pattern(&folded) {
            return Err(PasswordRefusal::Pattern);
        }
        if is_common(&folded) {
            return Err(PasswordRefusal::Common);
        }
        Ok(Self(Password(std::mem::take(&mut *normalized))))
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn expose(&self) -> &str {
        &self.0.0
    }
}

/// A new password that is normalized, not empty, and not too long. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct UncheckedPassword(Password);

impl UncheckedPassword {
    pub(super) fn parse(text: &Password) -> Result<Self, PasswordRefusal> {
        if text.0.len() > 3 * MAX_LENGTH {
            return Err(PasswordRefusal::TooLong { max_bytes: MAX_LENGTH });
        }
        if text.0.is_empty() {
            return Err(PasswordRefusal::TooShort { min_length: 1 });
        }
        let mut normalized = opaque_string(&text.0).ok_or(PasswordRefusal::ControlCharacter)?;
        if normalized.len() > MAX_LENGTH {
            return Err(PasswordRefusal::TooLong { max_bytes: MAX_LENGTH });
        }
        Ok(Self(Password(std::mem::take(&mut *normalized))))
    }
}

/// Decides which new passwords are accepted.
#[derive(Debug)]
pub(crate) struct PasswordPolicy {
    product: ContextWords,
    /// `None` unless the operator names a file.
    breached: Option<BreachedPasswords>,
}

impl PasswordPolicy {
    pub(crate) fn new(settings: &Settings) -> Self {
        let breached = settings.breached_passwords_file.clone().map(BreachedPasswords::new);
        Self { product: ContextWords::from_settings(settings), breached }
    }

    /// The words of the product, to which the caller adds those of the user.
    pub(crate) fn context_words(&self) -> ContextWords {
        self.product.clone()
    }

    /// Accepts a new password for the user of these words. It takes microseconds, or a few milliseconds with a file of
    /// breached passwords, and computes no password hash.
    ///
    /// # Errors
    /// `INVALID_PASSWORD`, with the reason; `BUSY`.
    pub(crate) async fn accept(&self, new: NewPassword, words: &ContextWords) -> Result<AcceptedPassword> {
        if words.can_compose(&fold(&new.0.0)) {
            return Err(PasswordRefusal::ContextWords.into());
        }
        if let Some(breached) = &self.breached
            && breached.contains(&new.0).await?
        {
            return Err(PasswordRefusal::Breached.into());
        }
        Ok(AcceptedPassword(new.0))
    }

    /// Like [`Self::accept`], for a password that the policy may not apply to.
    ///
    /// # Errors
    /// Those of [`Self::accept`].
    pub(crate) async fn accept_chosen(&self, new: ChosenPassword, words: &ContextWords) -> Result<AcceptedPassword> {
        match new {
            ChosenPassword::Checked(new) => self.accept(new, words).await,
            ChosenPassword::Unchecked(new) => Ok(AcceptedPassword(new.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, PasswordRefusal> {
        NewPassword::parse(&Password::from_input(text.to_owned()), 8).map(|new| new.0.0.clone())
    }

    #[test]
    fn gives_the_reason_of_a_refusal() {
        for (text, expected) in [
            ("short", PasswordRefusal::TooShort { min_length: 8 }),
            ("", PasswordRefusal::TooShort { min_length: 8 }),
            // Eight code points as typed, seven after normalization.
            ("cafe\u{301}-au", PasswordRefusal::TooShort { min_length: 8 }),
            ("tab\tin the middle", PasswordRefusal::ControlCharacter),
            ("zero\0in the middle", PasswordRefusal::ControlCharacter),
            ("        ", PasswordRefusal::Pattern),
            ("\u{a0}\u{2003}\u{3000}     ", PasswordRefusal::Pattern),
            ("12345678", PasswordRefusal::Pattern),
            ("aaaaaaaaaaaa", PasswordRefusal::Pattern),
            ("ＡＢＣＤＥＦＧＨ", PasswordRefusal::Pattern),
            ("password", PasswordRefusal::Common),
            ("Passw0rd!", PasswordRefusal::Common),
            ("ＰＡＳＳＷＯＲＤ", PasswordRefusal::Common),
            (" Sunshine 1 ", PasswordRefusal::Common),
        ] {
            assert_eq!(parse(text), Err(expected), "{text:?}");
        }
        for long in ["open sesame ".repeat(43), "ß".repeat(257), "x".repeat(100_000)] {
            assert_eq!(parse(&long), Err(PasswordRefusal::TooLong { max_bytes: MAX_LENGTH }));
        }
    }

    #[test]
    fn accepts_and_normalizes_other_passwords() {
        assert_eq!(parse("käse-brot").as_deref(), Ok("käse-brot"));
        assert_eq!(parse("ka\u{308}se\u{a0}brot").as_deref(), Ok("käse brot"));
        assert_eq!(parse("Jack of ♦s").as_deref(), Ok("Jack of ♦s"));
        assert!(parse(&"open sesame ".repeat(42)).is_ok());
    }

    proptest! {
        #[test]
        fn accepted_passwords_are_normalized_and_within_the_limits(text in any::<String>()) {
            if let Ok(password) = parse(&text) {
                prop_assert!(password.chars().count() >= 8 && password.len() <= MAX_LENGTH);
                prop_assert_eq!(parse(&password), Ok(password.clone()));
            }
        }
    }
}
