//! Names and descriptions, validated when they are parsed.
//!
//! Letters of every script are allowed. Invisible characters are not: with them a name could look like another one,
//! look empty, or reverse the text around it. The joiners U+200C and U+200D are allowed where scripts and emoji need
//! them.

mod invisible;

use std::fmt;
use std::hash::{Hash, Hasher};

use unicode_normalization::UnicodeNormalization;

use self::invisible::{find_invisible, is_joiner};
pub(crate) use self::invisible::{is_invisible, is_variation_selector, remove_invisible};
use crate::error::{Code, Problem, Result};

/// Returns the full name of a person. It may be empty.
pub fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// Returns whether a person who typed `typed` meant the name `expected`: the same text after Unicode normalization
/// (NFKC), with white space that a page does not show either.
pub fn is_same_name(typed: &str, expected: &str) -> bool {
    let normalize = |name: &str| {
        let name: String = name.nfkc().collect();
        name.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    normalize(typed) == normalize(expected)
}

/// Limits of one kind of text. Lengths are in characters, after trimming.
struct Limits {
    min: usize,
    max: usize,
    is_multiline: bool,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident { $($limit:ident: $value:literal),+ $(,)? };)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses the value of `field`, without surrounding white space.
            ///
            /// # Errors
            /// `REQUIRED_FIELD` and `INVALID_FIELD`, with the field's name.
            pub fn parse(field: &str, text: &str) -> Result<Self> {
                parse(field, text, &Limits { $($limit: $value),+ }).map(Self)
            }

            /// From its column. No validation.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    )+};
}

names! {
    OrganizationName { min: 1, max: 100, is_multiline: false };
    WorkspaceName { min: 1, max: 100, is_multiline: false };
    RoleName { min: 2, max: 100, is_multiline: false };
    /// A first or last name.
    PersonName { min: 0, max: 100, is_multiline: false };
    Description { min: 0, max: 1000, is_multiline: true };
    /// The name of an API key.
    ApiKeyName { min: 1, max: 100, is_multiline: false };
    /// The name of a connection to an identity provider.
    ConnectionName { min: 1, max: 100, is_multiline: false };
    /// The name of a passkey.
    PasskeyName { min: 1, max: 64, is_multiline: false };
    /// What an endpoint of webhooks is for.
    WebhookDescription { min: 0, max: 200, is_multiline: false };
    /// For whom a setup link is, as an admin writes it.
    SetupRecipient { min: 1, max: 100, is_multiline: false };
    /// A personal message in an invitation.
    InvitationMessage { min: 1, max: 500, is_multiline: true };
}

fn parse(field: &str, text: &str, limits: &Limits) -> Result<String> {
    // Browsers send the line ends of a form as CR LF. They count, and are stored, as one character.
    let text = if limits.is_multiline { text.trim().replace("\r\n", "\n") } else { text.trim().to_owned() };
    let is_allowed = |c: char| limits.is_multiline && matches!(c, '\n' | '\t');
    if let Some(rejected) = find_invisible(&text, is_allowed) {
        let number = u32::from(rejected);
        let why = if is_joiner(rejected) { "joins or separates nothing there" } else { "cannot be seen" };
        return Err(Problem::field(field, format_args!("remove the character U+{number:04X}, which {why}.")));
    }
    if text.starts_with(is_variation_selector) {
        return Err(Problem::field(field, "it begins with a character that cannot be seen. Remove it."));
    }
    let length = text.chars().count();
    if length == 0 && limits.min > 0 {
        return Err(Problem::required(field));
    }
    if length < limits.min {
        return Err(Problem::field(field, format_args!("use at least {} characters.", limits.min)));
    }
    if length > limits.max {
        return Err(Problem::field(field, format_args!("use at most {} characters; it has {length}.", limits.max)));
    }
    Ok(text)
}

/// The name a user signs in with: 3 to 32 letters a-z, digits, dots, dashes and underscores, with a letter or digit
/// first. Comparison ignores case.
#[derive(Clone, Debug)]
pub struct Username {
    exact: String,
    key: String,
}

impl Username {
    /// Parses the value of `field`, without surrounding spaces and tabs.
    ///
    /// # Errors
    /// `REQUIRED_FIELD` if it is empty; `INVALID_USERNAME`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let exact = text.trim_matches([' ', '\t']);
        if exact.is_empty() {
            return Err(Problem::required(field));
        }
        let is_valid = (3..=32).contains(&exact.len())
            && exact.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
            && exact.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_valid { Ok(Self::from_stored(exact.to_owned())) } else { Err(Code::InvalidUsername.into()) }
    }

    /// From its column. No validation.
    pub fn from_stored(exact: String) -> Self {
        Self { key: exact.to_ascii_lowercase(), exact }
    }

    /// The original spelling.
    pub fn as_str(&self) -> &str {
        &self.exact
    }

    /// The lower-case form, for comparison.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Username {}

impl Hash for Username {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.exact)
    }
}

impl serde::Serialize for Username {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message<T: fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn typed_name_is_compared_after_normalization() {
        for (typed, expected) in [
            (" Berg Tea ", "Berg Tea"),
            ("Sa\u{308}ge", "S\u{e4}ge"),
            ("S\u{e4}ge", "Sa\u{308}ge"),
            ("Berg\u{a0}Tea", "Berg  Tea"),
        ] {
            assert!(is_same_name(typed, expected), "{typed}");
        }
        for typed in ["", "berg tea", "BergTea", "Berg Tea 2"] {
            assert!(!is_same_name(typed, "Berg Tea"), "{typed}");
        }
    }

    #[test]
    fn parses_and_trims_names_of_every_script() {
        for name in
            ["Acme", "Žižkov & Sons, s.r.o.", "北京公司", "مؤسسة", "葛\u{e0100}城", "❤\u{fe0f} Team", "=1+1", "<b>"]
        {
            let parsed = OrganizationName::parse("name", &format!(" \n{name}\t ")).unwrap();
            assert_eq!(parsed.as_str(), name);
            assert_eq!(parsed.to_string(), name);
            assert_eq!(serde_json::to_value(&parsed).unwrap(), name);
        }
    }

    #[test]
    fn counts_lengths_in_characters() {
        assert!(OrganizationName::parse("name", &"ü".repeat(100)).is_ok());
        assert_eq!(
            message(WorkspaceName::parse("name", &"ü".repeat(101))),
            "INVALID_FIELD: name: use at most 100 characters; it has 101."
        );
        assert_eq!(message(OrganizationName::parse("name", " \n ")), "REQUIRED_FIELD: name is required.");
        assert_eq!(message(RoleName::parse("name", "")), "REQUIRED_FIELD: name is required.");
        assert_eq!(message(RoleName::parse("role", "x")), "INVALID_FIELD: role: use at least 2 characters.");
        assert!(RoleName::parse("name", "QA").is_ok());
        assert_eq!(PersonName::parse("first_name", "  ").unwrap().as_str(), "");
        assert!(Description::parse("description", &"x".repeat(1000)).is_ok());
        assert!(Description::parse("description", &"x".repeat(1001)).is_err());
    }

    #[test]
    fn rejects_invisible_characters() {
        for c in [
            '\0',
            '\n',
            '\r',
            '\t',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            let text = format!("Ac{c}me");
            assert!(OrganizationName::parse("name", &text).is_err(), "{c:?}");
            assert!(PersonName::parse("name", &text).is_err(), "{c:?}");
        }
        assert_eq!(
            message(OrganizationName::parse("name", "A\u{202e}b")),
            "INVALID_FIELD: name: remove the character U+202E, which cannot be seen."
        );
        assert!(OrganizationName::parse("name", "\u{fe0f}").is_err());
        assert_eq!(
            message(OrganizationName::parse("name", "A\u{200d}b")),
            "INVALID_FIELD: name: remove the character U+200D, which joins or separates nothing there."
        );
    }

    #[test]
    fn accepts_joiners_where_a_script_needs_them() {
        for name in ["ශ්\u{200d}රී ලංකා", "می\u{200c}خواهم", "👩\u{200d}🚀 Crew"] {
            assert_eq!(OrganizationName::parse("name", name).unwrap().as_str(), name);
            assert_eq!(PersonName::parse("name", name).unwrap().as_str(), name);
            assert_eq!(RoleName::parse("name", name).unwrap().as_str(), name);
            assert_eq!(WorkspaceName::parse("name", name).unwrap().as_str(), name);
            assert_eq!(Description::parse("name", &format!("a\n{name}")).unwrap().as_str(), format!("a\n{name}"));
        }
    }

    #[test]
    fn accepts_line_breaks_in_descriptions() {
        assert_eq!(Description::parse("description", "a\r\nb\n\tc\n").unwrap().as_str(), "a\nb\n\tc");
        assert!(Description::parse("description", "a\rb").is_err());
        assert!(Description::parse("description", "a\u{202e}b").is_err());
    }

    #[test]
    fn enforces_username_grammar() {
        let name = Username::parse("username", " Nora.Example ").unwrap();
        assert_eq!((name.as_str(), name.key()), ("Nora.Example", "nora.example"));
        assert_eq!(name, Username::from_stored("NORA.example".to_owned()));
        assert!(Username::parse("username", &"a".repeat(32)).is_ok());
        for invalid in ["ab", "-ab", ".ab", "_ab", "a b", "a@b", "abc\n", "\u{212a}elvin", "münch", "a\u{200b}bc"] {
            assert_eq!(Username::parse("username", invalid).unwrap_err().code(), Code::InvalidUsername, "{invalid:?}");
        }
        assert_eq!(Username::parse("username", &"a".repeat(33)).unwrap_err().code(), Code::InvalidUsername);
        assert_eq!(message(Username::parse("username", " ")), "REQUIRED_FIELD: username is required.");
    }

    proptest! {
        #[test]
        fn parsed_texts_respect_their_limits(text in any::<String>()) {
            if let Ok(name) = OrganizationName::parse("name", &text) {
                prop_assert!((1..=100).contains(&name.as_str().chars().count()));
                prop_assert_eq!(remove_invisible(name.as_str()), name.as_str());
                prop_assert_eq!(OrganizationName::parse("name", name.as_str()).unwrap(), name);
            }
            if let Ok(text) = Description::parse("description", &text) {
                prop_assert_eq!(Description::parse("description", text.as_str()).unwrap(), text);
            }
            let _ = Username::parse("username", &text);
        }

        #[test]
        fn username_comparison_ignores_case(text in "[A-Za-z0-9][A-Za-z0-9._-]{2,31}") {
            let name = Username::parse("username", &text).unwrap();
            prop_assert_eq!(&Username::parse("username", name.key()).unwrap(), &name);
            prop_assert_eq!(&Username::parse("username", &text.to_ascii_uppercase()).unwrap(), &name);
        }
    }
}
