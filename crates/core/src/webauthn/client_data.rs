//! What the browser says about a ceremony (WebAuthn Level 3, 5.8.1). The authenticator signs its hash.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest, Sha256};

use super::{WebauthnError, base64url};

/// Bytes of a challenge. The standard requires 16 at least.
pub const CHALLENGE_LENGTH: usize = 32;
const MAX_LENGTH: usize = 8 * 1024;

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    Creation,
    Request,
}

impl Ceremony {
    const fn type_name(self) -> &'static str {
        match self {
            Self::Creation => "webauthn.create",
            Self::Request => "webauthn.get",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    r#type: String,
    challenge: String,
    origin: String,
    cross_origin: Option<bool>,
    top_origin: Option<IgnoredAny>,
}

/// The part that is read before the challenge is spent.
#[derive(Deserialize)]
struct Challenge {
    challenge: String,
}

/// Parses an object. Serde alone would take an array for one, too.
fn parse_object<T: DeserializeOwned>(json: &[u8]) -> Result<T, WebauthnError> {
    let is_object = json.trim_ascii_start().first() == Some(&b'{');
    if !is_object || json.len() > MAX_LENGTH {
        return Err(WebauthnError::MalformedClientData);
    }
    serde_json::from_slice(json).map_err(|_| WebauthnError::MalformedClientData)
}

fn decode_challenge(challenge: &str) -> Result<[u8; CHALLENGE_LENGTH], WebauthnError> {
    let challenge = base64url::decode(challenge).and_then(|bytes| bytes.try_into().ok());
    challenge.ok_or(WebauthnError::OtherChallenge)
}

/// The client data of a ceremony in a page that is not embedded in one of another origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientData {
    challenge: [u8; CHALLENGE_LENGTH],
    origin: String,
    hash: [u8; 32],
}

impl ClientData {
    /// Reads the challenge and nothing else of the JSON that the browser returns: the caller spends it before anything
    /// else is checked.
    pub fn find_challenge(json: &[u8]) -> Result<[u8; CHALLENGE_LENGTH], WebauthnError> {
        let Challenge { challenge } = parse_object(json)?;
        decode_challenge(&challenge)
    }

    /// Parses the JSON that the browser returns.
    pub fn parse(json: &[u8], ceremony: Ceremony) -> Result<Self, WebauthnError> {
        let data: Json = parse_object(json)?;
        if data.r#type != ceremony.type_name() {
            return Err(WebauthnError::OtherCeremony);
        }
        // No page of ours is meant to be embedded in one of another site.
        if data.cross_origin == Some(true) || data.top_origin.is_some() {
            return Err(WebauthnError::CrossOrigin);
        }
        let challenge = decode_challenge(&data.challenge)?;
        Ok(Self { challenge, origin: data.origin, hash: Sha256::digest(json).into() })
    }

    pub(super) const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    pub(super) fn check(&self, challenge: &[u8; CHALLENGE_LENGTH], origins: &[String]) -> Result<(), WebauthnError> {
        if self.challenge != *challenge {
            return Err(WebauthnError::OtherChallenge);
        }
        if !origins.contains(&self.origin) {
            return Err(WebauthnError::OtherOrigin);
        }
        Ok(())
    }
}
