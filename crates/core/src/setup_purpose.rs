//! What a setup link is for: the person who opens it has no account, and can do this and nothing else.

use std::fmt;
use std::str::FromStr;

use vestibule_db::{Argument, Cell, Column, Kind, Value};

/// A part of an organization's settings that a setup link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupPurpose {
    /// To create, change and test connections to an identity provider.
    Sso,
    /// To add and verify domains.
    Domains,
}

vestibule_db::text_enum!(
    SetupPurpose: Sso = "sso",
    Domains = "domains",
);

impl SetupPurpose {
    pub const ALL: [Self; 2] = [Self::Sso, Self::Domains];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A text that names no purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPurpose;

/// The purposes of a setup link: at least one. Stored as names, separated by spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupPurposes(u8);

impl SetupPurposes {
    /// `None` without a purpose.
    pub fn new(purposes: impl IntoIterator<Item = SetupPurpose>) -> Option<Self> {
        let bits = purposes.into_iter().fold(0, |bits, purpose| bits | purpose.bit());
        (bits != 0).then_some(Self(bits))
    }

    pub const fn contains(self, purpose: SetupPurpose) -> bool {
        self.0 & purpose.bit() != 0
    }

    /// In the order of [`SetupPurpose::ALL`].
    pub fn iter(self) -> impl Iterator<Item = SetupPurpose> {
        SetupPurpose::ALL.into_iter().filter(move |purpose| self.contains(*purpose))
    }

    /// In the order of [`SetupPurpose::ALL`].
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(SetupPurpose::as_str).collect()
    }
}

/// Separated by spaces or commas.
impl FromStr for SetupPurposes {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        let names = text.split([' ', ',']).filter(|name| !name.is_empty());
        let purposes = names.map(|name| name.parse::<SetupPurpose>().map_err(|()| UnknownPurpose));
        Self::new(purposes.collect::<Result<Vec<_>, _>>()?).ok_or(UnknownPurpose)
    }
}

/// The stored text.
impl fmt::Display for SetupPurposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

/// A purpose that this version does not know opens nothing.
impl Column for SetupPurposes {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Value::Text(text) = cell else { return None };
        let known = text.split(' ').filter_map(|name| name.parse::<SetupPurpose>().ok());
        Some(Self(known.fold(0, |bits, purpose| bits | purpose.bit())))
    }
}

impl Argument for SetupPurposes {
    type Input<'a> = &'a str;
    const KIND: Kind = Kind::Text;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Text(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_again() {
        for text in ["sso", "domains", "sso domains"] {
            assert_eq!(text.parse::<SetupPurposes>().unwrap().to_string(), text);
        }
        assert_eq!("domains,sso".parse::<SetupPurposes>().unwrap().to_string(), "sso domains");
    }

    #[test]
    fn refuses_unknown_purposes_and_none() {
        for text in ["", " ", "Sso", "sso scim", "members"] {
            assert_eq!(text.parse::<SetupPurposes>(), Err(UnknownPurpose), "{text}");
        }
    }

    #[test]
    fn a_link_is_for_its_purposes_only() {
        let domains: SetupPurposes = "domains".parse().unwrap();
        assert!(domains.contains(SetupPurpose::Domains) && !domains.contains(SetupPurpose::Sso));
    }
}
