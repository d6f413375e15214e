//! What is wrong with the table of a provider.

use std::fmt;

use serde_json::Value;
use vestibule_core::identity_provider::ProviderId;

use super::super::Origin;
use super::PROVIDERS;
use super::table::Key;

/// Values longer than this are not shown.
const MAX_SHOWN: usize = 80;

#[derive(Debug)]
pub(in super::super) enum ProviderError {
    TooMany(usize),
    /// The name of a table that is no id of a provider.
    Unknown(String),
    /// An id of the Frontend API whose provider cannot be used.
    Unsupported(String),
    NoTable(ProviderId),
    UnknownKey {
        provider: ProviderId,
        key: String,
        known: Vec<&'static str>,
    },
    Missing {
        provider: ProviderId,
        key: &'static Key,
    },
    Invalid {
        provider: ProviderId,
        key: &'static Key,
        found: Value,
    },
}

impl ProviderError {
    /// Writes one sentence: which provider and key, where it is set, what was found, and what to write instead. A key
    /// that the table should not have is not shown with its value: it may be a secret.
    pub(in super::super) fn write(&self, f: &mut fmt::Formatter<'_>, origin: &Origin) -> fmt::Result {
        match self {
            Self::TooMany(max) => write!(f, "{PROVIDERS} has more than {max} providers ({origin}); remove some"),
            Self::Unknown(name) => write!(
                f,
                "{PROVIDERS} has the provider {:?} ({origin}), which is none; use google_oauth, github_oauth, \
                 microsoft_oauth, gitlab_oauth, apple_oauth, or a name of lower-case letters, digits and _ that ends in \
                 _oidc for a provider with a discovery document",
                short(name)
            ),
            Self::Unsupported(name) => write!(
                f,
                "{PROVIDERS} has the provider {name} ({origin}), which is not supported; use google_oauth, github_oauth, \
                 microsoft_oauth, gitlab_oauth, apple_oauth, or a name that ends in _oidc for a provider with a discovery \
                 document"
            ),
            Self::NoTable(provider) => write!(
                f,
                "{PROVIDERS}.{provider} is no table ({origin}); write [{PROVIDERS}.{provider}] on its own line and the keys \
                 of the provider below it"
            ),
            Self::UnknownKey { provider, key, .. } if key == "client_secret" => write!(
                f,
                "{PROVIDERS}.{provider} has the key client_secret ({origin}), but secrets are read from files; write the \
                 secret alone into a file, and its path here, for example: client_secret_file = \
                 \"/run/secrets/{provider}\""
            ),
            Self::UnknownKey { provider, key, known } => write!(
                f,
                "{PROVIDERS}.{provider} has the key {:?} ({origin}), which this provider has not; its keys are {}",
                short(key),
                known.join(", ")
            ),
            Self::Missing { provider, key } => write!(
                f,
                "{PROVIDERS}.{provider} has no {} ({origin}); write {}, for example: {} = {}",
                key.name, key.expected, key.name, key.example
            ),
            Self::Invalid { provider, key, found } => write!(
                f,
                "{PROVIDERS}.{provider}.{} is {} ({origin}), but it must be {}; for example: {} = {}",
                key.name,
                short(&found.to_string()),
                key.expected,
                key.name,
                key.example
            ),
        }
    }
}

/// Escapes control characters, and cuts a long value.
fn short(text: &str) -> String {
    let text: String = text
        .chars()
        .flat_map(|char| if char.is_control() { char.escape_debug().collect() } else { vec![char] })
        .collect();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
