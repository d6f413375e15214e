//! Proving an address, and coming in by it: codes, links, resets; and nothing to learn for those who only guess.

use std::time::Duration;

use serde_json::Value;
use vestibule_core::housekeeping;

use crate::harness::{Answer, App, Client, PASSWORD, text};

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
const OTHER: &str = "another-sesame-43";

/// Somebody who has proved their address by following an invitation.
async fn proved(app: &App, email: &str) -> Client {
    let (owner, organization) = app.founder("owner@example.com").await;
    app.member(&owner, &organization, email, "").await
}

/// Begins to sign in by mail and has it sent; the attempt's id.
async fn begin(browser: &Client, email: &str, strategy: &str) -> String {
    let session = browser.post("/auth/signin", &[("email", email), ("strategy", strategy)]).await.ok();
    let attempt = text(&session["signin_attempts"][0]["id"]);
    assert_eq!(session["active_signin"], Value::Null);
    prepare(browser, &attempt, "signin").await.ok();
    attempt
}

async fn prepare(browser: &Client, attempt: &str, kind: &str) -> Answer {
    browser.post(&format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type={kind}"), &[]).await
}

async fn type_code(browser: &Client, attempt: &str, kind: &str, code: &str) -> Answer {
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type={kind}");
    browser.post(&path, &[("verification_code", code)]).await
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn link_of(app: &App, email: &str) -> String {
    let mail = app.mail(email);
    let token = mail.text.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.inner.seen.secret(&token);
    token
}

#[tokio::test]
async fn a_mailed_code_signs_in_once() {
    let app = App::start().await;
    proved(&app, ADA).await;
    let browser = app.visitor();
    let id = begin(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    let session = browser.get("/session").await.ok();
    assert_eq!(session["signin_attempts"][0]["current_step"], "verify_email_otp");
    type_code(&browser, &id, "signin", &wrong(&code)).await.refused(400, "INVALID_VERIFICATION_CODE");
    type_code(&browser, &id, "signin", "nonsense").await.refused(400, "INVALID_VERIFICATION_CODE");
    type_code(&app.visitor(), &id, "signin", &code).await.refused(400, "BAD_SIGN_IN_ATTEMPT");
    type_code(&browser, &id, "signup", &code).await.refused(400, "BAD_SIGN_IN_ATTEMPT");
    let typed = format!(" {}-{} ", &code[..3], &code[3..]);
    let session = type_code(&browser, &id, "signin", &typed).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    assert_eq!(session["signin_attempts"].as_array().unwrap().len(), 0);
    type_code(&browser, &id, "signin", &code).await.refused(400, "BAD_SIGN_IN_ATTEMPT");
    browser.get("/me").await.ok();
}

#[tokio::test]
async fn five_wrong_codes_end_an_attempt_and_ten_a_quarter_of_an_hour() {
    let app = App::start().await;
    proved(&app, ADA).await;
    for _ in 0..2 {
        let browser = app.visitor();
        let id = begin(&browser, ADA, "email_otp").await;
        let code = app.mailed_code(ADA);
        for _ in 0..5 {
            type_code(&browser, &id, "signin", &wrong(&code)).await.refused(400, "INVALID_VERIFICATION_CODE");
        }
    }
    let browser = app.visitor();
    let id = begin(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    type_code(&browser, &id, "signin", &code).await.refused(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_mins(16));
    let id = begin(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    for _ in 0..5 {
        type_code(&browser, &id, "signin", &wrong(&code)).await.refused(400, "INVALID_VERIFICATION_CODE");
    }
    type_code(&browser, &id, "signin", &code).await.refused(400, "BAD_SIGN_IN_ATTEMPT");
}

#[tokio::test]
async fn a_code_works_for_five_minutes_and_until_the_next_one() {
    let app = App::start().await;
    proved(&app, ADA).await;
    let browser = app.visitor();
    let id = begin(&browser, ADA, "email_otp").await;
    let first = app.mailed_code(ADA);
    prepare(&browser, &id, "signin").await.ok();
    let second = app.mailed_code(ADA);
    type_code(&browser, &id, "signin", &first).await.refused(400, "INVALID_VERIFICATION_CODE");
    app.advance(Duration::from_mins(5));
    type_code(&browser, &id, "signin", &second).await.refused(400, "VERIFICATION_CODE_EXPIRED");
    prepare(&browser, &id, "signin").await.ok();
    let third = app.mailed_code(ADA);
    prepare(&browser, &id, "signin").await.refused(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_secs(299));
    type_code(&browser, &id, "signin", &third).await.ok();
}

/// What a stranger sees of an address that somebody has, and of one that nobody has.
#[tokio::test]
async fn known_and_unknown_addresses_look_alike() {
    let app = App::with(|settings| settings.verify_addresses = true).await;
    let (_, organization) = {
        // The founder's account is older than the rule.
        let owner = app.visitor();
        let id = sign_up(&owner, "owner@example.com").await;
        type_code(&owner, &id, "signup", &app.mailed_code("owner@example.com")).await.ok();
        let made = owner.post("/organizations", &[("name", "Acme")]).await.ok();
        (owner, text(&made["organization"]["id"]))
    };
    let strip = |answer: Answer| {
        let statements = answer.statements;
        let text = answer.text.replace("owner@example.com", "X").replace(EVE, "X");
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        (answer.status, statements, text.chars().map(digits).collect::<String>())
    };
    let mut seen = Vec::new();
    for email in ["owner@example.com", EVE] {
        let mut answers = Vec::new();
        let browser = app.visitor();
        let begun = browser.post("/auth/signin", &[("email", email), ("strategy", "email_otp")]).await;
        let id = text(&begun.body["data"]["signin_attempts"][0]["id"]);
        answers.push(strip(begun));
        answers.push(strip(prepare(&browser, &id, "signin").await));
        // A code that was never mailed to anybody; one in a million.
        answers.push(strip(type_code(&browser, &id, "signin", "nonsense").await));
        answers.push(strip(browser.post("/auth/forgot-password", &[("email", email)]).await));
        let forgotten = [("email", email), ("otp", "nonsense")];
        answers.push(strip(browser.post("/auth/forgot-password", &forgotten).await));
        let signed_up = app.visitor();
        answers.push(strip(signed_up.post("/auth/signup", &[("email", email), ("password", PASSWORD)]).await));
        let asked = format!("/auth/identifier-availability?type=email&identifier={email}");
        answers.push(strip(browser.get(&asked).await));
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(app.mails_to(EVE), 0, "nobody who has no account is written to because somebody typed their address");
    assert_eq!(app.mails_to("owner@example.com"), 3, "the account's own code, and two that were asked for");
    assert!(!organization.is_empty());
}

#[tokio::test]
async fn whether_an_account_has_it_is_told_where_a_setting_says_so() {
    let app = App::with(|settings| settings.reveal_account_existence = true).await;
    app.person(ADA).await;
    let asked = async |kind: &str, identifier: &str| {
        let path = format!("/auth/identifier-availability?type={kind}&identifier={identifier}");
        app.visitor().get(&path).await
    };
    assert_eq!(asked("email", "ADA@example.com").await.ok()["exists"], true);
    assert_eq!(asked("email", EVE).await.ok()["exists"], false);
    assert_eq!(asked("username", "ada").await.ok()["exists"], false);
    asked("phone", "1").await.refused(400, "INVALID_FIELD");
}

#[tokio::test]
async fn a_mailed_link_signs_in_the_browser_that_asked_and_no_other() {
    let app = App::start().await;
    proved(&app, ADA).await;
    let browser = app.visitor();
    let id = begin(&browser, ADA, "magic_link").await;
    let token = link_of(&app, ADA);
    let path = format!("/auth/verify-magic-link?token={token}&attempt={id}");
    // A mail scanner has no cookie, however often it looks.
    for _ in 0..3 {
        app.visitor().get(&path).await.refused(400, "INVALID_MAGIC_LINK");
    }
    browser.get(&format!("/auth/verify-magic-link?token={token}&attempt=7")).await.refused(400, "INVALID_MAGIC_LINK");
    let other = begin(&app.visitor(), ADA, "magic_link").await;
    assert_ne!(other, id);
    let session = browser.get(&path).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    browser.get(&path).await.refused(400, "INVALID_MAGIC_LINK");

    // Read on another device, the code in the same mail is typed where one began.
    let browser = app.visitor();
    let id = begin(&browser, ADA, "magic_link").await;
    type_code(&browser, &id, "signin", &app.mailed_code(ADA)).await.ok();

    let browser = app.visitor();
    let id = begin(&browser, ADA, "magic_link").await;
    let late = format!("/auth/verify-magic-link?token={}&attempt={id}", link_of(&app, ADA));
    app.advance(Duration::from_mins(5));
    browser.get(&late).await.refused(400, "INVALID_MAGIC_LINK");
    let elsewhere = "https%3A%2F%2Fevil.example";
    let path =
        format!("/auth/prepare-verification?attempt_identifier={id}&identifier_type=signin&redirect_uri={elsewhere}");
    browser.post(&path, &[]).await.refused(400, "INVALID_FIELD");
}

async fn sign_up(browser: &Client, email: &str) -> String {
    let fields = [("email", email), ("password", PASSWORD), ("first_name", "New"), ("username", "")];
    let session = browser.post("/auth/signup", &fields).await.ok();
    assert_eq!(session["active_signin"], Value::Null);
    let shown = &session["signup_attempts"][0];
    assert_eq!((&shown["current_step"], &shown["email"]), (&"verify_email".into(), &email.into()));
    let id = text(&shown["id"]);
    prepare(browser, &id, "signup").await.ok();
    id
}

#[tokio::test]
async fn where_the_settings_say_so_an_account_begins_with_a_proved_address() {
    let app = App::with(|settings| settings.verify_addresses = true).await;
    let browser = app.visitor();
    let id = sign_up(&browser, ADA).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 0);
    let code = app.mailed_code(ADA);
    let link = format!("/auth/prepare-verification?attempt_identifier={id}&strategy=magic_link");
    browser.post(&link, &[]).await.refused(400, "UNSUPPORTED_STRATEGY");
    let session = type_code(&browser, &id, "signup", &code).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["verified"], true);
    app.visitor().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();

    // Somebody else who tries learns nothing; the owner is told.
    let eve = app.visitor();
    let id = sign_up(&eve, ADA).await;
    let told = app.mail(ADA);
    assert!(told.subject.contains("account") && told.text.contains("http://vestibule.test/sign-in"), "{}", told.text);
    type_code(&eve, &id, "signup", "000000").await.refused(400, "INVALID_VERIFICATION_CODE");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn a_user_name_is_taken_before_anything_is_mailed() {
    let app = App::with(|settings| settings.verify_addresses = true).await;
    let browser = app.visitor();
    let fields = [("email", ADA), ("password", PASSWORD), ("username", "ada.l")];
    let session = browser.post("/auth/signup", &fields).await.ok();
    let id = text(&session["signup_attempts"][0]["id"]);
    prepare(&browser, &id, "signup").await.ok();
    let eve = app.visitor();
    let same = [("email", EVE), ("password", PASSWORD), ("username", "ADA.L")];
    let session = eve.post("/auth/signup", &same).await.ok();
    let hers = text(&session["signup_attempts"][0]["id"]);
    prepare(&eve, &hers, "signup").await.ok();
    type_code(&browser, &id, "signup", &app.mailed_code(ADA)).await.ok();
    type_code(&eve, &hers, "signup", &app.mailed_code(EVE)).await.refused(400, "USERNAME_EXISTS");
    eve.post("/auth/signup", &same).await.refused(400, "USERNAME_EXISTS");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn of_two_who_prove_one_address_one_gets_the_account() {
    let app = App::with(|settings| settings.verify_addresses = true).await;
    let (one, two) = (app.visitor(), app.visitor());
    let first = sign_up(&one, ADA).await;
    let first_code = app.mailed_code(ADA);
    let second = sign_up(&two, ADA).await;
    let second_code = app.mailed_code(ADA);
    type_code(&one, &first, "signup", &first_code).await.ok();
    type_code(&two, &second, "signup", &second_code).await.refused(400, "INVALID_VERIFICATION_CODE");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_and_ends_every_other_session() {
    let app = App::start().await;
    let elsewhere = proved(&app, ADA).await;
    let browser = app.visitor();
    browser.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    let code = app.mailed_code(ADA);
    let with_code = [("email", ADA), ("otp", code.as_str())];
    app.visitor().post("/auth/forgot-password", &with_code).await.refused(400, "INVALID_VERIFICATION_CODE");
    let token = text(&browser.post("/auth/forgot-password", &with_code).await.ok()["token"]);
    browser.post("/auth/forgot-password", &with_code).await.refused(400, "INVALID_VERIFICATION_CODE");
    let reset = [("token", token.as_str()), ("password", OTHER)];
    app.visitor().post("/auth/reset-password", &reset).await.refused(400, "INVALID_RESET_TOKEN");
    let short = [("token", token.as_str()), ("password", "short")];
    browser.post("/auth/reset-password", &short).await.refused(400, "INVALID_PASSWORD");
    let session = browser.post("/auth/reset-password", &reset).await.ok();
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    elsewhere.get("/me").await.refused(401, "UNAUTHORIZED");
    browser.post("/auth/reset-password", &reset).await.refused(400, "INVALID_RESET_TOKEN");
    app.visitor()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD)])
        .await
        .refused(401, "INVALID_CREDENTIALS");
    app.visitor().post("/auth/signin", &[("email", ADA), ("password", OTHER)]).await.ok();
}

/// Whoever made an account with somebody else's address has prepared nothing by it.
#[tokio::test]
async fn an_account_that_was_prepared_for_somebody_else_is_theirs_alone() {
    let app = App::start().await;
    let eve = app.person(ADA).await;
    eve.post("/me/email-addresses", &[("email", EVE)]).await.ok();
    let ada = app.visitor();
    let id = begin(&ada, ADA, "email_otp").await;
    type_code(&ada, &id, "signin", &app.mailed_code(ADA)).await.ok();
    eve.get("/me").await.refused(401, "UNAUTHORIZED");
    app.visitor()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD)])
        .await
        .refused(401, "INVALID_CREDENTIALS");
    let me = ada.get("/me").await.ok();
    assert_eq!((&me["has_password"], &me["primary_email_address"]["verified"]), (&false.into(), &true.into()));
    assert_eq!(ada.get("/me/email-addresses").await.ok().as_array().unwrap().len(), 1, "what she claimed too is gone");
}

/// An account whose owner has proved an address is not opened by another one they only claimed.
#[tokio::test]
async fn a_claimed_address_does_not_open_somebody_elses_account() {
    let app = App::start().await;
    let eve = proved(&app, EVE).await;
    eve.post("/me/email-addresses", &[("email", ADA)]).await.ok();
    let ada = app.visitor();
    let id = begin(&ada, ADA, "email_otp").await;
    assert_eq!(app.mails_to(ADA), 0);
    type_code(&ada, &id, "signin", "123456").await.refused(400, "INVALID_VERIFICATION_CODE");
    ada.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    assert_eq!(app.mails_to(ADA), 0);
}

#[tokio::test]
async fn an_address_of_ones_own_is_proved_by_a_code() {
    let app = App::start().await;
    let ada = app.person(ADA).await;
    let added = ada.post("/me/email-addresses", &[("email", "Ada.L@work.example")]).await.ok();
    let path = format!("/me/email-addresses/{}", text(&added["id"]));
    let typed =
        async |code: &str| ada.post(&format!("{path}/attempt-verification"), &[("verification_code", code)]).await;
    typed("123456").await.refused(400, "BAD_SIGN_IN_ATTEMPT");
    ada.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code("ada.l@work.example");
    typed(&wrong(&code)).await.refused(400, "INVALID_VERIFICATION_CODE");
    ada.post(&format!("{path}/attempt-verification"), &[]).await.refused(400, "REQUIRED_FIELD");
    // Earlier clients put it into the query.
    ada.post(&format!("{path}/attempt-verification?code={code}"), &[]).await.ok();
    assert_eq!(ada.get(&path).await.ok()["verified"], true);
    ada.post(&format!("{path}/prepare-verification"), &[]).await.refused(400, "EMAIL_ALREADY_VERIFIED");
    ada.post(&format!("{path}/make-primary"), &[]).await.ok();
    assert!(app.mail("ada.l@work.example").to.as_str() == "Ada.L@work.example", "written as it was typed");
}

#[tokio::test]
async fn without_a_password_one_comes_in_by_mail() {
    let app = App::start().await;
    let ada = proved(&app, ADA).await;
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    assert_eq!(ada.get("/me").await.ok()["has_password"], false);
    app.visitor()
        .post("/auth/signin", &[("email", ADA), ("password", PASSWORD)])
        .await
        .refused(401, "INVALID_CREDENTIALS");
    let browser = app.visitor();
    let id = begin(&browser, ADA, "email_otp").await;
    type_code(&browser, &id, "signin", &app.mailed_code(ADA)).await.ok();
}

#[tokio::test]
async fn without_mail_nothing_of_it_is_offered() {
    let app = App::without_mail().await;
    let ada = app.person(ADA).await;
    let by_mail = [("email", ADA), ("strategy", "email_otp")];
    app.visitor().post("/auth/signin", &by_mail).await.refused(400, "UNSUPPORTED_STRATEGY");
    app.visitor().post("/auth/forgot-password", &[("email", ADA)]).await.refused(400, "MAIL_NOT_AVAILABLE");
    let id = text(&ada.get("/me/email-addresses").await.ok()[0]["id"]);
    let path = format!("/me/email-addresses/{id}/prepare-verification");
    ada.post(&path, &[]).await.refused(400, "MAIL_NOT_AVAILABLE");
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.refused(400, "NO_ALTERNATIVE_AUTH_METHOD");
    let factors = &app.visitor().get("/deployment").await.ok()["auth_settings"]["auth_factors_enabled"];
    assert_eq!((&factors["email_otp"], &factors["email_magic_link"]), (&false.into(), &false.into()));
}

#[tokio::test]
async fn attempts_are_cleared_away_when_they_are_over() {
    let app = App::start().await;
    proved(&app, ADA).await;
    begin(&app.visitor(), ADA, "email_otp").await;
    let left = async || {
        housekeeping::clear_over(&app.inner.service).await.unwrap();
        app.count("SELECT COUNT(*) FROM attempts")
    };
    app.advance(Duration::from_mins(69));
    assert_eq!(left().await, 1);
    app.advance(Duration::from_mins(1));
    begin(&app.visitor(), ADA, "email_otp").await;
    assert_eq!(left().await, 1, "the new one");
}

#[tokio::test]
async fn codes_that_are_typed_at_once_are_each_counted() {
    let app = App::start().await;
    proved(&app, ADA).await;
    let browser = app.visitor();
    let id = begin(&browser, ADA, "email_otp").await;
    let code = app.mailed_code(ADA);
    let cookie = browser.cookie.lock().unwrap().clone();
    let tries = (0..8).map(|_| {
        let (browser, id, code) = (app.with_cookie(cookie.clone()), id.clone(), wrong(&code));
        async move { type_code(&browser, &id, "signin", &code).await }
    });
    let answers = futures_util::future::join_all(tries).await;
    let counted = answers.iter().filter(|answer| answer.text.contains("INVALID_VERIFICATION_CODE")).count();
    assert_eq!(counted, 5, "whatever is tried at once");
    type_code(&browser, &id, "signin", &code).await.refused(400, "BAD_SIGN_IN_ATTEMPT");
}
