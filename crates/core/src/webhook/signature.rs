//! Signatures of webhooks, as Standard Webhooks 1.0.0 specifies them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Problem, Result};
use crate::secret::WebhookSecret;
use crate::time::Timestamp;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// The current secret of an endpoint, and the one before while it is rotated.
const MAX_SECRETS: usize = 2;
/// The block size of SHA-256.
const BLOCK_BYTES: usize = 64;

/// The id of a message: the same for all attempts to deliver it, so that a receiver recognizes a repetition. It has no
/// full stop, which separates it from the timestamp in what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    pub fn new(id: i64) -> Self {
        Self(format!("msg_{id}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Signs one attempt to deliver a message, and returns the headers with id, timestamp and signatures: one for each secret
/// of the endpoint, current one first. A receiver accepts the message if one of them is valid. `body` is what is sent, byte
/// for byte.
///
/// # Errors
/// `INTERNAL` without a secret, or with more than a rotation has.
pub fn sign(secrets: &[WebhookSecret], id: &MessageId, attempted_at: Timestamp, body: &[u8]) -> Result<HeaderMap> {
    if secrets.is_empty() || secrets.len() > MAX_SECRETS {
        return Err(Problem::internal("an endpoint has one secret, or two during a rotation"));
    }
    let timestamp = attempted_at.unix_seconds().to_string();
    let signatures: Vec<_> = secrets.iter().map(|secret| signature(secret, id, &timestamp, body)).collect();
    let mut headers = HeaderMap::with_capacity(3);
    for (name, text) in [(ID, id.as_str()), (TIMESTAMP, &timestamp), (SIGNATURE, &signatures.join(" "))] {
        headers.insert(name, HeaderValue::from_str(text).map_err(Problem::internal)?);
    }
    Ok(headers)
}

/// The version and the HMAC-SHA256 of `id.timestamp.body`.
fn signature(secret: &WebhookSecret, id: &MessageId, timestamp: &str, body: &[u8]) -> String {
    // HMAC pads a key up to its block size with zeros (RFC 2104). Doing it here avoids a fallible constructor.
    let mut block = Zeroizing::new([0; BLOCK_BYTES]);
    block.iter_mut().zip(secret.key()).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    for part in [id.as_str().as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::is_signature_valid;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_microseconds(seconds * 1_000_000 + 999_999)
    }

    fn headers(secrets: &[&str], id: &str, seconds: i64, body: &[u8]) -> [String; 3] {
        let secrets: Vec<_> = secrets.iter().map(|secret| secret.parse().unwrap()).collect();
        let headers = sign(&secrets, &MessageId(id.to_owned()), at(seconds), body).unwrap();
        assert_eq!(headers.len(), 3);
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| headers[name].to_str().unwrap().to_owned())
    }

    /// The test vector of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signs_as_the_reference_libraries_do() {
        assert_eq!(headers(&[SECRET], ID, 1_614_265_330, BODY), [ID, "1614265330", SIGNATURE]);
    }

    /// The specification's example of a minified payload, with the shortest, a longer and the longest key. The signatures
    /// were made by the `standardwebhooks` package for Python.
    #[test]
    fn signs_with_keys_of_every_length() {
        let id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
        let body = br#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}"#;
        for (length, expected) in [
            (24, "v1,w9hHmpilBM+ZH5TWiqTF2V+zZhky2nrY7iwP4o0rZI0="),
            (32, "v1,4PMU5Dl90B4kgwxDpwuMZ/cnZ5ztf+Y+kviYQD66rJg="),
            (64, "v1,9LtGxwbZoGrF8oS2FH4IGhfQpdLVQZEa0OR1k5rX7yE="),
        ] {
            let key: Vec<u8> = (0..length).collect();
            let secret = format!("whsec_{}", STANDARD.encode(key));
            let [_, timestamp, signature] = headers(&[&secret], id, 1_674_087_231, body);
            assert_eq!((timestamp.as_str(), signature.as_str()), ("1674087231", expected), "{length}");
        }
    }

    #[test]
    fn rotation_has_a_signature_of_each_secret() {
        let new = format!("whsec_{}", STANDARD.encode([7; 32]));
        let [_, _, both] = headers(&[&new, SECRET], ID, 1_614_265_330, BODY);
        let [_, _, first] = headers(&[&new], ID, 1_614_265_330, BODY);
        assert_eq!(both, format!("{first} {SIGNATURE}"));
        let secret: WebhookSecret = SECRET.parse().unwrap();
        let id = MessageId::new(7);
        assert!(sign(&[], &id, at(0), BODY).is_err());
        assert!(sign(&[secret.clone(), secret.clone(), secret], &id, at(0), BODY).is_err());
    }

    #[test]
    fn every_part_is_signed() {
        let signature = |id: &str, seconds, body: &[u8]| headers(&[SECRET], id, seconds, body)[2].clone();
        let original = signature("msg_1", 1, b"{}");
        for other in [signature("msg_2", 1, b"{}"), signature("msg_1", 2, b"{}"), signature("msg_1", 1, b"{} ")] {
            assert_ne!(original, other);
        }
        assert_eq!(MessageId::new(-1).as_str(), "msg_-1");
    }

    /// Our own receiver of Standard Webhooks, for reports of mail providers, takes the secret as text.
    #[test]
    fn is_verified_by_our_own_receiver() {
        let key = "a key of forty characters, which is text";
        let secret = format!("whsec_{}", STANDARD.encode(key));
        let [id, timestamp, signature] = headers(&[&secret], "msg_1", 1_614_265_330, BODY);
        let signature = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        let key = crate::settings::Secret::new(key.to_owned());
        assert!(is_signature_valid(&key, (&id, &timestamp, BODY), &signature));
    }
}
