//! The keys with which an [`super::IdentityProvider`] signs.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair,
};
use serde_json::{Value, json};

// PKCS #1.
const RSA_1: &[u8] = include_bytes!("rsa_1.der");
const RSA_2: &[u8] = include_bytes!("rsa_2.der");
const RSA_1024: &[u8] = include_bytes!("rsa_1024.der");

/// A key of the tests. They are public, and the same in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestKey {
    Rsa,
    SecondRsa,
    /// 1024 bits, which is too short.
    ShortRsa,
    P256,
    Ed25519,
}

impl TestKey {
    /// Its `kid`.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-1",
            Self::SecondRsa => "rsa-2",
            Self::ShortRsa => "rsa-1024",
            Self::P256 => "p256",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The algorithm that it is for.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa | Self::SecondRsa | Self::ShortRsa => "RS256",
            Self::P256 => "ES256",
            Self::Ed25519 => "EdDSA",
        }
    }

    /// The public key (RFC 7517).
    pub(crate) fn jwk(self) -> Value {
        let mut key = match self {
            Self::Rsa | Self::SecondRsa => {
                let public = PublicKeyComponents::<Vec<u8>>::from(self.rsa().public());
                json!({"kty": "RSA", "n": encode(&public.n), "e": encode(&public.e)})
            }
            Self::ShortRsa => {
                let key = EncodingKey::from_rsa_der(RSA_1024);
                serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap()).unwrap()
            }
            Self::P256 => {
                let point = p256_key().verifying_key().to_sec1_point(false);
                let point = point.as_bytes();
                json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
            }
            Self::Ed25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(ed25519().public_key().as_ref())}),
        };
        key["kid"] = json!(self.id());
        key["alg"] = json!(self.algorithm());
        key["use"] = json!("sig");
        key
    }

    /// Signs with an algorithm. The signature is nonsense if the key is not for it.
    pub(crate) fn sign(self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let padding: &'static dyn RsaEncoding = match (self, algorithm) {
            (Self::P256, "ES256") => {
                let signature: Signature = p256_key().sign(message);
                return signature.to_bytes().to_vec();
            }
            (Self::Ed25519, "EdDSA") => return ed25519().sign(message).as_ref().to_vec(),
            (Self::ShortRsa, "RS256") => {
                let key = EncodingKey::from_rsa_der(RSA_1024);
                return decode(&crypto::sign(message, &key, Algorithm::RS256).unwrap());
            }
            (Self::Rsa | Self::SecondRsa, "RS256") => &RSA_PKCS1_SHA256,
            (Self::Rsa | Self::SecondRsa, "RS384") => &RSA_PKCS1_SHA384,
            (Self::Rsa | Self::SecondRsa, "RS512") => &RSA_PKCS1_SHA512,
            (Self::Rsa | Self::SecondRsa, "PS256") => &RSA_PSS_SHA256,
            _ => return vec![7; 64],
        };
        let key = self.rsa();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    fn rsa(self) -> &'static RsaKeyPair {
        static FIRST: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::from_der(RSA_1).unwrap());
        static SECOND: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::from_der(RSA_2).unwrap());
        if self == Self::Rsa { &FIRST } else { &SECOND }
    }
}

/// Signs with a shared secret.
pub(super) fn sign_hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    decode(&crypto::sign(message, &EncodingKey::from_secret(secret), Algorithm::HS256).unwrap())
}

pub(super) fn p256_key() -> SigningKey {
    SigningKey::from_slice(&[11; 32]).unwrap()
}

fn ed25519() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[13; 32]).unwrap()
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
