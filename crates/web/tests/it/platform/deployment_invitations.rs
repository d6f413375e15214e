//! Invitations to sign up.

use std::time::Duration;

use axum::http::HeaderValue;
use serde_json::{Value, json};
use vestibule_core::settings::SignUpMode;

use super::PlatformClient;
use crate::harness::{DAY, PASSWORD, TestApp, TestResponse, text};

const ADA: &str = "ada@example.com";

async fn start(mode: SignUpMode) -> (TestApp, PlatformClient) {
    let app = TestApp::with_settings(|settings| settings.sign_up = mode).await;
    let backend = PlatformClient::new(&app, "*").await;
    (app, backend)
}

async fn invite(backend: &PlatformClient, email: &str) -> Value {
    let fields = json!({"first_name": "Ada", "last_name": "Lovelace", "email_address": email});
    backend.post("/invitations", &fields).await.ok()
}

/// The token in the link of the newest mail.
fn mailed_token(app: &TestApp, email: &str) -> String {
    let mail = app.mail(email);
    let (_, token) = mail.text.split_once("/sign-up?invite_token=").unwrap_or_else(|| panic!("no link: {}", mail.text));
    token.split_whitespace().next().unwrap().to_owned()
}

async fn sign_up(app: &TestApp, email: &str, token: &str) -> (crate::harness::TestClient, TestResponse) {
    let client = app.anonymous();
    let fields = [("email", email), ("password", PASSWORD), ("invite_token", token)];
    let response = client.post("/auth/signup", &fields).await;
    (client, response)
}

#[tokio::test]
async fn an_invited_address_signs_up_while_others_cannot() {
    for (mode, code, status) in
        [(SignUpMode::Restricted, "SIGNUP_RESTRICTED", 403), (SignUpMode::Waitlist, "SIGNUP_WAITLIST_ONLY", 400)]
    {
        let (app, backend) = start(mode).await;
        let created = invite(&backend, "Ada@Example.com").await;
        let token = text(&created["token"]);
        assert!(token.starts_with("dpl_") && !token.contains('.'), "the listed token proves no mailbox");
        assert_eq!((&created["email_address"], &created["first_name"]), (&json!(ADA), &json!("Ada")));
        for field in ["id", "deployment_id", "last_name", "expiry", "created_at", "updated_at"] {
            assert!(created[field].is_string(), "{field}: {created}");
        }
        let (_, refused) = sign_up(&app, ADA, "").await;
        refused.assert_error(status, code);
        let mailed = mailed_token(&app, ADA);
        assert!(mailed.starts_with(&token) && mailed.len() > token.len(), "{mailed}");
        let validated = app.anonymous().get(&format!("/deployment/invitations/validate?token={mailed}")).await.ok();
        assert_eq!(
            validated,
            json!({"valid": true, "first_name": "Ada", "last_name": "Lovelace", "email": ADA,
                   "message": "deployment_invitation"})
        );
        let (_, refused) = sign_up(&app, "eve@example.com", &mailed).await;
        refused.assert_error(400, "BAD_REQUEST_BODY");
        let (client, signed_up) = sign_up(&app, ADA, &mailed).await;
        signed_up.ok();
        let address = client.get("/me/email-addresses").await.ok()[0].clone();
        assert_eq!((&address["email"], &address["verified"]), (&json!(ADA), &json!(true)));
        assert!(backend.get("/invitations").await.page().is_empty(), "it is used up");
        let (_, refused) = sign_up(&app, ADA, &mailed).await;
        refused.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
}

#[tokio::test]
async fn the_listed_token_does_not_prove_the_mailbox() {
    let (app, backend) = start(SignUpMode::Restricted).await;
    let token = text(&invite(&backend, ADA).await["token"]);
    let (client, signed_up) = sign_up(&app, ADA, &token).await;
    signed_up.ok();
    let address = client.get("/me/email-addresses").await.ok()[0].clone();
    assert_eq!(address["verified"], json!(false));
    let (_, refused) = sign_up(&app, ADA, &token).await;
    refused.assert_error(400, "INVALID_INVITATION_TOKEN");
}

#[tokio::test]
async fn with_verified_addresses_a_code_completes_the_listed_token() {
    let app = TestApp::with_settings(|settings| {
        settings.sign_up = SignUpMode::Restricted;
        settings.verify_addresses = true;
    })
    .await;
    let backend = PlatformClient::new(&app, "*").await;
    let token = text(&invite(&backend, ADA).await["token"]);
    let (client, started) = sign_up(&app, ADA, &token).await;
    let session = started.ok();
    let attempt = text(&session["signup_attempts"][0]["id"]);
    assert_eq!(backend.get("/invitations").await.page().len(), 1, "nobody has signed up yet");
    client
        .post(
            &format!(
                "/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signup&strategy=email_otp"
            ),
            &[],
        )
        .await
        .ok();
    let code = app.mailed_code(ADA);
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signup");
    client.post(&path, &[("verification_code", &code)]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM deployment_invitations"), 0);
}

#[tokio::test]
async fn an_address_has_one_invitation_and_no_account() {
    let (app, backend) = start(SignUpMode::Restricted).await;
    let first = invite(&backend, ADA).await;
    let fields = json!({"email_address": "ADA@example.com"});
    backend.post("/invitations", &fields).await.assert_error(409, "INVITATION_EXISTS");
    let mails = app.mail_count(ADA);
    app.advance(DAY * 8);
    let token = text(&first["token"]);
    let (_, refused) = sign_up(&app, ADA, &token).await;
    refused.assert_error(400, "INVITATION_EXPIRED");
    let path = format!("/deployment/invitations/validate?token={token}");
    assert_eq!(app.anonymous().get(&path).await.ok()["error_code"], "INVITATION_EXPIRED");
    let second =
        backend.post("/invitations", &json!({"email_address": ADA, "expiry_days": 1, "mail": false})).await.ok();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(app.mail_count(ADA), mails, "mail: false");
    backend.delete(&format!("/invitations/{}", text(&second["id"]))).await.ok();
    backend.delete(&format!("/invitations/{}", text(&second["id"]))).await.assert_error(404, "INVITATION_NOT_FOUND");
    let (_, refused) = sign_up(&app, ADA, &text(&second["token"])).await;
    refused.assert_error(400, "INVALID_INVITATION_TOKEN");
    let third = invite(&backend, ADA).await;
    sign_up(&app, ADA, &mailed_token(&app, ADA)).await.1.ok();
    backend.post("/invitations", &fields).await.assert_error(409, "EMAIL_EXISTS");
    assert_ne!(second["id"], third["id"]);
}

#[tokio::test]
async fn one_address_is_mailed_a_limited_number_of_invitations() {
    let app = TestApp::with_settings(|settings| {
        settings.sign_up = SignUpMode::Restricted;
        settings.rate_limits.invitations_per_recipient = 2;
    })
    .await;
    let backend = PlatformClient::new(&app, "*").await;
    let discard = async |created: Value| {
        backend.delete(&format!("/invitations/{}", text(&created["id"]))).await.ok();
    };
    for _ in 0..2 {
        discard(invite(&backend, ADA).await).await;
    }
    let fields = json!({"email_address": "ADA@example.com"});
    let refused = backend.post("/invitations", &fields).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!((app.mail_count(ADA), app.count("SELECT COUNT(*) FROM deployment_invitations")), (2, 0));
    // The others, and those without mail, are not affected.
    invite(&backend, "ben@example.com").await;
    discard(backend.post("/invitations", &json!({"email_address": ADA, "mail": false})).await.ok()).await;
    app.advance(DAY * 2);
    invite(&backend, ADA).await;
    assert_eq!(app.mail_count(ADA), 3);
}

#[tokio::test]
async fn bad_input_changes_nothing() {
    let (app, backend) = start(SignUpMode::Restricted).await;
    for (fields, status, code) in [
        (json!({}), 400, "REQUIRED_FIELD"),
        (json!({"email_address": "no address"}), 400, "INVALID_EMAIL"),
        (json!({"email_address": ADA, "expiry_days": 0}), 400, "INVALID_FIELD"),
        (json!({"email_address": ADA, "expiry_days": "soon"}), 400, "INVALID_FIELD"),
        (json!({"email_address": ADA, "first_name": "a".repeat(200)}), 400, "INVALID_FIELD"),
    ] {
        backend.post("/invitations", &fields).await.assert_error(status, code);
    }
    backend.delete("/invitations/x").await.assert_error(400, "INVALID_ID");
    backend.delete("/invitations/1").await.assert_error(404, "INVITATION_NOT_FOUND");
    for (query, code) in [
        ("sort_key=name", "INVALID_FIELD"),
        ("sort_key=email&cursor=1", "INVALID_CURSOR"),
        ("cursor=x", "INVALID_CURSOR"),
    ] {
        backend.get(&format!("/invitations?{query}")).await.assert_error(400, code);
    }
    let owner_mode = PlatformClient::new(&app, "users:read").await;
    owner_mode.get("/invitations").await.assert_error(403, "SCOPE_MISSING");
    owner_mode.post("/invitations", &json!({"email_address": ADA})).await.assert_error(403, "SCOPE_MISSING");
    assert_eq!(app.count("SELECT COUNT(*) FROM deployment_invitations"), 0);
    assert_eq!(app.mails().len(), 0);
}

#[tokio::test]
async fn a_key_of_one_organization_invites_nobody() {
    let app = TestApp::start().await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    let bound = PlatformClient::bound(&app, "*", Some(&organization)).await;
    for response in [
        bound.get("/invitations").await,
        bound.post("/invitations", &json!({"email_address": ADA})).await,
        bound.delete("/invitations/1").await,
        bound.get("/waitlist").await,
        bound.post_empty("/waitlist/1/approve").await,
    ] {
        response.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    }
}

#[tokio::test]
async fn lists_are_sorted_cut_and_walked() {
    let (_, backend) = start(SignUpMode::Restricted).await;
    for name in ["cleo", "ada", "ben"] {
        invite(&backend, &format!("{name}@example.com")).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let rows = backend.get(&format!("/invitations?{query}")).await.page();
        rows.iter().map(|row| text(&row["email_address"]).replace("@example.com", "")).collect()
    };
    assert_eq!(names("").await, ["ben", "ada", "cleo"]);
    assert_eq!(names("sort_order=asc").await, ["cleo", "ada", "ben"]);
    assert_eq!(names("sort_key=email&sort_order=asc").await, ["ada", "ben", "cleo"]);
    assert_eq!(names("sort_key=email&sort_order=desc&offset=1&limit=1").await, ["ben"]);
    assert_eq!(names("search=ada%40example.com").await, ["ada"]);
    assert_eq!(names("search=LOVELACE&limit=2&offset=1&sort_key=email&sort_order=asc").await, ["ben", "cleo"]);
    let page = backend.get("/invitations?search=ada%40&offset=1").await.ok();
    assert_eq!((&page["total"], &page["data"], &page["has_more"]), (&json!(1), &json!([]), &json!(false)));
    let mut walked = Vec::new();
    let mut query = "limit=1".to_owned();
    loop {
        let page = backend.get(&format!("/invitations?{query}")).await.ok();
        assert_eq!(page["total"], 3);
        walked.push(text(&page["data"][0]["email_address"]));
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("limit=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(walked, ["ben@example.com", "ada@example.com", "cleo@example.com"]);
}

#[tokio::test]
async fn the_page_is_filled_in_and_signs_up() {
    let (app, backend) = start(SignUpMode::Restricted).await;
    invite(&backend, ADA).await;
    let token = mailed_token(&app, ADA);
    let browser = app.anonymous();
    let path = format!("/sign-up?invite_token={token}");
    for _ in 0..2 {
        let page = browser.get(&path).await.assert_page(200, "value=\"Lovelace\"");
        assert!(page.contains(&format!("value=\"{ADA}\" required readonly")), "{page}");
    }
    let fields = |token: &str| {
        vec![
            ("email", ADA.to_owned()),
            ("password", PASSWORD.to_owned()),
            ("first_name", "Ada".to_owned()),
            ("invite_token", token.to_owned()),
        ]
    };
    let post = async |token: &str| {
        let fields = fields(token);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/sign-up", &fields).await
    };
    post("dpl_x").await.assert_page(400, "no longer valid");
    post("").await.assert_page(403, "You need an invitation");
    post(&token).await.assert_redirect("/organizations");
    assert_eq!(text(&browser.get("/me").await.ok()["email"]), ADA);
    app.anonymous().get(&path).await.assert_page(400, "no longer valid");
    app.anonymous().get("/sign-up?invite_token=x").await.assert_page(400, "no longer valid");
}

#[tokio::test]
async fn the_mail_speaks_the_language_that_was_asked_for() {
    let (app, backend) = start(SignUpMode::Public).await;
    backend.post("/invitations", &json!({"email_address": ADA, "locale": "de"})).await.ok();
    let mail = app.mail(ADA);
    assert_eq!(mail.subject, "Einladung zu Vestibule");
    assert!(mail.text.contains("ein Konto bei"), "{}", mail.text);
    let mut browser = app.anonymous();
    browser.headers.insert("accept-language", HeaderValue::from_static("de"));
    browser
        .get(&format!("/sign-up?invite_token={}", mailed_token(&app, ADA)))
        .await
        .assert_page(200, "Konto erstellen");
}

#[tokio::test]
async fn expired_invitations_are_deleted_after_a_while() {
    let (app, backend) = start(SignUpMode::Restricted).await;
    invite(&backend, ADA).await;
    for (days, left) in [(8, 1), (40, 0)] {
        app.advance(DAY * days);
        vestibule_core::cleanup::delete_expired(&app.inner.service).await.unwrap();
        assert_eq!(app.count("SELECT COUNT(*) FROM deployment_invitations"), left, "{days}");
    }
    app.advance(Duration::from_secs(1));
}

#[tokio::test]
async fn clients_check_the_health_without_a_key() {
    let app = TestApp::start().await;
    let health = PlatformClient::with_key(&app, "").get("/health").await.ok();
    assert_eq!(health, json!({"status": "ok"}));
}
