//! The second factors of users, as backends see and change them. Resets have tests of their own.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::PlatformClient;
use crate::harness::{AuthenticatorApp, PASSWORD, SoftwareAuthenticator, TestApp, TestClient, allow_passkeys, text};

const ADA: &str = "ada@example.com";
const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

struct Setup {
    app: TestApp,
    backend: PlatformClient,
    ada: TestClient,
    /// Ada, in the API.
    path: String,
}

async fn setup() -> Setup {
    let app = TestApp::with_settings(allow_passkeys).await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let (olga, organization) = app.create_organization("olga@example.com").await;
    let ada = app.create_member(&olga, &organization, ADA, "").await;
    let path = format!("/users/{}", text(&ada.get("/me").await.ok()["id"]));
    Setup { app, backend, ada, path }
}

impl Setup {
    async fn details(&self) -> Value {
        self.backend.get(&format!("{}/details", self.path)).await.ok()
    }

    async fn sign_in(&self) -> (TestClient, Value) {
        let client = self.app.anonymous();
        let session = client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
        (client, session)
    }
}

#[tokio::test]
async fn authenticator_of_another_service_is_added_and_deleted() {
    let setup = setup().await;
    let authenticators = format!("{}/authenticators", setup.path);
    let fields = json!({"secret": "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp", "account_name": "ada at work"});
    let added = setup.backend.post(&authenticators, &fields).await.ok();
    let url = text(&added["otp_url"]);
    assert!(url.starts_with("otpauth://totp/") && url.contains(&format!("secret={SECRET}")), "{url}");
    assert!(url.contains("ada%20at%20work"), "{url}");
    assert_eq!(setup.app.mail(ADA).subject, "An authenticator app was added to your account on Vestibule");
    let details = setup.details().await;
    assert_eq!(details["second_factor_policy"], "enforced");
    assert_eq!((&details["user_authenticator"]["id"], &details["has_backup_codes"]), (&added["id"], &json!(false)));

    let (client, session) = setup.sign_in().await;
    assert!(session["active_signin"].is_null(), "{session}");
    let scanned = AuthenticatorApp::scan(&json!({"id": added["id"], "totp_secret": SECRET}));
    let attempt = client.pending_attempt().await;
    client.attempt_second_factor(&attempt, "authenticator", &client.code_of(&scanned)).await.ok();
    client.get("/me").await.ok();

    // Another one takes its place.
    let replaced = setup.backend.post(&authenticators, &json!({"secret": SECRET})).await.ok();
    assert_ne!(replaced["id"], added["id"]);
    assert!(text(&replaced["otp_url"]).contains("ada%40example.com"), "{replaced}");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authenticators"), 1);

    setup.backend.delete(&authenticators).await.ok();
    assert_eq!(setup.app.mail(ADA).subject, "The authenticator app of your account on Vestibule was removed");
    let details = setup.details().await;
    assert_eq!((&details["user_authenticator"], &details["second_factor_policy"]), (&json!(null), &json!("none")));
    setup.backend.delete(&authenticators).await.ok();
    let (_, session) = setup.sign_in().await;
    assert!(!session["active_signin"].is_null(), "{session}");
}

#[tokio::test]
async fn backup_codes_are_regenerated() {
    let setup = setup().await;
    let regenerate = format!("{}/backup-codes/regenerate", setup.path);
    setup.backend.post_empty(&regenerate).await.assert_error(400, "SECOND_FACTOR_MISSING");
    setup.ada.add_authenticator().await;
    let old = setup.ada.make_backup_codes().await;
    let response = setup.backend.post_empty(&regenerate).await.ok();
    let new: Vec<_> = response["backup_codes"].as_array().unwrap().iter().map(text).collect();
    assert!(new.len() == 12 && new.iter().all(|code| code.len() == 9 && !old.contains(code)), "{}", new.len());
    assert_eq!(setup.app.mail(ADA).subject, "New backup codes for your account on Vestibule");
    assert_eq!(setup.details().await["has_backup_codes"], true);
    let (client, _) = setup.sign_in().await;
    let attempt = client.pending_attempt().await;
    let refused = client.attempt_second_factor(&attempt, "backup_code", &old[0]).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    client.attempt_second_factor(&attempt, "backup_code", &new[0]).await.ok();
}

#[tokio::test]
async fn passkeys_are_listed_renamed_and_deleted() {
    let setup = setup().await;
    let passkeys = format!("{}/passkeys", setup.path);
    let empty = setup.backend.get(&passkeys).await.ok();
    assert_eq!(empty, json!({"data": [], "total": 0, "limit": 1000, "offset": 0, "has_more": false}));
    let authenticator = SoftwareAuthenticator::new(1);
    let added = setup.ada.add_passkey(&authenticator).await;
    let listed = setup.backend.get(&passkeys).await.page();
    assert_eq!(listed.len(), 1);
    for (field, expected) in [
        ("id", added["id"].clone()),
        ("name", json!("Laptop")),
        ("transports", json!(["hybrid", "internal"])),
        ("backed_up", json!(true)),
        ("device_type", json!("multi_device")),
    ] {
        assert_eq!(listed[0][field], expected, "{field}");
    }
    assert!(listed[0]["sign_count"].is_u64() && listed[0].get("last_used_at").is_none(), "{listed:?}");
    assert_eq!(setup.details().await["has_passkeys"], true);
    setup.app.anonymous().sign_in_with_passkey(&authenticator).await;
    assert!(setup.backend.get(&passkeys).await.page()[0]["last_used_at"].is_string());

    let passkey = format!("{passkeys}/{}", text(&added["id"]));
    setup.backend.patch(&passkey, &json!({"name": "Old laptop"})).await.ok();
    assert_eq!(setup.backend.get(&passkeys).await.page()[0]["name"], "Old laptop");
    setup.backend.patch(&passkey, &json!({})).await.assert_error(400, "REQUIRED_FIELD");

    // Of another user, and of nobody.
    let olga = format!("/users/{}/passkeys/{}", setup.other_user(), text(&added["id"]));
    for path in [olga, format!("{passkeys}/1")] {
        setup.backend.patch(&path, &json!({"name": "Mine"})).await.assert_error(404, "PASSKEY_NOT_FOUND");
        setup.backend.delete(&path).await.assert_error(404, "PASSKEY_NOT_FOUND");
    }
    setup.backend.delete(&passkey).await.ok();
    assert!(setup.app.mail(ADA).text.contains("the passkey “Old laptop” was removed"), "{}", setup.app.mail(ADA).text);
    assert!(setup.backend.get(&passkeys).await.page().is_empty());
    setup.backend.delete(&passkey).await.assert_error(404, "PASSKEY_NOT_FOUND");
    assert_eq!(setup.details().await["has_passkeys"], false);
}

impl Setup {
    fn other_user(&self) -> String {
        let own = self.path.trim_start_matches("/users/");
        self.app.count(&format!("SELECT MIN(id) FROM users WHERE id <> {own}")).to_string()
    }
}

#[tokio::test]
async fn policy_is_changed_with_a_factor_only() {
    let setup = setup().await;
    let set = async |policy: &str| setup.backend.patch(&setup.path, &json!({"second_factor_policy": policy})).await;
    set("enforced").await.assert_error(400, "SECOND_FACTOR_MISSING");
    assert_eq!(set("optional").await.ok()["second_factor_policy"], "optional");
    let passkey = SoftwareAuthenticator::new(1);
    setup.ada.add_passkey(&passkey).await;
    assert_eq!(set("enforced").await.ok()["second_factor_policy"], "enforced");
    assert!(setup.app.mail(ADA).text.contains("was turned on"), "{}", setup.app.mail(ADA).text);
    assert!(setup.sign_in().await.1["active_signin"].is_null());
    let listed = setup.backend.get("/users").await.page();
    let policies: Vec<_> = listed.iter().map(|user| text(&user["second_factor_policy"])).collect();
    assert_eq!(policies, ["enforced", "none"]);
    let mails = setup.app.mail_count(ADA);
    set("enforced").await.ok();
    assert_eq!(setup.app.mail_count(ADA), mails, "nothing was changed");
    set("none").await.ok();
    assert!(!setup.sign_in().await.1["active_signin"].is_null());
}

#[tokio::test]
async fn bad_requests_have_a_code() {
    let setup = setup().await;
    let authenticators = format!("{}/authenticators", setup.path);
    let long = "A".repeat(500);
    for secret in ["JBSWY3DP", "0189", long.as_str(), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PX!"] {
        setup.backend.post(&authenticators, &json!({"secret": secret})).await.assert_error(400, "INVALID_FIELD");
    }
    setup.backend.post(&authenticators, &json!({"secret": ""})).await.assert_error(400, "REQUIRED_FIELD");
    setup.backend.get(&format!("{}/passkeys?sort_key=age", setup.path)).await.assert_error(400, "INVALID_FIELD");
    let other = PlatformClient::new(&setup.app, "members:write").await;
    let (name, secret) = (json!({"name": "Laptop"}).to_string(), json!({"secret": SECRET}).to_string());
    for (method, path, body) in [
        (Method::GET, "passkeys", ""),
        (Method::PATCH, "passkeys/1", name.as_str()),
        (Method::DELETE, "passkeys/1", ""),
        (Method::POST, "authenticators", secret.as_str()),
        (Method::DELETE, "authenticators", ""),
        (Method::POST, "backup-codes/regenerate", ""),
        (Method::POST, "second-factors/reset", ""),
        (Method::POST, "second-factors/reset/cancel", ""),
    ] {
        let content_type = (!body.is_empty()).then_some("application/json");
        let own = format!("{}/{path}", setup.path);
        let refused = other.send(method.clone(), &own, content_type, Body::from(body.to_owned())).await;
        refused.assert_error(403, "SCOPE_MISSING");
        let unknown = format!("/users/1/{path}");
        let refused = setup.backend.send(method, &unknown, content_type, Body::from(body.to_owned())).await;
        refused.assert_error(404, "USER_NOT_FOUND");
    }
    let reading = PlatformClient::new(&setup.app, "users:read").await;
    reading.get(&format!("{}/passkeys", setup.path)).await.ok();
    reading.delete(&authenticators).await.assert_error(403, "SCOPE_MISSING");
}
