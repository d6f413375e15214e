//! GitHub, which speaks OAuth 2.0 without `OpenID` Connect: the profile comes from its API.

use http::StatusCode;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::claims::split_name;
use super::discovery::Metadata;
use super::error::{OidcError, OidcErrorKind};
use super::transport::{ProviderRequest, Transport};
use super::userinfo::bearer;

const PUBLIC_URL: &str = "https://github.com";
const PUBLIC_API: &str = "https://api.github.com";
const MAX_ADDRESSES: usize = 100;

/// The fixed endpoints of GitHub, or of a GitHub Enterprise server.
#[derive(Debug)]
pub(super) struct Endpoints {
    /// The address of its pages, without a slash at its end.
    url: String,
    api: String,
}

/// A person's profile, and the rest of what GitHub says as claims of `OpenID` Connect.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
}

impl Endpoints {
    pub(super) fn new(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let api = if url == PUBLIC_URL { PUBLIC_API.to_owned() } else { format!("{url}/api/v3") };
        Self { url, api }
    }

    /// As if they came from a discovery document.
    pub(super) fn metadata(&self) -> Metadata {
        Metadata {
            issuer: self.url.clone(),
            authorization_endpoint: format!("{}/login/oauth/authorize", self.url),
            token_endpoint: format!("{}/login/oauth/access_token", self.url),
            userinfo_endpoint: None,
            jwks_uri: String::new(),
            end_session_endpoint: None,
            prefers_secret_in_body: true,
            demands_iss: false,
        }
    }

    /// Whether an authorization response with this `iss` is GitHub's, which names its OAuth server.
    pub(super) fn is_response_issuer(&self, issuer: &str) -> bool {
        issuer.strip_prefix(self.url.as_str()).is_some_and(|rest| matches!(rest, "" | "/login/oauth"))
    }

    pub(super) async fn profile(&self, transport: &dyn Transport, access_token: &str) -> Result<Profile, OidcError> {
        let user = get(transport, &format!("{}/user", self.api), access_token).await?;
        let invalid = |rule| OidcErrorKind::UserinfoInvalid.because(rule);
        let user = user.as_ref().and_then(Value::as_object).ok_or_else(|| invalid("the user is a JSON object"))?;
        // The id stays, the login changes hands.
        let id = user.get("id").and_then(Value::as_u64).filter(|id| *id > 0);
        let id = id.ok_or_else(|| OidcErrorKind::SubjectMissing.because("id is a number"))?;
        let emails = get(transport, &format!("{}/user/emails", self.api), access_token).await?;
        if emails.as_ref().is_some_and(|emails| !emails.is_array()) {
            return Err(OidcErrorKind::UserinfoInvalid.because("the addresses are a list"));
        }
        let mut claims = Map::new();
        if let Some((email, is_verified)) = emails.as_ref().and_then(primary_address) {
            claims.insert("email".to_owned(), json!(email));
            claims.insert("email_verified".to_owned(), json!(is_verified));
        }
        let text = |name: &str| user.get(name).and_then(Value::as_str).unwrap_or_default();
        let (first, last) = split_name(text("name"));
        for (claim, value) in [
            ("name", text("name")),
            ("given_name", first.as_str()),
            ("family_name", last.as_str()),
            ("preferred_username", text("login")),
        ] {
            if !value.is_empty() {
                claims.insert(claim.to_owned(), json!(value));
            }
        }
        Ok(Profile { subject: id.to_string(), claims })
    }
}

/// The primary address, and whether it is verified. The public address of the profile is neither.
fn primary_address(addresses: &Value) -> Option<(&str, bool)> {
    let is_true = |address: &Value, name: &str| address.get(name) == Some(&Value::Bool(true));
    let primary = addresses.as_array()?.iter().take(MAX_ADDRESSES).find(|address| is_true(address, "primary"))?;
    Some((primary.get("email")?.as_str()?, is_true(primary, "verified")))
}

/// Requests JSON. `None` if the token may not read it.
async fn get(transport: &dyn Transport, url: &str, access_token: &str) -> Result<Option<Value>, OidcError> {
    let mut request = ProviderRequest::get(url);
    request.headers = vec![
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
        (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28")),
    ];
    request.headers.extend(bearer(access_token));
    let response = transport.send(request).await;
    let response = response.map_err(|error| OidcErrorKind::UserinfoUnreachable.caused_by(error))?;
    match response.status {
        StatusCode::OK => serde_json::from_slice(&response.body)
            .map(Some)
            .map_err(|_| OidcErrorKind::UserinfoInvalid.because("the profile is JSON")),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Ok(None),
        _ => Err(OidcErrorKind::UserinfoUnreachable.because("the profile is served with the status 200")),
    }
}
