//! Signed tokens: the compact form of JWS (RFC 7515), with the restrictions of RFC 8725.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::error::{OidcError, OidcErrorKind};
use super::keys::{Key, KeySet};

/// In bytes.
pub(super) const MAX_TOKEN: usize = 64 << 10;

/// The algorithms of signatures. Those without a signature, and those with a shared secret, are none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }

    /// The hash that an ID token's `at_hash` has.
    pub(super) fn digest(self) -> &'static ring::digest::Algorithm {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => &ring::digest::SHA256,
            Self::Rs384 | Self::Es384 => &ring::digest::SHA384,
            Self::Rs512 | Self::EdDsa => &ring::digest::SHA512,
        }
    }
}

/// A token that was not verified yet.
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, OidcError> {
        let invalid = |rule| OidcErrorKind::IdTokenInvalid.because(rule);
        if token.len() > MAX_TOKEN {
            return Err(invalid("the token has at most 64 KiB"));
        }
        let (header, payload, signature) = split(token).ok_or_else(|| invalid("the token is a signed JWT"))?;
        let decode =
            |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| invalid("the token is base64url"));
        let fields: Map<String, Value> =
            serde_json::from_slice(&decode(header)?).map_err(|_| invalid("the header is a JSON object"))?;
        let algorithm = fields.get("alg").and_then(Value::as_str).and_then(Algorithm::parse).ok_or_else(|| {
            OidcErrorKind::AlgorithmNotAllowed.because("alg is RS256, RS384, RS512, PS256, ES256, ES384 or EdDSA")
        })?;
        // It lists extensions that a verifier must understand. None is understood here.
        if fields.contains_key("crit") {
            return Err(invalid("the header has no crit"));
        }
        // Access tokens and logout tokens have types of their own (RFC 8725, section 3.11).
        let is_of_other_type =
            |kind: &Value| kind.as_str().is_none_or(|kind| kind.to_ascii_lowercase().ends_with("+jwt"));
        if fields.get("typ").is_some_and(is_of_other_type) {
            return Err(invalid("typ is JWT"));
        }
        let key_id = match fields.get("kid") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(invalid("kid is a text")),
        };
        let signed = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
        Ok(Self { algorithm, key_id, signed, payload: decode(payload)?, signature: decode(signature)? })
    }

    /// Verifies the signature. Returns the claims, and the key that has signed them.
    pub(super) fn verify<'k>(&self, keys: &'k KeySet) -> Result<(Map<String, Value>, &'k Key), OidcError> {
        let key = keys.find(self.key_id.as_deref(), self.algorithm)?;
        key.verify(self.algorithm, self.signed.as_bytes(), &self.signature)?;
        let claims = serde_json::from_slice(&self.payload)
            .map_err(|_| OidcErrorKind::IdTokenInvalid.because("the claims are a JSON object"))?;
        Ok((claims, key))
    }
}

fn split(token: &str) -> Option<(&str, &str, &str)> {
    let (header, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    (!signature.contains('.')).then_some((header, payload, signature))
}

/// The header and the claims of a token that was not verified, to show them. Never trust them.
pub(super) fn unverified(token: &str) -> Option<Value> {
    let (header, payload, _) = split(token).filter(|_| token.len() <= MAX_TOKEN)?;
    let decode =
        |part: &str| -> Option<Value> { serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).ok()?).ok() };
    Some(serde_json::json!({"header": decode(header)?, "claims": decode(payload)?}))
}
