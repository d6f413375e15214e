//! People whose address no provider vouches for: they prove it here, or sign in to their account and connect it.

use serde_json::{Value, json};

use super::{ADA, EXAMPLE, addresses, identities, signed_in_as, start_with, users, waits_for_profile};
use crate::harness::identity_provider::{IdentityProvider, person, person_with};
use crate::harness::{HOUR, PASSWORD, TestApp, TestClient, TestResponse, text};
use crate::platform::PlatformClient;

const CARL: &str = "carl@example.com";

async fn setup() -> (IdentityProvider, TestApp) {
    let provider = IdentityProvider::start().await;
    let app = start_with(&[(EXAMPLE, &provider)], |settings| settings.verify_addresses = true).await;
    (provider, app)
}

/// Comes back from the provider with a pending profile. Returns the attempt.
async fn arrive(browser: &TestClient, provider: &IdentityProvider, person: &Value) -> Value {
    waits_for_profile(browser.go_through(EXAMPLE, provider, person).await)
}

async fn complete(browser: &TestClient, attempt: &Value, fields: &[(&str, &str)]) -> TestResponse {
    let path = format!("/auth/complete-profile?attempt_id={}", text(&attempt["id"]));
    let response = browser.post(&path, fields).await;
    let attempts = &response.body["data"]["signup_attempts"];
    if let Some(waiting) = attempts.as_array().and_then(|attempts| attempts.last()) {
        let (id, rest) = (text(&waiting["id"]), "strategy=email_otp&identifier_type=signup");
        browser.post(&format!("/auth/prepare-verification?attempt_identifier={id}&{rest}"), &[]).await.ok();
        browser.app.drain().await;
    }
    response
}

/// The attempt of a sign-up that waits for a code, in the response to a completed profile.
#[track_caller]
fn waits_for_code(response: TestResponse) -> String {
    let data = response.ok();
    let session = if data["session"].is_null() { &data } else { &data["session"] };
    assert_eq!(session["active_signin"], Value::Null, "{data}");
    let attempts = session["signup_attempts"].as_array().unwrap();
    text(&attempts.iter().rfind(|attempt| attempt["completed"] == false).unwrap()["id"])
}

async fn submit(browser: &TestClient, attempt: &str, code: &str) -> TestResponse {
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signup");
    browser.post(&path, &[("verification_code", code)]).await
}

#[tokio::test]
async fn proved_address_completes_the_account() {
    let (provider, app) = setup().await;
    let browser = app.anonymous();
    let attempt = arrive(&browser, &provider, &person("1", CARL)).await;
    assert_eq!((&attempt["email"], &attempt["missing_fields"]), (&json!(CARL), &json!([])));
    let data = &attempt["profile_completion_data"];
    assert_eq!((&data["first_name"], &data["last_name"]), (&json!("carl"), &json!("Test")));
    let waiting = waits_for_code(complete(&browser, &attempt, &[]).await);
    assert_eq!((users(&app), identities(&app)), (0, 0));
    submit(&browser, &waiting, "000000").await.assert_error(400, "INVALID_VERIFICATION_CODE");
    let session = submit(&browser, &waiting, &app.mailed_code(CARL)).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], CARL);
    assert_eq!(addresses(&app), [(CARL.to_owned(), true)]);
    signed_in_as(app.anonymous().go_through(EXAMPLE, &provider, &person("1", CARL)).await, CARL);
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

#[tokio::test]
async fn missing_address_is_asked_for() {
    let (provider, app) = setup().await;
    let browser = app.anonymous();
    let nobody = person_with("1", CARL, &json!({"email": null}));
    let attempt = arrive(&browser, &provider, &nobody).await;
    assert_eq!(attempt["missing_fields"], json!(["email_address"]));
    complete(&browser, &attempt, &[]).await.assert_error(400, "REQUIRED_FIELD");
    complete(&browser, &attempt, &[("email", "nonsense")]).await.assert_error(400, "INVALID_EMAIL");
    let waiting = waits_for_code(complete(&browser, &attempt, &[("email", CARL), ("first_name", "Carl")]).await);
    let session = submit(&browser, &waiting, &app.mailed_code(CARL)).await.ok();
    assert_eq!(session["active_signin"]["user"]["first_name"], "Carl");
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

/// Claims that are too long or of a wrong type count as missing.
#[tokio::test]
async fn unusable_addresses_count_as_missing() {
    let (provider, app) = setup().await;
    for email in [json!(1), json!(["a@example.com"]), json!(""), json!("no address"), json!("a".repeat(400))] {
        let person = person_with("1", CARL, &json!({"email": email}));
        let attempt = arrive(&app.anonymous(), &provider, &person).await;
        assert_eq!(attempt["missing_fields"], json!(["email_address"]), "{email}");
    }
}

/// Another address than the provider's: the code decides, as for each sign-up.
#[tokio::test]
async fn chosen_address_is_proved_too() {
    let (provider, app) = setup().await;
    let browser = app.anonymous();
    let attempt = arrive(&browser, &provider, &person("1", CARL)).await;
    let waiting = waits_for_code(complete(&browser, &attempt, &[("email", "other@example.com")]).await);
    submit(&browser, &waiting, &app.mailed_code("other@example.com")).await.ok();
    assert_eq!(addresses(&app), [("other@example.com".to_owned(), true)]);
}

/// The owner of the account gets a mail and no code to give away. The account stays as it is.
#[tokio::test]
async fn taken_address_is_reported_to_its_owner_alone() {
    let (provider, app) = setup().await;
    let owner = app.anonymous();
    let attempt = arrive(&owner, &provider, &person("owner", CARL)).await;
    let waiting = waits_for_code(complete(&owner, &attempt, &[]).await);
    submit(&owner, &waiting, &app.mailed_code(CARL)).await.ok();
    app.advance(HOUR);

    let stranger = app.anonymous();
    let attempt = arrive(&stranger, &provider, &person("stranger", CARL)).await;
    let before = app.mail_count(CARL);
    waits_for_code(complete(&stranger, &attempt, &[]).await);
    assert_eq!(app.mail_count(CARL), before + 1);
    let mail = app.mail(CARL);
    let is_code = |line: &str| line.trim().len() == 6 && line.trim().bytes().all(|byte| byte.is_ascii_digit());
    assert!(!mail.text.lines().any(is_code), "{}", mail.text);
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

#[tokio::test]
async fn profile_belongs_to_its_browser_and_is_good_once() {
    let (provider, app) = setup().await;
    let browser = app.anonymous();
    let attempt = arrive(&browser, &provider, &person("1", CARL)).await;
    let other = app.anonymous();
    arrive(&other, &provider, &person("2", ADA)).await;
    complete(&other, &attempt, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    complete(&app.anonymous(), &attempt, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    let waiting = waits_for_code(complete(&browser, &attempt, &[]).await);
    let code = app.mailed_code(CARL);
    submit(&other, &waiting, &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    submit(&browser, &waiting, &code).await.ok();
    complete(&browser, &attempt, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

#[tokio::test]
async fn profile_expires() {
    let (provider, app) = setup().await;
    let browser = app.anonymous();
    let attempt = arrive(&browser, &provider, &person("1", CARL)).await;
    app.advance(HOUR * 24);
    complete(&browser, &attempt, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    assert_eq!(browser.get("/session").await.ok()["signin_attempts"], json!([]));
}

/// People who have an account sign in as usual, in the same browser, and connect what waits.
#[tokio::test]
async fn pending_identity_is_connected_after_the_account_is_proved() {
    let (provider, app) = setup().await;
    let backend = PlatformClient::new(&app, "*").await;
    let fields = json!({"first_name": "Carl", "last_name": "Test", "email_address": CARL, "password": PASSWORD});
    backend.post("/users", &fields).await.ok();
    let owner = app.anonymous();
    owner.post("/auth/signin", &[("email", CARL), ("password", PASSWORD)]).await.ok();

    let browser = app.anonymous();
    let attempt = text(&arrive(&browser, &provider, &person("new", CARL)).await["id"]);
    let connect = format!("/me/social-connections/pending/{attempt}/connect");
    browser.post(&connect, &[]).await.assert_error(401, "UNAUTHORIZED");
    // Another account cannot take what waits in this browser.
    owner.post(&connect, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    browser.post("/auth/signin", &[("email", CARL), ("password", PASSWORD)]).await.ok();
    browser.post(&connect, &[]).await.ok();
    browser.post(&connect, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    assert_eq!((users(&app), identities(&app)), (1, 1));
    signed_in_as(app.anonymous().go_through(EXAMPLE, &provider, &person("new", "x@example.com")).await, CARL);
}

/// The operator has removed the provider, perhaps because its identities cannot be trusted.
#[tokio::test]
async fn pending_identity_of_a_removed_provider_is_not_connected() {
    let (provider, app) = setup().await;
    let backend = PlatformClient::new(&app, "*").await;
    let fields = json!({"first_name": "Carl", "last_name": "Test", "email_address": CARL, "password": PASSWORD});
    backend.post("/users", &fields).await.ok();
    let browser = app.anonymous();
    let attempt = text(&arrive(&browser, &provider, &person("new", CARL)).await["id"]);
    browser.post("/auth/signin", &[("email", CARL), ("password", PASSWORD)]).await.ok();
    let connect = format!("/me/social-connections/pending/{attempt}/connect");
    app.execute("UPDATE pending_identities SET provider = 'removed_oidc'");
    browser.post(&connect, &[]).await.assert_error(400, "PROVIDER_NOT_CONFIGURED");
    assert_eq!(identities(&app), 0);
    // It still waits, should the provider come back.
    app.execute(&format!("UPDATE pending_identities SET provider = '{EXAMPLE}'"));
    browser.post(&connect, &[]).await.ok();
    assert_eq!(identities(&app), 1);
}

/// Session fixation: the attacker has planted the session in which the victim comes back.
#[tokio::test]
async fn pending_identity_is_out_of_reach_for_a_copy_of_the_session() {
    let (provider, app) = setup().await;
    let victim = app.anonymous();
    let url = victim.begin_social(EXAMPLE).await;
    let copy = app.client_with_cookie(victim.cookie.lock().unwrap().clone());
    let attempt = waits_for_profile(victim.come_back(&provider.approve(&url, &person("1", CARL))).await);
    let taken = complete(&copy, &attempt, &[("email", "eve@example.com")]).await;
    taken.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    let waiting = waits_for_code(complete(&victim, &attempt, &[]).await);
    submit(&victim, &waiting, &app.mailed_code(CARL)).await.ok();
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

/// Two accounts of a provider in two tabs, one code: each profile makes its own account.
#[tokio::test]
async fn identity_that_was_linked_meanwhile_is_not_linked_twice() {
    let (provider, app) = setup().await;
    let (first, second) = (app.anonymous(), app.anonymous());
    let mut waiting = Vec::new();
    for (browser, email) in [(&first, "first@example.com"), (&second, "second@example.com")] {
        let attempt = arrive(browser, &provider, &person("1", email)).await;
        waiting.push(waits_for_code(complete(browser, &attempt, &[]).await));
    }
    submit(&first, &waiting[0], &app.mailed_code("first@example.com")).await.ok();
    // The mailbox is proved, so the account is created; the identity stays where it is.
    submit(&second, &waiting[1], &app.mailed_code("second@example.com")).await.ok();
    assert_eq!((users(&app), identities(&app)), (2, 1));
    let known = app.anonymous().go_through(EXAMPLE, &provider, &person("1", "first@example.com")).await;
    signed_in_as(known, "first@example.com");
}
