//! Re-authentication: a session alone changes nothing that opens an account, links no address and destroys no
//! organization.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const ADA: &str = "ada@example.com";
const MALLORY: &str = "mallory@evil.example";
const OTHER_PASSWORD: &str = "open-sesame-43";
const MAX_AGE: Duration = Duration::from_mins(10);

async fn start() -> TestApp {
    TestApp::with_settings(|settings| settings.reauthentication.max_age = MAX_AGE).await
}

/// Signs up Ada, whose address is verified, as a member of another user's organization.
async fn ada(app: &TestApp) -> TestClient {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    app.create_member(&owner, &organization, ADA, "").await
}

/// Signs in once more, in another browser.
async fn sign_in(app: &TestApp, email: &str) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    client
}

#[track_caller]
fn assert_required(envelope: &Value, methods: &Value) {
    assert_eq!(&envelope["data"]["methods"], methods, "{envelope}");
}

async fn prove_by_mail(app: &TestApp, client: &TestClient, email: &str) -> Value {
    let sent = client.post("/me/reauthenticate", &[("strategy", "email_otp")]).await.ok();
    assert_eq!(sent, json!({"proved": false, "valid_until": null}));
    client.post("/me/reauthenticate", &[("code", &app.mailed_code(email))]).await.ok()
}

#[tokio::test]
async fn borrowed_session_cannot_change_what_opens_the_account() {
    let app = start().await;
    let ada = ada(&app).await;
    let other = sign_in(&app, ADA).await;
    let primary = text(&ada.get("/me/email-addresses").await.ok()[0]["id"]);
    let second = text(&ada.post("/me/email-addresses", &[("email", "ada@work.example")]).await.ok()["id"]);
    ada.post(&format!("/me/email-addresses/{second}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code("ada@work.example");
    let verify = [("verification_code", code.as_str())];
    let verified = ada.post(&format!("/me/email-addresses/{second}/attempt-verification"), &verify).await;
    verified.ok();
    let third = text(&ada.post("/me/email-addresses", &[("email", "ada@home.example")]).await.ok()["id"]);
    let own = text(&ada.post("/organizations", &[("name", "Hers")]).await.ok()["organization"]["id"]);
    let lab = [("organization_id", own.as_str()), ("name", "Lab")];
    let workspace = text(&ada.post("/workspaces", &lab).await.ok()["workspace"]["id"]);
    let member = app.create_member(&ada, &own, "ben@example.com", "").await;
    let ben = text(&member.get("/me/organization-memberships").await.ok()[0]["id"]);
    let signins = ada.get("/me/signins").await.ok();
    let elsewhere = signins.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    let end = format!("/me/signins/{}/signout", text(&elsewhere["id"]));

    app.advance(MAX_AGE);
    ada.post(&format!("/me/email-addresses/{third}/prepare-verification"), &[]).await.ok();
    let third_code = app.mailed_code("ada@home.example");
    let calls: Vec<(String, Vec<(&str, &str)>)> = vec![
        ("/me/email-addresses".to_owned(), vec![("email", MALLORY)]),
        (format!("/me/email-addresses/{third}/attempt-verification"), vec![("verification_code", &third_code)]),
        (format!("/me/email-addresses/{second}/make-primary"), vec![]),
        ("/me".to_owned(), vec![("primary_email_address_id", &second)]),
        ("/me".to_owned(), vec![("username", "ada.l")]),
        (end, vec![]),
        (format!("/organizations/{own}/handover"), vec![("member_id", &ben)]),
        (format!("/workspaces/{workspace}/delete"), vec![]),
        (format!("/organizations/{own}/delete"), vec![]),
        (format!("/me/email-addresses/{primary}/delete"), vec![]),
    ];
    let before = app.row_counts();
    for (path, fields) in &calls {
        let refused = ada.post(path, fields).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
        assert_required(&refused, &json!(["password"]));
    }
    assert_eq!(app.row_counts(), before);
    other.get("/me").await.ok();
    // What opens nothing needs no proof.
    ada.post("/me", &[("first_name", "Ada"), ("last_name", "L")]).await.ok();

    // Just before its end, the proof counts.
    ada.reauthenticate().await;
    app.advance(MAX_AGE.checked_sub(Duration::from_micros(1)).unwrap());
    for (path, fields) in &calls {
        // The code has expired meanwhile.
        let expected = if path.ends_with("attempt-verification") { 400 } else { 200 };
        let done = ada.post(path, fields).await;
        assert_eq!(done.status, expected, "{path}: {}", done.text);
    }
    other.get("/me").await.assert_error(401, "UNAUTHORIZED");
    app.advance(Duration::from_micros(1));
    let late = ada.post("/me", &[("username", "ada.m")]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    assert_required(&late, &json!(["password"]));
    ada.post("/me", &[("username", "ADA.L")]).await.ok();
}

#[tokio::test]
async fn reauthentication_replaces_session_token_and_does_not_prolong_sign_in() {
    let app = start().await;
    let ada = ada(&app).await;
    let ends = ada.get("/me/signins").await.ok()[0]["expires_at"].clone();
    let session_end = app.count("SELECT MAX(expires_at) FROM sessions");
    app.advance(DAY);
    let old = app.client_with_cookie(ada.cookie.lock().unwrap().clone());
    let proved = ada.post("/me/reauthenticate", &[("password", PASSWORD)]).await.ok();
    assert_eq!(proved, json!({"proved": true, "valid_until": "2026-01-16T10:40:00Z"}));
    old.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.get("/me").await.ok();
    ada.get_and_check_cache("/session").await.ok();
    assert_eq!(ada.get("/me/signins").await.ok()[0]["expires_at"], ends);
    assert_eq!(app.count("SELECT MAX(expires_at) FROM sessions"), session_end);
}

#[tokio::test]
async fn account_without_password_confirms_with_code_mailed_to_primary_address() {
    let app = start().await;
    let ada = ada(&app).await;
    let otp = [("strategy", "email_otp")];
    ada.post("/me/reauthenticate", &otp).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    ada.post("/me/reauthenticate", &[("code", "000000")]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    app.advance(MAX_AGE);
    // A borrowed session can neither set a first password nor delete the account.
    for (path, fields) in [
        ("/me/update-password", vec![("new_password", OTHER_PASSWORD)]),
        ("/me/remove-password", vec![]),
        ("/me/account/delete", vec![]),
    ] {
        let refused = ada.post(path, &fields).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
        assert_required(&refused, &json!(["email_otp"]));
    }
    ada.post("/me/reauthenticate", &[("password", PASSWORD)]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    ada.post("/me/reauthenticate", &[]).await.assert_error(400, "REQUIRED_FIELD");
    ada.post("/me/reauthenticate", &[("strategy", "magic_link")]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    ada.post("/me/reauthenticate", &[("code", "000000")]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    ada.post("/me/reauthenticate", &otp).await.ok();
    let code = app.mailed_code(ADA);
    assert!(app.mail(ADA).subject.contains("confirm a change"), "{}", app.mail(ADA).subject);
    // The code belongs to the session that requested it.
    let other = app.anonymous();
    let started = other.post("/auth/signin", &[("email", ADA), ("strategy", "email_otp")]).await.ok();
    let attempt = text(&started["signin_attempts"][0]["id"]);
    let prepare = format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin");
    other.post(&prepare, &[("strategy", "email_otp")]).await;
    other.post("/me/reauthenticate", &[("code", &code)]).await.assert_error(401, "UNAUTHORIZED");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    ada.post("/me/reauthenticate", &[("code", wrong)]).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    let proved = ada.post("/me/reauthenticate", &[("code", &code)]).await.ok();
    assert_eq!(proved["proved"], true);
    ada.post("/me/reauthenticate", &[("code", &code)]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    ada.post("/me/update-password", &[("new_password", OTHER_PASSWORD)]).await.ok();
}

#[tokio::test]
async fn guesses_at_code_and_password_are_limited() {
    let app = start().await;
    let ada = ada(&app).await;
    for _ in 0..10 {
        ada.post("/me/reauthenticate", &[("password", "wrong")]).await.assert_error(400, "PASSWORD_WRONG");
    }
    ada.post("/me/reauthenticate", &[("password", PASSWORD)]).await.assert_error(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_mins(15));
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    ada.post("/me/reauthenticate", &[("strategy", "email_otp")]).await.ok();
    let code = app.mailed_code(ADA);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        ada.post("/me/reauthenticate", &[("code", wrong)]).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    }
    ada.post("/me/reauthenticate", &[("code", &code)]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    ada.post("/me/reauthenticate", &[("strategy", "email_otp")]).await.ok();
    let code = app.mailed_code(ADA);
    app.advance(Duration::from_mins(5));
    ada.post("/me/reauthenticate", &[("code", &code)]).await.assert_error(400, "VERIFICATION_CODE_EXPIRED");
    for _ in 0..10 {
        ada.post_without_draining("/me/reauthenticate", &[("strategy", "email_otp")]).await;
    }
    let limited = ada.post("/me/reauthenticate", &[("strategy", "email_otp")]).await;
    limited.assert_error(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn proof_of_one_sign_in_does_not_count_for_another() {
    let app = start().await;
    let browser = ada(&app).await;
    let elsewhere = sign_in(&app, ADA).await;
    app.advance(MAX_AGE);
    // Eve signs in to the same browser, which is the proof of Eve and not of Ada.
    app.create_user("eve@example.com").await;
    browser.post("/auth/signin", &[("email", "eve@example.com"), ("password", PASSWORD)]).await.ok();
    let session = browser.get("/session").await.ok();
    let signins = session["signins"].as_array().unwrap();
    let of = |email: &str| text(&signins.iter().find(|one| one["user"].to_string().contains(email)).unwrap()["id"]);
    browser.reauthenticate().await;
    let add = [("email", "new@example.com")];
    let switch = async |email: &str| {
        browser.post("/session/switch-sign-in", &[("sign_in_id", &of(email))]).await.ok();
    };
    switch(ADA).await;
    browser.post("/me/email-addresses", &add).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    elsewhere.reauthenticate().await;
    browser.post("/me/email-addresses", &add).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    // A code that was mailed to Ada does not prove that Eve is there.
    app.execute("UPDATE users SET password_digest = NULL");
    browser.post("/me/reauthenticate", &[("strategy", "email_otp")]).await.ok();
    let code = app.mailed_code(ADA);
    switch("eve@example.com").await;
    let refused = browser.post("/me/reauthenticate", &[("code", &code)]).await;
    refused.assert_error(400, "EMAIL_NOT_VERIFIED");
    app.execute("UPDATE email_addresses SET verified_at = 1");
    let refused = browser.post("/me/reauthenticate", &[("code", &code)]).await;
    refused.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    switch(ADA).await;
    browser.post("/me/reauthenticate", &[("code", &code)]).await.ok();
    browser.post("/me/email-addresses", &add).await.ok();
}

#[tokio::test]
async fn account_without_any_method_is_told_to_sign_in_again() {
    let app = start().await;
    let eve = app.create_user("eve@example.com").await;
    app.execute("UPDATE users SET password_digest = NULL");
    app.advance(MAX_AGE);
    let refused = eve.post("/me/account/delete", &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    assert_required(&refused, &json!([]));
    assert!(text(&refused["message"]).contains("sign in again"), "{refused}");
    let otp = [("strategy", "email_otp")];
    eve.post("/me/reauthenticate", &otp).await.assert_error(400, "EMAIL_NOT_VERIFIED");
    eve.post("/account/delete", &[("word", "delete")]).await.assert_page(403, "Sign out, sign in again");
    let app = TestApp::without_mail().await;
    let eve = app.create_user("eve@example.com").await;
    app.execute("UPDATE users SET password_digest = NULL");
    app.execute("UPDATE email_addresses SET verified_at = 1");
    app.advance(DAY * 399);
    app.execute("UPDATE sign_ins SET proved_at = 0");
    let refused = eve.post("/me/account/delete", &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    assert_required(&refused, &json!([]));
    eve.post("/me/reauthenticate", &otp).await.assert_error(400, "MAIL_NOT_AVAILABLE");
}

#[tokio::test]
async fn right_current_password_counts_as_proof() {
    let app = start().await;
    let ada = ada(&app).await;
    app.advance(MAX_AGE);
    let old = app.client_with_cookie(ada.cookie.lock().unwrap().clone());
    let change = [("current_password", PASSWORD), ("new_password", OTHER_PASSWORD)];
    let wrong = [("current_password", "wrong"), ("new_password", OTHER_PASSWORD)];
    ada.post("/me/update-password", &wrong).await.assert_error(400, "PASSWORD_WRONG");
    ada.post("/me", &[("username", "ada.l")]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    ada.post("/me/update-password", &change).await.ok();
    old.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    app.advance(MAX_AGE);
    ada.post("/me/remove-password", &[("current_password", OTHER_PASSWORD)]).await.ok();
    ada.post("/me/email-addresses", &[("email", "new@example.com")]).await.ok();
}

#[tokio::test]
async fn ended_or_disabled_sign_in_cannot_reauthenticate() {
    let app = start().await;
    let ada = ada(&app).await;
    let other = sign_in(&app, ADA).await;
    let listed = ada.get("/me/signins").await.ok();
    let elsewhere = listed.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    ada.post(&format!("/me/signins/{}/signout", text(&elsewhere["id"])), &[]).await.ok();
    let prove = [("password", PASSWORD)];
    other.post("/me/reauthenticate", &prove).await.assert_error(401, "UNAUTHORIZED");
    app.anonymous().post("/me/reauthenticate", &prove).await.assert_error(401, "UNAUTHORIZED");
    app.execute("UPDATE users SET disabled = 1");
    ada.post("/me/reauthenticate", &prove).await.assert_error(401, "UNAUTHORIZED");
}

/// Mallory invites an address of her own, and sends the link to Ada.
struct ForwardedLink {
    app: TestApp,
    ada: TestClient,
    token: String,
}

impl ForwardedLink {
    async fn setup() -> Self {
        let app = start().await;
        let ada = ada(&app).await;
        let (mallory, organization) = app.create_organization("mallory@example.com").await;
        let invitations = format!("/organizations/{organization}/invitations");
        mallory.post(&invitations, &[("email", MALLORY)]).await.ok();
        let token = app.mailed_token(MALLORY);
        ada.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
        Self { app, ada, token }
    }

    async fn is_linked(&self) -> bool {
        self.ada.get("/me/email-addresses").await.text.contains(MALLORY)
    }

    async fn press(&self) {
        let page = self.ada.post("/invite/add-address", &[]).await.assert_page(403, "Confirm access");
        assert!(page.contains(&format!("add {MALLORY} to your account")), "{page}");
        assert!(!self.is_linked().await);
    }
}

#[tokio::test]
async fn forwarded_invitation_link_does_not_take_over_account() {
    let link = ForwardedLink::setup().await;
    // Ada has signed in a moment ago, and proves that it is her for other reasons: neither names Mallory's address.
    link.press().await;
    link.ada.reauthenticate().await;
    link.press().await;
    let prove = [("password", PASSWORD), ("address", "ada@work.example")];
    link.ada.post("/me/reauthenticate", &prove).await.ok();
    link.press().await;
    // Nor do the API and the other buttons add it.
    let accept = [("token", link.token.as_str())];
    let refused = link.ada.post("/organizations/invitations/accept", &accept).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_REQUIRES_SIGNUP", "{refused}");
    link.ada.post("/invite/accept", &[]).await.assert_redirect("/invite");
    assert!(!link.is_linked().await);
    // Mallory cannot reset the password of an account that has nothing to do with her address.
    let mallory = link.app.anonymous();
    let mails = link.app.mail_count(MALLORY);
    mallory.post("/auth/forgot-password", &[("email", MALLORY)]).await.ok();
    assert_eq!(link.app.mail_count(MALLORY), mails);
    // The bare token, which admins see, adds nothing whatever the proof.
    let bare = link.token.split_once('.').unwrap().0.to_owned();
    link.ada.post("/invite", &[("token", &bare)]).await.assert_redirect("/invite");
    let proof = [("proof", "password"), ("proof_password", PASSWORD), ("proof_address", MALLORY)];
    link.ada.post("/invite/add-address", &proof).await.assert_page(400, "no longer valid");
    assert!(!link.is_linked().await);
}

#[tokio::test]
async fn linking_an_address_needs_a_proof_of_the_same_sign_in_that_has_not_expired() {
    let link = ForwardedLink::setup().await;
    let prove = [("password", PASSWORD), ("address", MALLORY)];
    // Another browser's proof, one of another user of this browser, and an old one.
    sign_in(&link.app, ADA).await.post("/me/reauthenticate", &prove).await.ok();
    link.press().await;
    link.app.create_user("eve@example.com").await;
    link.ada.post("/auth/signin", &[("email", "eve@example.com"), ("password", PASSWORD)]).await.ok();
    link.ada.post("/me/reauthenticate", &prove).await.ok();
    let session = link.ada.get("/session").await.ok();
    let own = session["signins"].as_array().unwrap().iter().find(|one| one["user"].to_string().contains(ADA)).unwrap();
    let switch = [("sign_in_id", own["id"].as_str().unwrap())];
    link.ada.post("/session/switch-sign-in", &switch).await.ok();
    link.press().await;
    link.ada.post("/me/reauthenticate", &prove).await.ok();
    link.app.advance(MAX_AGE);
    link.press().await;

    // Ada confirms that the address is hers. A notice is mailed to her verified address.
    let wrong = [("proof", "password"), ("proof_password", "wrong"), ("proof_address", MALLORY)];
    let page = link.ada.post("/invite/add-address", &wrong).await.assert_page(400, "password is incorrect");
    assert!(page.contains(&format!("add {MALLORY} to your account")), "{page}");
    let proof = [("proof", "password"), ("proof_password", PASSWORD), ("proof_address", MALLORY)];
    link.ada.post("/invite/add-address", &proof).await.assert_redirect("/organizations/");
    assert!(link.is_linked().await);
    let notice = link.app.mail(ADA);
    assert!(notice.text.contains(&format!("the address {MALLORY} was verified")), "{}", notice.text);
}

#[tokio::test]
async fn mail_with_code_names_the_address_that_a_link_would_add() {
    let link = ForwardedLink::setup().await;
    link.ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    link.press().await;
    let send = [("proof", "send"), ("proof_address", MALLORY)];
    link.ada.post("/invite/add-address", &send).await.assert_page(403, "6 digits");
    let mail = link.app.mail(ADA);
    assert!(mail.text.contains(&format!("about to add the address {MALLORY}")), "{}", mail.text);
    // A code that was requested for another purpose does not count, whatever address the form names.
    prove_by_mail(&link.app, &link.ada, ADA).await;
    link.press().await;
    link.ada.post("/me/reauthenticate", &[("strategy", "email_otp")]).await.ok();
    let code = link.app.mailed_code(ADA);
    let misnamed = [("proof", "code"), ("proof_code", &code), ("proof_address", MALLORY)];
    link.ada.post("/invite/add-address", &misnamed).await.assert_page(403, "Confirm access");
    assert!(!link.is_linked().await);
    link.ada.post("/invite/add-address", &send).await.assert_page(403, "6 digits");
    let code = link.app.mailed_code(ADA);
    let proof = [("proof", "code"), ("proof_code", &code), ("proof_address", MALLORY)];
    link.ada.post("/invite/add-address", &proof).await.assert_redirect("/organizations/");
    assert!(link.is_linked().await);
}

#[tokio::test]
async fn mailed_invitation_does_not_verify_claimed_address_without_proof() {
    let app = start().await;
    let ada = ada(&app).await;
    ada.post("/me/email-addresses", &[("email", "ada@work.example")]).await.ok();
    let (other, organization) = app.create_organization("otto@example.com").await;
    other.post(&format!("/organizations/{organization}/invitations"), &[("email", "ada@work.example")]).await.ok();
    let token = app.mailed_token("ada@work.example");
    app.advance(MAX_AGE);
    let accept = [("token", token.as_str())];
    let refused = ada.post("/organizations/invitations/accept", &accept).await;
    assert_required(&refused.assert_error(403, "REAUTHENTICATION_REQUIRED"), &json!(["password"]));
    ada.reauthenticate().await;
    ada.post("/organizations/invitations/accept", &accept).await.ok();
    assert!(app.mail(ADA).text.contains("the address ada@work.example was verified"));
}
