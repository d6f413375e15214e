//! Passkeys: adding them, signing in with them, renaming and removing them. `browser` tests the script.

use serde_json::Value;

use super::second_factors::{ADA, SECURITY, between, hidden, sign_in};
use crate::harness::{SoftwareAuthenticator, Tamper, TestApp, TestClient, TestResponse, allow_passkeys};

/// Adds a passkey with the pages.
async fn add_passkey(client: &TestClient, authenticator: &SoftwareAuthenticator, name: &str) -> TestResponse {
    let page = client.post("/account/security/passkeys/new", &[]).await.assert_page(200, "Add a passkey");
    let options: Value = serde_json::from_str(&between(&page, "data-options=\"", "\"")).unwrap();
    let credential = authenticator.register(&options, &Tamper::default()).to_string();
    client.post("/account/security/passkeys", &[("credential", &credential), ("name", name)]).await
}

/// Signs in with a passkey, as the script of the page does.
async fn use_passkey(browser: &TestClient, authenticator: &SoftwareAuthenticator, attempt: &str) -> TestResponse {
    let begun = browser.post("/auth/passkey/login/begin", &[]).await.ok();
    let credential = authenticator.sign_in(&begun["options"], &Tamper::default()).to_string();
    let fields = [("credential", credential.as_str()), ("return_to", "/account"), ("attempt", attempt)];
    browser.post("/sign-in/passkey", &fields).await
}

#[tokio::test]
async fn passkey_is_added_used_renamed_and_removed() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let laptop = SoftwareAuthenticator::new(1);
    add_passkey(&ada, &laptop, "MacBook").await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Passkey added");
    assert!(page.contains("MacBook") && page.contains("Synced") && page.contains("Never used"), "{page}");
    // Malformed credentials, and none, as without a script.
    for credential in ["", "{}", "[1]", "\"<b>\""] {
        let fields = [("credential", credential), ("name", "x")];
        let page = ada.post("/account/security/passkeys", &fields).await.assert_page(400, "could not be verified");
        assert!(page.contains("data-options=\"") && !page.contains("<b>"), "{page}");
        let fields = [("credential", credential), ("return_to", "/account")];
        let page = app.anonymous().post("/sign-in/passkey", &fields).await;
        page.assert_page(400, "could not be verified");
    }
    // It needs no second step, and completes one that waits.
    let browser = app.anonymous();
    let page = browser.get("/sign-in").await.assert_page(200, "Sign in with a passkey");
    assert!(page.contains("autocomplete=\"username webauthn\"") && page.contains("/pages/passkeys.js?v="), "{page}");
    assert_eq!(use_passkey(&browser, &laptop, "").await.assert_redirect("/"), "/account");
    let page = browser.get(SECURITY).await.assert_page(200, "Last used");
    ada.post("/account/security/two-factor", &[("policy", "enforced")]).await.assert_redirect(SECURITY);
    let browser = app.anonymous();
    let url = sign_in(&browser, "/account").await;
    let step = browser.get(&url).await.assert_page(200, "Confirm with your passkey");
    browser.get("/account").await.assert_redirect("/sign-in");
    let used = use_passkey(&browser, &laptop, &hidden(&step, "attempt")).await;
    assert_eq!(used.assert_redirect("/"), "/account");

    let id = between(&page, "/account/security/passkeys/", "/delete\"");
    let id = id.rsplit('/').next().unwrap();
    let path = |action: &str| format!("/account/security/passkeys/{id}/{action}");
    ada.post(&path("rename"), &[("name", "<b>Old laptop</b>")]).await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Passkey renamed");
    assert!(page.contains("Old laptop") && !page.contains("<b>"), "{page}");
    ada.post(&path("rename"), &[("name", " ")]).await.assert_page(400, "<h1>Sign-in security");
    let page = ada.post(&path("delete"), &[]).await.assert_page(200, "Remove the passkey");
    assert!(page.contains("It is your only second factor"), "{page}");
    // Another person's passkey does not exist for them.
    let eve = app.create_user("eve@example.com").await;
    eve.post(&path("delete"), &[("sure", "yes")]).await.assert_page(404, "This passkey is not known here");
    let sure = [("sure", "yes"), ("sign_out_others", "yes")];
    ada.post(&path("delete"), &sure).await.assert_redirect(SECURITY);
    browser.get("/account").await.assert_redirect("/sign-in");
    let page = use_passkey(&browser, &laptop, "").await.assert_page(404, "This passkey is not known here");
    let unknown = format!("data-unknown=\"{}\"", laptop.credential_id());
    assert!(page.contains(&unknown) && page.contains("data-rp-id=\"localhost\""), "{page}");
}

#[tokio::test]
async fn pages_without_passkeys_do_not_mention_them() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let page = app.anonymous().get("/sign-in").await.assert_page(200, "Sign in without a password");
    assert!(!page.contains("passkey") && !page.contains("webauthn"), "{page}");
    let page = ada.get(SECURITY).await.assert_page(200, "Passkeys are not available at this address");
    assert!(!page.contains("/account/security/passkeys/new"), "{page}");
    let refused = ada.post("/account/security/passkeys/new", &[]).await;
    refused.assert_page(400, "Passkeys are not available at this address");
}

#[tokio::test]
async fn unknown_passkey_at_the_second_step_leaves_the_sign_in_open() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let (laptop, phone) = (SoftwareAuthenticator::new(1), SoftwareAuthenticator::new(2));
    add_passkey(&ada, &laptop, "Laptop").await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Laptop");
    let id = between(&page, "/account/security/passkeys/", "/delete\"");
    add_passkey(&ada, &phone, "Phone").await.assert_redirect(SECURITY);
    let delete = format!("/account/security/passkeys/{}/delete", id.rsplit('/').next().unwrap());
    ada.post(&delete, &[("sure", "yes")]).await.assert_redirect(SECURITY);
    ada.post("/account/security/two-factor", &[("policy", "enforced")]).await.assert_redirect(SECURITY);
    let browser = app.anonymous();
    let url = sign_in(&browser, "/account").await;
    let attempt = hidden(&browser.get(&url).await.assert_page(200, "Confirm with your passkey"), "attempt");
    let page = use_passkey(&browser, &laptop, &attempt).await.assert_page(404, "This passkey is not known here");
    assert_eq!(hidden(&page, "attempt"), attempt);
    assert!(page.contains(&format!("data-unknown=\"{}\"", laptop.credential_id())), "{page}");
    assert_eq!(use_passkey(&browser, &phone, &attempt).await.assert_redirect("/"), "/account");
}
