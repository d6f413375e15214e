//! A provider's keys (RFC 7517, RFC 7518 section 6, RFC 8037).

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::error::{OidcError, OidcErrorKind};
use super::jws::Algorithm;

const MAX_KEYS: usize = 50;
/// In bytes.
const MAX_KEY_ID: usize = 200;
const MIN_MODULUS_BITS: usize = 2048;
const MAX_MODULUS_BITS: usize = 8192;

/// The keys that can verify ID tokens. Others of the provider, also those that cannot be read, are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    id: Option<String>,
    /// The only algorithm that it is for.
    algorithm: Option<Algorithm>,
    /// The issuer that it signs for, if it says so.
    pub(super) issuer: Option<String>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    /// An uncompressed point.
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl KeySet {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, OidcError> {
        let invalid = |rule| OidcErrorKind::KeysInvalid.because(rule);
        let document: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| invalid("the key set is a JSON object"))?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or_else(|| invalid("keys is a list"))?;
        if keys.len() > MAX_KEYS {
            return Err(invalid("there are at most 50 keys"));
        }
        let keys: Vec<_> = keys.iter().filter_map(Key::parse).collect();
        if keys.is_empty() { Err(invalid("at least one key can verify signatures")) } else { Ok(Self(keys)) }
    }

    /// Finds the key of a token.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, OidcError> {
        let named: Vec<_> = self.0.iter().filter(|key| id.is_none() || key.id.as_deref() == id).collect();
        if named.is_empty() {
            return Err(OidcErrorKind::UnknownKey.because("kid is the id of a usable key of the provider"));
        }
        let mut fitting = named.into_iter().filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(key), Some(_)) if id.is_some() => Ok(key),
            (Some(_), Some(_)) => Err(OidcErrorKind::UnknownKey.because("kid says which of several keys has signed")),
            (None, _) => Err(OidcErrorKind::AlgorithmNotAllowed.because("alg is an algorithm of the key")),
        }
    }
}

impl Key {
    /// `None` for a key that is not for signatures, of another type, malformed or too short.
    fn parse(key: &Value) -> Option<Self> {
        let key = key.as_object()?;
        let text = |name: &str| match key.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text.as_str())),
            Some(_) => None,
        };
        let is_for_signatures = text("use")?.is_none_or(|purpose| purpose == "sig");
        let may_verify = match key.get("key_ops") {
            None => true,
            Some(operations) => operations.as_array()?.iter().any(|operation| operation == "verify"),
        };
        let id = text("kid")?;
        if !is_for_signatures || !may_verify || id.is_some_and(|id| id.len() > MAX_KEY_ID) {
            return None;
        }
        let algorithm = match text("alg")? {
            None => None,
            Some(algorithm) => Some(Algorithm::parse(algorithm)?),
        };
        let key = Self {
            id: id.map(str::to_owned),
            algorithm,
            issuer: text("issuer")?.map(str::to_owned),
            material: Material::parse(key)?,
        };
        algorithm.is_none_or(|algorithm| key.fits(algorithm)).then_some(key)
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let is_of_type = match algorithm {
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256 => {
                matches!(self.material, Material::Rsa { .. })
            }
            Algorithm::Es256 => matches!(self.material, Material::P256(_)),
            Algorithm::Es384 => matches!(self.material, Material::P384(_)),
            Algorithm::EdDsa => matches!(self.material, Material::Ed25519(_)),
        };
        is_of_type && self.algorithm.is_none_or(|only| only == algorithm)
    }

    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), OidcError> {
        let with = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature)
        };
        let verified = match (&self.material, algorithm) {
            (Material::Rsa { modulus, exponent }, _) => rsa_parameters(algorithm).map(|parameters| {
                RsaPublicKeyComponents { n: modulus.as_slice(), e: exponent.as_slice() }
                    .verify(parameters, message, signature)
            }),
            (Material::P256(point), Algorithm::Es256) => Some(with(&ECDSA_P256_SHA256_FIXED, point)),
            (Material::P384(point), Algorithm::Es384) => Some(with(&ECDSA_P384_SHA384_FIXED, point)),
            (Material::Ed25519(key), Algorithm::EdDsa) => Some(with(&ED25519, key)),
            (Material::P256(_) | Material::P384(_) | Material::Ed25519(_), _) => None,
        };
        match verified {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(OidcErrorKind::BadSignature.because("the signature is of the provider's key")),
            None => Err(OidcErrorKind::AlgorithmNotAllowed.because("alg is an algorithm of the key")),
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
    }
}

impl Material {
    fn parse(key: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let bytes = |name: &str| BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok();
        match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (modulus, exponent) = (without_zeros(bytes("n")?), without_zeros(bytes("e")?));
                let bits = modulus.len() * 8 - usize::try_from(modulus.first()?.leading_zeros()).ok()?;
                let is_valid = (MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits) && exponent.len() <= 4;
                is_valid.then_some(Self::Rsa { modulus, exponent })
            }
            ("EC", Some("P-256")) => point(&bytes("x")?, &bytes("y")?, 32).map(Self::P256),
            ("EC", Some("P-384")) => point(&bytes("x")?, &bytes("y")?, 48).map(Self::P384),
            ("OKP", Some("Ed25519")) => bytes("x").filter(|key| key.len() == 32).map(Self::Ed25519),
            _ => None,
        }
    }
}

/// Some providers write the zero byte of a sign, which `ring` refuses.
fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn point(x: &[u8], y: &[u8], length: usize) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [&[4], x, y].concat())
}
