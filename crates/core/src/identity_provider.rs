//! Identity providers: which there are, and how each is named.

use std::fmt;
use std::str::FromStr;

use vestibule_db::{Argument, Cell, Column, Kind, Value};

/// The maximum length of the id of an OpenID provider.
const MAX_ID: usize = 40;
const OPENID_SUFFIX: &str = "_oidc";

/// The kind of a social provider, which decides about its protocol and about what its answers prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    Google,
    GitHub,
    Microsoft,
    GitLab,
    Apple,
    /// Any provider that has a discovery document (OpenID Connect Discovery 1.0).
    OpenId,
}

/// The id of a provider: one of the Frontend API, such as `google_oauth`, or one of the settings, such as `acme_oidc`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(String);

/// The text is no id of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidProviderId;

impl ProviderId {
    /// Those of the Frontend API.
    pub const KNOWN: [&'static str; 9] = [
        "google_oauth",
        "github_oauth",
        "microsoft_oauth",
        "gitlab_oauth",
        "apple_oauth",
        "x_oauth",
        "facebook_oauth",
        "linkedin_oauth",
        "discord_oauth",
    ];

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None` for a provider of the Frontend API that is not supported.
    pub fn kind(&self) -> Option<ProviderKind> {
        match self.as_str() {
            "google_oauth" => Some(ProviderKind::Google),
            "github_oauth" => Some(ProviderKind::GitHub),
            "microsoft_oauth" => Some(ProviderKind::Microsoft),
            "gitlab_oauth" => Some(ProviderKind::GitLab),
            "apple_oauth" => Some(ProviderKind::Apple),
            id => id.ends_with(OPENID_SUFFIX).then_some(ProviderKind::OpenId),
        }
    }
}

impl FromStr for ProviderId {
    type Err = InvalidProviderId;

    /// An id of the settings has lower-case letters, digits and underscores, and ends in `_oidc`.
    fn from_str(text: &str) -> Result<Self, InvalidProviderId> {
        let is_openid = || {
            let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            let name = text.strip_suffix(OPENID_SUFFIX).unwrap_or_default();
            text.len() <= MAX_ID && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(is_allowed)
        };
        (Self::KNOWN.contains(&text) || is_openid()).then(|| Self(text.to_owned())).ok_or(InvalidProviderId)
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Column for ProviderId {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Value::Text(text) = cell else { return None };
        text.parse().ok()
    }
}

impl Argument for ProviderId {
    type Input<'a> = &'a Self;
    const KIND: Kind = Kind::Text;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Text(&input.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_known_ids_and_those_of_openid_providers() {
        for known in ProviderId::KNOWN {
            assert!(known.parse::<ProviderId>().is_ok(), "{known}");
        }
        let parsed: ProviderId = "acme_2_oidc".parse().unwrap();
        assert_eq!((parsed.as_str(), parsed.kind()), ("acme_2_oidc", Some(ProviderKind::OpenId)));
        assert_eq!("x_oauth".parse::<ProviderId>().unwrap().kind(), None);
        for wrong in ["", "google", "_oidc", "Acme_oidc", "2_oidc", "acme-1_oidc", "enterprise", &"a".repeat(41)] {
            assert_eq!(wrong.parse::<ProviderId>(), Err(InvalidProviderId), "{wrong}");
        }
    }
}
