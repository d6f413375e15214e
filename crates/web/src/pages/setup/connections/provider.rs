//! The identity providers that the pages know, and what has to be done there.

use vestibule_core::enterprise_connection::DEFAULT_SCOPES;
use vestibule_core::settings::Settings;

use super::super::super::words::Words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    Entra,
    Okta,
    Google,
    Keycloak,
    Other,
}

/// What to copy to the provider, and where.
pub(super) struct ValuesToCopy {
    pub(super) heading: String,
    pub(super) provider: String,
    pub(super) instructions: Vec<String>,
    /// Label and value.
    pub(super) values: Vec<(String, String)>,
    /// The URL of the guide.
    pub(super) guide: Option<String>,
}

impl Provider {
    pub(super) const ALL: [Self; 5] = [Self::Entra, Self::Okta, Self::Google, Self::Keycloak, Self::Other];

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Google => "google",
            Self::Keycloak => "keycloak",
            Self::Other => "other",
        }
    }

    /// [`Self::Other`] for an unknown key.
    pub(super) fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|provider| provider.key() == key).unwrap_or(Self::Other)
    }

    /// The provider that has issuers like this one.
    pub(super) fn of_issuer(issuer: &str) -> Self {
        if issuer.starts_with("https://login.microsoftonline.com/") {
            Self::Entra
        } else if issuer.trim_end_matches('/') == "https://accounts.google.com" {
            Self::Google
        } else if issuer.contains(".okta.com") {
            Self::Okta
        } else if issuer.contains("/realms/") {
            Self::Keycloak
        } else {
            Self::Other
        }
    }

    pub(super) fn name(self, t: Words) -> String {
        match self {
            Self::Entra => "Microsoft Entra ID".to_owned(),
            Self::Okta => "Okta".to_owned(),
            Self::Google => "Google Workspace".to_owned(),
            Self::Keycloak => "Keycloak".to_owned(),
            Self::Other => t.connection_other_provider(),
        }
    }

    const fn issuer_example(self) -> &'static str {
        match self {
            Self::Entra => "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0",
            Self::Okta => "https://example.okta.com",
            Self::Google => "https://accounts.google.com",
            Self::Keycloak => "https://login.example.com/realms/example",
            Self::Other => "https://login.example.com",
        }
    }

    /// Returns the issuer that all organizations have at this provider.
    pub(super) const fn common_issuer(self) -> &'static str {
        match self {
            Self::Google => self.issuer_example(),
            Self::Entra | Self::Okta | Self::Keycloak | Self::Other => "",
        }
    }

    pub(super) fn issuer_hint(self, t: Words) -> String {
        t.connection_issuer_hint(self.issuer_example())
    }

    pub(super) fn client_id_hint(self, t: Words) -> String {
        if self == Self::Entra { t.connection_client_id_entra_hint() } else { String::new() }
    }

    pub(super) fn values_to_copy(self, t: Words, settings: &Settings) -> ValuesToCopy {
        let url = settings.public_url.as_str();
        ValuesToCopy {
            heading: t.connection_at_provider(self.name(t)),
            provider: self.name(t),
            instructions: self.instructions(t),
            values: vec![
                (t.connection_redirect_uri(), format!("{url}/auth/sso/oidc/callback")),
                (t.connection_logout_uri(), format!("{url}/sign-in")),
                (t.connection_scopes_value(), DEFAULT_SCOPES.to_owned()),
            ],
            guide: None,
        }
    }

    fn instructions(self, t: Words) -> Vec<String> {
        match self {
            Self::Entra => {
                vec![t.entra_step_register(), t.entra_step_redirect(), t.entra_step_secret(), t.entra_step_copy()]
            }
            Self::Okta => vec![t.okta_step_create(), t.okta_step_redirect(), t.okta_step_assign(), t.okta_step_copy()],
            Self::Google => vec![t.google_step_project(), t.google_step_client(), t.google_step_copy()],
            Self::Keycloak => vec![t.keycloak_step_create(), t.keycloak_step_redirect(), t.keycloak_step_copy()],
            Self::Other => vec![t.other_step_create(), t.other_step_redirect(), t.other_step_copy()],
        }
    }
}
