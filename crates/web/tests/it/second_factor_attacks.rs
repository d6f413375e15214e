//! Attacks on second factors: ways around them and around the delay of their reset.

use std::time::Duration;

use serde_json::json;
use vestibule_core::execution::Caller;
use vestibule_core::id::UserId;
use vestibule_core::second_factor::{ResetSecondFactors, run_due};

use crate::harness::{SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, text};
use crate::platform::PlatformClient;

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
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
async fn reset_is_also_told_to_an_address_that_a_key_has_removed_before() {
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
