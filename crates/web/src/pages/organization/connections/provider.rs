//! The kinds of identity providers that the pages have instructions for: what to do there, what to copy there, and what
//! comes from there.

use vestibule_core::enterprise_connection::{DEFAULT_SCOPES, logout_redirect_uri, redirect_uri};
use vestibule_core::id::OrganizationId;

use super::super::super::context::PageContext;
use super::super::super::words::Words;

/// It decides about the instructions only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Provider {
    Entra,
    Okta,
    Google,
    Keycloak,
    Other,
}

/// What the admin copies to the provider, and where.
pub(in crate::pages) struct ValuesToCopy {
    pub(in crate::pages) heading: String,
    pub(in crate::pages) provider: String,
    pub(in crate::pages) instructions: Vec<String>,
    /// Label and value.
    pub(in crate::pages) values: Vec<(String, String)>,
    /// The guide; `None` if there is none, or if this client may not read it.
    pub(in crate::pages) guide: Option<&'static str>,
}

impl Provider {
    pub(in crate::pages) const ALL: [Self; 5] = [Self::Entra, Self::Okta, Self::Google, Self::Keycloak, Self::Other];

    /// The value of the parameter `provider`.
    pub(in crate::pages) const fn key(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Google => "google",
            Self::Keycloak => "keycloak",
            Self::Other => "other",
        }
    }

    pub(in crate::pages) fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.key() == key)
    }

    /// Guesses it from the issuer of a connection.
    pub(in crate::pages) fn of_issuer(issuer: &str) -> Self {
        let host = issuer.split('/').nth(2).unwrap_or_default();
        if host.starts_with("login.microsoftonline.") || host == "sts.windows.net" {
            Self::Entra
        } else if [".okta.com", ".oktapreview.com", ".okta-emea.com"].iter().any(|end| host.ends_with(end)) {
            Self::Okta
        } else if host == "accounts.google.com" {
            Self::Google
        } else if issuer.contains("/realms/") {
            Self::Keycloak
        } else {
            Self::Other
        }
    }

    pub(in crate::pages) fn name(self, t: Words) -> String {
        match self {
            Self::Entra => "Microsoft Entra ID".to_owned(),
            Self::Okta => "Okta".to_owned(),
            Self::Google => "Google Workspace".to_owned(),
            Self::Keycloak => "Keycloak".to_owned(),
            Self::Other => t.connection_other_provider(),
        }
    }

    /// An issuer as its documentation has it.
    pub(in crate::pages) const fn example_issuer(self) -> &'static str {
        match self {
            Self::Entra => "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0",
            Self::Okta => "https://your-company.okta.com",
            Self::Google => "https://accounts.google.com",
            Self::Keycloak => "https://keycloak.example.com/realms/your-realm",
            Self::Other => "https://login.example.com",
        }
    }

    /// What the field contains at first.
    pub(in crate::pages) const fn issuer(self) -> &'static str {
        match self {
            Self::Google => "https://accounts.google.com",
            Self::Entra | Self::Okta | Self::Keycloak | Self::Other => "",
        }
    }

    pub(in crate::pages) fn client_id_hint(self, t: Words) -> String {
        if self == Self::Entra { t.connection_client_id_entra_hint() } else { String::new() }
    }

    fn instructions(self, t: Words) -> Vec<String> {
        match self {
            Self::Entra => {
                vec![t.entra_step_register(), t.entra_step_redirect(), t.entra_step_secret(), t.entra_step_copy()]
            }
            Self::Okta => {
                vec![t.okta_step_create(), t.okta_step_redirect(), t.okta_step_assign(), t.okta_step_copy()]
            }
            Self::Google => vec![t.google_step_project(), t.google_step_client(), t.google_step_copy()],
            Self::Keycloak => vec![t.keycloak_step_create(), t.keycloak_step_redirect(), t.keycloak_step_copy()],
            Self::Other => vec![t.other_step_create(), t.other_step_redirect(), t.other_step_copy()],
        }
    }

    const fn guide(self) -> &'static str {
        match self {
            Self::Entra => "/docs/sso-entra",
            Self::Okta => "/docs/sso-okta",
            Self::Google => "/docs/sso-google-workspace",
            Self::Keycloak => "/docs/sso-keycloak",
            Self::Other => "/docs/sso",
        }
    }

    pub(in crate::pages) fn values_to_copy(self, cx: &PageContext, organization: OrganizationId) -> ValuesToCopy {
        let (t, settings) = (cx.words, cx.app.settings());
        let mut values = vec![(t.connection_redirect_uri(), redirect_uri(settings, organization))];
        if self != Self::Google {
            values.push((t.connection_logout_uri(), logout_redirect_uri(settings)));
        }
        values.push((t.connection_scopes_value(), DEFAULT_SCOPES.to_owned()));
        let provider = self.name(t);
        ValuesToCopy {
            heading: t.connection_at_provider(&provider),
            provider,
            instructions: self.instructions(t),
            values,
            guide: settings.docs.allows(cx.caller.address).then_some(self.guide()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_providers_by_their_issuers() {
        for provider in Provider::ALL {
            assert_eq!(Provider::of_issuer(provider.example_issuer()), provider);
            assert_eq!(Provider::parse(provider.key()), Some(provider));
        }
        for issuer in ["", "https://", "https://okta.com.evil.example", "https://login.example.com/x"] {
            assert_eq!(Provider::of_issuer(issuer), Provider::Other, "{issuer}");
        }
    }
}
