//! Providers that are down, slow, huge, or send us elsewhere.

use std::time::Duration;

use serde_json::json;

use super::{ADA, EVE, EXAMPLE, GOOGLE, identities, signed_in_as, start, start_with, users};
use crate::harness::identity_provider::{Endpoint, Fault, IdentityProvider, Part, RETURN_TO, person};
use crate::harness::{DAY, PASSWORD, TestApp};

/// Failures are remembered for this long, so that a provider that is down costs little.
const MEMORY_OF_FAILURES: Duration = Duration::from_secs(15);

async fn setup() -> (IdentityProvider, TestApp) {
    let provider = IdentityProvider::start().await;
    let app = start(&[(EXAMPLE, &provider)]).await;
    (provider, app)
}

/// Ten megabytes of valid JSON with the right keys at the end.
fn huge(keys: &serde_json::Value) -> Vec<u8> {
    format!("{{\"padding\": \"{}\", \"keys\": {keys}}}", "x".repeat(10 << 20)).into_bytes()
}

#[tokio::test]
async fn bad_discovery_documents_stop_the_sign_in_before_it_begins() {
    let inside = "http://169.254.169.254/latest/meta-data/";
    for (what, name, value) in [
        ("another issuer", "issuer", json!("https://evil.example")),
        ("an issuer with a slash", "issuer", json!("http://127.0.0.1/")),
        ("no issuer", "issuer", json!(null)),
        ("an internal endpoint", "authorization_endpoint", json!("javascript:alert(1)")),
        ("an endpoint by http", "token_endpoint", json!("http://provider.example/token")),
        ("an internal token endpoint", "token_endpoint", json!(inside)),
        ("internal keys", "jwks_uri", json!(inside)),
        ("internal userinfo", "userinfo_endpoint", json!(inside)),
        ("no token endpoint", "token_endpoint", json!(null)),
        ("no keys", "jwks_uri", json!(null)),
        ("a list", "authorization_endpoint", json!(["http://127.0.0.1/"])),
    ] {
        let (provider, app) = setup().await;
        provider.change(Part::Discovery, move |document| document[name] = value.clone());
        let browser = app.anonymous();
        let refused = browser.begin_social_with(EXAMPLE, RETURN_TO).await;
        assert_eq!(refused.status, 400, "{what}: {}", refused.text);
        assert!(!refused.text.contains("169.254") && !refused.text.contains("evil"), "{what}: {}", refused.text);
        refused.assert_error(400, "PROVIDER_UNAVAILABLE");
        assert_eq!(provider.requests(Endpoint::Token), 0);
    }
}

#[tokio::test]
async fn failing_discovery_is_reported_and_recovers() {
    let elsewhere = IdentityProvider::start().await;
    for fault in [
        Fault::Status(500),
        Fault::Status(404),
        Fault::Status(204),
        Fault::Redirect(format!("{}/.well-known/openid-configuration", elsewhere.url())),
        Fault::Redirect("http://169.254.169.254/".to_owned()),
        Fault::Body(b"<html>".to_vec()),
        Fault::Body(b"[]".to_vec()),
        Fault::Body(b"{\"issuer\": ".to_vec()),
        Fault::Body(vec![b'['; 100_000]),
        Fault::Body(vec![b' '; 1 << 20]),
    ] {
        let (provider, app) = setup().await;
        provider.fail(Endpoint::Discovery, fault.clone());
        let browser = app.anonymous();
        let refused = browser.begin_social_with(EXAMPLE, RETURN_TO).await;
        assert_eq!(refused.status, 400, "{fault:?}");
        refused.assert_error(400, "PROVIDER_UNAVAILABLE");
        // Others do not ask again at once.
        browser.begin_social_with(EXAMPLE, RETURN_TO).await.assert_error(400, "PROVIDER_UNAVAILABLE");
        assert_eq!(provider.requests(Endpoint::Discovery), 1, "{fault:?}");
        provider.recover();
        app.advance(MEMORY_OF_FAILURES + Duration::from_secs(1));
        signed_in_as(browser.go_through(EXAMPLE, &provider, &person("1", ADA)).await, ADA);
    }
    assert_eq!(elsewhere.requests(Endpoint::Discovery), 0, "a redirect was followed");
}

#[tokio::test]
async fn failing_keys_stop_the_callback() {
    for fault in [
        Fault::Status(500),
        Fault::Redirect("http://127.0.0.1:1/keys".to_owned()),
        Fault::Body(b"{}".to_vec()),
        Fault::Body(b"{\"keys\": {}}".to_vec()),
        Fault::Body(b"{\"keys\": [1, null, {}, {\"kty\": 1}]}".to_vec()),
        Fault::Body(huge(&json!([]))),
    ] {
        let (provider, app) = setup().await;
        provider.fail(Endpoint::Keys, fault.clone());
        let browser = app.anonymous();
        // The keys may be loaded with the discovery document, or once a token comes.
        let begun = browser.begin_social_with(EXAMPLE, RETURN_TO).await;
        if begun.status == 200 {
            let url = begun.ok()["oauth_url"].as_str().unwrap().to_owned();
            let response = browser.come_back(&provider.approve(&url, &person("1", ADA))).await;
            let code = response.body["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
            assert!(["PROVIDER_UNAVAILABLE", "INVALID_IDENTITY"].contains(&code.as_str()), "{}", response.text);
        }
        assert_eq!((users(&app), identities(&app)), (0, 0));
    }
}

/// A key that cannot be read does not make the others useless.
#[tokio::test]
async fn unknown_keys_are_skipped() {
    let (provider, app) = setup().await;
    provider.change(Part::Keys, |keys| {
        let list = keys["keys"].as_array_mut().unwrap();
        list.insert(0, json!({"kty": "AKP", "alg": "ML-DSA-65", "kid": "new", "pub": "AA"}));
        list.insert(0, json!({"kty": "RSA", "kid": "rsa-broken", "n": "?", "e": 3}));
        list.insert(0, json!("nonsense"));
    });
    signed_in_as(app.anonymous().go_through(EXAMPLE, &provider, &person("1", ADA)).await, ADA);
}

#[tokio::test]
async fn failing_token_endpoint_is_reported() {
    let (provider, app) = setup().await;
    for fault in [
        Fault::Status(500),
        Fault::Status(429),
        Fault::Redirect("https://evil.example/token".to_owned()),
        Fault::Body(b"access_token=a&id_token=b".to_vec()),
        Fault::Body(vec![b'x'; 10 << 20]),
    ] {
        provider.fail(Endpoint::Token, fault.clone());
        let response = app.anonymous().go_through(EXAMPLE, &provider, &person("1", ADA)).await;
        assert_eq!(response.status, 400, "{fault:?}: {}", response.text);
        response.assert_error(400, "PROVIDER_UNAVAILABLE");
    }
    provider.recover();
    provider.leave_claims_to_userinfo();
    for fault in [Fault::Status(500), Fault::Body(b"[]".to_vec()), Fault::Body(vec![b' '; 1 << 20])] {
        provider.fail(Endpoint::Userinfo, fault.clone());
        let response = app.anonymous().go_through(EXAMPLE, &provider, &person("1", ADA)).await;
        assert_eq!((response.status, users(&app)), (400, 0), "{fault:?}: {}", response.text);
    }
}

/// Takes as long as the timeout of requests, which the other provider has to keep too.
#[tokio::test]
async fn provider_that_hangs_delays_nobody_else() {
    let (slow, google) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let app = start_with(&[(EXAMPLE, &slow), (GOOGLE, &google)], |settings| {
        settings.http_client.provider_timeout = Duration::from_secs(2);
    })
    .await;
    app.create_user(EVE).await;
    slow.fail(Endpoint::Discovery, Fault::Hang);
    let waiting = {
        let browser = app.anonymous();
        tokio::spawn(async move { browser.begin_social_with(EXAMPLE, RETURN_TO).await.status })
    };
    slow.wait_for(Endpoint::Discovery).await;
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    app.anonymous().post("/auth/signin", &[("email", EVE), ("password", PASSWORD)]).await.ok();
    app.anonymous().get("/deployment").await.ok();
    // It ends with the timeout of requests, and says so.
    assert_eq!(waiting.await.unwrap(), 400);
}

#[tokio::test]
async fn provider_that_is_down_later_is_used_from_memory() {
    let (provider, app) = setup().await;
    signed_in_as(app.anonymous().go_through(EXAMPLE, &provider, &person("1", ADA)).await, ADA);
    provider.fail(Endpoint::Discovery, Fault::Status(503));
    provider.fail(Endpoint::Keys, Fault::Status(503));
    app.advance(DAY / 2);
    signed_in_as(app.anonymous().go_through(EXAMPLE, &provider, &person("1", ADA)).await, ADA);
    app.advance(DAY);
    app.anonymous().begin_social_with(EXAMPLE, RETURN_TO).await.assert_error(400, "PROVIDER_UNAVAILABLE");
}
