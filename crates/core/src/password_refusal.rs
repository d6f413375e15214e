//! Why a new password is refused: the reason in the response, and its message.

/// Why a new password is refused. Each reason is an `INVALID_PASSWORD` error with its own message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// It has fewer characters than `passwords.minimum_length`.
    TooShort { min_length: usize },
    /// It has more bytes than a password may have.
    TooLong { max_bytes: usize },
    /// It has control characters.
    ControlCharacter,
    /// It is one of the commonest passwords, or one of them with digits and punctuation around it.
    Common,
    /// It consists of repeated or consecutive characters.
    Pattern,
    /// It consists of words of the person, their organizations and the product.
    ContextWords,
    /// It is in the operator's list of breached passwords.
    Breached,
}

impl PasswordRefusal {
    /// The stable name of the reason on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "control_character",
            Self::Common => "common",
            Self::Pattern => "pattern",
            Self::ContextWords => "context_words",
            Self::Breached => "breached",
        }
    }

    /// The message for the user: why, and what to do.
    pub fn message(self) -> String {
        match self {
            Self::TooShort { min_length } => format!("password: use at least {min_length} characters."),
            Self::TooLong { max_bytes } => format!("password: use at most {max_bytes} bytes."),
            Self::ControlCharacter => "password: remove the tab, line break or other control character.".to_owned(),
            Self::Common => {
                "This password is among the most common ones, or only a small change of one of them. Choose \
                             another one, for example four random words."
                    .to_owned()
            }
            Self::Pattern => {
                "This password is a sequence or repeats the same characters, so it is easy to guess. Choose \
                              another one, for example four random words."
                    .to_owned()
            }
            Self::ContextWords => "This password consists only of names and words that others know about you, your \
                                   organization or this service. Add other words, or choose another one."
                .to_owned(),
            Self::Breached => "This password was published in a data breach, so attackers try it. Choose another one \
                               here, and change it wherever else you use it."
                .to_owned(),
        }
    }
}
