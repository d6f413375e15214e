//! The value of `social.providers`: a table for each provider that people can sign in with.

mod error;
mod table;

use std::path::PathBuf;

use serde_json::{Map, Value};
use vestibule_core::identity_provider::{ProviderId, ProviderKind};
use vestibule_core::settings::{ClientCredential, Secret, Social, SocialProvider};

pub(super) use error::ProviderError;
use table::ProviderTable;

/// The path of the setting.
pub(super) const PROVIDERS: &str = "social.providers";
/// More buttons are no choice.
const MAX_PROVIDERS: usize = 20;
const MICROSOFT: &str = "https://login.microsoftonline.com";

/// A file with the client secret or the key of a provider, which is read when a server starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderSecretFile {
    pub(crate) provider: ProviderId,
    /// The key of the provider's table.
    pub(crate) key: &'static str,
    pub(crate) path: PathBuf,
}

impl ProviderSecretFile {
    /// The name of the key for messages, such as `social.providers.google_oauth.client_secret_file`.
    pub(crate) fn setting(&self) -> String {
        format!("{PROVIDERS}.{}.{}", self.provider, self.key)
    }
}

/// Parses the providers, whose secrets stay empty, and returns the files of their secrets.
///
/// # Errors
/// The first key that is missing or invalid.
pub(super) fn parse(tables: &Map<String, Value>) -> Result<(Social, Vec<ProviderSecretFile>), ProviderError> {
    if tables.len() > MAX_PROVIDERS {
        return Err(ProviderError::TooMany(MAX_PROVIDERS));
    }
    let (mut social, mut files) = (Social::default(), Vec::new());
    for (name, value) in tables {
        let id: ProviderId = name.parse().map_err(|_| ProviderError::Unknown(name.clone()))?;
        let kind = id.kind().ok_or_else(|| ProviderError::Unsupported(name.clone()))?;
        let table = ProviderTable::new(&id, kind, value)?;
        let (provider, file) = parse_provider(&id, kind, &table)?;
        social.providers.push(provider);
        files.extend(file);
    }
    Ok((social, files))
}

fn parse_provider(
    id: &ProviderId,
    kind: ProviderKind,
    table: &ProviderTable<'_>,
) -> Result<(SocialProvider, Option<ProviderSecretFile>), ProviderError> {
    let (credential, file) = credential(kind, table)?;
    let provider = SocialProvider {
        id: id.clone(),
        kind,
        name: table.name()?.unwrap_or_else(|| default_name(id, kind)),
        url: url(kind, table)?,
        client_id: table.required_client_id()?,
        credential,
        scopes: scopes(kind, table.scopes()?),
        allows_sign_up: table.flag("sign_up")?.unwrap_or(true),
        keeps_tokens: table.flag("keep_tokens")?.unwrap_or(false),
        allowed_tenants: table.tenants()?,
    };
    let file = file.map(|(key, path)| ProviderSecretFile { provider: id.clone(), key, path });
    Ok((provider, file))
}

type CredentialFile = Option<(&'static str, PathBuf)>;

/// How the client authenticates. Only providers that know public clients need no secret.
fn credential(
    kind: ProviderKind,
    table: &ProviderTable<'_>,
) -> Result<(ClientCredential, CredentialFile), ProviderError> {
    let empty = || Secret::new(String::new());
    if kind == ProviderKind::Apple {
        let (team_id, key_id) = (table.required_apple_id("team_id")?, table.required_apple_id("key_id")?);
        let key = ("key_file", table.required_file("key_file")?);
        return Ok((ClientCredential::AppleKey { team_id, key_id, key: empty() }, Some(key)));
    }
    let file = match kind {
        ProviderKind::GitLab | ProviderKind::OpenId => table.file("client_secret_file")?,
        _ => Some(table.required_file("client_secret_file")?),
    };
    Ok(match file {
        Some(path) => (ClientCredential::Secret(empty()), Some(("client_secret_file", path))),
        None => (ClientCredential::Public, None),
    })
}

fn url(kind: ProviderKind, table: &ProviderTable<'_>) -> Result<String, ProviderError> {
    Ok(match kind {
        ProviderKind::Google => "https://accounts.google.com".to_owned(),
        ProviderKind::Apple => "https://appleid.apple.com".to_owned(),
        ProviderKind::Microsoft => {
            let tenant = table.tenant()?.unwrap_or_else(|| "common".to_owned());
            format!("{MICROSOFT}/{tenant}/v2.0")
        }
        ProviderKind::GitHub => {
            let url = table.url("url")?.unwrap_or_else(|| "https://github.com".to_owned());
            url.trim_end_matches('/').to_owned()
        }
        ProviderKind::GitLab => table.url("issuer")?.unwrap_or_else(|| "https://gitlab.com".to_owned()),
        // Issuers are compared as texts, so a slash at the end stays.
        ProviderKind::OpenId => table.required_url("issuer")?,
    })
}

/// The scopes that signing in needs, and then further ones.
fn scopes(kind: ProviderKind, further: Vec<String>) -> Vec<String> {
    let needed: &[&str] = match kind {
        ProviderKind::GitHub => &["read:user", "user:email"],
        ProviderKind::Apple => &["openid", "name", "email"],
        _ => &["openid", "profile", "email"],
    };
    let further = further.into_iter().filter(|scope| !needed.contains(&scope.as_str()));
    needed.iter().map(|scope| (*scope).to_owned()).chain(further).collect()
}

/// `acme_oidc` becomes `Acme`.
fn default_name(id: &ProviderId, kind: ProviderKind) -> String {
    let known = match kind {
        ProviderKind::Google => "Google",
        ProviderKind::GitHub => "GitHub",
        ProviderKind::Microsoft => "Microsoft",
        ProviderKind::GitLab => "GitLab",
        ProviderKind::Apple => "Apple",
        ProviderKind::OpenId => {
            let name = id.as_str().trim_end_matches("_oidc").replace('_', " ");
            let (first, rest) = name.split_at(usize::from(!name.is_empty()));
            return first.to_ascii_uppercase() + rest;
        }
    };
    known.to_owned()
}
