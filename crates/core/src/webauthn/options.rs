//! What a browser is asked for, in the JSON form of WebAuthn Level 3 (5.4 and 5.5): the arguments of
//! `PublicKeyCredential.parseCreationOptionsFromJSON()` and `parseRequestOptionsFromJSON()`.

use std::time::Duration;

use serde::Serialize;

use super::cose::Algorithm;
use super::credential::Transport;
use super::{CHALLENGE_LENGTH, base64url};

/// How long a browser waits for the user. The challenge is valid for as long.
pub const TIMEOUT: Duration = Duration::from_mins(5);
const TIMEOUT_MILLISECONDS: u32 = 5 * 60 * 1000;

/// The options of a new credential.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    pub rp: RelyingParty,
    pub user: User,
    /// Base64url.
    pub challenge: String,
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// In milliseconds.
    pub timeout: u32,
    /// The credentials that the user has. An authenticator with one of them refuses.
    pub exclude_credentials: Vec<CredentialDescriptor>,
    pub authenticator_selection: Selection,
    pub attestation: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct RelyingParty {
    pub id: String,
    pub name: String,
}

/// The account, as the authenticator stores and shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user handle, in base64url.
    pub id: String,
    pub name: String,
    pub display_name: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct CredentialParameters {
    pub r#type: &'static str,
    /// The number of the algorithm in the registry of COSE.
    pub alg: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct CredentialDescriptor {
    pub r#type: &'static str,
    /// Base64url.
    pub id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    pub resident_key: &'static str,
    /// For browsers that know Level 1 only.
    pub require_resident_key: bool,
    pub user_verification: &'static str,
}

/// The options of the use of a credential.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    /// Base64url.
    pub challenge: String,
    /// In milliseconds.
    pub timeout: u32,
    pub rp_id: String,
    /// Empty for any credential of the relying party.
    pub allow_credentials: Vec<CredentialDescriptor>,
    pub user_verification: &'static str,
}

impl CreationOptions {
    /// Asks for a credential that the authenticator stores, and for verification of the user by it.
    pub fn new(
        rp: RelyingParty,
        user: User,
        challenge: &[u8; CHALLENGE_LENGTH],
        exclude_credentials: Vec<CredentialDescriptor>,
    ) -> Self {
        Self {
            rp,
            user,
            challenge: base64url::encode(challenge),
            pub_key_cred_params: Algorithm::ALL
                .map(|algorithm| CredentialParameters { r#type: "public-key", alg: algorithm.number() })
                .to_vec(),
            timeout: TIMEOUT_MILLISECONDS,
            exclude_credentials,
            authenticator_selection: Selection {
                resident_key: "required",
                require_resident_key: true,
                user_verification: "required",
            },
            attestation: "none",
        }
    }
}

impl RequestOptions {
    /// Asks for the use of a credential, and for verification of the user by the authenticator.
    pub fn new(rp_id: &str, challenge: &[u8; CHALLENGE_LENGTH], allow_credentials: Vec<CredentialDescriptor>) -> Self {
        Self {
            challenge: base64url::encode(challenge),
            timeout: TIMEOUT_MILLISECONDS,
            rp_id: rp_id.to_owned(),
            allow_credentials,
            user_verification: "required",
        }
    }
}

impl User {
    pub fn new(handle: &[u8], name: String, display_name: String) -> Self {
        Self { id: base64url::encode(handle), name, display_name }
    }
}

impl CredentialDescriptor {
    pub fn new(id: &[u8], transports: &[Transport]) -> Self {
        let transports = transports.iter().map(|transport| transport.as_str()).collect();
        Self { r#type: "public-key", id: base64url::encode(id), transports }
    }
}
