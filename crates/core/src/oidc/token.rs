//! The exchange of a code for tokens (RFC 6749, sections 4.1.3, 4.1.4 and 5.2).

use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::client::{Form, ProviderTokens};
use super::error::{OidcError, OidcErrorKind};
use super::jws::MAX_TOKEN;
use super::transport::{ProviderRequest, ProviderResponse, Transport};
use crate::time::Timestamp;

/// A longer lifetime of an access token counts as this one.
const MAX_LIFETIME_SECONDS: u64 = 10 * 365 * 24 * 3600;

/// Sends a token request, and reads its response.
pub(super) async fn exchange(
    transport: &dyn Transport,
    endpoint: &str,
    form: Form,
    authorization: Option<(HeaderName, HeaderValue)>,
    now: Timestamp,
) -> Result<ProviderTokens, OidcError> {
    let response = request(transport, endpoint, form, authorization).await?;
    parse(&response, now)
}

pub(super) async fn request(
    transport: &dyn Transport,
    endpoint: &str,
    form: Form,
    authorization: Option<(HeaderName, HeaderValue)>,
) -> Result<ProviderResponse, OidcError> {
    let mut request = ProviderRequest::post(endpoint, form.into_body());
    request.headers.extend(authorization);
    transport.send(request).await.map_err(|error| OidcErrorKind::TokenUnreachable.caused_by(error))
}

/// The error that a provider names, if it does. GitHub names it with the status 200.
pub(super) fn refusal(response: &ProviderResponse) -> Option<OidcErrorKind> {
    let body: Option<Map<String, Value>> = serde_json::from_slice(&response.body).ok();
    let name = body.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str);
    match name {
        Some("invalid_grant" | "bad_verification_code") => Some(OidcErrorKind::CodeRefused),
        Some("invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "redirect_uri_mismatch") => {
            Some(OidcErrorKind::ClientRefused)
        }
        _ if response.status == StatusCode::UNAUTHORIZED => Some(OidcErrorKind::ClientRefused),
        Some(_) => Some(OidcErrorKind::TokenResponseInvalid),
        None => None,
    }
}

fn parse(response: &ProviderResponse, now: Timestamp) -> Result<ProviderTokens, OidcError> {
    if response.status.is_server_error() {
        return Err(OidcErrorKind::TokenUnreachable.because("token responses have the status 200"));
    }
    if let Some(kind) = refusal(response) {
        return Err(kind.because(match kind {
            OidcErrorKind::CodeRefused => "the provider accepts the code",
            OidcErrorKind::ClientRefused => "the provider accepts client id, secret and redirect URI",
            _ => "the token response is no error",
        }));
    }
    let invalid = |rule| OidcErrorKind::TokenResponseInvalid.because(rule);
    if response.status != StatusCode::OK {
        return Err(invalid("token responses have the status 200"));
    }
    let fields: Map<String, Value> =
        serde_json::from_slice(&response.body).map_err(|_| invalid("the token response is a JSON object"))?;
    let token = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(token)) if token.len() <= MAX_TOKEN => Ok(Some(Zeroizing::new(token.clone()))),
        Some(_) if name == "id_token" => Err(OidcErrorKind::IdTokenInvalid.because("the ID token is a text")),
        Some(_) => Err(invalid("tokens are texts of at most 64 KiB")),
    };
    let is_bearer = |kind: &Value| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !fields.get("token_type").is_none_or(is_bearer) {
        return Err(invalid("token_type is Bearer"));
    }
    let access_token = token("access_token")?.filter(|token| is_header_value(token));
    let lifetime = fields.get("expires_in").and_then(Value::as_u64);
    Ok(ProviderTokens {
        access_token: access_token.ok_or_else(|| invalid("there is an access_token"))?,
        refresh_token: token("refresh_token")?,
        id_token: token("id_token")?,
        expires_at: lifetime.map(|seconds| now.plus(Duration::from_secs(seconds.min(MAX_LIFETIME_SECONDS)))),
    })
}

/// Whether a token can be sent in a header.
fn is_header_value(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}
