//! The redirects of a connection: what belongs to one session, connection and version is good for no other.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use serde_json::{Value, json};
use vestibule_core::identity_provider::ProviderKind;

use super::{NINA, OLGA, Setup, add_domain, create_connection, nina_with, signed_in_as};
use crate::harness::identity_provider::{CLIENT_ID, Endpoint, IdentityProvider, Part, RETURN_TO, TestKey, person};
use crate::harness::text;

#[tokio::test]
async fn state_is_good_once_in_its_browser_and_in_time() {
    let setup = Setup::start().await;
    let browser = setup.app.anonymous();
    let callback = setup.begin(&browser, &person("nina", NINA)).await;
    for other in [setup.app.anonymous(), setup.sign_admin_in().await] {
        other.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    }
    signed_in_as(browser.come_back(&callback).await, NINA);
    browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    let late = setup.begin(&browser, &person("nina", NINA)).await;
    setup.app.advance(Duration::from_secs(600));
    browser.come_back(&late).await.assert_error(400, "INVALID_STATE");
}

/// Mix-up (RFC 9700, 4.4): the page of the attacker's provider sends the victim on to the honest one, with the request that
/// the attacker has begun there and the state of the victim. With the code, the attacker would finish as the victim. Most
/// providers send no `iss`.
#[tokio::test]
async fn response_of_another_connection_is_refused() {
    let setup = Setup::start().await;
    let (eve, organization) = setup.app.create_organization("eve@evil.example").await;
    setup.app.verify_all_addresses();
    let path = format!("/organizations/{organization}");
    let evil = IdentityProvider::start_as(ProviderKind::GitLab).await;
    evil.attach(&setup.app);
    let domain = add_domain(&setup.app, &eve, &path, "evil.example").await;
    let connection = create_connection(&eve, &path, &evil, &json!({"domain_ids": [domain]})).await;
    let update = format!("{path}/enterprise-connections/{connection}/update");
    eve.post_json(&update, &json!({"enabled": true})).await.ok();

    let attacker = setup.app.anonymous();
    for accept in ["application/json", "text/html"] {
        let mut victim = setup.app.anonymous();
        let evil_url = victim.begin_sso(&connection).await;
        let state = evil.approve(&evil_url, &person("x", "x@evil.example")).get("state").to_owned();
        let honest = setup.begin(&attacker, &person("nina", NINA)).await.with("state", &state).without("iss");
        victim.headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let refused = victim.come_back(&honest).await;
        assert!(!refused.headers.contains_key(header::LOCATION), "it is not forwarded to a client either");
        assert_eq!(refused.status, 400, "{accept}: {}", refused.text);
    }
    assert_eq!((evil.requests(Endpoint::Token), setup.provider.requests(Endpoint::Token)), (0, 0));
    // A provider that claims to be another is not believed either.
    evil.set_claim("iss", json!(setup.provider.url()));
    let browser = setup.app.anonymous();
    browser.go_through_sso(&connection, &evil, &person("nina", NINA)).await.assert_error(400, "INVALID_IDENTITY");
    assert_eq!(setup.members(), [OLGA]);
}

/// A callback of social sign-in is none of a connection.
#[tokio::test]
async fn callback_paths_are_not_interchangeable() {
    let setup = Setup::start().await;
    let browser = setup.app.anonymous();
    let mut callback = setup.begin(&browser, &person("nina", NINA)).await;
    callback.path = "/auth/oauth2/callback".to_owned();
    browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    assert_eq!(setup.count("users"), 1);
}

/// Between the two redirects: the connection is changed, disabled, deleted; the organization and the user go.
#[tokio::test]
async fn what_changed_meanwhile_is_checked_again() {
    for what in ["secret", "client", "disabled", "deleted", "organization", "user", "domain", "jit"] {
        let setup = Setup::start().await;
        let known = what == "user";
        if known {
            let (_, response) = setup.sign_in(&person("nina", NINA)).await;
            signed_in_as(response, NINA);
        }
        let browser = setup.app.anonymous();
        let callback = setup.begin(&browser, &person("nina", NINA)).await;
        let update = async |fields: Value| {
            setup.update(&fields).await.ok();
        };
        match what {
            "secret" => update(json!({"oidc_client_secret": "other"})).await,
            "client" => update(json!({"oidc_client_id": "other"})).await,
            "disabled" => update(json!({"enabled": false})).await,
            "jit" => update(json!({"jit_enabled": false})).await,
            "deleted" => {
                setup.olga.post(&format!("{}/delete", setup.one()), &[]).await.ok();
            }
            "organization" => {
                setup.olga.post(&format!("{}/delete", setup.path), &[]).await;
            }
            "domain" => assert_eq!(setup.app.execute("UPDATE domains SET verified_at = NULL"), 1),
            _ => assert_eq!(setup.app.execute("UPDATE users SET disabled = 1"), 2),
        }
        let refused = browser.come_back(&callback).await;
        assert!([400, 403, 404].contains(&refused.status), "{what}: {}", refused.text);
        let code = text(&refused.body["errors"][0]["code"]);
        let expected: &[&str] = match what {
            "user" => &["USER_DISABLED"],
            "domain" => &["SSO_ADDRESS_NOT_ALLOWED"],
            "jit" => &["JIT_DISABLED"],
            "deleted" | "organization" => &["INVALID_STATE", "CONNECTION_NOT_AVAILABLE", "CONNECTION_NOT_FOUND"],
            _ => &["CONNECTION_NOT_AVAILABLE", "INVALID_STATE"],
        };
        assert!(expected.contains(&code.as_str()), "{what}: {code}");
        assert_eq!(browser.get("/session").await.ok()["active_signin"], Value::Null, "{what}");
        setup.app.drain().await;
    }
}

#[tokio::test]
async fn lying_tokens_are_refused_and_traced() {
    let setup = Setup::start().await;
    setup.provider.set_claim("nonce", json!("another"));
    let (browser, response) = setup.sign_in(&person("nina", NINA)).await;
    response.assert_error(400, "INVALID_IDENTITY");
    for (name, value) in [
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT_ID, "another"])),
        ("iss", json!("https://evil.example")),
        ("exp", json!(1)),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("sub", json!("")),
    ] {
        setup.provider.set_claim(name, value.clone());
        let response = browser.go_through_sso(&setup.connection, &setup.provider, &person("nina", NINA)).await;
        assert_eq!(response.status, 400, "{name} {value}: {}", response.text);
    }
    setup.provider.recover();
    for (signer, algorithm) in [(TestKey::Rsa, "none"), (TestKey::Rsa, "HS256"), (TestKey::SecondRsa, "RS256")] {
        setup.provider.sign_with(signer);
        setup.provider.change(Part::Header, move |header| {
            (header["alg"], header["kid"]) = (json!(algorithm), json!("rsa-1"));
        });
        let response = browser.go_through_sso(&setup.connection, &setup.provider, &person("nina", NINA)).await;
        assert_eq!(response.status, 400, "{algorithm}: {}", response.text);
    }
    assert_eq!((setup.count("users"), setup.count("identities")), (1, 0));
    assert_eq!(setup.count("connection_traces"), 10);
}

/// Keycloak's CVE-2026-3009 and others: a provider that is disabled signs nobody in, known or not.
#[tokio::test]
async fn disabled_connection_signs_nobody_in() {
    let setup = Setup::start().await;
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    setup.update(&json!({"enabled": false})).await.ok();
    let begun = setup.app.anonymous().begin_sso_with(&setup.connection, RETURN_TO).await;
    begun.assert_error(400, "CONNECTION_NOT_AVAILABLE");
}

/// What the directory sends is shown to admins and stored, so it is bounded.
#[tokio::test]
async fn huge_claims_are_bounded() {
    let setup = Setup::start().await;
    let groups: Vec<_> = (0..3000).map(|number| json!(format!("group {number}"))).collect();
    let (_, response) = setup.sign_in(&nina_with(&json!({"groups": groups, "padding": "x".repeat(10_000)}))).await;
    assert!([200, 400].contains(&response.status), "{}", response.text);
    let longest = setup.app.count("SELECT COALESCE(MAX(LENGTH(steps)), 0) FROM connection_traces");
    assert!(longest <= 16 * 1024, "{longest}");
    // The last fifty are kept.
    for _ in 0..55 {
        setup.app.advance(Duration::from_secs(1));
        setup.sign_in(&person("nina", NINA)).await;
    }
    assert_eq!(setup.count("connection_traces"), 50);
}
