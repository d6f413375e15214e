//! Connections to providers that others have written.

use serde_json::{Value, json};

use super::{DOMAIN, NINA, OLGA, add_domain, signed_in_as};
use crate::harness::provider_package::ProviderPackage;
use crate::harness::{TestApp, TestClient, allow_this_machine, text};

fn people() -> Value {
    json!([
        {"sub": "1", "username": "olga", "email": OLGA, "email_verified": true, "groups": ["Admins"]},
        {"sub": "2", "username": "nina", "email": NINA, "email_verified": true, "groups": ["Editors"]},
    ])
}

/// An admin, and the path of her organization.
struct Admin {
    app: TestApp,
    olga: TestClient,
    path: String,
    /// The settings of a provider that knows the organization.
    settings: Value,
}

/// Creates, tests and enables a connection to the package. Returns the connection.
async fn connect(admin: &Admin, provider: &ProviderPackage) -> String {
    let Admin { app, olga, path, .. } = admin;
    let domain = add_domain(app, olga, path, DOMAIN).await;
    let mut fields = provider.connection();
    (fields["name"], fields["domain_ids"]) = (json!("Package"), json!([domain]));
    let connections = format!("{path}/enterprise-connections");
    let tested = olga.post_json(&format!("{connections}/test"), &fields).await.ok();
    assert_eq!(tested["success"], true, "{tested}");
    let connection = text(&olga.post_json(&connections, &fields).await.ok()["id"]);
    olga.post_json(&format!("{connections}/{connection}/update"), &json!({"enabled": true})).await.ok();
    connection
}

async fn start() -> Admin {
    let app = TestApp::with_settings(allow_this_machine).await;
    app.use_system_time();
    let (olga, organization) = app.create_organization(OLGA).await;
    app.verify_all_addresses();
    let redirect_uri = format!("http://vestibule.test/auth/sso/oidc/callback/{organization}");
    let settings = json!({"redirect_uris": [redirect_uri], "claims_in_userinfo": true});
    Admin { app, olga, path: format!("/organizations/{organization}"), settings }
}

#[tokio::test]
async fn oidc_provider_of_npm_is_a_connection_with_logout() {
    let admin = start().await;
    let provider = ProviderPackage::oidc_provider(&people(), &admin.settings);
    let connection = connect(&admin, &provider).await;
    let browser = admin.app.anonymous();
    let url = format!("{}&login_hint=nina%40acme.example", browser.begin_sso(&connection).await);
    signed_in_as(browser.arrive(&provider.browse(&url, &[])).await, NINA);
    let out = browser.post("/auth/sso/logout", &[]).await.ok();
    let url = text(&out["logout_url"]);
    assert!(url.starts_with(&format!("{}/session/end?", provider.issuer())), "{url}");
}

#[tokio::test]
async fn nanoidp_is_a_connection() {
    let admin = start().await;
    let provider = ProviderPackage::nanoidp(&people(), &admin.settings);
    let connection = connect(&admin, &provider).await;
    for (login, email) in [("nina", NINA), ("olga", OLGA), ("nina", NINA)] {
        let browser = admin.app.anonymous();
        let url = format!("{}&login_hint=persona-auto-login%3A{login}", browser.begin_sso(&connection).await);
        signed_in_as(browser.arrive(&provider.browse(&url, &[])).await, email);
    }
    assert_eq!(admin.app.count("SELECT COUNT(*) FROM identities"), 2);
}

#[tokio::test]
async fn mock_provider_is_a_connection() {
    let admin = start().await;
    let provider = ProviderPackage::mock(&people(), &admin.settings);
    let connection = connect(&admin, &provider).await;
    let browser = admin.app.anonymous();
    let target = provider.browse(&browser.begin_sso(&connection).await, &[("sub", "2")]);
    signed_in_as(browser.arrive(&target).await, NINA);
}
