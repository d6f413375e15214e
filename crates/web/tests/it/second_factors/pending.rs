//! Sign-ins that wait for the second factor: how long, how many, and what ends them.

use std::time::Duration;

use serde_json::json;
use vestibule_core::cleanup::delete_expired;

use super::{
    ADA, APP, ENDED, EVE, Setup, assert_signed_in, setup, setup_with, start_by_mail, waiting, waiting_beside_others,
};
use crate::harness::{DAY, PASSWORD, SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, text};

const LIFETIME: Duration = Duration::from_mins(10);
const MOMENT: Duration = Duration::from_micros(1);

fn count(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM pending_sign_ins")
}

/// Signs in with the password in this browser. Returns the attempt.
async fn sign_in_at(browser: &TestClient, email: &str) -> String {
    let session = browser.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    text(&waiting_beside_others(&session)["id"])
}

#[tokio::test]
async fn second_factor_can_be_proved_for_ten_minutes() {
    let setup = setup().await;
    let (late, late_attempt) = setup.sign_in().await;
    let (browser, attempt) = setup.sign_in().await;
    setup.app.advance(LIFETIME.saturating_sub(MOMENT));
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    setup.ada.wait_for_next_code();
    late.attempt_second_factor(&late_attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    assert_eq!(late.get_and_check_cache("/session").await.ok()["signin_attempts"], json!([]));
}

/// The password, which the attacker knows, neither adds an attempt beside the first one nor revives it.
#[tokio::test]
async fn first_factor_that_is_proved_again_replaces_the_attempt() {
    let setup = setup().await;
    let (browser, first) = setup.sign_in().await;
    setup.app.advance(Duration::from_mins(1));
    let second = sign_in_at(&browser, ADA).await;
    assert_ne!(first, second);
    assert_eq!(count(&setup.app), 1);
    browser.attempt_second_factor(&first, APP, &setup.code(0)).await.assert_error(400, ENDED);
    setup.app.advance(LIFETIME.saturating_sub(Duration::from_secs(1)));
    assert_signed_in(&browser.attempt_second_factor(&second, APP, &setup.code(0)).await.ok());
    // Who is signed in cannot sign in again, with one factor or two.
    let again = [("email", ADA), ("password", PASSWORD)];
    browser.post("/auth/signin", &again).await.assert_error(400, "USER_ALREADY_SIGNED_IN");
    assert_eq!(count(&setup.app), 0);
}

/// The regression: session fixation. An attacker who has planted the cookie completes the sign-in.
#[tokio::test]
async fn cookie_from_before_the_first_factor_cannot_complete_the_sign_in() {
    let setup = setup().await;
    let browser = setup.app.anonymous();
    start_by_mail(&browser, "email_otp").await;
    let planted = setup.app.client_with_cookie(browser.cookie.lock().unwrap().clone());
    let attempt = sign_in_at(&browser, ADA).await;
    planted.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    let half = setup.app.client_with_cookie(browser.cookie.lock().unwrap().clone());
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    for stale in [&planted, &half] {
        stale.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
}

/// The next person at the browser cannot go on with what the last one began.
#[tokio::test]
async fn signing_out_of_the_browser_ends_what_waits_in_it() {
    let setup = setup().await;
    let browser = setup.app.create_user(EVE).await;
    let attempt = sign_in_at(&browser, ADA).await;
    let (other, other_attempt) = setup.sign_in().await;
    browser.post("/session/sign-out", &[]).await.ok();
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    let session = browser.get_and_check_cache("/session").await.ok();
    assert_eq!((&session["signin_attempts"], &session["signins"]), (&json!([]), &json!([])));
    assert_eq!(count(&setup.app), 1, "that of the other browser");
    // Also in a browser without a signed-in user.
    other.post("/session/sign-out", &[]).await.ok();
    other.attempt_second_factor(&other_attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    assert_eq!(count(&setup.app), 0);
}

#[tokio::test]
async fn signing_out_one_user_leaves_what_waits_for_another() {
    let setup = setup().await;
    let browser = setup.app.create_user(EVE).await;
    let attempt = sign_in_at(&browser, ADA).await;
    let own = text(&browser.get("/session").await.ok()["active_signin_id"]);
    browser.post("/session/sign-out", &[("sign_in_id", &own)]).await.ok();
    waiting(&browser.get_and_check_cache("/session").await.ok());
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok());
}

/// The regression: rows without bound, from one browser.
#[tokio::test]
async fn sixth_user_of_a_browser_ends_the_oldest_attempt() {
    let app = TestApp::start().await;
    let browser = app.anonymous();
    let mut waits = Vec::new();
    for number in 0..6 {
        let email = format!("user{number}@example.com");
        // The clock goes on to the next code.
        let authenticator = app.create_user(&email).await.add_authenticator().await;
        waits.push((sign_in_at(&browser, &email).await, authenticator));
    }
    let ids = async || -> Vec<String> {
        let session = browser.get_and_check_cache("/session").await.ok();
        session["signin_attempts"].as_array().unwrap().iter().map(|attempt| text(&attempt["id"])).collect()
    };
    let expected: Vec<_> = waits.iter().skip(1).map(|(attempt, _)| attempt.clone()).collect();
    assert_eq!(ids().await, expected);
    assert_eq!(count(&app), 5);
    let (attempt, authenticator) = &waits[0];
    let code = browser.code_of(authenticator);
    browser.attempt_second_factor(attempt, APP, &code).await.assert_error(400, ENDED);
    // Proving the first factor of a waiting user again ends no other one.
    let again = sign_in_at(&browser, "user3@example.com").await;
    assert_eq!(count(&app), 5);
    let (attempt, authenticator) = &waits[1];
    let code = browser.code_of(authenticator);
    let session = browser.attempt_second_factor(attempt, APP, &code).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], "user1@example.com");
    assert_eq!(ids().await, [&waits[2].0, &waits[4].0, &waits[5].0, &again].map(String::clone));
}

async fn passkey_setup() -> (Setup, SoftwareAuthenticator) {
    let setup = setup_with(allow_passkeys).await;
    let passkey = SoftwareAuthenticator::new(1);
    setup.ada.add_passkey(&passkey).await;
    (setup, passkey)
}

#[tokio::test]
async fn passkey_completes_the_sign_in_that_waits_and_no_other() {
    let (setup, passkey) = passkey_setup().await;
    let eve = setup.app.create_user(EVE).await;
    let of_eve = eve.add_authenticator().await;
    let (browser, attempt) = setup.sign_in().await;
    let (_other, _) = setup.sign_in().await;
    let for_eve = sign_in_at(&browser, EVE).await;
    assert_signed_in(&browser.sign_in_with_passkey(&passkey).await);
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    assert_eq!(count(&setup.app), 2, "Eve's, and Ada's in the other browser");
    let session = browser.attempt_second_factor(&for_eve, APP, &browser.code_of(&of_eve)).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], EVE);
}

#[tokio::test]
async fn expired_rows_are_deleted_an_hour_later() {
    let (setup, _) = passkey_setup().await;
    setup.app.advance(DAY);
    delete_expired(&setup.app.inner.service).await.unwrap();
    let (browser, _) = setup.sign_in().await;
    browser.post("/auth/passkey/login/begin", &[]).await.ok();
    let counts = async || {
        delete_expired(&setup.app.inner.service).await.unwrap();
        (count(&setup.app), setup.app.count("SELECT COUNT(*) FROM passkey_challenges"))
    };
    // A challenge ends after five minutes, a sign-in that waits after ten.
    setup.app.advance(Duration::from_mins(64));
    assert_eq!(counts().await, (1, 1));
    setup.app.advance(Duration::from_mins(5));
    assert_eq!(counts().await, (1, 0));
    setup.app.advance(Duration::from_mins(5));
    assert_eq!(counts().await, (0, 0));
}

#[tokio::test]
async fn deleted_account_takes_its_factors_and_what_waits_along() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    let (half, attempt) = setup.sign_in().await;
    setup.ada.post("/me/account/delete", &[("password", PASSWORD)]).await.ok();
    for table in ["pending_sign_ins", "authenticators", "backup_codes"] {
        assert_eq!(setup.app.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    half.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
}
