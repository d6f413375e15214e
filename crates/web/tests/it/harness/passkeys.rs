//! [`SoftwareAuthenticator`]: a browser with an authenticator for passkeys, in one. It answers as Chromium does, unless
//! a test tampers with a part of the response.

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vestibule_core::settings::{PublicUrl, Settings};

use super::{TestClient, text};

/// The origin of servers with passkeys: browsers offer them only with https, and on localhost.
pub(crate) const PASSKEY_ORIGIN: &str = "http://localhost:8080";

/// The bits of an authenticator's flags (WebAuthn Level 3, 6.1).
pub(crate) mod flags {
    pub(crate) const USER_PRESENT: u8 = 0x01;
    pub(crate) const USER_VERIFIED: u8 = 0x04;
    pub(crate) const BACKUP_ELIGIBLE: u8 = 0x08;
    pub(crate) const BACKED_UP: u8 = 0x10;
    pub(crate) const ATTESTED: u8 = 0x40;
    pub(crate) const EXTENSIONS: u8 = 0x80;
}

/// ES256, as COSE numbers it.
const ES256: i8 = -7;

/// Gives a server a public URL with which passkeys are available.
pub(crate) fn allow_passkeys(settings: &mut Settings) {
    settings.public_url = PublicUrl::parse(PASSKEY_ORIGIN).unwrap();
    settings.tokens.audience = vec![PASSKEY_ORIGIN.to_owned()];
}

/// What a test changes in a response. The default changes nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tamper {
    /// The origin of the page, instead of the server's.
    pub(crate) origin: Option<String>,
    /// The relying party whose hash is signed.
    pub(crate) rp_id: Option<String>,
    /// The challenge that is signed, as base64url.
    pub(crate) challenge: Option<String>,
    /// `webauthn.create` or `webauthn.get`.
    pub(crate) ceremony: Option<&'static str>,
    pub(crate) cross_origin: bool,
    pub(crate) clear_flags: u8,
    pub(crate) set_flags: u8,
    /// The signature counter. Without it, it grows by one with each use.
    pub(crate) counter: Option<u32>,
    /// Instead of the `userHandle` of a sign-in; `null` leaves it out.
    pub(crate) user_handle: Option<Value>,
    /// The id of the credential, as base64url, in the JSON of a sign-in.
    pub(crate) credential_id: Option<String>,
    /// The COSE algorithm of the public key. From -24 to -1.
    pub(crate) algorithm: Option<i8>,
    /// Instead of the whole attestation object of a registration.
    pub(crate) attestation_object: Option<Vec<u8>>,
    /// Instead of the whole authenticator data of a sign-in.
    pub(crate) authenticator_data: Option<Vec<u8>>,
    /// Flips a bit of the signature of a sign-in.
    pub(crate) breaks_signature: bool,
}

/// A discoverable credential of one user, and the browser that uses it.
pub(crate) struct SoftwareAuthenticator {
    key: SigningKey,
    credential_id: Vec<u8>,
    origin: String,
    counter: Mutex<u32>,
    /// As base64url, from the registration.
    user_handle: Mutex<Option<String>>,
}

impl SoftwareAuthenticator {
    /// The credential depends on the seed alone, so that the responses of a test are the same in every run.
    pub(crate) fn new(seed: u8) -> Self {
        Self::at(PASSKEY_ORIGIN, seed)
    }

    /// Like [`Self::new`], in a browser that has opened a page of this origin.
    pub(crate) fn at(origin: &str, seed: u8) -> Self {
        assert!(seed > 0, "zero is no private key");
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            credential_id: vec![seed; 16],
            origin: origin.to_owned(),
            counter: Mutex::new(0),
            user_handle: Mutex::default(),
        }
    }

    /// The credential's id, as base64url.
    pub(crate) fn credential_id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.credential_id)
    }

    /// The user handle that the server gave with the registration, as base64url.
    pub(crate) fn user_handle(&self) -> Option<String> {
        self.user_handle.lock().unwrap().clone()
    }

    /// Makes a `RegistrationResponseJSON` for creation options.
    pub(crate) fn register(&self, options: &Value, tamper: &Tamper) -> Value {
        *self.user_handle.lock().unwrap() = Some(text(&options["user"]["id"]));
        let client_data = self.client_data(options, "webauthn.create", tamper);
        let rp_id = tamper.rp_id.clone().unwrap_or_else(|| text(&options["rp"]["id"]));
        let attestation = tamper.attestation_object.clone().unwrap_or_else(|| {
            let mut data = self.authenticator_data(&rp_id, flags::ATTESTED, tamper);
            data.extend([0; 16]);
            data.extend(u16::try_from(self.credential_id.len()).unwrap().to_be_bytes());
            data.extend(&self.credential_id);
            data.extend(self.public_key(tamper.algorithm.unwrap_or(ES256)));
            attestation_object(&data)
        });
        json!({
            "id": self.credential_id(),
            "rawId": self.credential_id(),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(&client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(&attestation),
                "transports": ["internal", "hybrid"],
            }
        })
    }

    /// Makes an `AuthenticationResponseJSON` for request options.
    pub(crate) fn sign_in(&self, options: &Value, tamper: &Tamper) -> Value {
        let client_data = self.client_data(options, "webauthn.get", tamper);
        let rp_id = tamper.rp_id.clone().unwrap_or_else(|| text(&options["rpId"]));
        let data = tamper.authenticator_data.clone().unwrap_or_else(|| self.authenticator_data(&rp_id, 0, tamper));
        let signed = [&*data, &Sha256::digest(&client_data)[..]].concat();
        let signature: Signature = self.key.sign(&signed);
        let mut signature = signature.to_der().as_bytes().to_vec();
        if let Some(last) = signature.last_mut().filter(|_| tamper.breaks_signature) {
            *last ^= 1;
        }
        let id = tamper.credential_id.clone().unwrap_or_else(|| self.credential_id());
        let user_handle = tamper.user_handle.clone().unwrap_or_else(|| json!(self.user_handle()));
        let mut credential = json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(&client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(&data),
                "signature": URL_SAFE_NO_PAD.encode(&signature),
            }
        });
        if !user_handle.is_null() {
            credential["response"]["userHandle"] = user_handle;
        }
        credential
    }

    fn client_data(&self, options: &Value, ceremony: &str, tamper: &Tamper) -> Vec<u8> {
        let client_data = json!({
            "type": tamper.ceremony.unwrap_or(ceremony),
            "challenge": tamper.challenge.clone().unwrap_or_else(|| text(&options["challenge"])),
            "origin": tamper.origin.as_deref().unwrap_or(&self.origin),
            "crossOrigin": tamper.cross_origin,
        });
        client_data.to_string().into_bytes()
    }

    /// The hash of the relying party, the flags and the counter.
    fn authenticator_data(&self, rp_id: &str, more_flags: u8, tamper: &Tamper) -> Vec<u8> {
        let usual = flags::USER_PRESENT | flags::USER_VERIFIED | flags::BACKUP_ELIGIBLE | flags::BACKED_UP | more_flags;
        let flags = (usual & !tamper.clear_flags) | tamper.set_flags;
        let mut counter = self.counter.lock().unwrap();
        *counter = tamper.counter.unwrap_or(*counter + 1);
        let mut data = Sha256::digest(rp_id).to_vec();
        data.push(flags);
        data.extend(counter.to_be_bytes());
        data
    }

    /// The public key as a COSE key of the kind EC2 (RFC 9053, 7.1.1).
    fn public_key(&self, algorithm: i8) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let point = point.as_bytes();
        // A negative number of CBOR counts from -1.
        let algorithm = 0x20 | u8::try_from(-1 - algorithm).unwrap();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, algorithm, 0x20, 0x01, 0x21, 0x58, 32];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 32]);
        key.extend(&point[33..]);
        key
    }
}

/// An attestation object without attestation: `{"fmt": "none", "attStmt": {}, "authData": …}`.
pub(crate) fn attestation_object(authenticator_data: &[u8]) -> Vec<u8> {
    let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
    object.extend(u16::try_from(authenticator_data.len()).unwrap().to_be_bytes());
    object.extend(authenticator_data);
    object
}

impl TestClient {
    /// Adds a passkey to the account of the signed-in user. Returns the passkey of the response.
    pub(crate) async fn add_passkey(&self, authenticator: &SoftwareAuthenticator) -> Value {
        let begun = self.post("/me/passkeys/register/begin", &[]).await.ok();
        let credential = authenticator.register(&begun["options"], &Tamper::default());
        self.post_json("/me/passkeys/register/finish?name=Laptop", &credential).await.ok()["passkey"].clone()
    }

    /// Signs in with a passkey. Returns the session of the response.
    pub(crate) async fn sign_in_with_passkey(&self, authenticator: &SoftwareAuthenticator) -> Value {
        let begun = self.post("/auth/passkey/login/begin", &[]).await.ok();
        let credential = authenticator.sign_in(&begun["options"], &Tamper::default());
        self.post_json("/auth/passkey/login/finish", &json!({"credential": credential})).await.ok()
    }
}
