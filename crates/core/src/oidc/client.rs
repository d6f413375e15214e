//! How the service is registered at a provider, and what the protocol carries.

use std::fmt;

use data_encoding::BASE64;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::apple;
use super::claims::Claims;
use super::discovery::{DiscoverySource, Metadata};
use super::error::{OidcError, OidcErrorKind};
use crate::identity_provider::ProviderKind;
use crate::settings::ClientCredential;
use crate::time::Timestamp;

/// All but the unreserved characters (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The registration at a provider. That of an enterprise connection has the kind [`ProviderKind::OpenId`].
#[derive(Clone, Debug)]
pub struct Client<'a> {
    pub kind: ProviderKind,
    /// The issuer; of GitHub the address of its pages, of Microsoft that of a tenant.
    pub url: &'a str,
    pub client_id: &'a str,
    pub credential: &'a ClientCredential,
    /// Empty for those that a sign-in needs.
    pub scopes: &'a [String],
    /// Ids of the Microsoft tenants whose people can sign in; empty for all.
    pub allowed_tenants: &'a [String],
    pub redirect_uri: String,
    /// Paths of claims besides `email` for which userinfo is asked if the ID token lacks them.
    pub wanted_claims: Vec<&'a str>,
}

impl Client<'_> {
    pub(super) fn source(&self) -> DiscoverySource {
        DiscoverySource::new(self.kind, self.url)
    }

    /// Adds the client's authentication to a form: in the form itself, or as the header that is returned.
    pub(super) fn authenticate(
        &self,
        form: &mut Form,
        metadata: &Metadata,
        now: Timestamp,
    ) -> Result<Option<(HeaderName, HeaderValue)>, OidcError> {
        let secret = match self.credential {
            ClientCredential::Public => {
                form.add("client_id", self.client_id);
                return Ok(None);
            }
            ClientCredential::Secret(secret) if !metadata.prefers_secret_in_body => {
                return basic(self.client_id, secret.as_str()).map(Some);
            }
            ClientCredential::Secret(secret) => Zeroizing::new(secret.as_str().to_owned()),
            ClientCredential::AppleKey { team_id, key_id, key } => apple::client_secret(
                &apple::Key { team_id, id: key_id, pem: key.as_str() },
                self.client_id,
                metadata,
                now,
            )?,
        };
        form.add("client_id", self.client_id);
        form.add("client_secret", &secret);
        Ok(None)
    }
}

/// HTTP Basic authentication with encoded parts (RFC 6749, section 2.3.1).
fn basic(client_id: &str, secret: &str) -> Result<(HeaderName, HeaderValue), OidcError> {
    let credentials = Zeroizing::new(format!("{}:{}", encode(client_id), encode(secret)));
    let header = Zeroizing::new(format!("Basic {}", BASE64.encode(credentials.as_bytes())));
    let mut value = HeaderValue::from_str(&header).map_err(|_| OidcErrorKind::ClientRefused)?;
    value.set_sensitive(true);
    Ok((AUTHORIZATION, value))
}

/// Percent-encodes a value of a query string or of a form.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A form that is sent. It may contain secrets.
#[derive(Default)]
pub(super) struct Form(Zeroizing<String>);

impl Form {
    pub(super) fn new(fields: &[(&str, &str)]) -> Self {
        let mut form = Self::default();
        fields.iter().for_each(|(name, value)| form.add(name, value));
        form
    }

    pub(super) fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, ENCODED));
    }

    pub(super) fn into_body(self) -> Zeroizing<String> {
        self.0
    }
}

/// What a provider has sent to the redirect URI. `Debug` does not print it.
#[derive(Clone, Default)]
pub struct AuthorizationResponse {
    pub code: String,
    /// RFC 9207.
    pub iss: Option<String>,
    /// What Apple sends besides, once: JSON with the person's name. Nobody has signed it, so only names are read.
    pub apple_user: Option<String>,
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationResponse(…)")
    }
}

/// Who a person is at a provider.
#[derive(Debug)]
pub struct Authenticated {
    /// The real issuer: of Microsoft that of the tenant, of GitHub the address of its pages.
    pub issuer: String,
    /// What identifies the person at the issuer, for ever.
    pub subject: String,
    pub claims: Claims,
    pub tokens: ProviderTokens,
}

/// A provider's tokens. `Debug` does not print them.
#[derive(Clone)]
pub struct ProviderTokens {
    pub access_token: Zeroizing<String>,
    pub refresh_token: Option<Zeroizing<String>>,
    pub id_token: Option<Zeroizing<String>>,
    /// When the access token expires, if the provider has said so.
    pub expires_at: Option<Timestamp>,
}

impl ProviderTokens {
    /// The form that is sealed. It does not have the ID token, which nobody calls an API with.
    pub fn to_json(&self) -> Zeroizing<String> {
        let tokens = json!({
            "access_token": &*self.access_token,
            "refresh_token": self.refresh_token.as_deref(),
            "expires_at": self.expires_at.map(Timestamp::as_microseconds),
        });
        Zeroizing::new(tokens.to_string())
    }

    /// Reads what [`Self::to_json`] returned.
    pub fn from_json(text: &str) -> Option<Self> {
        let tokens: Value = serde_json::from_str(text).ok()?;
        let token = |name: &str| Some(Zeroizing::new(tokens.get(name)?.as_str()?.to_owned()));
        Some(Self {
            access_token: token("access_token")?,
            refresh_token: token("refresh_token"),
            id_token: None,
            expires_at: tokens.get("expires_at").and_then(Value::as_i64).map(Timestamp::from_microseconds),
        })
    }
}

impl fmt::Debug for ProviderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderTokens(…)")
    }
}
