//! The claims of the userinfo endpoint (`OpenID` Connect Core 1.0, section 5.3).

use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::claims::Claims;
use super::error::{OidcError, OidcErrorKind};
use super::transport::{ProviderRequest, Transport};

/// Claims that only an ID token can make: they are about the token itself, or decide about what it proves.
const TOKEN_CLAIMS: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "azp",
    "at_hash",
    "c_hash",
    "auth_time",
    "amr",
    "acr",
    "sid",
    "tid",
    "oid",
    "hd",
    "xms_edov",
];

/// Requests the claims of the person with this `sub`.
pub(super) async fn request(
    transport: &dyn Transport,
    endpoint: &str,
    access_token: &str,
    sub: &str,
) -> Result<Map<String, Value>, OidcError> {
    let mut request = ProviderRequest::get(endpoint);
    request.headers.extend(bearer(access_token));
    let response = transport.send(request).await;
    let response = response.map_err(|error| OidcErrorKind::UserinfoUnreachable.caused_by(error))?;
    if response.status != StatusCode::OK {
        return Err(OidcErrorKind::UserinfoUnreachable.because("userinfo is served with the status 200"));
    }
    let claims = Claims::parse(&response.body, OidcErrorKind::UserinfoInvalid)?;
    if claims.get("sub").and_then(Value::as_str) == Some(sub) {
        Ok(claims)
    } else {
        Err(OidcErrorKind::UserinfoMismatch.because("sub of userinfo is that of the ID token"))
    }
}

/// Adds claims of userinfo to those of the ID token.
///
/// An address is worth as much as the less trusting of both says: an ID token cannot verify the address that userinfo
/// names, and userinfo can verify neither one that the ID token doubts, nor one that the ID token names.
pub(super) fn merge(claims: &mut Map<String, Value>, userinfo: Map<String, Value>) {
    let has_address = claims.contains_key("email");
    if !has_address {
        claims.remove("xms_edov");
        if claims.get("email_verified") == Some(&Value::Bool(true)) {
            claims.remove("email_verified");
        }
    }
    for (name, value) in userinfo {
        let verifies = name == "email_verified" && value == Value::Bool(true);
        let is_ignored = TOKEN_CLAIMS.contains(&name.as_str()) || (has_address && verifies);
        if !is_ignored {
            claims.entry(name).or_insert(value);
        }
    }
}

/// The header with an access token. `None` for one that no header can have.
pub(super) fn bearer(access_token: &str) -> Option<(HeaderName, HeaderValue)> {
    let text = Zeroizing::new(format!("Bearer {access_token}"));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some((AUTHORIZATION, value))
}
