//! The waiting reset of second factors on the page of their user, who can object with one of them.

use std::time::Duration;

use vestibule_core::execution::Caller;
use vestibule_core::second_factor::ResetSecondFactors;

use super::second_factors::{ADA, SECURITY, enrol};
use crate::harness::{AuthenticatorApp, PASSWORD, TestApp, TestClient, text};

const CANCEL: &str = "/account/security/reset/cancel";
const WAITING: &str = "A reset of two-factor authentication is waiting.";
const DELAY: Duration = Duration::from_hours(72);
const MAX_AGE: Duration = Duration::from_mins(10);

/// Ada, who has an authenticator and whose reset waits.
async fn setup() -> (TestApp, TestClient, AuthenticatorApp) {
    let app = TestApp::with_settings(|settings| {
        settings.second_factors.reset_delay = DELAY;
        settings.reauthentication.max_age = MAX_AGE;
    })
    .await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    let (authenticator, _) = enrol(&ada).await;
    assert!(!ada.get(SECURITY).await.assert_page(200, "<h1>Sign-in security").contains(CANCEL));
    let user = text(&ada.get("/me").await.ok()["id"]).parse().unwrap();
    app.inner.service.run(&Caller::operator(), ResetSecondFactors { user }).await.result.unwrap();
    app.drain().await;
    (app, ada, authenticator)
}

fn count(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM second_factor_resets")
}

#[tokio::test]
async fn waiting_reset_is_shown_and_cancelled() {
    let (app, ada, _) = setup().await;
    let page = ada.get(SECURITY).await.assert_page(200, WAITING);
    assert!(page.contains("On 18 January 2026, 10:3"), "{page}");
    ada.post("/language", &[("language", "de")]).await.assert_redirect("/");
    let page = ada.get(SECURITY).await.assert_page(200, "Die Zwei-Faktor-Authentifizierung wird zurückgesetzt.");
    assert!(page.contains("Am 18. Januar 2026, 10:3") && page.contains("Zurücksetzen abbrechen"), "{page}");
    ada.post("/language", &[("language", "en")]).await.assert_redirect("/");

    ada.post(CANCEL, &[("return_to", SECURITY)]).await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "The reset was cancelled.");
    assert!(!page.contains(WAITING), "{page}");
    assert_eq!(count(&app), 0);
    ada.post(CANCEL, &[]).await.assert_page(404, "<h1>Sign-in security");
    app.anonymous().post(CANCEL, &[]).await.assert_redirect("/sign-in");
}

/// The person who asked for the reset has no second factor: an attacker with the password must not cancel it.
#[tokio::test]
async fn cancelling_a_reset_takes_a_second_factor() {
    let (app, ada, authenticator) = setup().await;
    app.advance(MAX_AGE);
    let page = ada.post(CANCEL, &[]).await.assert_page(403, "You are about to cancel the reset");
    assert!(page.contains("name=\"proof_code\"") && !page.contains("name=\"proof_password\""), "{page}");
    let password = [("proof", "password"), ("proof_password", PASSWORD), ("proof_methods", "authenticator")];
    ada.post(CANCEL, &password).await.assert_page(403, "name=\"proof_code\"");
    assert_eq!(count(&app), 1);
    let code = ada.code_of(&authenticator);
    let proof = [("proof", "authenticator"), ("proof_code", code.as_str()), ("proof_methods", "authenticator")];
    ada.post(CANCEL, &proof).await.assert_redirect(SECURITY);
    assert_eq!(count(&app), 0);
}
