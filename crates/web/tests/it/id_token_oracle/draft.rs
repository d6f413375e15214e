//! A token before it is signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::identity_provider::TestKey;

/// What a token consists of, and what signs it.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) signer: TestKey,
    /// With which the key signs, whatever the header says.
    pub(super) algorithm: &'static str,
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) access_token: String,
    pub(super) client_secret: String,
}

impl Draft {
    /// The valid token of a token response. It leaves out `at_hash`, which depends on the algorithm.
    pub(super) fn read(tokens: &Value, client_secret: &str) -> Self {
        let payload = tokens["id_token"].as_str().and_then(|token| token.split('.').nth(1)).unwrap();
        let mut claims: Value = serde_json::from_slice(&decode(payload)).unwrap();
        claims.as_object_mut().unwrap().remove("at_hash");
        let draft = Self {
            signer: TestKey::Rsa,
            algorithm: "",
            header: Value::Null,
            claims,
            access_token: tokens["access_token"].as_str().unwrap().to_owned(),
            client_secret: client_secret.to_owned(),
        };
        draft.signed_by(TestKey::Rsa, "RS256")
    }

    /// The same claims with the signature of another key.
    pub(super) fn signed_by(mut self, signer: TestKey, algorithm: &'static str) -> Self {
        self.header = json!({"alg": algorithm, "kid": signer.id(), "typ": "JWT"});
        (self.signer, self.algorithm) = (signer, algorithm);
        self
    }

    /// The time at which it is issued, in seconds.
    pub(super) fn now(&self) -> i64 {
        self.claims["iat"].as_i64().unwrap()
    }

    /// `at_hash` for the algorithms with SHA-256.
    pub(super) fn access_token_hash(&self) -> String {
        encode(&Sha256::digest(&self.access_token)[..16])
    }

    pub(super) fn sign(&self) -> String {
        self.sign_text(&self.header.to_string(), &self.claims.to_string())
    }

    /// Signs a header and claims that need not be JSON.
    pub(super) fn sign_text(&self, header: &str, claims: &str) -> String {
        self.sign_bytes(header.as_bytes(), claims.as_bytes())
    }

    pub(super) fn sign_bytes(&self, header: &[u8], claims: &[u8]) -> String {
        self.sign_parts(&encode(header), &encode(claims))
    }

    /// Signs parts that are encoded already.
    pub(super) fn sign_parts(&self, header: &str, claims: &str) -> String {
        let signed = format!("{header}.{claims}");
        let signature = self.signer.sign(self.algorithm, signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }

    /// Signs with a shared secret.
    pub(super) fn sign_hs256(&self, secret: &[u8]) -> String {
        let signed = format!("{}.{}", encode_json(&self.header), encode_json(&self.claims));
        let key = EncodingKey::from_secret(secret);
        format!("{signed}.{}", crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap())
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(super) fn encode_json(json: &Value) -> String {
    encode(json.to_string().as_bytes())
}

/// The header, the claims and the signature of a token.
pub(super) fn split(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}
