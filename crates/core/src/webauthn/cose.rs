//! Public keys in the format of COSE (RFC 9052, RFC 9053, RFC 8230), and their signatures.

use ciborium::Value;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use super::{WebauthnError, cbor};

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const CURVE: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const MODULUS: i64 = -1;
const EXPONENT: i64 = -2;

const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const P256: i64 = 1;
const CURVE_ED25519: i64 = 6;

const MIN_MODULUS_BITS: u32 = 2048;
const MAX_MODULUS_BITS: u32 = 4096;
/// 65537, which every authenticator uses.
const PUBLIC_EXPONENT: [u8; 3] = [1, 0, 1];

/// A longer one is no signature of these algorithms.
pub(super) const MAX_SIGNATURE: usize = MAX_MODULUS_BITS as usize / 8;

/// The algorithms that authenticators are asked for, preferred first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, which Windows Hello may use.
    Rs256,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The number in the registry of COSE.
    pub const fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }
}

/// A public key of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key: Key,
    cose: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    /// An uncompressed point on the curve.
    Es256([u8; 65]),
    EdDsa([u8; 32]),
    Rs256 {
        modulus: Vec<u8>,
    },
}

impl PublicKey {
    /// Parses a key that is all of the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, WebauthnError> {
        match Self::read(bytes)? {
            (key, []) => Ok(key),
            _ => Err(WebauthnError::MalformedKey),
        }
    }

    /// Reads a key, and returns it with the bytes that follow it.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), WebauthnError> {
        let malformed = WebauthnError::MalformedKey;
        let (Value::Map(entries), rest) = cbor::read(bytes).ok_or(malformed)? else { return Err(malformed) };
        let number = |label| cbor::get(&entries, label).and_then(Value::as_integer).and_then(|n| i64::try_from(n).ok());
        let algorithm = number(ALGORITHM).ok_or(malformed)?;
        let algorithm = Algorithm::ALL.into_iter().find(|known| known.number() == algorithm);
        let key_of = match algorithm.ok_or(WebauthnError::UnsupportedAlgorithm)? {
            Algorithm::Es256 if number(KEY_TYPE) == Some(EC2) && number(CURVE) == Some(P256) => es256,
            Algorithm::EdDsa if number(KEY_TYPE) == Some(OKP) && number(CURVE) == Some(CURVE_ED25519) => ed25519,
            Algorithm::Rs256 if number(KEY_TYPE) == Some(RSA) => rs256,
            Algorithm::Es256 | Algorithm::EdDsa | Algorithm::Rs256 => return Err(malformed),
        };
        let key = key_of(&entries).ok_or(malformed)?;
        let cose = bytes.get(..bytes.len() - rest.len()).ok_or(malformed)?.to_vec();
        Ok((Self { key, cose }, rest))
    }

    /// As the authenticator has sent it.
    pub fn as_cose(&self) -> &[u8] {
        &self.cose
    }

    /// Verifies a signature.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WebauthnError> {
        let with = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature)
        };
        let verified =
            match &self.key {
                Key::Es256(point) => with(&ECDSA_P256_SHA256_ASN1, point),
                Key::EdDsa(point) => with(&ED25519, point),
                Key::Rs256 { modulus } => RsaPublicKeyComponents { n: modulus.as_slice(), e: &PUBLIC_EXPONENT[..] }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            };
        verified.map_err(|_| WebauthnError::WrongSignature)
    }
}

fn bytes_of(entries: &[(Value, Value)], label: i64) -> Option<&[u8]> {
    cbor::get(entries, label)?.as_bytes().map(Vec::as_slice)
}

fn es256(entries: &[(Value, Value)]) -> Option<Key> {
    let x: &[u8; 32] = bytes_of(entries, X)?.try_into().ok()?;
    let y: &[u8; 32] = bytes_of(entries, Y)?.try_into().ok()?;
    let point: [u8; 65] = [&[4], x.as_slice(), y.as_slice()].concat().try_into().ok()?;
    // `ring` would refuse every signature of a point that is not on the curve. This refuses the registration.
    p256::PublicKey::from_sec1_bytes(&point).ok().map(|_| Key::Es256(point))
}

fn ed25519(entries: &[(Value, Value)]) -> Option<Key> {
    bytes_of(entries, X)?.try_into().ok().map(Key::EdDsa)
}

fn rs256(entries: &[(Value, Value)]) -> Option<Key> {
    let modulus = bytes_of(entries, MODULUS)?;
    let (first, last) = (*modulus.first()?, *modulus.last()?);
    let bits = u32::try_from(modulus.len()).ok()?.checked_mul(8)?.checked_sub(first.leading_zeros())?;
    let is_valid = first != 0
        && last % 2 == 1
        && (MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits)
        && bytes_of(entries, EXPONENT)? == PUBLIC_EXPONENT;
    is_valid.then(|| Key::Rs256 { modulus: modulus.to_vec() })
}
