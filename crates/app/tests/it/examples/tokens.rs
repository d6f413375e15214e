//! The API of an example accepts valid session tokens and nothing else.

use std::sync::atomic::Ordering;

use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::issuer::KEY_ID;
use super::{Stage, http, session_token};

/// Returns a token with these claims changed. `null` removes a claim.
fn changed(stage: &Stage, changes: &Value) -> String {
    let mut claims = stage.issuer.claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    stage.issuer.sign(&claims, KEY_ID)
}

/// Returns tokens that a backend must refuse, with the reason.
async fn invalid_tokens(stage: &Stage) -> Vec<(&'static str, String)> {
    let live = session_token(stage, &stage.owner).await;
    let claims = stage.issuer.claims();
    let past = claims["iat"].as_u64().unwrap() - 120;
    let [header, payload, signature] = live.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let valid = stage.issuer.sign(&claims, KEY_ID);
    let other_signature = valid.rsplit_once('.').unwrap().1;
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", encoded(&json!({"alg": "none", "typ": "JWT"})), encoded(&claims));
    let unsigned_with_key = format!("{}.{}.", encoded(&json!({"alg": "none", "kid": KEY_ID})), encoded(&claims));
    // The public key as a shared secret: works where the token chooses the algorithm.
    let mut confused = Header::new(Algorithm::HS256);
    confused.kid = Some(KEY_ID.to_owned());
    let pem = stage.issuer.key.public_key_pem();
    let confused = encode(&confused, &claims, &EncodingKey::from_secret(pem.as_bytes())).unwrap();
    vec![
        ("empty", String::new()),
        ("not a token", "nonsense".to_owned()),
        ("a session cookie", stage.owner.split_once('=').unwrap().1.to_owned()),
        ("expired", changed(stage, &json!({"exp": past}))),
        ("without expiry", changed(stage, &json!({"exp": null}))),
        ("another audience", changed(stage, &json!({"aud": "https://billing.example.com"}))),
        ("without audience", changed(stage, &json!({"aud": null}))),
        ("another issuer", changed(stage, &json!({"iss": "https://evil.example"}))),
        ("without issuer", changed(stage, &json!({"iss": null}))),
        ("without user", changed(stage, &json!({"sub": null}))),
        ("unknown key", stage.issuer.sign(&claims, "unknown")),
        ("another unknown key", stage.issuer.sign(&claims, "unknown-2")),
        ("a third unknown key", stage.issuer.sign(&claims, "unknown-3")),
        (
            "the key of another",
            stage.issuer.sign(&claims, jsonwebtoken::decode_header(&live).unwrap().kid.as_ref().unwrap()),
        ),
        ("another signature", format!("{header}.{payload}.{other_signature}")),
        ("another payload", format!("{header}.{}.{signature}", encoded(&claims))),
        ("no signature", format!("{header}.{payload}.")),
        ("unsigned", unsigned),
        ("unsigned, with a key", unsigned_with_key),
        ("signed with the public key", confused),
    ]
}

pub(super) async fn check(stage: &Stage) {
    let url = format!("{}/api/purchases", stage.app_url);
    let call = async |token: &str| http::get(&url, header::AUTHORIZATION, &format!("Bearer {token}")).await;
    let valid = stage.issuer.sign(&stage.issuer.claims(), KEY_ID);

    // While the keys cannot be fetched, the caller is not told that the token is wrong.
    stage.issuer.proxy.has_outage.store(true, Ordering::Relaxed);
    let outage = call(&valid).await;
    assert!(outage.status.is_server_error(), "{outage:?}");
    stage.issuer.proxy.has_outage.store(false, Ordering::Relaxed);
    stage.issuer.proxy.key_requests.store(0, Ordering::Relaxed);

    let answer = call(&valid).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("Darjeeling") && answer.body.contains(r#""organization":"3""#), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let live = call(&session_token(stage, &stage.owner).await).await;
    assert!(live.status == 200 && live.body.contains(&stage.organization), "{live:?}");

    // Real people without the permission, and without an organization.
    assert_eq!(call(&session_token(stage, &stage.member).await).await.status, 403);
    let mut claims = stage.issuer.claims();
    claims["organization"] = Value::Null;
    claims["permissions"]["organization"] = json!([]);
    let none = stage.issuer.sign(&claims, KEY_ID);
    assert_eq!(call(&none).await.status, 403);

    assert_eq!(http::get(&url, header::ACCEPT, "*/*").await.status, 401, "no token");
    for authorization in ["Basic bm9yYTpub3Jh", "Bearer", valid.as_str()] {
        assert_eq!(http::get(&url, header::AUTHORIZATION, authorization).await.status, 401, "{authorization}");
    }
    for (reason, token) in invalid_tokens(stage).await {
        let answer = call(&token).await;
        assert_eq!(answer.status, 401, "{reason}: {answer:?}");
    }
    // The keys are cached, and the unknown keys make the backend fetch them at most once more.
    let key_requests = stage.issuer.proxy.key_requests.load(Ordering::Relaxed);
    assert!((1..=2).contains(&key_requests), "the keys were fetched {key_requests} times");
}
