//! Discovery documents (`OpenID` Connect Discovery 1.0).

use serde_json::{Map, Value};

use super::error::{OidcError, OidcErrorKind};
use crate::error::{Code, Result};
use crate::http_client::HttpClient;
use crate::identity_provider::ProviderKind;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// In the issuer of Microsoft's documents for more than one tenant.
const TENANT: &str = "{tenantid}";
/// In bytes.
const MAX_ISSUER: usize = 500;
const MAX_METHODS: usize = 50;

/// The issuer of a provider, as an admin has written it. It is compared byte by byte, so nothing is normalized.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(String);

impl Issuer {
    /// Parses an https URL without query and fragment.
    ///
    /// # Errors
    /// `INVALID_ISSUER`.
    pub fn parse(text: &str, client: &HttpClient) -> Result<Self> {
        let text = text.trim();
        if is_issuer(text, &|url| client.parse_url(url).is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Code::InvalidIssuer.into())
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn is_issuer(text: &str, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    text.len() <= MAX_ISSUER && !text.contains(['?', '#', '{', '}']) && !text.ends_with(WELL_KNOWN) && is_allowed(text)
}

/// Where a provider's document is, and which issuers it may have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DiscoverySource {
    url: String,
    /// The URL ends in a tenant, whose issuer may be of another name.
    is_microsoft: bool,
}

impl DiscoverySource {
    pub(crate) fn new(kind: ProviderKind, url: &str) -> Self {
        let is_microsoft = kind == ProviderKind::Microsoft;
        let url = if is_microsoft { url.trim_end_matches('/').trim_end_matches("/v2.0") } else { url };
        Self { url: url.to_owned(), is_microsoft }
    }

    pub(super) fn document_url(&self) -> String {
        let version = if self.is_microsoft { "/v2.0" } else { "" };
        // The issuer may end in a slash, the URL has one (section 4.1).
        format!("{}{version}{WELL_KNOWN}", self.url.strip_suffix('/').unwrap_or(&self.url))
    }

    fn accepts(&self, issuer: &str) -> bool {
        if !self.is_microsoft {
            return issuer == self.url;
        }
        let Some((authority, tenant)) = self.url.rsplit_once('/') else { return false };
        let named = issuer.strip_prefix(authority).and_then(|rest| rest.strip_prefix('/')?.strip_suffix("/v2.0"));
        named.is_some_and(|named| match (is_guid(named), is_guid(tenant)) {
            (true, true) => named.eq_ignore_ascii_case(tenant),
            // The document of a tenant's domain, and that of personal accounts, have the id of the tenant.
            (true, false) => true,
            (false, _) => named == TENANT && matches!(tenant, "common" | "organizations"),
        })
    }
}

/// What is used of a discovery document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// It may contain [`TENANT`].
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) jwks_uri: String,
    pub(super) end_session_endpoint: Option<String>,
    /// Whether the client authenticates in the body of token requests, and not in their header.
    pub(super) prefers_secret_in_body: bool,
    /// Whether each authorization response has `iss` (RFC 9207).
    pub(super) demands_iss: bool,
}

impl Metadata {
    pub(crate) fn parse(
        body: &[u8],
        source: &DiscoverySource,
        is_allowed: &dyn Fn(&str) -> bool,
    ) -> Result<Self, OidcError> {
        let invalid = |rule| OidcErrorKind::DiscoveryInvalid.because(rule);
        let document: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| invalid("the document is a JSON object"))?;
        let issuer = document.get("issuer").and_then(Value::as_str).ok_or_else(|| invalid("issuer is a text"))?;
        if !source.accepts(issuer) {
            return Err(OidcErrorKind::IssuerMismatch.because("the document's issuer is the configured one"));
        }
        let optional = |name| endpoint(&document, name, is_allowed);
        let required = |name, rule| endpoint(&document, name, is_allowed)?.ok_or_else(|| invalid(rule));
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: required("authorization_endpoint", "authorization_endpoint is an https URL")?,
            token_endpoint: required("token_endpoint", "token_endpoint is an https URL")?,
            userinfo_endpoint: optional("userinfo_endpoint")?,
            jwks_uri: required("jwks_uri", "jwks_uri is an https URL")?,
            end_session_endpoint: optional("end_session_endpoint")?,
            prefers_secret_in_body: prefers_secret_in_body(&document),
            demands_iss: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }

    /// Whether an ID token with this `iss` is the provider's. `tenant` is the token's `tid`.
    pub(super) fn is_issuer(&self, issuer: &str, tenant: Option<&str>) -> bool {
        match tenant.filter(|_| self.has_tenants()) {
            Some(tenant) => is_guid(tenant) && issuer == self.issuer.replace(TENANT, tenant),
            // A template is no issuer.
            None => issuer == self.issuer && !self.has_tenants(),
        }
    }

    /// Whether an authorization response with this `iss` is the provider's.
    pub(super) fn is_response_issuer(&self, issuer: &str) -> bool {
        match self.issuer.split_once(TENANT) {
            Some((start, end)) => {
                issuer.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).is_some_and(is_guid)
            }
            None => issuer == self.issuer,
        }
    }

    pub(super) fn has_tenants(&self) -> bool {
        self.issuer.contains(TENANT)
    }

    /// Whether a key that names an issuer signs for this one. Microsoft publishes keys of several tenants together.
    pub(super) fn is_key_issuer(&self, of_key: Option<&str>, issuer: &str, tenant: Option<&str>) -> bool {
        match (of_key, tenant) {
            (Some(of_key), Some(tenant)) if self.has_tenants() => of_key.replace(TENANT, tenant) == issuer,
            _ => true,
        }
    }
}

fn endpoint(
    document: &Map<String, Value>,
    name: &str,
    is_allowed: &dyn Fn(&str) -> bool,
) -> Result<Option<String>, OidcError> {
    match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(url)) if is_allowed(url) => Ok(Some(url.clone())),
        Some(_) => Err(OidcErrorKind::DiscoveryInvalid.because("endpoints are https URLs of public hosts")),
    }
}

/// Clients use the header unless the provider says otherwise (`OpenID` Connect Core 1.0, section 9).
fn prefers_secret_in_body(document: &Map<String, Value>) -> bool {
    let methods = document.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
    let lists = |method: &str| methods.is_some_and(|methods| methods.iter().take(MAX_METHODS).any(|m| m == method));
    lists("client_secret_post") && !lists("client_secret_basic")
}

/// Whether a text is an id of a Microsoft tenant.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
