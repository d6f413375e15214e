//! Signing keys and the published key set (RFC 7517, RFC 7518 section 6.2.1).

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{self, Signature};
use p256::elliptic_curve::pkcs8::{EncodePublicKey, LineEnding};
use sha2::{Digest, Sha256};

use crate::error::{Problem, Result};
use crate::secret::Keys;
use crate::settings::Tokens;
use crate::time::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// The signing key of one period.
pub(crate) struct SigningKey {
    id: String,
    key: ecdsa::SigningKey,
}

/// The public part of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// The key id: the JWK thumbprint (RFC 7638), cut to 16 bytes, in base64url.
    pub id: String,
    /// The x and y coordinates of the point, in base64url.
    pub x: String,
    pub y: String,
    /// The public key as PEM.
    pub pem: String,
}

impl SigningKey {
    /// The key that signs at `now`.
    pub(crate) fn current(keys: &Keys, tokens: &Tokens, now: Timestamp) -> Result<Self> {
        Self::for_period(keys, period(tokens, now))
    }

    fn for_period(keys: &Keys, period: i64) -> Result<Self> {
        // About one in 2^32 seeds is not a valid P-256 scalar; then the next attempt's is used.
        let key = (0..8).find_map(|attempt| ecdsa::SigningKey::from_slice(&keys.token_seed(period, attempt)).ok());
        let key = key.ok_or_else(|| Problem::internal("no valid signing key could be derived"))?;
        let (x, y) = coordinates(&key)?;
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(canonical)[..16]);
        Ok(Self { id, key })
    }

    /// Signs the claims as a compact JWS (RFC 7515) with ES256.
    pub(crate) fn sign(&self, claims: &serde_json::Value) -> String {
        let header = serde_json::json!({"alg": "ES256", "kid": self.id, "typ": "JWT"});
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn publish(&self) -> Result<PublishedKey> {
        let (x, y) = coordinates(&self.key)?;
        let pem = self.key.verifying_key().to_public_key_pem(LineEnding::LF).map_err(Problem::internal)?;
        Ok(PublishedKey { id: self.id.clone(), x, y, pem })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

fn coordinates(key: &ecdsa::SigningKey) -> Result<(String, String)> {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.x().zip(point.y()).ok_or_else(|| Problem::internal("the public key has no coordinates"))?;
    Ok((URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y)))
}

/// The published keys: the current one, the next, and the previous one while its tokens may be valid.
pub(crate) fn published_keys(keys: &Keys, tokens: &Tokens, now: Timestamp) -> Result<Vec<PublishedKey>> {
    let current = period(tokens, now);
    let last = period(tokens, now.minus(max_token_lifetime(tokens)));
    let mut periods = vec![current, current + 1];
    periods.extend((last != current).then_some(last));
    periods.into_iter().map(|period| SigningKey::for_period(keys, period)?.publish()).collect()
}

/// After this time no token is accepted, with a day of tolerance for the clocks of verifiers.
fn max_token_lifetime(tokens: &Tokens) -> Duration {
    tokens.lifetime + DAY
}

fn period(tokens: &Tokens, now: Timestamp) -> i64 {
    let length = DAY * u32::from(tokens.key_rotation_days);
    now.as_microseconds().div_euclid(i64::try_from(length.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::MasterKey;
    use crate::settings::Settings;

    fn tokens() -> Tokens {
        Settings::default().tokens
    }

    #[test]
    fn publishes_keys_one_period_ahead_and_until_their_tokens_expire() {
        let keys = Keys::new(&MasterKey::new([7; 32]));
        let length = DAY * 30;
        let rotation = Timestamp::from_microseconds(i64::try_from(length.as_micros()).unwrap() * 700);
        let (before, after) = (rotation.minus(Duration::from_micros(1)), rotation);
        let ids =
            |now| published_keys(&keys, &tokens(), now).unwrap().into_iter().map(|key| key.id).collect::<Vec<_>>();
        let (old, new) = (
            SigningKey::current(&keys, &tokens(), before).unwrap().id,
            SigningKey::current(&keys, &tokens(), after).unwrap().id,
        );
        assert_ne!(old, new);
        assert_eq!(ids(before)[..2], [old.clone(), new.clone()]);
        assert!(ids(before.minus(length).plus(Duration::from_secs(9))).contains(&new), "one period ahead");
        assert!(ids(after).contains(&old));
        assert!(ids(after.plus(Duration::from_secs(24 * 3600 + 29))).contains(&old));
        assert!(!ids(after.plus(Duration::from_secs(24 * 3600 + 31))).contains(&old));
        let other = Keys::new(&MasterKey::new([8; 32]));
        assert_ne!(SigningKey::current(&other, &tokens(), before).unwrap().id, old);
    }
}
