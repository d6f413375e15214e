//! Authenticator apps and backup codes: setting them up, replacing and removing them, and who may.

use std::time::Duration;

use serde_json::Value;
use vestibule_core::time::Clock;

use crate::harness::{AuthenticatorApp, HOUR, PASSWORD, TestApp, TestClient, TestResponse, text};

const ADA: &str = "ada@example.com";
const VERIFY: &str = "/me/authenticator/attempt-verification";

/// Starts to set up an authenticator.
async fn scan(client: &TestClient) -> AuthenticatorApp {
    AuthenticatorApp::scan(&client.post("/me/authenticator", &[]).await.ok())
}

/// Submits the codes of two periods, counted from now.
async fn verify(client: &TestClient, phone: &AuthenticatorApp, periods: [i64; 2]) -> TestResponse {
    let now = client.app.inner.clock.now();
    let [first, second] = periods.map(|period| phone.code_at(now, period));
    let fields = [("authenticator_id", phone.id.as_str()), ("codes[]", first.as_str()), ("codes[]", second.as_str())];
    client.post(VERIFY, &fields).await
}

async fn prove(client: &TestClient, code: &str) -> TestResponse {
    client.post("/me/reauthenticate", &[("strategy", "authenticator"), ("code", code)]).await
}

async fn me(client: &TestClient) -> Value {
    client.get("/me").await.ok()
}

/// Signs in with the password. Returns whether it was enough.
async fn signs_in_with_password(app: &TestApp) -> bool {
    let client = app.anonymous();
    let session = client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    !session["active_signin"].is_null()
}

fn in_arabic(code: &str) -> String {
    let digit = |c: char| char::from_u32(0x660 + c.to_digit(10).unwrap()).unwrap();
    let (first, second) = code.split_at(3);
    format!("{} {}", first.chars().map(digit).collect::<String>(), second.chars().map(digit).collect::<String>())
}

#[tokio::test]
async fn authenticator_is_in_use_after_two_codes_in_a_row() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let phone = scan(&ada).await;
    // Equal, swapped, with one between, too old, and of the future.
    for periods in [[0, 0], [0, -1], [-2, 0], [-3, -2], [1, 2]] {
        verify(&ada, &phone, periods).await.assert_error(400, "INVALID_AUTHENTICATOR_CODES");
    }
    assert_eq!(me(&ada).await["second_factor_policy"], "none");
    assert_eq!(app.count("SELECT COUNT(*) FROM authenticators"), 1);
    assert!(signs_in_with_password(&app).await);

    let now = app.inner.clock.now();
    let [first, second] = [-1, 0].map(|period| in_arabic(&phone.code_at(now, period)));
    let fields = [("authenticator_id", phone.id.as_str()), ("codes[]", first.as_str()), ("codes[]", second.as_str())];
    let verified = ada.post(VERIFY, &fields).await.ok();
    assert_eq!(verified["id"], phone.id.as_str());
    assert_eq!(verified["otp_url"], Value::Null);
    let account = me(&ada).await;
    assert_eq!(account["second_factor_policy"], "enforced");
    assert_eq!(account["user_authenticator"]["id"], phone.id.as_str());
    assert!(!signs_in_with_password(&app).await);

    // It cannot be verified again, and the codes that verified it cannot be used again.
    verify(&ada, &phone, [-1, 0]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    for period in [-1, 0] {
        prove(&ada, &phone.code_at(now, period)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    }
    // The code of the next period is valid already, once. The one after it is not yet.
    prove(&ada, &phone.code_at(now, 1)).await.ok();
    prove(&ada, &phone.code_at(now, 1)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    prove(&ada, &phone.code_at(now, 2)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
}

#[tokio::test]
async fn authenticator_is_set_up_within_an_hour_and_starting_again_replaces_it() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let (first, second) = (scan(&ada).await, scan(&ada).await);
    verify(&ada, &first, [-1, 0]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    app.advance(HOUR);
    ada.reauthenticate().await;
    verify(&ada, &second, [-1, 0]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    let third = scan(&ada).await;
    verify(&ada, &third, [-1, 0]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM authenticators"), 1);
}

#[tokio::test]
async fn another_persons_authenticator_is_not_found() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.create_user(ADA).await, app.create_user("ben@example.com").await);
    let started = scan(&ada).await;
    verify(&ben, &started, [-1, 0]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    let path = format!("/me/authenticator/{}/delete", started.id);
    ben.post(&path, &[]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    verify(&ada, &started, [-1, 0]).await.ok();
    ben.post(&path, &[]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
    assert_eq!(me(&ada).await["user_authenticator"]["id"], started.id.as_str());
    app.anonymous().post(&path, &[]).await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn new_phone_replaces_the_old_one_and_keeps_the_backup_codes() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let old = ada.add_authenticator().await;
    assert_eq!(ada.make_backup_codes().await.len(), 12);
    let new = scan(&ada).await;
    // Until it is verified, the old one is in use.
    prove(&ada, &ada.code_of(&old)).await.ok();
    verify(&ada, &new, [-1, 0]).await.ok();
    ada.wait_for_next_code();
    prove(&ada, &ada.code_of(&old)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    prove(&ada, &ada.code_of(&new)).await.ok();
    let account = me(&ada).await;
    assert_eq!(account["user_authenticator"]["id"], new.id.as_str());
    assert_eq!(account["backup_codes_left"], 12);
    let path = format!("/me/authenticator/{}/delete", old.id);
    ada.post(&path, &[]).await.assert_error(404, "AUTHENTICATOR_NOT_FOUND");
}

#[tokio::test]
async fn removal_deletes_backup_codes_and_resets_the_policy() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    ada.post("/me/backup-codes", &[]).await.assert_error(400, "SECOND_FACTOR_MISSING");
    let phone = ada.add_authenticator().await;
    ada.make_backup_codes().await;
    ada.post("/me/backup-codes", &[]).await.assert_error(400, "BACKUP_CODES_EXIST");
    ada.post(&format!("/me/authenticator/{}/delete", phone.id), &[]).await.ok();
    let account = me(&ada).await;
    assert_eq!(account["second_factor_policy"], "none");
    assert_eq!(account["user_authenticator"], Value::Null);
    assert_eq!(app.count("SELECT COUNT(*) FROM backup_codes"), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE second_factors <> 0"), 0);
    assert!(signs_in_with_password(&app).await);
}

#[tokio::test]
async fn changes_require_a_recent_proof_with_the_second_factor() {
    let max_age = Duration::from_mins(10);
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = max_age).await;
    let ada = app.create_user(ADA).await;
    app.advance(max_age);
    ada.post("/me/authenticator", &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    ada.reauthenticate().await;
    let phone = ada.add_authenticator().await;
    let delete = format!("/me/authenticator/{}/delete", phone.id);
    let calls: [(&str, &[(&str, &str)]); 5] = [
        ("/me/authenticator", &[]),
        (&delete, &[]),
        ("/me/backup-codes", &[]),
        ("/me/backup-codes/regenerate", &[]),
        ("/me", &[("second_factor_policy", "none")]),
    ];
    app.advance(max_age);
    // The password alone is not enough any more.
    ada.reauthenticate().await;
    let before = app.row_counts();
    for (path, fields) in calls {
        let refused = ada.post(path, fields).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
        assert!(refused["data"]["methods"].as_array().unwrap().contains(&"authenticator".into()), "{refused}");
    }
    assert_eq!(app.row_counts(), before);
    // The same policy changes nothing.
    ada.post("/me", &[("second_factor_policy", "enforced")]).await.ok();
    prove(&ada, &ada.code_of(&phone)).await.ok();
    ada.post(&delete, &[]).await.ok();
}

#[tokio::test]
async fn policy_says_whether_a_sign_in_asks_for_the_second_factor() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    ada.post("/me", &[("second_factor_policy", "enforced")]).await.assert_error(400, "SECOND_FACTOR_MISSING");
    ada.post("/me", &[("second_factor_policy", "optional")]).await.ok();
    ada.add_authenticator().await;
    for (policy, is_enough) in [("none", true), ("enforced", false), ("optional", true)] {
        let account = ada.post("/me", &[("second_factor_policy", policy)]).await.ok();
        assert_eq!(account["second_factor_policy"], policy);
        assert_eq!(signs_in_with_password(&app).await, is_enough, "{policy}");
    }
}

#[tokio::test]
async fn changes_end_other_sign_ins_if_the_user_says_so() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let other = app.anonymous();
    other.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let phone = scan(&ada).await;
    let now = app.inner.clock.now();
    let [first, second] = [-1, 0].map(|period| phone.code_at(now, period));
    let fields = [
        ("authenticator_id", phone.id.as_str()),
        ("codes[]", first.as_str()),
        ("codes[]", second.as_str()),
        ("sign_out_others", "true"),
    ];
    ada.post(VERIFY, &fields).await.ok();
    other.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(text(&me(&ada).await["user_authenticator"]["id"]), phone.id);
}
