//! What a provider says about a person.

use crate::email_address::EmailAddress;
use crate::names::{PersonName, remove_invisible};
use crate::oidc::Claims;

/// Characters of a name that are used.
const MAX_NAME: usize = 100;

/// What a provider says about a person. It identifies nobody.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `None` if the provider sends none, or one that no mail can be sent to.
    pub email: Option<EmailAddress>,
    pub first_name: PersonName,
    pub last_name: PersonName,
}

impl Profile {
    pub(crate) fn new(email: Option<EmailAddress>, first_name: &str, last_name: &str) -> Self {
        Self { email, first_name: name(first_name), last_name: name(last_name) }
    }

    pub(crate) fn from_claims(claims: &Claims) -> Self {
        let (first_name, last_name) = claims.names();
        Self::new(claims.email(), &first_name, &last_name)
    }

    /// The normalized address; may be empty.
    pub(crate) fn address_key(&self) -> &str {
        self.email.as_ref().map_or("", EmailAddress::key)
    }

    /// The address as the provider writes it; may be empty.
    pub(crate) fn address(&self) -> &str {
        self.email.as_ref().map_or("", EmailAddress::as_str)
    }
}

/// Makes a name of what a provider sends, without what no name can have.
fn name(text: &str) -> PersonName {
    let visible: String = remove_invisible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = visible.chars().take(MAX_NAME).collect();
    PersonName::parse("name", &cut).unwrap_or_else(|_| PersonName::from_stored(String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_cut() {
        let long = "x".repeat(300);
        for (text, expected) in [
            ("  Ada \n Maria\t", "Ada Maria"),
            ("Ada\u{202e}\u{200b}", "Ada"),
            ("", ""),
            (long.as_str(), &long[..MAX_NAME]),
        ] {
            assert_eq!(name(text).as_str(), expected, "{text:?}");
        }
    }
}
