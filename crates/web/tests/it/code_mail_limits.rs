//! Limits on the mails with codes, for each recipient and for each network of senders.

use vestibule_core::settings::Settings;

use crate::harness::{PASSWORD, TestApp, text};

const ADA: &str = "ada@example.com";

/// A limit of three mails to each recipient.
fn limit_recipients(settings: &mut Settings) {
    settings.passwords.attempts_per_account = 3;
}

#[tokio::test]
async fn limits_reset_codes_to_one_address_from_any_browser() {
    let app = TestApp::with_settings(limit_recipients).await;
    app.create_user(ADA).await;
    // An unknown address is limited in the same way, so that the limit reveals nothing.
    for email in [ADA, "nobody@example.com"] {
        for _ in 0..3 {
            app.anonymous().post("/auth/forgot-password", &[("email", email)]).await.ok();
        }
        let limited = app.anonymous().post("/auth/forgot-password", &[("email", email)]).await;
        assert!(limited.headers.contains_key("retry-after"));
        limited.assert_error(429, "TOO_MANY_REQUESTS");
    }
    assert!(app.mail_count(ADA) <= 3);
}

#[tokio::test]
async fn limits_reset_codes_to_many_addresses_from_one_network() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_address = 3).await;
    for number in 0..4 {
        let email = format!("person{number}@example.com");
        let response = app.anonymous().post("/auth/forgot-password", &[("email", &email)]).await;
        assert_eq!(response.status, if number < 3 { 200 } else { 429 }, "{email}");
    }
}

#[tokio::test]
async fn limits_sign_in_codes_to_one_address() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 6).await;
    app.create_user(ADA).await;
    let mut sent = 0;
    loop {
        let browser = app.anonymous();
        let fields = [("email", ADA), ("strategy", "email_otp")];
        let started = browser.post("/auth/signin", &fields).await;
        if started.status == 429 {
            break;
        }
        let attempt = text(&started.ok()["signin_attempts"][0]["id"]);
        let path = format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin");
        // Each attempt sends several mails.
        for _ in 0..3 {
            let prepared = browser.post(&path, &[]).await;
            if prepared.status == 429 {
                break;
            }
            prepared.ok();
            sent += 1;
        }
    }
    assert_eq!(sent, 6);
}

#[tokio::test]
async fn limits_verification_codes_to_one_address() {
    let app = TestApp::with_settings(limit_recipients).await;
    let ada = app.create_user(ADA).await;
    let address = text(&ada.get("/me/email-addresses").await.ok()[0]["id"]);
    let path = format!("/me/email-addresses/{address}/prepare-verification");
    for _ in 0..3 {
        ada.post(&path, &[]).await.ok();
    }
    ada.post(&path, &[]).await.assert_error(429, "TOO_MANY_REQUESTS");
    // The same address in a new session counts together.
    let second = app.anonymous();
    second.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    second.post(&path, &[]).await.assert_error(429, "TOO_MANY_REQUESTS");
}
