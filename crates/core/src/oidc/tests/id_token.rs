//! The claims of ID tokens.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::super::discovery::{DiscoverySource, Metadata};
use super::super::error::OidcErrorKind::{
    self, Expired, IdTokenInvalid, IssuedInFuture, SubjectMissing, TenantNotAllowed, WrongAtHash, WrongAudience,
    WrongIssuer, WrongNonce,
};
use super::super::id_token::{self, Expected, IdToken};
use super::super::keys::KeySet;
use super::fixtures::{ALGORITHMS, CLIENT, ISSUER, NONCE, NOW, SECONDS, claims_with, document, jwk, jwks, sign};
use crate::identity_provider::ProviderKind;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER_TENANT: &str = "99999999-2222-3333-4444-555555555555";
const OBJECT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

fn metadata(kind: ProviderKind, url: &str, issuer: &str) -> Metadata {
    let mut document = document();
    document["issuer"] = json!(issuer);
    let source = DiscoverySource::new(kind, url);
    Metadata::parse(document.to_string().as_bytes(), &source, &|url| url.starts_with("https://")).unwrap()
}

fn expected(metadata: &Metadata, kind: ProviderKind) -> Expected<'_> {
    Expected { metadata, kind, client_id: CLIENT, allowed_tenants: &[], nonce: NONCE, access_token: "access", now: NOW }
}

fn verify_for(expected: &Expected<'_>, claims: &Value) -> Result<IdToken, OidcErrorKind> {
    let keys = KeySet::parse(json!({"keys": [jwk("EdDSA")]}).to_string().as_bytes()).unwrap();
    id_token::verify(&sign("EdDSA", claims), &keys, expected).map_err(|error| error.kind())
}

/// With changes to the valid claims.
fn verify(changes: &Value) -> Result<IdToken, OidcErrorKind> {
    let metadata = metadata(ProviderKind::OpenId, ISSUER, ISSUER);
    verify_for(&expected(&metadata, ProviderKind::OpenId), &claims_with(changes))
}

fn assert_each(cases: &[(Value, Option<OidcErrorKind>)]) {
    for (changes, error) in cases {
        assert_eq!(verify(changes).err(), *error, "{changes}");
    }
}

#[test]
fn accepts_valid_claims() {
    let token = verify(&json!({})).unwrap();
    assert_eq!((token.issuer.as_str(), token.sub.as_str(), token.subject.as_str()), (ISSUER, "7", "7"));
    assert_eq!(token.claims["email"], "nina@example.com");
}

#[test]
fn the_issuer_is_compared_exactly() {
    assert_each(&[
        (json!({"iss": null}), Some(WrongIssuer)),
        (json!({"iss": "https://login.example/"}), Some(WrongIssuer)),
        (json!({"iss": "https://LOGIN.example"}), Some(WrongIssuer)),
        (json!({"iss": "http://login.example"}), Some(WrongIssuer)),
        (json!({"iss": [ISSUER]}), Some(WrongIssuer)),
        (json!({"iss": "https://login.example.evil.example"}), Some(WrongIssuer)),
    ]);
}

#[test]
fn the_audience_is_the_client() {
    let mut many = vec!["other"; 50];
    many.push(CLIENT);
    assert_each(&[
        (json!({"aud": [CLIENT]}), None),
        (json!({"aud": [CLIENT], "azp": CLIENT}), None),
        (json!({"aud": [CLIENT, "api"], "azp": CLIENT}), None),
        (json!({"aud": [CLIENT, "api"]}), Some(WrongAudience)),
        (json!({"aud": [CLIENT, "api"], "azp": "api"}), Some(WrongAudience)),
        (json!({"azp": "other"}), Some(WrongAudience)),
        (json!({"azp": 7}), Some(WrongAudience)),
        (json!({"azp": [CLIENT]}), Some(WrongAudience)),
        (json!({"aud": null}), Some(WrongAudience)),
        (json!({"aud": "other"}), Some(WrongAudience)),
        (json!({"aud": "CLIENT"}), Some(WrongAudience)),
        (json!({"aud": []}), Some(WrongAudience)),
        (json!({"aud": ["other"], "azp": CLIENT}), Some(WrongAudience)),
        (json!({"aud": {CLIENT: true}}), Some(WrongAudience)),
        (json!({"aud": [CLIENT, 7], "azp": CLIENT}), Some(WrongAudience)),
        (json!({"aud": [[CLIENT]]}), Some(WrongAudience)),
        (json!({"aud": many, "azp": CLIENT}), Some(WrongAudience)),
    ]);
}

#[test]
fn times_are_checked_with_two_minutes_of_tolerance() {
    assert_each(&[
        (json!({"exp": SECONDS - 119}), None),
        (json!({"exp": SECONDS - 120}), Some(Expired)),
        (json!({"exp": null}), Some(IdTokenInvalid)),
        (json!({"exp": (SECONDS + 300).to_string()}), Some(IdTokenInvalid)),
        (json!({"exp": 1_700_000_300.5}), None),
        (json!({"exp": 1e300}), Some(IdTokenInvalid)),
        (json!({"exp": -1e300}), Some(IdTokenInvalid)),
        (json!({"exp": true}), Some(IdTokenInvalid)),
        (json!({"iat": SECONDS + 120}), None),
        (json!({"iat": SECONDS + 121}), Some(IssuedInFuture)),
        (json!({"iat": SECONDS - 720}), None),
        (json!({"iat": SECONDS - 721}), Some(Expired)),
        (json!({"iat": null}), Some(IdTokenInvalid)),
        (json!({"iat": u64::MAX}), Some(IdTokenInvalid)),
        (json!({"nbf": SECONDS + 120}), None),
        (json!({"nbf": SECONDS + 121}), Some(IssuedInFuture)),
        (json!({"nbf": "now"}), Some(IdTokenInvalid)),
    ]);
}

#[test]
fn the_nonce_is_the_one_of_the_request() {
    assert_each(&[
        (json!({"nonce": null}), Some(WrongNonce)),
        (json!({"nonce": ""}), Some(WrongNonce)),
        (json!({"nonce": "nonc"}), Some(WrongNonce)),
        (json!({"nonce": "nonce "}), Some(WrongNonce)),
        (json!({"nonce": ["nonce"]}), Some(WrongNonce)),
    ]);
}

#[test]
fn the_subject_is_a_text() {
    assert_each(&[
        (json!({"sub": null}), Some(SubjectMissing)),
        (json!({"sub": ""}), Some(SubjectMissing)),
        (json!({"sub": 7}), Some(SubjectMissing)),
        (json!({"sub": ["7"]}), Some(SubjectMissing)),
        (json!({"sub": "a".repeat(255)}), None),
        (json!({"sub": "a".repeat(256)}), Some(SubjectMissing)),
        (json!({"sub": "a\u{0}"}), Some(SubjectMissing)),
        (json!({"sub": "a\n"}), Some(SubjectMissing)),
    ]);
}

#[test]
fn at_hash_is_of_the_access_token() {
    let metadata = metadata(ProviderKind::OpenId, ISSUER, ISSUER);
    let keys = KeySet::parse(jwks().to_string().as_bytes()).unwrap();
    for algorithm in ALGORITHMS {
        let digest = match algorithm {
            "RS384" | "ES384" => &ring::digest::SHA384,
            "RS512" | "EdDSA" => &ring::digest::SHA512,
            _ => &ring::digest::SHA256,
        };
        let digest = ring::digest::digest(digest, b"access");
        let hash = BASE64URL_NOPAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2]);
        let verify = |access_token, hash: Value| {
            let token = sign(algorithm, &claims_with(&json!({"at_hash": hash})));
            let expected = Expected { access_token, ..expected(&metadata, ProviderKind::OpenId) };
            id_token::verify(&token, &keys, &expected).err().map(|error| error.kind())
        };
        assert_eq!(verify("access", json!(hash)), None, "{algorithm}");
        assert_eq!(verify("other", json!(hash)), Some(WrongAtHash), "{algorithm}");
        assert_eq!(verify("access", json!(BASE64URL_NOPAD.encode(digest.as_ref()))), Some(WrongAtHash), "whole");
        assert_eq!(verify("access", json!(7)), Some(WrongAtHash), "{algorithm}");
    }
}

#[test]
fn microsofts_issuer_is_that_of_the_tenant() {
    let template = "https://login.example/{tenantid}/v2.0";
    let metadata = metadata(ProviderKind::Microsoft, "https://login.example/common", template);
    let issuer = |tenant: &str| format!("https://login.example/{tenant}/v2.0");
    let valid = claims_with(&json!({"iss": issuer(TENANT), "tid": TENANT, "oid": OBJECT}));
    let with = |changes: Value| {
        let mut claims = valid.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    };
    let all = expected(&metadata, ProviderKind::Microsoft);
    let token = verify_for(&all, &valid).unwrap();
    assert_eq!((token.issuer, token.subject), (issuer(TENANT), format!("{TENANT}:{OBJECT}")));
    for (changes, error) in [
        (json!({"iss": template}), WrongIssuer),
        (json!({"iss": template, "tid": "{tenantid}"}), WrongIssuer),
        (json!({"iss": issuer(OTHER_TENANT)}), WrongIssuer),
        (json!({"tid": OTHER_TENANT}), WrongIssuer),
        (json!({"tid": null}), WrongIssuer),
        (json!({"iss": issuer("common"), "tid": "common"}), WrongIssuer),
        (json!({"iss": issuer("a/../b"), "tid": "a/../b"}), WrongIssuer),
        (json!({"oid": null}), SubjectMissing),
        (json!({"oid": "7"}), SubjectMissing),
    ] {
        assert_eq!(verify_for(&all, &with(changes.clone())).err(), Some(error), "{changes}");
    }
    let allowed = [OTHER_TENANT.to_ascii_uppercase()];
    let limited = Expected { allowed_tenants: &allowed, ..expected(&metadata, ProviderKind::Microsoft) };
    assert_eq!(verify_for(&limited, &valid).err(), Some(TenantNotAllowed));
    let other = with(json!({"iss": issuer(OTHER_TENANT), "tid": OTHER_TENANT}));
    assert!(verify_for(&limited, &other).is_ok());
}

#[test]
fn keys_of_one_tenant_do_not_sign_for_another() {
    let metadata =
        metadata(ProviderKind::Microsoft, "https://login.example/common", "https://login.example/{tenantid}/v2.0");
    let claims =
        claims_with(&json!({"iss": format!("https://login.example/{TENANT}/v2.0"), "tid": TENANT, "oid": OBJECT}));
    for (of_key, is_ok) in [
        (json!("https://login.example/{tenantid}/v2.0"), true),
        (json!(format!("https://login.example/{TENANT}/v2.0")), true),
        (json!(format!("https://login.example/{OTHER_TENANT}/v2.0")), false),
    ] {
        let mut key = jwk("EdDSA");
        key["issuer"] = of_key.clone();
        let keys = KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        let verified = id_token::verify(&sign("EdDSA", &claims), &keys, &expected(&metadata, ProviderKind::Microsoft));
        assert_eq!(verified.err().map(|error| error.kind()), (!is_ok).then_some(WrongIssuer), "{of_key}");
    }
}

#[test]
fn googles_old_issuer_counts_as_google_only() {
    let google = "https://accounts.google.com";
    let at_google = metadata(ProviderKind::Google, google, google);
    let claims = claims_with(&json!({"iss": "accounts.google.com"}));
    let token = verify_for(&expected(&at_google, ProviderKind::Google), &claims).unwrap();
    assert_eq!(token.issuer, google);
    assert_eq!(verify_for(&expected(&at_google, ProviderKind::OpenId), &claims).err(), Some(WrongIssuer));
    let other = metadata(ProviderKind::Google, ISSUER, ISSUER);
    assert_eq!(verify_for(&expected(&other, ProviderKind::Google), &claims).err(), Some(WrongIssuer));
}
