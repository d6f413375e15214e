//! From the button to the session.

use serde_json::{Value, json};

use super::{ADA, EVE, GOOGLE, addresses, identities, signed_in_as, start, user_id, users};
use crate::harness::factors::sign_in_with_code;
use crate::harness::identity_provider::{Endpoint, IdentityProvider, RETURN_TO, person, person_with};
use crate::harness::text;
use crate::session_tokens::claims;

#[tokio::test]
async fn first_sign_in_creates_an_account_and_the_next_one_finds_it() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let browser = app.anonymous();
    let response = browser.go_through(GOOGLE, &google, &person("1", ADA)).await;
    assert_eq!(response.body["data"]["redirect_uri"], RETURN_TO);
    let first = signed_in_as(response, ADA);
    assert_eq!(addresses(&app), [(ADA.to_owned(), true)]);
    let me = browser.get("/me").await.ok();
    assert_eq!((&me["first_name"], &me["last_name"]), (&json!("ada"), &json!("Test")));
    assert_eq!((&me["has_password"], &me["disabled"]), (&json!(false), &json!(false)));
    let connection = &me["social_connections"][0];
    assert_eq!((&connection["provider"], &connection["email_address"]), (&json!(GOOGLE), &json!(ADA)));
    assert!(!connection.to_string().contains("token"), "{connection}");

    let other = app.anonymous();
    let second = signed_in_as(other.go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    assert_eq!(user_id(&first), user_id(&second));
    assert_eq!((users(&app), identities(&app)), (1, 1));
    // One of the provider's factors counts as one of ours.
    assert_eq!(claims(&app, &other).await["acr"], "one_factor");
    // The document and the keys were loaded once, for both.
    assert_eq!((google.requests(Endpoint::Discovery), google.requests(Endpoint::Keys)), (1, 1));
    assert_eq!(google.last_token_request()["redirect_uri"], "http://vestibule.test/auth/oauth2/callback");
}

#[tokio::test]
async fn attempt_names_provider_and_strategy() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let session = signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap();
    let shown = (&attempt["method"], &attempt["sso_provider"], &attempt["completed"]);
    assert_eq!(shown, (&json!("sso"), &json!(GOOGLE), &json!(true)));
}

/// An attacker who has placed a session cookie in the victim's browser does not share the victim's sign-in.
#[tokio::test]
async fn session_token_changes_with_the_sign_in() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let victim = app.anonymous();
    let url = victim.begin_social(GOOGLE).await;
    let planted = victim.cookie.lock().unwrap().clone();
    assert!(planted.is_some());
    signed_in_as(victim.come_back(&google.approve(&url, &person("1", ADA))).await, ADA);
    assert_ne!(*victim.cookie.lock().unwrap(), planted);
    let attacker = app.client_with_cookie(planted);
    attacker.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(attacker.get("/session").await.ok()["active_signin"], Value::Null);
}

#[tokio::test]
async fn second_account_joins_the_session() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let browser = app.anonymous();
    signed_in_as(browser.go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    let session = signed_in_as(browser.go_through(GOOGLE, &google, &person("2", EVE)).await, EVE);
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
}

/// What the provider says about its own second factor does not replace ours.
#[tokio::test]
async fn enforced_second_factor_is_asked_for() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let ada = app.anonymous();
    let multi_factor = person_with("1", ADA, &json!({"amr": ["pwd", "mfa"], "acr": "urn:example:mfa"}));
    signed_in_as(ada.go_through(GOOGLE, &google, &multi_factor).await, ADA);
    let authenticator = ada.add_authenticator().await;
    let browser = app.anonymous();
    let session = browser.go_through(GOOGLE, &google, &multi_factor).await.ok()["session"].clone();
    assert_eq!(session["active_signin"], Value::Null);
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap();
    assert_eq!(attempt["current_step"], "verify_second_factor");
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let code = browser.code_of(&authenticator);
    let attempt = text(&attempt["id"]);
    let session = browser.attempt_second_factor(&attempt, "authenticator", &code).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
}

#[tokio::test]
async fn disabled_user_is_not_signed_in() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    let browser = app.anonymous();
    let url = browser.begin_social(GOOGLE).await;
    let callback = google.approve(&url, &person("1", ADA));
    // Between the two redirects.
    app.execute("UPDATE users SET disabled = 1");
    browser.come_back(&callback).await.assert_error(403, "USER_DISABLED");
    assert_eq!(browser.get("/session").await.ok()["active_signin"], Value::Null);
}

#[tokio::test]
async fn deployment_lists_the_providers() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let deployment = app.anonymous().get("/deployment").await.ok();
    let listed: Vec<_> = deployment["social_connections"].as_array().unwrap().iter().collect();
    assert_eq!(listed.len(), 1, "{deployment}");
    assert_eq!((&listed[0]["provider"], &listed[0]["enabled"]), (&json!(GOOGLE), &json!(true)));
    // Neither the secret, which every response is searched for, nor the client.
    assert!(!deployment.to_string().contains("client"), "{deployment}");
}

#[tokio::test]
async fn unknown_and_unconfigured_providers_are_refused() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let browser = app.anonymous();
    for id in ["github_oauth", "x_oauth", "facebook_oauth", "acme_oidc", "google", "Google_OAuth", "../google_oauth"] {
        browser.begin_social_with(id, RETURN_TO).await.assert_error(400, "PROVIDER_NOT_CONFIGURED");
    }
    browser.post("/auth/oauth2/init", &[]).await.assert_error(400, "PROVIDER_REQUIRED");
    assert_eq!(app.count("SELECT COUNT(*) FROM authorization_requests"), 0);
}

#[tokio::test]
async fn password_of_an_account_stays_a_way_in() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    let authenticator = ada.add_authenticator().await;
    sign_in_with_code(&app, ADA, &authenticator).await.get("/me").await.ok();
}
