//! Providers that others have written: what we send is what they expect, and what they send is what we read.

use serde_json::{Value, json};

use super::{EXAMPLE, addresses, identities, signed_in_as, users, waits_for_profile};
use crate::harness::provider_package::ProviderPackage;
use crate::harness::{TestApp, TestClient, allow_this_machine};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";

fn people() -> Value {
    json!([
        {"sub": "1", "username": "ada", "email": ADA, "email_verified": true, "given_name": "Ada", "family_name": "L"},
        {"sub": "2", "username": "bob", "email": BOB, "email_verified": true, "given_name": "Bob", "family_name": "B"},
    ])
}

async fn start(provider: &ProviderPackage) -> TestApp {
    let app = TestApp::with_settings(|settings| {
        allow_this_machine(settings);
        settings.social.providers = vec![provider.social_provider(EXAMPLE)];
    });
    let app = app.await;
    app.use_system_time();
    app
}

/// Begins in the service. `more` is added to the authorization URL, as if the person had chosen at the provider.
async fn begin(browser: &TestClient, more: &str) -> String {
    format!("{}{more}", browser.begin_social(EXAMPLE).await)
}

#[tokio::test]
async fn oidc_provider_of_npm_signs_in_with_each_algorithm() {
    for (algorithm, in_userinfo) in [("RS256", false), ("PS256", true), ("ES256", true), ("EdDSA", false)] {
        let settings = json!({"algorithm": algorithm, "claims_in_userinfo": in_userinfo});
        let provider = ProviderPackage::oidc_provider(&people(), &settings);
        let app = start(&provider).await;
        let browser = app.anonymous();
        let target = provider.browse(&begin(&browser, "&login_hint=ada%40example.org").await, &[]);
        assert!(target.contains("iss=http"), "{target}");
        let session = signed_in_as(browser.arrive(&target).await, ADA);
        assert_eq!(session["active_signin"]["user"]["first_name"], "Ada", "{algorithm}");
        browser.arrive(&target).await.assert_error(400, "INVALID_STATE");
        // The provider remembers the person, and asks nothing.
        let other = app.anonymous();
        let target = provider.browse(&begin(&other, "").await, &[]);
        signed_in_as(other.arrive(&target).await, ADA);
        assert_eq!((users(&app), identities(&app)), (1, 1), "{algorithm}");
        assert_eq!(addresses(&app), [(ADA.to_owned(), false)]);
    }
}

#[tokio::test]
async fn oidc_provider_of_npm_refuses_what_is_not_ours() {
    let provider = ProviderPackage::oidc_provider(&people(), &json!({}));
    let app = start(&provider).await;
    let browser = app.anonymous();
    let denied = provider.browse(&begin(&browser, "&login_hint=ada%3Fdeny").await, &[]);
    browser.arrive(&denied).await.assert_error(400, "PROVIDER_DENIED");
    // The code of another request: its challenge is another one.
    let first = provider.browse(&begin(&browser, "&login_hint=ada%40example.org").await, &[]);
    let second = provider.browse(&begin(&browser, "").await, &[]);
    let part = |target: &str, name: &str| {
        let (_, value) = target.split_once(&format!("{name}=")).unwrap();
        value.split('&').next().unwrap().to_owned()
    };
    let swapped = second.replace(&part(&second, "code"), &part(&first, "code"));
    browser.arrive(&swapped).await.assert_error(400, "INVALID_CODE");
    assert_eq!(users(&app), 0);
}

#[tokio::test]
async fn nanoidp_signs_in_with_claims_of_userinfo() {
    let provider = ProviderPackage::nanoidp(&people(), &json!({}));
    let app = start(&provider).await;
    for (login, email) in [("ada", ADA), ("bob", BOB), ("ada", ADA)] {
        let browser = app.anonymous();
        let more = format!("&login_hint=persona-auto-login%3A{login}");
        let target = provider.browse(&begin(&browser, &more).await, &[]);
        // It sends no `iss` over http, and announces none.
        assert!(!target.contains("iss="), "{target}");
        signed_in_as(browser.arrive(&target).await, email);
    }
    assert_eq!((users(&app), identities(&app)), (2, 2));
}

/// Its tokens have no `kid`, and a list as audience. Claims are as the test writes them.
#[tokio::test]
async fn mock_provider_sends_claims_of_any_type() {
    let people = json!([
        {"sub": "1", "email": ADA, "email_verified": true, "given_name": "Ada"},
        {"sub": "2", "email": BOB, "email_verified": "true", "given_name": ["Bob"], "groups": 7},
        {"sub": "3", "email": ["x@example.org"], "email_verified": {"value": true}},
    ]);
    let provider = ProviderPackage::mock(&people, &json!({}));
    let app = start(&provider).await;
    for (subject, email) in [("1", Some(ADA)), ("2", Some(BOB)), ("3", None)] {
        let browser = app.anonymous();
        let target = provider.browse(&begin(&browser, "").await, &[("sub", subject)]);
        let response = browser.arrive(&target).await;
        match email {
            Some(email) => drop(signed_in_as(response, email)),
            None => assert_eq!(waits_for_profile(response)["missing_fields"], json!(["email_address"])),
        }
    }
    // Its refusal has no state, so it belongs to no request.
    let browser = app.anonymous();
    let denied = provider.browse(&begin(&browser, "").await, &[("action", "deny")]);
    assert!(!denied.contains("state="), "{denied}");
    browser.arrive(&denied).await.assert_error(400, "INVALID_STATE");
    assert_eq!(users(&app), 2);
}
