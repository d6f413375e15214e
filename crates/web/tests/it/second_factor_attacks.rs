//! Attacks on second factors: ways around them and around the delay of their reset.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use vestibule_core::execution::Caller;
use vestibule_core::id::UserId;
use vestibule_core::second_factor::{ResetSecondFactors, run_due};

use crate::harness::{PASSWORD, SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, create_workspace, text};
use crate::mfa_requirements::Setup;
use crate::platform::PlatformClient;

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
const NINA: &str = "nina@example.com";
const DELAY: Duration = Duration::from_hours(72);
const WAITING_RESETS: &str = "SELECT COUNT(*) FROM second_factor_resets";

/// Ada, who has a verified address and an authenticator. Resets wait for [`DELAY`].
async fn start() -> (TestApp, TestClient, UserId) {
    let app = TestApp::with_settings(|settings| settings.second_factors.reset_delay = DELAY).await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    ada.add_authenticator().await;
    let id = text(&ada.get("/me").await.ok()["id"]).parse().unwrap();
    (app, ada, id)
}

/// The id of the user's only address.
async fn only_address(backend: &PlatformClient, emails: &str) -> String {
    text(&backend.get(emails).await.page()[0]["id"])
}

#[tokio::test]
async fn reset_is_also_mailed_to_an_address_that_a_key_has_removed_before() {
    let (app, _, user) = start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let emails = format!("/users/{user}/emails");
    let own = only_address(&backend, &emails).await;
    backend.post(&emails, &json!({"email": EVE, "verified": true, "is_primary": true})).await.ok();
    backend.delete(&format!("{emails}/{own}")).await.ok();
    backend.post_empty(&format!("/users/{user}/second-factors/reset")).await.ok();
    for address in [ADA, EVE] {
        assert!(app.mail(address).subject.ends_with("will be reset"), "{address}: {}", app.mail(address).subject);
    }
    let page = app.anonymous().post("/security-notice", &[("token", &app.notice_token(ADA))]).await;
    page.assert_page(200, "The reset of two-factor authentication is cancelled");
    assert_eq!(app.count(WAITING_RESETS), 0);
}

#[tokio::test]
async fn removed_junk_does_not_hide_a_removed_address() {
    let (app, _, user) = start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let emails = format!("/users/{user}/emails");
    let own = only_address(&backend, &emails).await;
    backend.post(&emails, &json!({"email": EVE, "verified": true, "is_primary": true})).await.ok();
    for number in 0..6 {
        let junk = json!({"email": format!("junk{number}@example.com"), "verified": true});
        let junk = text(&backend.post(&emails, &junk).await.ok()["id"]);
        backend.delete(&format!("{emails}/{junk}")).await.ok();
    }
    let before = app.mail_count(ADA);
    backend.delete(&format!("{emails}/{own}")).await.ok();
    assert_eq!(app.mail_count(ADA), before + 1);
}

/// A copy of the old token would otherwise be worth as much as the new factor.
#[tokio::test]
async fn stolen_session_token_does_not_outlive_the_enrolment_of_a_factor() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let copy = || app.client_with_cookie(ada.cookie.lock().unwrap().clone());
    let stolen = copy();
    stolen.get("/me").await.ok();
    ada.add_authenticator().await;
    stolen.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let stolen = copy();
    stolen.get("/me").await.ok();
    ada.add_passkey(&SoftwareAuthenticator::new(1)).await;
    stolen.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.get("/me").await.ok();
}

/// A link to the sign-in page can have any `return_to`. Only a press on the page of the invitation joins.
#[tokio::test]
async fn link_to_the_sign_in_page_does_not_accept_an_opened_invitation() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    let authenticator = ada.add_authenticator().await;
    let (eve, organization) = app.create_organization(EVE).await;
    eve.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
    let browser = app.anonymous();
    let token = app.mailed_token(ADA);
    let url = browser.post("/invite", &[("token", &token)]).await.assert_redirect("/invite?invitation=");
    for wish in ["joins=1", "%6aoins"] {
        let return_to = format!("{url}&{wish}");
        let fields = [("identifier", ADA), ("password", PASSWORD), ("return_to", return_to.as_str())];
        let step = browser.post("/sign-in", &fields).await.assert_redirect("/sign-in/second-step?attempt=");
        let (_, query) = step.split_once('?').unwrap();
        let params: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(params["return_to"], url, "{wish}");
        let code = browser.code_of(&authenticator);
        let fields = [
            ("attempt", params["attempt"].as_str()),
            ("return_to", &params["return_to"]),
            ("method", "authenticator"),
            ("code", &code),
        ];
        assert_eq!(browser.post("/sign-in/second-step", &fields).await.assert_redirect("/invite"), url);
        browser.post("/sign-out", &[]).await.assert_redirect("/");
        browser.wait_for_next_code();
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 1, "Eve's");
}

/// The password of a person who may manage members is not enough to let others into a workspace that requires more.
#[tokio::test]
async fn one_factor_lets_nobody_else_into_a_workspace_that_requires_two() {
    let setup = Setup::start().await;
    let Setup { app, olga, organization, path, .. } = &setup;
    let workspace = create_workspace(olga, organization).await;
    olga.post_json(&format!("/workspaces/{workspace}/update"), &json!({"enforce_mfa": true})).await.ok();
    olga.post("/me", &[("second_factor_policy", "optional")]).await.ok();
    let thief = app.anonymous();
    thief.post("/auth/signin", &[("email", "olga@example.com"), ("password", PASSWORD)]).await.ok();
    let (invitations, update) = (format!("{path}/invitations"), format!("{path}/update"));
    let invite = [("email", EVE), ("workspace_id", workspace.as_str())];
    let assign = [("auto_assigned_workspace_id", workspace.as_str())];
    thief.post(&invitations, &invite).await.assert_error(403, "MFA_REQUIRED");
    thief.post(&update, &assign).await.assert_error(403, "MFA_REQUIRED");
    thief.post(&invitations, &invite[..1]).await.ok();
    olga.post(&invitations, &invite).await.ok();
    olga.post(&update, &assign).await.ok();
    // The settings page sends the whole form back.
    thief.post(&update, &assign).await.ok();
}

/// Otherwise it would remove those that the user has set up in their place.
#[tokio::test]
async fn waiting_reset_ends_with_the_factors_that_it_was_about() {
    let (app, ada, user) = start().await;
    let reset = ResetSecondFactors { user };
    assert!(app.inner.service.run(&Caller::operator(), reset).await.result.unwrap().due_at.is_some());
    let authenticator = text(&ada.get("/me").await.ok()["user_authenticator"]["id"]);
    ada.post(&format!("/me/authenticator/{authenticator}/delete"), &[]).await.ok();
    assert_eq!(app.count(WAITING_RESETS), 0);
    ada.add_authenticator().await;
    app.advance(DELAY);
    assert_eq!(run_due(&app.inner.service).await.unwrap(), 0);
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "enforced");
}

/// Olga's sign-in has two factors, and Nina's has one. They share a browser.
#[tokio::test]
async fn switch_of_sign_ins_does_not_lend_a_second_factor() {
    let setup = Setup::start().await;
    setup.require(json!({"enforce_mfa": true})).await;
    let (browser, members) = (&setup.olga, setup.members());
    let active = async || text(&browser.get("/session").await.ok()["active_signin_id"]);
    let of_olga = active().await;
    browser.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
    let of_nina = active().await;
    assert_ne!(of_olga, of_nina);
    for _ in 0..2 {
        browser.get(&members).await.assert_error(403, "MFA_REQUIRED");
        browser.post("/session/switch-sign-in", &[("sign_in_id", &of_olga)]).await.ok();
        browser.get(&members).await.ok();
        browser.post("/session/switch-sign-in", &[("sign_in_id", &of_nina)]).await.ok();
    }
}

/// Nina has no second factor, so her mail signs her in.
#[tokio::test]
async fn mailed_code_and_reset_of_the_password_do_not_meet_a_requirement() {
    let setup = Setup::start().await;
    let (app, members) = (&setup.app, setup.members());
    app.verify_all_addresses();
    setup.require(json!({"enforce_mfa": true})).await;
    let by_code = app.anonymous();
    let started = by_code.post("/auth/signin", &[("email", NINA), ("strategy", "email_otp")]).await.ok();
    let query = format!("attempt_identifier={}&identifier_type=signin", text(&started["signin_attempts"][0]["id"]));
    by_code.post(&format!("/auth/prepare-verification?{query}"), &[]).await.ok();
    let code = app.mailed_code(NINA);
    by_code.post(&format!("/auth/attempt-verification?{query}"), &[("verification_code", &code)]).await.ok();
    by_code.get("/me").await.ok();
    by_code.get(&members).await.assert_error(403, "MFA_REQUIRED");

    let by_reset = app.anonymous();
    by_reset.post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    let code = app.mailed_code(NINA);
    let checked = by_reset.post("/auth/forgot-password", &[("email", NINA), ("otp", &code)]).await.ok();
    let token = text(&checked["token"]);
    by_reset.post("/auth/reset-password", &[("token", &token), ("password", "open-sesame-43")]).await.ok();
    by_reset.get("/me").await.ok();
    by_reset.get(&members).await.assert_error(403, "MFA_REQUIRED");
}
