//! Email verification, sign-in by mailed code or magic link, password reset, and account enumeration.

use std::time::Duration;

use serde_json::Value;
use vestibule_core::cleanup;

use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
const OTHER: &str = "another-sesame-43";

/// Creates a user with a verified address.
async fn create_verified_user(app: &TestApp, email: &str) -> TestClient {
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, email, "").await
}

/// Starts a sign-in by mail and requests the mail. Returns the attempt's id.
async fn start_sign_in(browser: &TestClient, email: &str, strategy: &str) -> String {
    let session = browser.post("/auth/signin", &[("email", email), ("strategy", strategy)]).await.ok();
    let attempt = text(&session["signin_attempts"][0]["id"]);
    assert_eq!(session["active_signin"], Value::Null);
    prepare(browser, &attempt, "signin").await.ok();
    attempt
}

async fn prepare(browser: &TestClient, attempt: &str, kind: &str) -> TestResponse {
    browser.post(&format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type={kind}"), &[]).await
}

async fn submit_code(browser: &TestClient, attempt: &str, kind: &str, code: &str) -> TestResponse {
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type={kind}");
    browser.post(&path, &[("verification_code", code)]).await
}

/// Returns a code that differs from this one.
fn wrong_code(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Returns the magic link token in the newest mail to this address.
fn mailed_link_token(app: &TestApp, email: &str) -> String {
    let mail = app.mail(email);
    let token = mail.text.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.inner.secret_scan.add_secret(&token);
    token
}

#[tokio::test]
async fn mailed_code_signs_in_once() {
    let app = TestApp::start().await;
    create_verified_user(&app, ADA).await;
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    let session = browser.get_and_check_cache("/session").await.ok();
    assert_eq!(session["signin_attempts"][0]["current_step"], "verify_email_otp");
    submit_code(&browser, &id, "signin", &wrong_code(&code)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    submit_code(&browser, &id, "signin", "nonsense").await.assert_error(400, "INVALID_VERIFICATION_CODE");
    submit_code(&app.anonymous(), &id, "signin", &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    submit_code(&browser, &id, "signup", &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    let typed = format!(" {}-{} ", &code[..3], &code[3..]);
    let session = submit_code(&browser, &id, "signin", &typed).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    assert_eq!(session["signin_attempts"][0]["completed"], true);
    assert_eq!(browser.get_and_check_cache("/session").await.ok()["signin_attempts"].as_array().unwrap().len(), 0);
    submit_code(&browser, &id, "signin", &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    browser.get("/me").await.ok();
}

#[tokio::test]
async fn limits_wrong_codes_per_attempt_and_per_account() {
    let app = TestApp::start().await;
    create_verified_user(&app, ADA).await;
    for _ in 0..2 {
        let browser = app.anonymous();
        let id = start_sign_in(&browser, ADA, "email_otp").await;
        let code = app.mailed_code(ADA);
        for _ in 0..5 {
            submit_code(&browser, &id, "signin", &wrong_code(&code))
                .await
                .assert_error(400, "INVALID_VERIFICATION_CODE");
        }
    }
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    submit_code(&browser, &id, "signin", &code).await.assert_error(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_mins(16));
    let id = start_sign_in(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    for _ in 0..5 {
        submit_code(&browser, &id, "signin", &wrong_code(&code)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    }
    submit_code(&browser, &id, "signin", &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
}

#[tokio::test]
async fn code_expires_after_five_minutes_or_next_code() {
    let app = TestApp::start().await;
    create_verified_user(&app, ADA).await;
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "email_otp").await;
    let first = app.mailed_code(ADA);
    prepare(&browser, &id, "signin").await.ok();
    let second = app.mailed_code(ADA);
    submit_code(&browser, &id, "signin", &first).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    app.advance(Duration::from_mins(5));
    submit_code(&browser, &id, "signin", &second).await.assert_error(400, "VERIFICATION_CODE_EXPIRED");
    prepare(&browser, &id, "signin").await.ok();
    let third = app.mailed_code(ADA);
    prepare(&browser, &id, "signin").await.assert_error(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_secs(299));
    submit_code(&browser, &id, "signin", &third).await.ok();
}

/// Every call gives the same response for an address with an account and for one without.
#[tokio::test]
async fn does_not_reveal_account_existence() {
    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let (_, organization) = {
        // The owner signs up in the same way as any user.
        let owner = app.anonymous();
        let id = sign_up(&owner, "owner@example.com").await;
        submit_code(&owner, &id, "signup", &app.mailed_code("owner@example.com")).await.ok();
        let created = owner.post("/organizations", &[("name", "Acme")]).await.ok();
        (owner, text(&created["organization"]["id"]))
    };
    let comparable = |response: TestResponse| {
        let statements = response.statements;
        let text = response.text.replace("owner@example.com", "X").replace(EVE, "X");
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        (response.status, statements, text.chars().map(digits).collect::<String>())
    };
    let mut seen = Vec::new();
    for email in ["owner@example.com", EVE] {
        let mut responses = Vec::new();
        let browser = app.anonymous();
        let started = browser.post("/auth/signin", &[("email", email), ("strategy", "email_otp")]).await;
        let id = text(&started.body["data"]["signin_attempts"][0]["id"]);
        responses.push(comparable(started));
        responses.push(comparable(prepare(&browser, &id, "signin").await));
        // A malformed code, so that no code matches by chance.
        responses.push(comparable(submit_code(&browser, &id, "signin", "nonsense").await));
        responses.push(comparable(browser.post("/auth/forgot-password", &[("email", email)]).await));
        let forgotten = [("email", email), ("otp", "nonsense")];
        responses.push(comparable(browser.post("/auth/forgot-password", &forgotten).await));
        let signed_up = app.anonymous();
        responses.push(comparable(signed_up.post("/auth/signup", &[("email", email), ("password", PASSWORD)]).await));
        responses.push(comparable(browser.post("/auth/identify", &[("identifier", email)]).await));
        let path = format!("/auth/identifier-availability?type=email&identifier={email}");
        responses.push(comparable(browser.get(&path).await));
        seen.push(responses);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(app.mail_count(EVE), 0, "an address without an account gets no mail");
    assert_eq!(app.mail_count("owner@example.com"), 3, "the sign-up code, and the two requested codes");
    assert!(!organization.is_empty());
}

#[tokio::test]
async fn setting_reveals_account_existence() {
    let app = TestApp::with_settings(|settings| settings.reveal_account_existence = true).await;
    app.create_user(ADA).await;
    let check = async |kind: &str, identifier: &str| {
        let path = format!("/auth/identifier-availability?type={kind}&identifier={identifier}");
        app.anonymous().get(&path).await
    };
    assert_eq!(check("email", "ADA@example.com").await.ok()["exists"], true);
    assert_eq!(check("email", EVE).await.ok()["exists"], false);
    assert_eq!(check("username", "ada").await.ok()["exists"], false);
    check("phone", "1").await.assert_error(400, "INVALID_FIELD");
}

#[tokio::test]
async fn magic_link_signs_in_requesting_browser_only() {
    let app = TestApp::start().await;
    create_verified_user(&app, ADA).await;
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "magic_link").await;
    let token = mailed_link_token(&app, ADA);
    let path = format!("/auth/verify-magic-link?token={token}&attempt={id}");
    // A mail scanner has no session cookie.
    for _ in 0..3 {
        app.anonymous().get(&path).await.assert_error(400, "INVALID_MAGIC_LINK");
    }
    browser
        .get(&format!("/auth/verify-magic-link?token={token}&attempt=7"))
        .await
        .assert_error(400, "INVALID_MAGIC_LINK");
    let other = start_sign_in(&app.anonymous(), ADA, "magic_link").await;
    assert_ne!(other, id);
    let session = browser.get(&path).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    browser.get(&path).await.assert_error(400, "INVALID_MAGIC_LINK");

    // When the mail is read on another device, its code works in the requesting browser.
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "magic_link").await;
    submit_code(&browser, &id, "signin", &app.mailed_code(ADA)).await.ok();

    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "magic_link").await;
    let expired = format!("/auth/verify-magic-link?token={}&attempt={id}", mailed_link_token(&app, ADA));
    app.advance(Duration::from_mins(5));
    browser.get(&expired).await.assert_error(400, "INVALID_MAGIC_LINK");
    let other_session = "https%3A%2F%2Fevil.example";
    let path = format!(
        "/auth/prepare-verification?attempt_identifier={id}&identifier_type=signin&redirect_uri={other_session}"
    );
    browser.post(&path, &[]).await.assert_error(400, "INVALID_FIELD");
}

async fn sign_up(browser: &TestClient, email: &str) -> String {
    let fields = [("email", email), ("password", PASSWORD), ("first_name", "New"), ("username", "")];
    let session = browser.post("/auth/signup", &fields).await.ok();
    assert_eq!(session["active_signin"], Value::Null);
    let attempt = &session["signup_attempts"][0];
    assert_eq!((&attempt["current_step"], &attempt["email"]), (&"verify_email".into(), &email.into()));
    let id = text(&attempt["id"]);
    prepare(browser, &id, "signup").await.ok();
    id
}

#[tokio::test]
async fn sign_up_requires_verified_address_when_configured() {
    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let browser = app.anonymous();
    let id = sign_up(&browser, ADA).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 0);
    let code = app.mailed_code(ADA);
    let link = format!("/auth/prepare-verification?attempt_identifier={id}&strategy=magic_link");
    browser.post(&link, &[]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    let session = submit_code(&browser, &id, "signup", &code).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["verified"], true);
    app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();

    // A second sign-up with the address reveals nothing and notifies the owner.
    let eve = app.anonymous();
    let id = sign_up(&eve, ADA).await;
    let notice = app.mail(ADA);
    assert!(
        notice.subject.contains("account") && notice.text.contains("http://vestibule.test/sign-in"),
        "{}",
        notice.text
    );
    submit_code(&eve, &id, "signup", "000000").await.assert_error(400, "INVALID_VERIFICATION_CODE");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn username_is_unique_across_pending_sign_ups() {
    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let browser = app.anonymous();
    let fields = [("email", ADA), ("password", PASSWORD), ("username", "ada.l")];
    let session = browser.post("/auth/signup", &fields).await.ok();
    let id = text(&session["signup_attempts"][0]["id"]);
    prepare(&browser, &id, "signup").await.ok();
    let eve = app.anonymous();
    let same = [("email", EVE), ("password", PASSWORD), ("username", "ADA.L")];
    let session = eve.post("/auth/signup", &same).await.ok();
    let second = text(&session["signup_attempts"][0]["id"]);
    prepare(&eve, &second, "signup").await.ok();
    submit_code(&browser, &id, "signup", &app.mailed_code(ADA)).await.ok();
    submit_code(&eve, &second, "signup", &app.mailed_code(EVE)).await.assert_error(400, "USERNAME_EXISTS");
    eve.post("/auth/signup", &same).await.assert_error(400, "USERNAME_EXISTS");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn first_of_two_verifications_gets_account() {
    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let (one, two) = (app.anonymous(), app.anonymous());
    let first = sign_up(&one, ADA).await;
    let first_code = app.mailed_code(ADA);
    let second = sign_up(&two, ADA).await;
    let second_code = app.mailed_code(ADA);
    submit_code(&one, &first, "signup", &first_code).await.ok();
    submit_code(&two, &second, "signup", &second_code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn password_reset_ends_other_sessions() {
    let app = TestApp::start().await;
    let other_session = create_verified_user(&app, ADA).await;
    let browser = app.anonymous();
    browser.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    let code = app.mailed_code(ADA);
    let with_code = [("email", ADA), ("otp", code.as_str())];
    app.anonymous().post("/auth/forgot-password", &with_code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    let token = text(&browser.post("/auth/forgot-password", &with_code).await.ok()["token"]);
    browser.post("/auth/forgot-password", &with_code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    let reset = [("token", token.as_str()), ("password", OTHER)];
    app.anonymous().post("/auth/reset-password", &reset).await.assert_error(400, "INVALID_RESET_TOKEN");
    let short = [("token", token.as_str()), ("password", "short")];
    browser.post("/auth/reset-password", &short).await.assert_error(400, "INVALID_PASSWORD");
    let session = browser.post("/auth/reset-password", &reset).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    other_session.get("/me").await.assert_error(401, "UNAUTHORIZED");
    browser.post("/auth/reset-password", &reset).await.assert_error(400, "INVALID_RESET_TOKEN");
    app.anonymous()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD)])
        .await
        .assert_error(401, "INVALID_CREDENTIALS");
    app.anonymous().post("/auth/signin", &[("email", ADA), ("password", OTHER)]).await.ok();
}

/// An attacker who signs up with a victim's address loses the account, once the victim verifies the address.
#[tokio::test]
async fn verifying_address_evicts_unverified_account_creator() {
    let app = TestApp::start().await;
    let eve = app.create_user(ADA).await;
    eve.post("/me/email-addresses", &[("email", EVE)]).await.ok();
    let ada = app.anonymous();
    let id = start_sign_in(&ada, ADA, "email_otp").await;
    submit_code(&ada, &id, "signin", &app.mailed_code(ADA)).await.ok();
    eve.get("/me").await.assert_error(401, "UNAUTHORIZED");
    app.anonymous()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD)])
        .await
        .assert_error(401, "INVALID_CREDENTIALS");
    let me = ada.get("/me").await.ok();
    assert_eq!((&me["has_password"], &me["primary_email_address"]["verified"]), (&false.into(), &true.into()));
    assert_eq!(
        ada.get("/me/email-addresses").await.ok().as_array().unwrap().len(),
        1,
        "the attacker's other address is removed"
    );
}

/// An account with a verified address cannot be accessed through another, unverified one.
#[tokio::test]
async fn unverified_address_cannot_sign_in_to_verified_account() {
    let app = TestApp::start().await;
    let eve = create_verified_user(&app, EVE).await;
    eve.post("/me/email-addresses", &[("email", ADA)]).await.ok();
    let ada = app.anonymous();
    let id = start_sign_in(&ada, ADA, "email_otp").await;
    assert_eq!(app.mail_count(ADA), 0);
    submit_code(&ada, &id, "signin", "123456").await.assert_error(400, "INVALID_VERIFICATION_CODE");
    ada.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    assert_eq!(app.mail_count(ADA), 0);
}

#[tokio::test]
async fn verifies_own_address_by_code() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let added = ada.post("/me/email-addresses", &[("email", "Ada.L@work.example")]).await.ok();
    let path = format!("/me/email-addresses/{}", text(&added["id"]));
    let submit =
        async |code: &str| ada.post(&format!("{path}/attempt-verification"), &[("verification_code", code)]).await;
    submit("123456").await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    ada.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code("ada.l@work.example");
    submit(&wrong_code(&code)).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    ada.post(&format!("{path}/attempt-verification"), &[]).await.assert_error(400, "REQUIRED_FIELD");
    // Older clients send the code in the query.
    ada.post(&format!("{path}/attempt-verification?code={code}"), &[]).await.ok();
    assert_eq!(ada.get(&path).await.ok()["verified"], true);
    ada.post(&format!("{path}/prepare-verification"), &[]).await.assert_error(400, "EMAIL_ALREADY_VERIFIED");
    ada.post(&format!("{path}/make-primary"), &[]).await.ok();
    assert!(app.mail("ada.l@work.example").to.as_str() == "Ada.L@work.example", "mail goes to the exact spelling");
}

#[tokio::test]
async fn signs_in_by_mail_without_password() {
    let app = TestApp::start().await;
    let ada = create_verified_user(&app, ADA).await;
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    assert_eq!(ada.get("/me").await.ok()["has_password"], false);
    app.anonymous()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD)])
        .await
        .assert_error(401, "INVALID_CREDENTIALS");
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "email_otp").await;
    submit_code(&browser, &id, "signin", &app.mailed_code(ADA)).await.ok();
}

#[tokio::test]
async fn mail_based_methods_are_unavailable_without_mail() {
    let app = TestApp::without_mail().await;
    let ada = app.create_user(ADA).await;
    let by_mail = [("email", ADA), ("strategy", "email_otp")];
    app.anonymous().post("/auth/signin", &by_mail).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    app.anonymous().post("/auth/forgot-password", &[("email", ADA)]).await.assert_error(400, "MAIL_NOT_AVAILABLE");
    let id = text(&ada.get("/me/email-addresses").await.ok()[0]["id"]);
    let path = format!("/me/email-addresses/{id}/prepare-verification");
    ada.post(&path, &[]).await.assert_error(400, "MAIL_NOT_AVAILABLE");
    ada.post("/me/remove-password", &[("current_password", PASSWORD)])
        .await
        .assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    let factors = &app.anonymous().get("/deployment").await.ok()["auth_settings"]["auth_factors_enabled"];
    assert_eq!((&factors["email_otp"], &factors["email_magic_link"]), (&false.into(), &false.into()));
}

#[tokio::test]
async fn deletes_expired_attempts() {
    let app = TestApp::start().await;
    create_verified_user(&app, ADA).await;
    start_sign_in(&app.anonymous(), ADA, "email_otp").await;
    let clean_up_and_count = async || {
        cleanup::delete_expired(&app.inner.service).await.unwrap();
        app.count("SELECT COUNT(*) FROM attempts")
    };
    app.advance(Duration::from_mins(69));
    assert_eq!(clean_up_and_count().await, 1);
    app.advance(Duration::from_mins(1));
    start_sign_in(&app.anonymous(), ADA, "email_otp").await;
    assert_eq!(clean_up_and_count().await, 1, "only the new attempt is left");
}

#[tokio::test]
async fn counts_concurrent_codes() {
    let app = TestApp::start().await;
    create_verified_user(&app, ADA).await;
    let browser = app.anonymous();
    let id = start_sign_in(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    let cookie = browser.cookie.lock().unwrap().clone();
    let attempts = (0..8).map(|_| {
        let (browser, id, code) = (app.client_with_cookie(cookie.clone()), id.clone(), wrong_code(&code));
        async move { submit_code(&browser, &id, "signin", &code).await }
    });
    let responses = futures_util::future::join_all(attempts).await;
    let counted = responses.iter().filter(|response| response.text.contains("INVALID_VERIFICATION_CODE")).count();
    assert_eq!(counted, 5, "concurrent attempts are limited too");
    submit_code(&browser, &id, "signin", &code).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
}
