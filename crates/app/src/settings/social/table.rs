//! The keys of a provider's table, and typed access to them.

use std::path::PathBuf;

use serde_json::{Map, Value};
use vestibule_core::identity_provider::{ProviderId, ProviderKind};
use vestibule_core::settings::PublicUrl;

use super::super::parse::{file_path, url_without_fragment};
use super::error::ProviderError;

const MAX_CLIENT_ID: usize = 500;
const MAX_NAME: usize = 50;
const MAX_SCOPES: usize = 20;
const MAX_SCOPE: usize = 200;
const MAX_TENANTS: usize = 50;

/// A key of a table.
#[derive(Debug)]
pub(in super::super) struct Key {
    pub(super) name: &'static str,
    /// Follows "must be".
    pub(super) expected: &'static str,
    /// As TOML.
    pub(super) example: &'static str,
    /// Whether providers of this kind have it.
    is_of: fn(ProviderKind) -> bool,
}

/// In the order of messages.
const KEYS: &[Key] = &[
    Key {
        name: "client_id",
        expected: "the client ID that the provider has given your application",
        example: "\"1234567890.apps.googleusercontent.com\"",
        is_of: |_| true,
    },
    Key {
        name: "client_secret_file",
        expected: "the path of a file that contains only the client secret",
        example: "\"/run/secrets/provider\"",
        is_of: |kind| kind != ProviderKind::Apple,
    },
    Key {
        name: "issuer",
        expected: "an https URL without query and fragment, as the provider's discovery document has it",
        example: "\"https://login.example.com\"",
        is_of: |kind| matches!(kind, ProviderKind::GitLab | ProviderKind::OpenId),
    },
    Key {
        name: "url",
        expected: "the https URL of a GitHub Enterprise Server",
        example: "\"https://github.example.com\"",
        is_of: |kind| kind == ProviderKind::GitHub,
    },
    Key {
        name: "tenant",
        expected: "common, organizations or the ID of a tenant",
        example: "\"organizations\"",
        is_of: |kind| kind == ProviderKind::Microsoft,
    },
    Key {
        name: "tenants",
        expected: "a list of at most 50 IDs of tenants, whose people alone can sign in",
        example: "[\"9188040d-6c67-4c5b-b112-36a304b66dad\"]",
        is_of: |kind| kind == ProviderKind::Microsoft,
    },
    Key {
        name: "team_id",
        expected: "the ID of your team at Apple, of 10 capital letters and digits",
        example: "\"A1B2C3D4E5\"",
        is_of: |kind| kind == ProviderKind::Apple,
    },
    Key {
        name: "key_id",
        expected: "the ID of the key at Apple, of 10 capital letters and digits",
        example: "\"F6G7H8I9J0\"",
        is_of: |kind| kind == ProviderKind::Apple,
    },
    Key {
        name: "key_file",
        expected: "the path of the file (.p8) that Apple has given for the key",
        example: "\"/run/secrets/apple.p8\"",
        is_of: |kind| kind == ProviderKind::Apple,
    },
    Key {
        name: "scopes",
        expected: "a list of at most 20 further scopes, without spaces",
        example: "[\"https://www.googleapis.com/auth/calendar.readonly\"]",
        is_of: |_| true,
    },
    Key { name: "sign_up", expected: "true or false", example: "false", is_of: |_| true },
    Key { name: "keep_tokens", expected: "true or false", example: "true", is_of: |_| true },
    Key { name: "name", expected: "one line of 1 to 50 characters", example: "\"Acme\"", is_of: |_| true },
];

fn key(name: &str) -> &'static Key {
    // Every name below is one of the list: a test reads each.
    KEYS.iter().find(|key| key.name == name).unwrap_or(&KEYS[0])
}

/// The table of a provider, whose keys are all known.
#[derive(Debug)]
pub(super) struct ProviderTable<'a> {
    id: &'a ProviderId,
    table: &'a Map<String, Value>,
}

impl<'a> ProviderTable<'a> {
    pub(super) fn new(id: &'a ProviderId, kind: ProviderKind, value: &'a Value) -> Result<Self, ProviderError> {
        let table = value.as_object().ok_or_else(|| ProviderError::NoTable(id.clone()))?;
        let is_known = |name: &str| KEYS.iter().any(|key| key.name == name && (key.is_of)(kind));
        match table.keys().find(|name| !is_known(name)) {
            None => Ok(Self { id, table }),
            Some(name) => {
                let known = KEYS.iter().filter(|key| (key.is_of)(kind)).map(|key| key.name).collect();
                Err(ProviderError::UnknownKey { provider: id.clone(), key: name.clone(), known })
            }
        }
    }

    /// Parses the value of a key, if there is one.
    fn parse<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, ProviderError> {
        let Some(value) = self.table.get(name) else { return Ok(None) };
        parse(value).map(Some).ok_or_else(|| ProviderError::Invalid {
            provider: self.id.clone(),
            key: key(name),
            found: value.clone(),
        })
    }

    fn text<T>(&self, name: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ProviderError> {
        self.parse(name, |value| value.as_str().and_then(parse))
    }

    fn required<T>(&self, name: &'static str, value: Option<T>) -> Result<T, ProviderError> {
        value.ok_or_else(|| ProviderError::Missing { provider: self.id.clone(), key: key(name) })
    }

    fn list(
        &self,
        name: &'static str,
        max: usize,
        is_valid: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, ProviderError> {
        let list = self.parse(name, |value| {
            let items = value.as_array().filter(|items| items.len() <= max)?.iter();
            items.map(|item| item.as_str().filter(|text| is_valid(text)).map(str::to_owned)).collect()
        });
        Ok(list?.unwrap_or_default())
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, ProviderError> {
        self.parse(name, Value::as_bool)
    }

    pub(super) fn required_client_id(&self) -> Result<String, ProviderError> {
        let is_valid = |text: &&str| is_visible(text, MAX_CLIENT_ID);
        let id = self.text("client_id", |text| Some(text).filter(is_valid).map(str::to_owned))?;
        self.required("client_id", id)
    }

    pub(super) fn name(&self) -> Result<Option<String>, ProviderError> {
        let is_valid = |text: &&str| {
            !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.contains(char::is_control)
        };
        self.text("name", |text| Some(text).filter(is_valid).map(str::to_owned))
    }

    pub(super) fn scopes(&self) -> Result<Vec<String>, ProviderError> {
        // RFC 6749, section 3.3.
        let is_valid = |text: &str| is_visible(text, MAX_SCOPE) && !text.contains(['"', '\\']);
        self.list("scopes", MAX_SCOPES, is_valid)
    }

    pub(super) fn file(&self, name: &'static str) -> Result<Option<PathBuf>, ProviderError> {
        self.text(name, file_path)
    }

    pub(super) fn required_file(&self, name: &'static str) -> Result<PathBuf, ProviderError> {
        self.required(name, self.file(name)?)
    }

    pub(super) fn url(&self, name: &'static str) -> Result<Option<String>, ProviderError> {
        self.text(name, provider_url)
    }

    pub(super) fn required_url(&self, name: &'static str) -> Result<String, ProviderError> {
        self.required(name, self.url(name)?)
    }

    pub(super) fn required_apple_id(&self, name: &'static str) -> Result<String, ProviderError> {
        let is_valid = |text: &&str| {
            text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let id = self.text(name, |text| Some(text).filter(is_valid).map(str::to_owned))?;
        self.required(name, id)
    }

    pub(super) fn tenant(&self) -> Result<Option<String>, ProviderError> {
        let is_valid = |text: &&str| matches!(*text, "common" | "organizations") || is_tenant_id(text);
        self.text("tenant", |text| Some(text).filter(is_valid).map(str::to_ascii_lowercase))
    }

    pub(super) fn tenants(&self) -> Result<Vec<String>, ProviderError> {
        let tenants = self.list("tenants", MAX_TENANTS, is_tenant_id)?;
        Ok(tenants.into_iter().map(|tenant| tenant.to_ascii_lowercase()).collect())
    }
}

fn is_visible(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether it is a UUID, as the ids of tenants are.
fn is_tenant_id(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// An https URL without query and fragment. A provider on this machine, for development, may be without https.
fn provider_url(text: &str) -> Option<String> {
    let url = url_without_fragment(text).filter(|url| !url.contains('?'))?;
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    let origin = PublicUrl::parse_origin(&format!("{scheme}://{host}")).ok()?;
    (origin.is_https() || origin.is_loopback()).then_some(url)
}
