//! The JSON form of credentials that browsers return (WebAuthn Level 3, 5.1, `PublicKeyCredential.toJSON()`).

use std::fmt;

use serde::Deserialize;

use super::{WebauthnError, base64url};

/// Bytes of a credential's id.
pub const MAX_CREDENTIAL_ID: usize = 1023;
/// Bytes of a user handle.
const MAX_USER_HANDLE: usize = 64;

/// How a browser can reach an authenticator: a hint for later ceremonies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Usb,
    Nfc,
    Ble,
    SmartCard,
    /// Another device, by a QR code.
    Hybrid,
    /// The device itself.
    Internal,
}

impl Transport {
    pub const ALL: [Self; 6] = [Self::Usb, Self::Nfc, Self::Ble, Self::SmartCard, Self::Hybrid, Self::Internal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usb => "usb",
            Self::Nfc => "nfc",
            Self::Ble => "ble",
            Self::SmartCard => "smart-card",
            Self::Hybrid => "hybrid",
            Self::Internal => "internal",
        }
    }

    /// The known ones of a list, each once.
    pub fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let names: Vec<&str> = names.into_iter().collect();
        Self::ALL.into_iter().filter(|transport| names.contains(&transport.as_str())).collect()
    }
}

/// A credential that was created. Its `Debug` output is empty: until the challenge is spent, it could be replayed.
#[derive(Clone)]
pub struct RegistrationCredential {
    pub(super) id: Vec<u8>,
    pub client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
    pub(super) transports: Vec<Transport>,
}

/// A credential that was used. Its `Debug` output is empty: until the challenge is spent, it could be replayed.
#[derive(Clone)]
pub struct AssertionCredential {
    pub id: Vec<u8>,
    pub client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
}

impl fmt::Debug for RegistrationCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistrationCredential(…)")
    }
}

impl fmt::Debug for AssertionCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionCredential(…)")
    }
}

/// The fields of an [`AssertionCredential`], of which all but `type` are base64url.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssertionParts<'a> {
    pub id: &'a str,
    /// `None` if it is not repeated.
    pub raw_id: Option<&'a str>,
    pub kind: &'a str,
    pub client_data: &'a str,
    pub authenticator_data: &'a str,
    pub signature: &'a str,
    /// `None` or empty if the authenticator stores none.
    pub user_handle: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationJson {
    id: String,
    raw_id: Option<String>,
    r#type: String,
    response: AttestationResponseJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationResponseJson {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: String,
    #[serde(default)]
    transports: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionJson {
    id: String,
    raw_id: Option<String>,
    r#type: String,
    response: AssertionResponseJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponseJson {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

impl RegistrationCredential {
    /// Parses what `PublicKeyCredential.toJSON()` returns.
    pub fn from_json(json: &str) -> Result<Self, WebauthnError> {
        let json: RegistrationJson = serde_json::from_str(json).map_err(|_| WebauthnError::MalformedCredential)?;
        let transports = json.response.transports.unwrap_or_default();
        Ok(Self {
            id: parse_id(&json.id, json.raw_id.as_deref(), &json.r#type)?,
            client_data: decode(&json.response.client_data)?,
            attestation_object: decode(&json.response.attestation_object)?,
            transports: Transport::known(transports.iter().map(String::as_str)),
        })
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl RegistrationCredential {
    /// A credential with valid client data for the fuzzer, which then reaches the attestation object. `None` if it has
    /// no id.
    pub(crate) fn of_attestation(attestation_object: &[u8]) -> Option<Self> {
        let data = super::attestation::authenticator_data(attestation_object).ok()?;
        let data = super::authenticator_data::AuthenticatorData::parse(&data).ok()?;
        let client_data = serde_json::json!({
            "type": "webauthn.create",
            "challenge": base64url::encode(&[0; 32]),
            "origin": "https://example.com",
        });
        Some(Self {
            id: data.credential?.id.to_vec(),
            client_data: client_data.to_string().into_bytes(),
            attestation_object: attestation_object.to_vec(),
            transports: Vec::new(),
        })
    }
}

impl AssertionCredential {
    /// Parses what `PublicKeyCredential.toJSON()` returns.
    pub fn from_json(json: &str) -> Result<Self, WebauthnError> {
        let json: AssertionJson = serde_json::from_str(json).map_err(|_| WebauthnError::MalformedCredential)?;
        Self::from_parts(AssertionParts {
            id: &json.id,
            raw_id: json.raw_id.as_deref(),
            kind: &json.r#type,
            client_data: &json.response.client_data,
            authenticator_data: &json.response.authenticator_data,
            signature: &json.response.signature,
            user_handle: json.response.user_handle.as_deref(),
        })
    }

    /// Parses the fields of a form.
    pub fn from_parts(parts: AssertionParts<'_>) -> Result<Self, WebauthnError> {
        let user_handle = parts.user_handle.filter(|handle| !handle.is_empty()).map(decode).transpose()?;
        if user_handle.as_ref().is_some_and(|handle| handle.len() > MAX_USER_HANDLE) {
            return Err(WebauthnError::MalformedCredential);
        }
        Ok(Self {
            id: parse_id(parts.id, parts.raw_id, parts.kind)?,
            client_data: decode(parts.client_data)?,
            authenticator_data: decode(parts.authenticator_data)?,
            signature: decode(parts.signature)?,
            user_handle,
        })
    }
}

fn decode(text: &str) -> Result<Vec<u8>, WebauthnError> {
    base64url::decode(text).ok_or(WebauthnError::MalformedCredential)
}

fn parse_id(id: &str, raw_id: Option<&str>, kind: &str) -> Result<Vec<u8>, WebauthnError> {
    let bytes = decode(id)?;
    if kind != "public-key" || !(1..=MAX_CREDENTIAL_ID).contains(&bytes.len()) {
        return Err(WebauthnError::MalformedCredential);
    }
    if raw_id.map(decode).transpose()?.is_some_and(|raw| raw != bytes) {
        return Err(WebauthnError::DifferentIds);
    }
    Ok(bytes)
}
