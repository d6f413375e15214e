//! What holds for everything that a provider can send, for `fuzzing`.

use serde_json::{Map, Value};

use super::claims::Claims;
use super::discovery::{DiscoverySource, Metadata};
use super::id_token::{self, Expected};
use super::jws::Jws;
use super::keys::KeySet;
use super::steps::{Outcome, StepName, Steps};
use crate::identity_provider::ProviderKind;
use crate::time::Timestamp;

/// A key whose secret part nobody has.
const KEYS: &[u8] =
    br#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// A document has the expected issuer and allowed endpoints only; a forged token is refused; claims are bounded.
pub(crate) fn check_parsers(bytes: &[u8]) {
    let is_allowed = |url: &str| url.starts_with("https://");
    for (kind, url) in
        [(ProviderKind::OpenId, "https://login.example"), (ProviderKind::Microsoft, "https://login.example/common")]
    {
        let Ok(metadata) = Metadata::parse(bytes, &DiscoverySource::new(kind, url), &is_allowed) else { continue };
        let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        assert!(endpoints.into_iter().all(|url| is_allowed(url)));
        assert!(metadata.issuer.starts_with("https://login.example"));
        assert!(!metadata.has_tenants() || !metadata.is_issuer(&metadata.issuer, Some("{tenantid}")));
        check_token(bytes, &metadata);
    }
    let _ = KeySet::parse(bytes);
    let metadata = br#"{"issuer":"https://login.example","authorization_endpoint":"https://login.example/a",
        "token_endpoint":"https://login.example/t","jwks_uri":"https://login.example/k"}"#;
    let source = DiscoverySource::new(ProviderKind::OpenId, "https://login.example");
    if let Ok(metadata) = Metadata::parse(metadata, &source, &is_allowed) {
        check_token(bytes, &metadata);
    }
    if let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(bytes) {
        check_claims(claims);
    }
}

fn check_token(bytes: &[u8], metadata: &Metadata) {
    let (Ok(token), Ok(keys)) = (std::str::from_utf8(bytes), KeySet::parse(KEYS)) else { return };
    let expected = Expected {
        metadata,
        kind: ProviderKind::OpenId,
        client_id: "client",
        allowed_tenants: &[],
        nonce: "nonce",
        access_token: "token",
        now: Timestamp::from_microseconds(1_700_000_000_000_000),
    };
    assert!(id_token::verify(token, &keys, &expected).is_err());
    assert!(Jws::parse(token).is_err() || token.matches('.').count() == 2);
}

fn check_claims(claims: Map<String, Value>) {
    let Some(claims) = Claims::new(claims) else { return };
    let (first, last) = claims.names();
    assert!(first.chars().count() <= 100 && last.chars().count() <= 100);
    for path in ["groups", "realm_access.roles", "a.b.c.d.e.f", "."] {
        let list = claims.list(path);
        assert!(list.len() <= 500 && list.iter().all(|item| (1..=200).contains(&item.chars().count())));
    }
    assert!(!(claims.is_true("email_verified") && claims.is_denied("email_verified")));
    let mut steps = Steps::default();
    for _ in 0..3 {
        steps.add(StepName::IdToken, Outcome::PASSED, Some(&claims.to_value()));
    }
    assert!(steps.to_json().len() <= 16 << 10 && steps.as_slice().len() == 3);
}
