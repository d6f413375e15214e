//! Ways around the second factor: whatever opens an account with one factor stops at the second.

use serde_json::{Value, json};
use vestibule_core::execution::Caller;
use vestibule_core::id::UserId;
use vestibule_core::operator::{DisableUser, EnableUser};

use super::{ADA, APP, BACKUP, ENDED, EVE, Setup, assert_signed_in, setup, start_by_mail, submit, waiting};
use crate::harness::{PASSWORD, TestApp, TestClient, text};
use crate::platform::PlatformClient;

const OTHER_PASSWORD: &str = "open-sesame-43";
const ACCEPT: &str = "/organizations/invitations/accept";

async fn id_of(client: &TestClient) -> String {
    text(&client.get("/me").await.ok()["id"])
}

/// Asks for the code of a reset of Ada's password, and submits it. Returns the token.
async fn reset_token(app: &TestApp, browser: &TestClient) -> String {
    browser.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    let code = app.mailed_code(ADA);
    text(&browser.post("/auth/forgot-password", &[("email", ADA), ("otp", &code)]).await.ok()["token"])
}

/// The regression: an attacker who reads the mail sets a new password, and is signed in with it
/// (<https://github.com/keycloak/keycloak/issues/12759>).
#[tokio::test]
async fn reset_of_the_password_by_mail_does_not_skip_the_second_factor() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    let (half, before) = setup.sign_in().await;
    let browser = setup.app.anonymous();
    let token = reset_token(&setup.app, &browser).await;
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let reset = [("token", token.as_str()), ("password", OTHER_PASSWORD)];
    let session = browser.post("/auth/reset-password", &reset).await.ok();
    let attempt = waiting(&session);
    assert_eq!(attempt["available_2fa_methods"], json!([APP, BACKUP]));
    for path in ["/me", "/session/token", "/me/passkeys"] {
        browser.get(path).await.assert_error(401, "UNAUTHORIZED");
    }
    browser.post("/auth/reset-password", &reset).await.assert_error(400, "INVALID_RESET_TOKEN");
    waiting(&browser.get_and_check_cache("/session").await.ok());
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authenticators"), 1, "the reset removes no factor");

    // Sign-ins with the old password have ended, also one that waits for the second factor.
    setup.ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    half.attempt_second_factor(&before, APP, &setup.code(0)).await.assert_error(400, ENDED);
    let session = browser.attempt_second_factor(&text(&attempt["id"]), APP, &setup.code(0)).await.ok();
    assert_signed_in(&session);
    // The new password is one factor again.
    let other = setup.app.anonymous();
    waiting(&other.post("/auth/signin", &[("email", ADA), ("password", OTHER_PASSWORD)]).await.ok());
}

/// The regression: a step that was passed another way counts as the mailed code, so that an attacker sets the password
/// of any account (Keycloak, CVE-2026-18963).
#[tokio::test]
async fn step_of_another_reset_in_the_session_does_not_stand_for_the_mailed_code() {
    let setup = setup().await;
    setup.app.create_user(EVE).await;
    setup.app.verify_all_addresses();
    let browser = setup.app.anonymous();
    for email in [ADA, EVE] {
        browser.post("/auth/forgot-password", &[("email", email)]).await.ok();
    }
    let (of_ada, of_eve) = (setup.app.mailed_code(ADA), setup.app.mailed_code(EVE));
    let by_eve = [("email", ADA), ("otp", of_eve.as_str())];
    browser.post("/auth/forgot-password", &by_eve).await.assert_error(400, super::WRONG);
    let passed = [("email", EVE), ("otp", of_eve.as_str())];
    let token = text(&browser.post("/auth/forgot-password", &passed).await.ok()["token"]);
    browser.post("/auth/forgot-password", &by_eve).await.assert_error(400, super::WRONG);
    // The right one still works.
    browser.post("/auth/forgot-password", &[("email", ADA), ("otp", of_ada.as_str())]).await.ok();

    let reset = [("email", ADA), ("token", token.as_str()), ("password", OTHER_PASSWORD)];
    let session = browser.post("/auth/reset-password", &reset).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], EVE, "{session}");
    // Ada's password is the old one.
    setup.sign_in().await;
}

/// The regression: the code of the reset, whose attempt has an id as a sign-in has, is taken for one of the second step.
#[tokio::test]
async fn mailed_codes_do_not_stand_for_the_second_factor() {
    let setup = setup().await;
    let (half, attempt) = setup.sign_in().await;
    half.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    let code = setup.app.mailed_code(ADA);
    for method in [APP, BACKUP, "email_otp", "magic_link"] {
        let refused = half.attempt_second_factor(&attempt, method, &code).await;
        assert_eq!(refused.status, 400, "{method}: {}", refused.text);
    }
    submit(&half, &attempt, &code).await.assert_error(400, super::WRONG);
    // "Try another way": a second attempt in the same browser proves the first factor only.
    let by_mail = start_by_mail(&half, "email_otp").await;
    let session = submit(&half, &by_mail, &setup.app.mailed_code(ADA)).await.ok();
    assert_eq!(waiting(&session)["id"], by_mail);
    half.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM pending_sign_ins"), 1, "it replaces the first one");
    half.attempt_second_factor(&by_mail, APP, &setup.code(0)).await.ok();
}

/// The mailed token of an invitation proves the mailbox: one factor at most.
#[tokio::test]
async fn mailed_invitation_does_not_sign_in() {
    let setup = setup().await;
    let (olga, organization) = setup.app.create_organization("olga@example.com").await;
    olga.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
    let token = setup.app.mailed_token(ADA);
    let accept = [("token", token.as_str())];
    let (half, attempt) = setup.sign_in().await;
    let stranger = setup.app.anonymous();
    for browser in [&stranger, &half] {
        let refused = browser.post(ACCEPT, &accept).await.ok();
        assert_eq!(refused["error_code"], "INVITATION_REQUIRES_SIGNIN", "{refused}");
        let sign_up = [("email", ADA), ("password", OTHER_PASSWORD), ("invite_token", token.as_str())];
        assert_ne!(browser.post("/auth/signup", &sign_up).await.status, 200);
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM organization_memberships"), 1);
    half.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    assert_eq!(half.post(ACCEPT, &accept).await.ok()["organization"]["id"], organization.as_str());
}

/// Support signs in without a factor of the user, because an API key lets them. They cannot go on from there as the user.
#[tokio::test]
async fn impersonator_cannot_complete_a_sign_in_of_the_user() {
    let setup = setup().await;
    let agent = setup.app.create_user("nora@example.com").await;
    let backend = PlatformClient::new(&setup.app, "* users:impersonate").await;
    let (ada, nora) = (id_of(&setup.ada).await, id_of(&agent).await);
    let fields = json!({"ticket_type": "impersonation", "user_id": ada, "actor_id": nora});
    let ticket = text(&backend.post("/session/tickets", &fields).await.ok()["ticket"]);
    let (half, attempt) = setup.sign_in().await;
    let exchanged = half.get(&format!("/session/ticket/exchange?ticket={ticket}")).await.ok();
    setup.app.drain().await;
    assert_eq!(exchanged["session"]["active_signin"]["impersonator_id"], nora);
    let code = setup.code(0);
    half.attempt_second_factor(&attempt, APP, &code).await.assert_error(403, "IMPERSONATION_NOT_ALLOWED");
    for path in ["/me/authenticator", "/me/backup-codes", "/me/passkeys/register/begin"] {
        let refused = half.post(path, &[]).await;
        assert_ne!(refused.status, 200, "{path}: {}", refused.text);
    }
    // None of it used the code up.
    let (browser, attempt) = setup.sign_in().await;
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &code).await.ok());
}

async fn assert_ended(setup: &Setup, (half, attempt): (TestClient, String)) {
    half.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    half.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(half.get_and_check_cache("/session").await.ok()["signin_attempts"], json!([]));
}

/// The regression: another way in does not look whether the account is locked (WSO2, CVE-2025-10908).
#[tokio::test]
async fn disabled_account_does_not_complete_a_sign_in() {
    let setup = setup().await;
    let user: UserId = id_of(&setup.ada).await.parse().unwrap();
    let waits = setup.sign_in().await;
    let service = &setup.app.inner.service;
    service.run(&Caller::anonymous(), DisableUser { user }).await.result.unwrap();
    setup.app.drain().await;
    assert_ended(&setup, waits).await;
    let browser = setup.app.anonymous();
    let by_password = [("email", ADA), ("password", PASSWORD)];
    browser.post("/auth/signin", &by_password).await.assert_error(403, "USER_DISABLED");

    // Disabled behind the back of the service, while the sign-in waits.
    service.run(&Caller::anonymous(), EnableUser { user }).await.result.unwrap();
    setup.app.drain().await;
    let waits = setup.sign_in().await;
    setup.app.execute(&format!("UPDATE users SET disabled = 1 WHERE id = {user}"));
    assert_ended(&setup, waits).await;
    setup.app.execute(&format!("UPDATE users SET disabled = 0 WHERE id = {user}"));
    setup.sign_in_fully().await;
}

/// A proof of the old password does not count any more.
#[tokio::test]
async fn changed_or_removed_password_ends_sign_ins_that_wait() {
    let setup = setup().await;
    let waits = setup.sign_in().await;
    let change = [("current_password", PASSWORD), ("new_password", OTHER_PASSWORD)];
    setup.ada.post("/me/update-password", &change).await.ok();
    assert_ended(&setup, waits).await;

    let browser = setup.app.anonymous();
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", OTHER_PASSWORD)]).await.ok();
    let attempt = text(&waiting(&session)["id"]);
    setup.ada.post("/me/remove-password", &[("current_password", OTHER_PASSWORD)]).await.ok();
    assert_ended(&setup, (browser, attempt)).await;
    // The mail is one factor, too, for an account without a password.
    let browser = setup.app.anonymous();
    let attempt = start_by_mail(&browser, "email_otp").await;
    waiting(&submit(&browser, &attempt, &setup.app.mailed_code(ADA)).await.ok());
}

/// The link of a notice ends what the person has not done themselves: also a sign-in that was half-way.
#[tokio::test]
async fn link_of_a_notice_ends_sign_ins_that_wait() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    let token = setup.app.notice_token(ADA);
    let waits = setup.sign_in().await;
    let page = setup.app.anonymous().post("/security-notice", &[("token", &token)]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_ended(&setup, waits).await;
    setup.ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

/// The regression: an attacker signs up with another person's address and adds a factor, so that its owner can never
/// get in.
#[tokio::test]
async fn factor_of_an_unverified_sign_up_does_not_keep_the_owner_of_the_address_out() {
    let app = TestApp::start().await;
    let attacker = app.create_user(ADA).await;
    let authenticator = attacker.add_authenticator().await;
    attacker.make_backup_codes().await;
    let half = app.anonymous();
    let session = half.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let waits = text(&waiting(&session)["id"]);

    let ada = app.anonymous();
    let attempt = start_by_mail(&ada, "email_otp").await;
    assert_signed_in(&submit(&ada, &attempt, &app.mailed_code(ADA)).await.ok());
    for table in ["authenticators", "backup_codes", "pending_sign_ins"] {
        assert_eq!(app.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    let me = ada.get("/me").await.ok();
    assert_eq!((&me["second_factor_policy"], &me["user_authenticator"]), (&json!("none"), &Value::Null));
    attacker.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let code = half.code_of(&authenticator);
    half.attempt_second_factor(&waits, APP, &code).await.assert_error(400, ENDED);
}

/// Eve's second factor says nothing of Ada, in whichever browser.
#[tokio::test]
async fn sign_in_of_another_user_does_not_complete_it() {
    let setup = setup().await;
    let eve = setup.app.create_user(EVE).await;
    let of_eve = eve.add_authenticator().await;
    let (browser, attempt) = setup.sign_in().await;
    let session = browser.post("/auth/signin", &[("email", EVE), ("password", PASSWORD)]).await.ok();
    let second = text(&waiting(&session)["id"]);
    browser.attempt_second_factor(&attempt, APP, &browser.code_of(&of_eve)).await.assert_error(400, super::WRONG);
    let session = browser.attempt_second_factor(&second, APP, &browser.code_of(&of_eve)).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], EVE);
    assert_eq!(session["signins"].as_array().unwrap().len(), 1);
    // Ada's attempt waits on, and is not the one that was completed.
    let attempts = browser.get("/session").await.ok()["signin_attempts"].clone();
    assert_eq!(
        attempts.as_array().unwrap().iter().map(|one| text(&one["id"])).collect::<Vec<_>>(),
        std::slice::from_ref(&attempt)
    );
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok());
}
