//! Checks session tokens, the short-lived JWTs that Vestibule issues to signed-in people.

use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use tokio::sync::Mutex;

#[derive(Deserialize)]
pub struct Claims {
    pub organization: Option<String>,
    pub permissions: Permissions,
}

#[derive(Deserialize)]
pub struct Permissions {
    pub organization: Vec<String>,
}

impl Claims {
    /// Returns whether the person has a permission in their active organization. Admins have every permission.
    pub fn allow(&self, permission: &str) -> bool {
        self.permissions.organization.iter().any(|own| own == permission || own == "organization:admin")
    }
}

pub struct Verifier {
    jwks_url: String,
    validation: Validation,
    client: reqwest::Client,
    /// The keys, and when they were fetched.
    keys: Mutex<Option<(JwkSet, Instant)>>,
}

impl Verifier {
    pub fn new(vestibule: &str, audience: &str, client: reqwest::Client) -> Self {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[vestibule]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        validation.leeway = 0; // `exp` allows for clock skew already.
        Self { jwks_url: format!("{vestibule}/.well-known/jwks.json"), validation, client, keys: Mutex::default() }
    }

    /// Returns the claims of a valid session token, or `None` for any other string. An error means that the keys could
    /// not be fetched: the token may be valid.
    pub async fn verify(&self, token: &str) -> reqwest::Result<Option<Claims>> {
        let Some(id) = decode_header(token).ok().and_then(|header| header.kid) else { return Ok(None) };
        let Some(key) = self.key(&id).await?.and_then(|key| DecodingKey::from_jwk(&key).ok()) else { return Ok(None) };
        Ok(decode(token, &key, &self.validation).ok().map(|token| token.claims))
    }

    /// Caches the keys for five minutes, and fetches them again for an unknown key, at most every 30 seconds.
    async fn key(&self, id: &str) -> reqwest::Result<Option<Jwk>> {
        let mut cached = self.keys.lock().await;
        if let Some((keys, fetched_at)) = &*cached {
            let key = keys.find(id);
            if fetched_at.elapsed() < Duration::from_secs(if key.is_some() { 300 } else { 30 }) {
                return Ok(key.cloned());
            }
        }
        let keys: JwkSet = self.client.get(&self.jwks_url).send().await?.error_for_status()?.json().await?;
        let key = keys.find(id).cloned();
        *cached = Some((keys, Instant::now()));
        Ok(key)
    }
}
