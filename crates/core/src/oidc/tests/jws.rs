//! Signatures, and the keys that verify them.

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Value, json};

use super::super::error::OidcErrorKind::{
    self, AlgorithmNotAllowed, BadSignature, IdTokenInvalid, KeysInvalid, UnknownKey,
};
use super::super::jws::Jws;
use super::super::keys::KeySet;
use super::fixtures::{ALGORITHMS, P256, claims, claims_with, jwk, jwks, part, sign, sign_with};

fn keys(keys: &Value) -> KeySet {
    KeySet::parse(keys.to_string().as_bytes()).unwrap()
}

fn verify_with(token: &str, keys: &KeySet) -> Result<Value, OidcErrorKind> {
    let verified = Jws::parse(token).and_then(|jws| jws.verify(keys).map(|(claims, _)| Value::Object(claims)));
    verified.map_err(|error| error.kind())
}

fn verify(token: &str) -> Result<Value, OidcErrorKind> {
    verify_with(token, &keys(&jwks()))
}

#[test]
fn accepts_each_algorithm_with_its_key() {
    for algorithm in ALGORITHMS {
        let token = sign(algorithm, &claims());
        assert_eq!(verify(&token), Ok(claims()), "{algorithm}");
        let without_id = sign_with(&json!({"alg": algorithm}), &claims());
        assert_eq!(verify_with(&without_id, &keys(&json!({"keys": [jwk(algorithm)]}))), Ok(claims()), "{algorithm}");
    }
}

#[test]
fn refuses_changed_tokens() {
    for algorithm in ALGORITHMS {
        let token = sign(algorithm, &claims());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let header = signed.split_once('.').unwrap().0;
        let changed = format!("{header}.{}.{signature}", part(&claims_with(&json!({"sub": "8"}))));
        assert_eq!(verify(&changed), Err(BadSignature), "{algorithm}");
        for signature in ["", "AA", &BASE64URL_NOPAD.encode(&[0; 64]), &BASE64URL_NOPAD.encode(&[0; 256])] {
            assert_eq!(verify(&format!("{signed}.{signature}")), Err(BadSignature), "{algorithm}");
        }
    }
}

#[test]
fn refuses_tokens_without_a_signature_or_with_a_shared_secret() {
    for name in ["none", "None", "NONE", "", "rs256", "RSA1_5", "ES512", "ES256K"] {
        let token = format!("{}.{}.", part(&json!({"alg": name, "kid": "RS256"})), part(&claims()));
        assert_eq!(verify(&token), Err(AlgorithmNotAllowed), "{name}");
    }
    // The public key as a shared secret, in the forms that a verifier might take it in.
    let key = jwk("RS256");
    for secret in [key.to_string(), key["n"].as_str().unwrap().to_owned(), P256.to_owned()] {
        let signed = format!("{}.{}", part(&json!({"alg": "HS256", "kid": "RS256"})), part(&claims()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
        assert_eq!(verify(&format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))), Err(AlgorithmNotAllowed));
    }
    for header in [json!({}), json!({"alg": null}), json!({"alg": ["RS256"]}), json!({"alg": 7})] {
        assert_eq!(verify(&format!("{}.{}.AA", part(&header), part(&claims()))), Err(AlgorithmNotAllowed), "{header}");
    }
}

#[test]
fn an_algorithm_fits_its_key() {
    for (header, expected) in [
        (json!({"alg": "RS256", "kid": "PS256"}), AlgorithmNotAllowed),
        (json!({"alg": "PS256", "kid": "RS256"}), AlgorithmNotAllowed),
        (json!({"alg": "ES256", "kid": "RS256"}), AlgorithmNotAllowed),
        (json!({"alg": "ES256", "kid": "ES384"}), AlgorithmNotAllowed),
        (json!({"alg": "EdDSA", "kid": "ES256"}), AlgorithmNotAllowed),
        (json!({"alg": "RS256", "kid": "other"}), UnknownKey),
    ] {
        assert_eq!(verify(&sign_with(&header, &claims())), Err(expected), "{header}");
    }
    // Without an id there is one key that fits.
    let mut two = jwks();
    two["keys"].as_array_mut().unwrap().push(jwk("RS256"));
    let token = sign_with(&json!({"alg": "RS256"}), &claims());
    assert_eq!(verify(&token), Ok(claims()));
    assert_eq!(verify_with(&token, &keys(&two)), Err(UnknownKey));
}

#[test]
fn refuses_other_headers_and_forms() {
    for header in [
        json!({"alg": "RS256", "kid": "RS256", "crit": ["exp"]}),
        json!({"alg": "RS256", "kid": "RS256", "crit": []}),
        json!({"alg": "RS256", "kid": 7}),
        json!({"alg": "RS256", "kid": "RS256", "typ": "at+jwt"}),
        json!({"alg": "RS256", "kid": "RS256", "typ": "Logout+JWT"}),
        json!({"alg": "RS256", "kid": "RS256", "typ": 7}),
    ] {
        assert_eq!(verify(&sign_with(&header, &claims())), Err(IdTokenInvalid), "{header}");
    }
    let token = sign("RS256", &claims());
    for wrong in [
        String::new(),
        "a".to_owned(),
        "a.b".to_owned(),
        "..".to_owned(),
        "e30.e30.e30.e30.e30".to_owned(),
        format!("{token}="),
        format!(" {token}"),
        token.replacen('.', ".=", 1),
        sign("RS256", &json!({"sub": "a".repeat(64 << 10)})),
        sign("RS256", &json!(["sub"])),
    ] {
        assert_eq!(verify(&wrong).unwrap_err(), IdTokenInvalid, "{wrong:.80}");
    }
}

#[test]
fn refuses_short_rsa_keys() {
    let short: Value = serde_json::from_str(include_str!("../../../tests/fixtures/oidc/short-rsa.jwks.json")).unwrap();
    let token = include_str!("../../../tests/fixtures/oidc/short-rsa.jwt").trim();
    let set = json!({"keys": [short["keys"][0], jwk("RS256")]});
    assert_eq!(verify_with(token, &keys(&set)), Err(UnknownKey), "the key is not used");
    assert_eq!(KeySet::parse(short.to_string().as_bytes()).unwrap_err().kind(), KeysInvalid);
}

#[test]
fn leaves_out_keys_that_sign_nothing() {
    let with = |name: &str, value: Value| {
        let mut key = jwk("ES256");
        key[name] = value;
        key
    };
    for key in [
        with("use", json!("enc")),
        with("use", json!(7)),
        with("key_ops", json!(["sign"])),
        with("key_ops", json!("verify")),
        with("alg", json!("ECDH-ES")),
        with("alg", json!("RS256")),
        with("alg", json!("none")),
        with("kid", json!(7)),
        with("kid", json!("a".repeat(201))),
        with("kty", json!("oct")),
        with("crv", json!("P-521")),
        with("x", json!("AA")),
        with("x", json!("=")),
        json!({"kty": "oct", "k": "AAAA", "alg": "HS256"}),
        json!({"kty": "RSA", "n": "", "e": "AQAB"}),
        json!({"kty": "RSA", "n": jwk("RS256")["n"], "e": "AQABAQAB"}),
        json!({"kty": "OKP", "crv": "X25519", "x": jwk("EdDSA")["x"]}),
        json!("key"),
        json!(null),
    ] {
        let alone = json!({"keys": [key]});
        assert_eq!(KeySet::parse(alone.to_string().as_bytes()).unwrap_err().kind(), KeysInvalid, "{key}");
        let token = sign("RS256", &claims());
        assert_eq!(verify_with(&token, &keys(&json!({"keys": [key, jwk("RS256")]}))), Ok(claims()), "{key}");
    }
}

#[test]
fn key_sets_are_bounded_objects() {
    let many = |count| json!({"keys": vec![jwk("EdDSA"); count]}).to_string();
    assert!(KeySet::parse(many(50).as_bytes()).is_ok());
    for wrong in [many(51), many(0), "[]".to_owned(), "{}".to_owned(), r#"{"keys":{}}"#.to_owned(), "<html>".to_owned()]
    {
        assert_eq!(KeySet::parse(wrong.as_bytes()).unwrap_err().kind(), KeysInvalid, "{wrong:.40}");
    }
}

#[test]
fn accepts_the_sign_byte_that_some_providers_add() {
    let mut key = jwk("RS256");
    let modulus = BASE64URL_NOPAD.decode(key["n"].as_str().unwrap().as_bytes()).unwrap();
    key["n"] = json!(BASE64URL_NOPAD.encode(&[[0].as_slice(), &modulus].concat()));
    assert_eq!(verify_with(&sign("RS256", &claims()), &keys(&json!({"keys": [key]}))), Ok(claims()));
}
