//! An address that was linked to an account a short time ago cannot open it while there is, or was, an older one.

use serde_json::Value;

use crate::harness::{DAY, HOUR, PASSWORD, TestApp, TestClient, TestResponse, text};

const ADA: &str = "ada@example.com";
/// Linked to Ada's account by an attacker.
const EVE: &str = "eve@example.com";
const OTHER: &str = "another-sesame-43";

/// Creates Ada, whose first address was verified at her sign-up.
async fn create_ada(app: &TestApp) -> TestClient {
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, ADA, "").await
}

/// Adds an address by code. Returns its path.
async fn link(app: &TestApp, client: &TestClient, email: &str) -> String {
    let added = client.post("/me/email-addresses", &[("email", email)]).await.ok();
    let path = format!("/me/email-addresses/{}", text(&added["id"]));
    client.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = [("verification_code", app.mailed_code(email))];
    let code = code.each_ref().map(|(name, code)| (*name, code.as_str()));
    client.post(&format!("{path}/attempt-verification"), &code).await.ok();
    path
}

fn has_code(app: &TestApp, email: &str) -> bool {
    app.mail(email).text.lines().any(|line| line.trim().len() == 6 && line.trim().parse::<u32>().is_ok())
}

/// Asks for every mail that can open an account. Returns whether each had a code.
async fn request_mails(app: &TestApp, email: &str) -> Vec<bool> {
    let mut had_code = Vec::new();
    for strategy in ["email_otp", "magic_link"] {
        let browser = app.anonymous();
        let session = browser.post("/auth/signin", &[("email", email), ("strategy", strategy)]).await.ok();
        let attempt = text(&session["signin_attempts"][0]["id"]);
        let path = format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin");
        browser.post(&path, &[]).await.ok();
        had_code.push(has_code(app, email));
    }
    app.anonymous().post("/auth/forgot-password", &[("email", email)]).await.ok();
    had_code.push(has_code(app, email));
    had_code
}

async fn reset_password(app: &TestApp, email: &str) -> TestResponse {
    let browser = app.anonymous();
    browser.post("/auth/forgot-password", &[("email", email)]).await.ok();
    let with_code = [("email", email.to_owned()), ("otp", app.mailed_code(email))];
    let with_code = with_code.each_ref().map(|(name, value)| (*name, value.as_str()));
    let token = text(&browser.post("/auth/forgot-password", &with_code).await.ok()["token"]);
    browser.post("/auth/reset-password", &[("token", &token), ("password", OTHER)]).await
}

#[tokio::test]
async fn newly_linked_address_cannot_take_over_account() {
    let app = TestApp::start().await;
    let ada = create_ada(&app).await;
    link(&app, &ada, EVE).await;
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
    let mail = app.mail(EVE);
    assert!(mail.text.contains("18 January 2026, 10:30 UTC") && mail.text.contains("older address"), "{}", mail.text);
    assert!(!mail.text.contains(ADA) && !mail.text.contains("Ada"), "the mail tells nothing about the account");
    // The older address and the password still work, with either address as the login name.
    assert_eq!(request_mails(&app, ADA).await, [true, true, true]);
    app.anonymous().post("/auth/signin", &[("email", EVE), ("password", PASSWORD)]).await.ok();
    app.advance((DAY * 3).saturating_sub(HOUR / 60));
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
    app.advance(HOUR / 60);
    assert_eq!(request_mails(&app, EVE).await, [true, true, true]);
    let session = reset_password(&app, EVE).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
}

/// An attacker with a session may remove the older address, but gains no time by it.
#[tokio::test]
async fn deleting_older_address_does_not_shorten_delay() {
    let app = TestApp::start().await;
    let ada = create_ada(&app).await;
    let old = format!("/me/email-addresses/{}", text(&ada.get("/me/email-addresses").await.ok()[0]["id"]));
    let new = link(&app, &ada, EVE).await;
    ada.post(&format!("{new}/make-primary"), &[]).await.ok();
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
    ada.post(&format!("{old}/delete"), &[]).await.ok();
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
    // Adding and verifying it anew starts the delay again.
    let third = link(&app, &ada, "third@example.com").await;
    ada.post(&format!("{third}/make-primary"), &[]).await.ok();
    ada.post(&format!("{new}/delete"), &[]).await.ok();
    app.advance(DAY * 2);
    link(&app, &ada, EVE).await;
    app.advance(DAY);
    assert_eq!(request_mails(&app, "third@example.com").await, [true, true, true]);
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
    // Removing the password would leave nothing that opens the account.
    ada.post(&format!("/me/email-addresses/{}/delete", third.rsplit('/').next().unwrap()), &[])
        .await
        .assert_error(400, "EMAIL_IS_PRIMARY");
}

#[tokio::test]
async fn password_stays_while_no_address_opens_account() {
    let app = TestApp::start().await;
    let ada = create_ada(&app).await;
    let old = format!("/me/email-addresses/{}", text(&ada.get("/me/email-addresses").await.ok()[0]["id"]));
    let new = link(&app, &ada, EVE).await;
    ada.post(&format!("{new}/make-primary"), &[]).await.ok();
    ada.post(&format!("{old}/delete"), &[]).await.ok();
    let remove = [("current_password", PASSWORD)];
    ada.post("/me/remove-password", &remove).await.assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    app.advance(DAY * 3);
    ada.post("/me/remove-password", &remove).await.ok();
}

#[tokio::test]
async fn first_addresses_of_account_are_not_delayed() {
    let app = TestApp::start().await;
    // The sign-up address, verified by the reset itself.
    app.create_user(ADA).await;
    assert_eq!(request_mails(&app, ADA).await, [true, true, true]);
    reset_password(&app, ADA).await.ok();
    // The first verified address of an account.
    let ben = app.create_user("ben@example.com").await;
    link(&app, &ben, EVE).await;
    assert_eq!(request_mails(&app, EVE).await, [true, true, true]);
}

/// The unverified login name of an account with a verified address has to wait as well: whoever has its mailbox may be a
/// stranger, whose address was mistyped at the sign-up.
#[tokio::test]
async fn login_name_verified_after_another_address_is_delayed() {
    let app = TestApp::start().await;
    let ada = app.create_user(EVE).await;
    link(&app, &ada, ADA).await;
    assert_eq!(request_mails(&app, ADA).await, [true, true, true]);
    let addresses = ada.get("/me/email-addresses").await.ok();
    let login = addresses.as_array().unwrap().iter().find(|one| one["email"] == EVE).unwrap();
    let path = format!("/me/email-addresses/{}", text(&login["id"]));
    ada.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code(EVE);
    ada.post(&format!("{path}/attempt-verification"), &[("verification_code", &code)]).await.ok();
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
    assert_eq!(request_mails(&app, ADA).await, [true, true, true]);
    app.advance(DAY * 3);
    assert_eq!(request_mails(&app, EVE).await, [true, true, true]);
}

#[tokio::test]
async fn address_linked_by_invitation_is_delayed() {
    let app = TestApp::start().await;
    let ada = create_ada(&app).await;
    let (mallory, organization) = app.create_organization("mallory@example.com").await;
    mallory.post(&format!("/organizations/{organization}/invitations"), &[("email", EVE)]).await.ok();
    let token = app.mailed_token(EVE).parse().unwrap();
    ada.reauthenticate_to_add(EVE).await;
    app.run(&ada, vestibule_core::account::AddInvitedAddress { token }).await.unwrap();
    assert_eq!(request_mails(&app, EVE).await, [false, false, false]);
}

#[tokio::test]
async fn setting_turns_delay_off() {
    let app =
        TestApp::with_settings(|settings| settings.accounts.new_address_recovery_delay = std::time::Duration::ZERO)
            .await;
    let ada = create_ada(&app).await;
    link(&app, &ada, EVE).await;
    assert_eq!(request_mails(&app, EVE).await, [true, true, true]);
}

/// The responses are those for an address without an account; only the mail tells the owner of the mailbox more.
#[tokio::test]
async fn delay_is_no_oracle() {
    let app = TestApp::start().await;
    let ada = create_ada(&app).await;
    link(&app, &ada, EVE).await;
    let mut seen = Vec::new();
    for email in [EVE, "xyz@example.com"] {
        let comparable = |response: TestResponse| {
            let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
            let text: String = response.text.replace(email, "X").chars().map(digits).collect();
            (response.status, response.statements, text)
        };
        let browser = app.anonymous();
        let started = browser.post("/auth/signin", &[("email", email), ("strategy", "email_otp")]).await;
        let attempt = text(&started.body["data"]["signin_attempts"][0]["id"]);
        let query = format!("attempt_identifier={attempt}&identifier_type=signin");
        let mut responses = vec![comparable(started)];
        responses.push(comparable(browser.post(&format!("/auth/prepare-verification?{query}"), &[]).await));
        let code = [("verification_code", "nonsense")];
        responses.push(comparable(browser.post(&format!("/auth/attempt-verification?{query}"), &code).await));
        responses.push(comparable(browser.post("/auth/forgot-password", &[("email", email)]).await));
        responses.push(comparable(browser.post("/auth/forgot-password", &[("email", email), ("otp", "no")]).await));
        seen.push(responses);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(ada.get("/me").await.ok()["primary_email_address"]["email"], Value::from(ADA));
}
