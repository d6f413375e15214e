//! Keys that sign tokens, and a transport without a network.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::StatusCode;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};

use super::super::transport::{ProviderRequest, ProviderResponse, SendFuture, Transport};
use crate::http_client::{HttpError, HttpErrorKind};
use crate::time::Timestamp;

pub(super) const ISSUER: &str = "https://login.example";
pub(super) const CLIENT: &str = "client";
pub(super) const NONCE: &str = "nonce";
pub(super) const SECONDS: i64 = 1_700_000_000;
pub(super) const NOW: Timestamp = Timestamp::from_microseconds(SECONDS * 1_000_000);
pub(super) const ALGORITHMS: [&str; 7] = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"];

const RSA: &str = include_str!("../../../tests/fixtures/oidc/rsa.pem");
pub(super) const P256: &str = include_str!("../../../tests/fixtures/oidc/p256.pem");
const P384: &str = include_str!("../../../tests/fixtures/oidc/p384.pem");

fn der(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64.decode(text.as_bytes()).unwrap()
}

fn rsa() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&der(RSA)).unwrap()
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm, pem: &str) -> EcdsaKeyPair {
    EcdsaKeyPair::from_pkcs8(algorithm, &der(pem), &SystemRandom::new()).unwrap()
}

fn ed25519() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

/// The public key of an algorithm, whose id is the name of the algorithm.
pub(super) fn jwk(algorithm: &str) -> Value {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let point = |curve: &str, key: &EcdsaKeyPair| {
        let (x, y) = key.public_key().as_ref()[1..].split_at((key.public_key().as_ref().len() - 1) / 2);
        json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
    };
    let mut key = match algorithm {
        "ES256" => point("P-256", &ec(&ECDSA_P256_SHA256_FIXED_SIGNING, P256)),
        "ES384" => point("P-384", &ec(&ECDSA_P384_SHA384_FIXED_SIGNING, P384)),
        "EdDSA" => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(ed25519().public_key().as_ref())}),
        _ => {
            let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(rsa().public());
            json!({"kty": "RSA", "n": encode(&n), "e": encode(&e)})
        }
    };
    (key["kid"], key["alg"], key["use"]) = (json!(algorithm), json!(algorithm), json!("sig"));
    key
}

/// The keys of all algorithms.
pub(super) fn jwks() -> Value {
    json!({"keys": ALGORITHMS.map(jwk)})
}

pub(super) fn part(json: &Value) -> String {
    BASE64URL_NOPAD.encode(json.to_string().as_bytes())
}

/// Signs with the key of the header's algorithm.
pub(super) fn sign_with(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = signature(header["alg"].as_str().unwrap(), signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// Signs with a key, whose id the header has.
pub(super) fn sign(algorithm: &str, claims: &Value) -> String {
    sign_with(&json!({"alg": algorithm, "kid": algorithm, "typ": "JWT"}), claims)
}

pub(super) fn signature(algorithm: &str, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let with_rsa = |padding: &'static dyn RsaEncoding| {
        let key = rsa();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(padding, &random, message, &mut signature).unwrap();
        signature
    };
    let with_ec = |algorithm: &'static EcdsaSigningAlgorithm, pem: &str| {
        ec(algorithm, pem).sign(&random, message).unwrap().as_ref().to_vec()
    };
    match algorithm {
        "RS256" => with_rsa(&RSA_PKCS1_SHA256),
        "RS384" => with_rsa(&RSA_PKCS1_SHA384),
        "RS512" => with_rsa(&RSA_PKCS1_SHA512),
        "PS256" => with_rsa(&RSA_PSS_SHA256),
        "ES256" => with_ec(&ECDSA_P256_SHA256_FIXED_SIGNING, P256),
        "ES384" => with_ec(&ECDSA_P384_SHA384_FIXED_SIGNING, P384),
        "EdDSA" => ed25519().sign(message).as_ref().to_vec(),
        other => panic!("{other} signs nothing"),
    }
}

/// Valid claims.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "7", "aud": CLIENT, "exp": SECONDS + 300, "iat": SECONDS, "nonce": NONCE,
        "email": "nina@example.com", "email_verified": true,
    })
}

/// Valid claims with other values. `null` removes one.
pub(super) fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// A valid discovery document.
pub(super) fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.example/authorize?realm=a",
        "token_endpoint": "https://login.example/token",
        "userinfo_endpoint": "https://login.example/userinfo",
        "jwks_uri": "https://login.example/keys",
        "end_session_endpoint": "https://login.example/logout",
    })
}

/// Answers by URL. A URL without an answer cannot be reached.
#[derive(Default)]
pub(super) struct FakeTransport {
    responses: Mutex<HashMap<String, (u16, String)>>,
    hanging: Mutex<HashSet<String>>,
    requests: Mutex<Vec<SentRequest>>,
}

#[derive(Clone, Debug)]
pub(super) struct SentRequest {
    pub(super) url: String,
    pub(super) authorization: Option<String>,
    pub(super) form: Option<String>,
}

impl FakeTransport {
    /// A provider with a document and keys.
    pub(super) fn provider() -> Arc<Self> {
        let transport = Arc::new(Self::default());
        transport.answer("https://login.example/.well-known/openid-configuration", 200, &document());
        transport.answer("https://login.example/keys", 200, &jwks());
        transport
    }

    pub(super) fn answer(&self, url: &str, status: u16, body: &Value) {
        self.responses.lock().unwrap().insert(url.to_owned(), (status, body.to_string()));
    }

    pub(super) fn remove(&self, url: &str) {
        self.responses.lock().unwrap().remove(url);
    }

    pub(super) fn hang(&self, url: &str) {
        self.hanging.lock().unwrap().insert(url.to_owned());
    }

    pub(super) fn requests(&self) -> Vec<SentRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// The number of requests to a URL.
    pub(super) fn count(&self, url: &str) -> usize {
        self.requests().iter().filter(|request| request.url == url).count()
    }
}

impl Transport for FakeTransport {
    fn is_allowed(&self, url: &str) -> bool {
        url.starts_with("https://") && !url.contains("internal")
    }

    fn send(&self, request: ProviderRequest) -> SendFuture<'_> {
        let authorization = request.headers.iter().find(|(name, _)| *name == http::header::AUTHORIZATION);
        self.requests.lock().unwrap().push(SentRequest {
            url: request.url.clone(),
            authorization: authorization.map(|(_, value)| value.to_str().unwrap().to_owned()),
            form: request.form.as_ref().map(|form| form.to_string()),
        });
        let response = self.responses.lock().unwrap().get(&request.url).cloned();
        let hangs = self.hanging.lock().unwrap().contains(&request.url);
        Box::pin(async move {
            if hangs {
                return pending().await;
            }
            let unreachable =
                || HttpError { kind: HttpErrorKind::Unreachable, detail: "10.0.0.7 refuses connections".to_owned() };
            let (status, body) = response.ok_or_else(unreachable)?;
            Ok(ProviderResponse { status: StatusCode::from_u16(status).unwrap(), body: body.into() })
        })
    }
}

impl fmt::Debug for FakeTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeTransport")
    }
}
