//! What only Apple does: a client secret that the client signs itself, and a name that comes once, beside the code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::pkcs8::DecodePrivateKey;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::discovery::Metadata;
use super::error::{OidcError, OidcErrorKind};
use crate::time::Timestamp;

/// Apple accepts up to six months.
const LIFETIME_SECONDS: i64 = 300;
/// In bytes.
const MAX_USER: usize = 2048;

/// A key of a team.
pub(super) struct Key<'a> {
    pub(super) team_id: &'a str,
    pub(super) id: &'a str,
    /// PKCS #8.
    pub(super) pem: &'a str,
}

/// Signs a client secret: a JWT with ES256.
pub(super) fn client_secret(
    key: &Key<'_>,
    client_id: &str,
    metadata: &Metadata,
    now: Timestamp,
) -> Result<Zeroizing<String>, OidcError> {
    let signing_key = SigningKey::from_pkcs8_pem(key.pem)
        .map_err(|_| OidcErrorKind::ClientRefused.because("the key is a P-256 key as PEM"))?;
    let issued_at = now.unix_seconds();
    let header = json!({"alg": "ES256", "kid": key.id, "typ": "JWT"});
    let claims = json!({
        "iss": key.team_id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
        "aud": metadata.issuer,
        "sub": client_id,
    });
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature: Signature = signing_key.sign(signed.as_bytes());
    Ok(Zeroizing::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))))
}

/// Adds the names of `user` to claims that have none. It is `{"name": {"firstName": …, "lastName": …}, …}`.
pub(super) fn add_names(claims: &mut Map<String, Value>, user: &str) {
    let parsed = (user.len() <= MAX_USER).then(|| serde_json::from_str::<Value>(user).ok()).flatten();
    let Some(name) = parsed.as_ref().and_then(|user| user.get("name")) else { return };
    for (claim, field) in [("given_name", "firstName"), ("family_name", "lastName")] {
        if let Some(text) = name.get(field).and_then(Value::as_str) {
            claims.entry(claim).or_insert_with(|| json!(text));
        }
    }
}
