//! From the address to the session.

use serde_json::{Value, json};

use super::{DOMAIN, NINA, OLGA, Setup, add_domain, nina_with, signed_in_as};
use crate::harness::identity_provider::{RETURN_TO, person};
use crate::harness::{TestClient, TestResponse, text};
use crate::session_tokens::claims;

#[tokio::test]
async fn colleague_gets_an_account_and_a_membership_and_finds_them_again() {
    let setup = Setup::start().await;
    let (browser, response) = setup.sign_in(&person("nina", NINA)).await;
    assert_eq!(response.body["data"]["redirect_uri"], RETURN_TO);
    let session = signed_in_as(response, NINA);
    let membership = &session["active_signin"]["active_organization_membership"];
    assert_eq!(membership["organization_id"], setup.organization.as_str());
    assert_eq!(setup.members(), [NINA, OLGA]);
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap();
    assert_eq!((&attempt["method"], &attempt["completed"]), (&json!("enterprise_sso"), &json!(true)));
    assert_eq!(claims(&setup.app, &browser).await["organization"], setup.organization.as_str());
    let me = browser.get("/me").await.ok();
    assert_eq!((&me["first_name"], &me["has_password"]), (&json!("nina"), &json!(false)));
    assert_eq!(me["user_email_addresses"][0]["verified"], true);

    let (_, again) = setup.sign_in(&person("nina", "renamed@acme.example")).await;
    assert_eq!(signed_in_as(again, NINA)["active_signin"]["user_id"], session["active_signin"]["user_id"]);
    assert_eq!((setup.count("users"), setup.count("identities"), setup.members().len()), (2, 1, 2));
    let (_, by_token) = setup.sign_in(&person("nina", "elsewhere@other.example")).await;
    signed_in_as(by_token, NINA);
}

#[tokio::test]
async fn existing_account_with_the_address_is_linked() {
    let setup = Setup::start().await;
    let id = text(&setup.olga.get("/me").await.ok()["id"]);
    let browser = setup.sign_admin_in().await;
    assert_eq!(browser.get("/me").await.ok()["id"], id.as_str());
    assert_eq!((setup.count("users"), setup.count("identities")), (1, 1));
    // She stays the admin.
    browser.get(&format!("{}/members", setup.path)).await.ok();
}

async fn identify(client: &TestClient, identifier: &str) -> TestResponse {
    client.post("/auth/identify", &[("identifier", identifier)]).await
}

/// What an identifier leads to depends on its domain and on nothing else.
#[tokio::test]
async fn identify_tells_the_domain_s_way_for_known_and_unknown_people_alike() {
    let setup = Setup::start().await;
    let comparable = |response: TestResponse, email: &str| {
        (response.status, response.statements, response.rows, response.text.replace(email, "X"))
    };
    let anonymous = setup.app.anonymous();
    let mut seen = Vec::new();
    for email in [OLGA, "nobody@acme.example", "NOBODY@ACME.EXAMPLE"] {
        let identified = identify(&anonymous, email).await;
        assert_eq!(identified.body["data"]["strategy"], "sso", "{}", identified.text);
        assert_eq!(identified.body["data"]["connection_id"], setup.connection.as_str());
        assert_eq!(identified.body["data"]["provider"], "oidc");
        seen.push(comparable(identified, email));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    let identifiers = ["olga@other.example", "olga@sub.acme.example", "olga@xacme.example", "olga", "acme.example"];
    for identifier in identifiers {
        assert_eq!(identify(&anonymous, identifier).await.ok()["strategy"], "password", "{identifier}");
    }
    // Not by a connection that is disabled.
    setup.update(&json!({"enabled": false})).await.ok();
    assert_eq!(identify(&anonymous, OLGA).await.ok()["strategy"], "password");
}

#[tokio::test]
async fn connection_serves_several_domains() {
    let setup = Setup::start().await;
    let second = add_domain(&setup.app, &setup.olga, &setup.path, "acme.test").await;
    let shown = setup.update(&json!({"domain_ids": [setup.domain, second]})).await.ok();
    let domains: Vec<_> = shown["domains"].as_array().unwrap().iter().map(|one| one["domain"].clone()).collect();
    assert_eq!(domains, [json!(DOMAIN), json!("acme.test")], "{shown}");
    for email in ["one@acme.example", "two@acme.test"] {
        let (_, response) = setup.sign_in(&person(email, email)).await;
        signed_in_as(response, email);
    }
}

#[tokio::test]
async fn address_can_come_from_another_claim_and_from_userinfo() {
    let setup = Setup::start().await;
    let mapping = json!({"email": "contact.mail", "first_name": "contact.first", "defaults": {"last_name": "Acme"}});
    setup.update(&json!({"attribute_mapping": mapping.to_string()})).await.ok();
    let nina = nina_with(&json!({
        "email": "wrong@evil.example", "family_name": null, "name": null,
        "contact": {"mail": NINA, "first": "Nina"},
    }));
    let (_, response) = setup.sign_in(&nina).await;
    let user = signed_in_as(response, NINA)["active_signin"]["user"].clone();
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Nina"), &json!("Acme")));

    setup.update(&json!({"attribute_mapping": "{}"})).await.ok();
    setup.provider.leave_claims_to_userinfo();
    let (_, response) = setup.sign_in(&person("kim", "kim@acme.example")).await;
    signed_in_as(response, "kim@acme.example");
}

#[tokio::test]
async fn redirect_uri_stays_at_allowed_origins() {
    let setup = Setup::start().await;
    let browser = setup.app.anonymous();
    for refused in
        ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http://vestibule.test@evil.example/"]
    {
        browser.begin_sso_with(&setup.connection, refused).await.assert_error(400, "INVALID_REDIRECT_URI");
    }
    for unknown in ["1", "9223372036854775807"] {
        browser.begin_sso_with(unknown, RETURN_TO).await.assert_error(404, "CONNECTION_NOT_FOUND");
    }
    assert_eq!(setup.count("authorization_requests"), 0);
}

#[tokio::test]
async fn saml_is_refused_in_words() {
    let setup = Setup::start().await;
    let anonymous = setup.app.anonymous();
    anonymous.get("/auth/sso/metadata").await.assert_error(400, "PROTOCOL_NOT_SUPPORTED");
    let posted = anonymous.post("/auth/sso/callback", &[("SAMLResponse", "PHg+"), ("RelayState", "x")]).await;
    posted.assert_error(400, "PROTOCOL_NOT_SUPPORTED");
    let fields = json!({"protocol": "saml", "idp_entity_id": "x", "idp_sso_url": "https://x.example", "name": "X"});
    setup.olga.post_json(&setup.connections(), &fields).await.assert_error(400, "PROTOCOL_NOT_SUPPORTED");
}

/// Each person of the organization has an own identity; the session of one is not the other's.
#[tokio::test]
async fn session_token_changes_with_the_sign_in() {
    let setup = Setup::start().await;
    let browser = setup.app.anonymous();
    let callback = setup.begin(&browser, &person("nina", NINA)).await;
    let planted = browser.cookie.lock().unwrap().clone();
    signed_in_as(browser.come_back(&callback).await, NINA);
    assert_ne!(*browser.cookie.lock().unwrap(), planted);
    let attacker = setup.app.client_with_cookie(planted);
    assert_eq!(attacker.get("/session").await.ok()["active_signin"], Value::Null);
}
