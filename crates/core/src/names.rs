//! What people call things: names and descriptions, read once at the door.
//!
//! Letters of every script are welcome. Characters that can't be seen are not: with them a name could look like
//! another, be empty to the eye, or turn the text around it.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::error::{Code, Problem, Result};

/// Limits of one kind of text, in characters after trimming.
struct Limits {
    least: usize,
    most: usize,
    lines: bool,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident { $($limit:ident: $value:literal),+ $(,)? };)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads what stands in `field`; white space around it is forgiven.
            ///
            /// Errors: `REQUIRED_FIELD` and `INVALID_FIELD`, which name the field.
            pub fn parse(field: &str, text: &str) -> Result<Self> {
                read(field, text, &Limits { $($limit: $value),+ }).map(Self)
            }

            /// From the column that the database holds.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The text itself.
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
    /// An organization's name: 1 to 100 characters on one line.
    OrganizationName { least: 1, most: 100, lines: false };
    /// A workspace's name: 1 to 100 characters on one line.
    WorkspaceName { least: 1, most: 100, lines: false };
    /// A role's name: 2 to 100 characters on one line.
    RoleName { least: 2, most: 100, lines: false };
    /// A person's first or last name: at most 100 characters on one line, perhaps none.
    PersonName { least: 0, most: 100, lines: false };
    /// What something is for: at most 1,000 characters, perhaps none, perhaps on several lines.
    Description { least: 0, most: 1000, lines: true };
}

fn read(field: &str, text: &str, limits: &Limits) -> Result<String> {
    // Browsers end the lines of a form with CR LF; we count and keep one character.
    let text = if limits.lines { text.trim().replace("\r\n", "\n") } else { text.trim().to_owned() };
    let may_hold = |c: char| !is_unseen(c) || (limits.lines && matches!(c, '\n' | '\t'));
    if let Some(refused) = text.chars().find(|c| !may_hold(*c)) {
        let number = u32::from(refused);
        return Err(Problem::field(field, format_args!("remove the character U+{number:04X}, which cannot be seen.")));
    }
    if text.starts_with(is_variation_selector) {
        return Err(Problem::field(field, "it begins with a character that cannot be seen. Remove it."));
    }
    let length = text.chars().count();
    if length == 0 && limits.least > 0 {
        return Err(Problem::required(field));
    }
    if length < limits.least {
        return Err(Problem::field(field, format_args!("use at least {} characters.", limits.least)));
    }
    if length > limits.most {
        return Err(Problem::field(field, format_args!("use at most {} characters; it has {length}.", limits.most)));
    }
    Ok(text)
}

/// Controls, line and paragraph separators, marks that turn the direction of text, and characters without a shape.
/// The joiners U+200C and U+200D are among them, although some scripts and emoji use them.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffc}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}

/// They choose the shape of the character before them, in Japanese names and in emoji, and have none of their own.
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// The name a user signs in with: 3 to 32 letters a-z, digits, dots, dashes and underscores, a letter or digit first.
/// Two are equal when they differ in nothing but case.
#[derive(Clone, Debug)]
pub struct Username {
    exact: String,
    key: String,
}

impl Username {
    /// Reads what stands in `field`; spaces and tabs around it are forgiven.
    ///
    /// Errors: `REQUIRED_FIELD` when nothing is there, else `INVALID_USERNAME`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let exact = text.trim_matches([' ', '\t']);
        if exact.is_empty() {
            return Err(Problem::required(field));
        }
        let fits = (3..=32).contains(&exact.len())
            && exact.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
            && exact.starts_with(|c: char| c.is_ascii_alphanumeric());
        if fits { Ok(Self::from_stored(exact.to_owned())) } else { Err(Code::InvalidUsername.into()) }
    }

    /// From the column that holds it as its owner spells it.
    pub fn from_stored(exact: String) -> Self {
        Self { key: exact.to_ascii_lowercase(), exact }
    }

    /// As its owner spells it.
    pub fn as_str(&self) -> &str {
        &self.exact
    }

    /// Lower-case, for comparing.
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

    fn refusal<T: fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn names_of_every_script_are_read_and_trimmed() {
        for name in
            ["Acme", "Žižkov & Sons, s.r.o.", "北京公司", "مؤسسة", "葛\u{e0100}城", "❤\u{fe0f} Team", "=1+1", "<b>"]
        {
            let read = OrganizationName::parse("name", &format!(" \n{name}\t ")).unwrap();
            assert_eq!(read.as_str(), name);
            assert_eq!(read.to_string(), name);
            assert_eq!(serde_json::to_value(&read).unwrap(), name);
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(OrganizationName::parse("name", &"ü".repeat(100)).is_ok());
        assert_eq!(
            refusal(WorkspaceName::parse("name", &"ü".repeat(101))),
            "INVALID_FIELD: name: use at most 100 characters; it has 101."
        );
        assert_eq!(refusal(OrganizationName::parse("name", " \n ")), "REQUIRED_FIELD: name is required.");
        assert_eq!(refusal(RoleName::parse("name", "")), "REQUIRED_FIELD: name is required.");
        assert_eq!(refusal(RoleName::parse("role", "x")), "INVALID_FIELD: role: use at least 2 characters.");
        assert!(RoleName::parse("name", "QA").is_ok());
        assert_eq!(PersonName::parse("first_name", "  ").unwrap().as_str(), "");
        assert!(Description::parse("description", &"x".repeat(1000)).is_ok());
        assert!(Description::parse("description", &"x".repeat(1001)).is_err());
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
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
            refusal(OrganizationName::parse("name", "A\u{202e}b")),
            "INVALID_FIELD: name: remove the character U+202E, which cannot be seen."
        );
        assert!(OrganizationName::parse("name", "\u{fe0f}").is_err());
    }

    #[test]
    fn a_description_may_have_lines() {
        assert_eq!(Description::parse("description", "a\r\nb\n\tc\n").unwrap().as_str(), "a\nb\n\tc");
        assert!(Description::parse("description", "a\rb").is_err());
        assert!(Description::parse("description", "a\u{202e}b").is_err());
    }

    #[test]
    fn user_names_follow_their_grammar() {
        let name = Username::parse("username", " Nora.Example ").unwrap();
        assert_eq!((name.as_str(), name.key()), ("Nora.Example", "nora.example"));
        assert_eq!(name, Username::from_stored("NORA.example".to_owned()));
        assert!(Username::parse("username", &"a".repeat(32)).is_ok());
        for wrong in ["ab", "-ab", ".ab", "_ab", "a b", "a@b", "abc\n", "\u{212a}elvin", "münch", "a\u{200b}bc"] {
            assert_eq!(Username::parse("username", wrong).unwrap_err().code(), Code::InvalidUsername, "{wrong:?}");
        }
        assert_eq!(Username::parse("username", &"a".repeat(33)).unwrap_err().code(), Code::InvalidUsername);
        assert_eq!(refusal(Username::parse("username", " ")), "REQUIRED_FIELD: username is required.");
    }

    proptest! {
        #[test]
        fn what_is_read_keeps_its_limits(text in any::<String>()) {
            if let Ok(name) = OrganizationName::parse("name", &text) {
                prop_assert!((1..=100).contains(&name.as_str().chars().count()));
                prop_assert!(!name.as_str().contains(is_unseen));
                prop_assert_eq!(OrganizationName::parse("name", name.as_str()).unwrap(), name);
            }
            if let Ok(text) = Description::parse("description", &text) {
                prop_assert_eq!(Description::parse("description", text.as_str()).unwrap(), text);
            }
            let _ = Username::parse("username", &text);
        }

        #[test]
        fn a_user_name_is_the_same_in_either_case(text in "[A-Za-z0-9][A-Za-z0-9._-]{2,31}") {
            let name = Username::parse("username", &text).unwrap();
            prop_assert_eq!(&Username::parse("username", name.key()).unwrap(), &name);
            prop_assert_eq!(&Username::parse("username", &text.to_ascii_uppercase()).unwrap(), &name);
        }
    }
}
