//! Where passkeys are available, to which domain they belong, and which pages use them.

use serde_json::json;
use vestibule_core::settings::{PublicUrl, Settings};

use super::{
    ADA, BEGIN_PROOF, BEGIN_REGISTRATION, BEGIN_SIGN_IN, FINISH_REGISTRATION, FINISH_SIGN_IN, begin, register, sign_in,
    sign_in_elsewhere, start,
};
use crate::harness::{SoftwareAuthenticator, Tamper, TestApp, allow_passkeys};

const JOIN: &str = "https://join.example.com";
const APP: &str = "https://app.example.com";

/// Gives the server a public URL.
fn serve_at(settings: &mut Settings, url: &str) {
    settings.public_url = PublicUrl::parse(url).unwrap();
    settings.tokens.audience = vec![url.to_owned()];
}

#[tokio::test]
async fn passkeys_are_off_at_addresses_for_which_browsers_have_none() {
    for url in
        ["http://127.0.0.1:8080", "https://192.0.2.1", "https://[2001:db8::1]", "http://[::1]:8080", "http://join.test"]
    {
        let app = TestApp::with_settings(|settings| serve_at(settings, url)).await;
        let settings = app.anonymous().get("/deployment").await.ok()["auth_settings"].clone();
        assert_eq!(settings["passkey"]["enabled"], false, "{url}");
        assert_eq!(settings["passkey"]["allow_autofill"], false, "{url}");
        let ada = app.create_user(ADA).await;
        let passkey = SoftwareAuthenticator::new(1);
        let options = json!({"challenge": "A".repeat(43), "rp": {"id": "x"}, "rpId": "x", "user": {"id": "AQ"}});
        let created = passkey.register(&options, &Tamper::default());
        let used = passkey.sign_in(&options, &Tamper::default());
        for path in [BEGIN_REGISTRATION, BEGIN_SIGN_IN, BEGIN_PROOF] {
            ada.post(path, &[]).await.assert_error(400, "PASSKEYS_NOT_AVAILABLE");
        }
        for (path, credential) in [(FINISH_REGISTRATION, &created), (FINISH_SIGN_IN, &used)] {
            ada.post_json(path, credential).await.assert_error(400, "PASSKEYS_NOT_AVAILABLE");
        }
        let proof = json!({"credential": used});
        ada.post_json("/me/reauthenticate", &proof).await.assert_error(400, "PASSKEYS_NOT_AVAILABLE");
        assert_eq!(ada.get("/me/passkeys").await.ok(), json!([]), "{url}");
        // A second factor needs none.
        ada.add_authenticator().await;
    }
}

#[tokio::test]
async fn passkeys_are_on_with_https_and_on_localhost() {
    for (url, rp_id) in [
        ("https://join.example.com", "join.example.com"),
        ("https://join.example.com:8443", "join.example.com"),
        ("http://localhost:8080", "localhost"),
    ] {
        let app = TestApp::with_settings(|settings| serve_at(settings, url)).await;
        let settings = app.anonymous().get("/deployment").await.ok()["auth_settings"].clone();
        assert_eq!(settings["passkey"]["enabled"], true, "{url}");
        let passkey = SoftwareAuthenticator::at(url, 1);
        let ada = app.create_user(ADA).await;
        assert_eq!(begin(&ada, BEGIN_REGISTRATION).await["rp"]["id"], rp_id);
        register(&ada, &passkey, &Tamper::default()).await.ok();
        sign_in_elsewhere(&app, &passkey, &Tamper::default()).await.ok();
    }
}

#[tokio::test]
async fn passkeys_of_a_parent_domain_work_on_the_pages_of_allowed_applications() {
    let app = TestApp::with_settings(|settings| {
        serve_at(settings, JOIN);
        settings.passkeys.rp_id = Some("example.com".to_owned());
        settings.allowed_origins = vec![APP.to_owned(), "https://example.org".to_owned()];
    })
    .await;
    let ada = app.create_user(ADA).await;
    let passkey = SoftwareAuthenticator::at(JOIN, 1);
    assert_eq!(begin(&ada, BEGIN_REGISTRATION).await["rp"]["id"], "example.com");
    register(&ada, &passkey, &Tamper::default()).await.ok();
    assert_eq!(begin(&app.anonymous(), BEGIN_SIGN_IN).await["rpId"], "example.com");
    let from = |origin: &str| Tamper { origin: Some(origin.to_owned()), ..Tamper::default() };
    for origin in [JOIN, APP] {
        sign_in_elsewhere(&app, &passkey, &from(origin)).await.ok();
    }
    // Not listed, of another domain although it is listed, and without https.
    for origin in ["https://blog.example.com", "https://example.com", "https://example.org", "http://app.example.com"] {
        let refused = sign_in_elsewhere(&app, &passkey, &from(origin)).await;
        refused.assert_error(400, "INVALID_PASSKEY");
        register(&ada, &SoftwareAuthenticator::new(2), &from(origin)).await.assert_error(400, "INVALID_PASSKEY");
    }
    // One of the server's own host, from before the setting.
    let of_host = Tamper { rp_id: Some("join.example.com".to_owned()), ..Tamper::default() };
    sign_in(&app.anonymous(), &passkey, &of_host).await.assert_error(400, "INVALID_PASSKEY");
    register(&ada, &SoftwareAuthenticator::at(APP, 3), &Tamper::default()).await.ok();
}

#[tokio::test]
async fn allowed_application_on_another_port_of_this_machine_uses_passkeys() {
    let application = "http://localhost:3000";
    let app = TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.allowed_origins = vec![application.to_owned()];
    })
    .await;
    let ada = app.create_user(ADA).await;
    let passkey = SoftwareAuthenticator::at(application, 1);
    register(&ada, &passkey, &Tamper::default()).await.ok();
    sign_in_elsewhere(&app, &passkey, &Tamper::default()).await.ok();
    // Without the setting, it is any other page.
    let app = start().await;
    let ada = app.create_user(ADA).await;
    register(&ada, &passkey, &Tamper::default()).await.assert_error(400, "INVALID_PASSKEY");
}
