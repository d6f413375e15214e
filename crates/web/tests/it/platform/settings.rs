//! The settings of the deployment, as clients read them.

use axum::http::Method;
use serde_json::{Value, json};
use vestibule_core::settings::SignUpMode;

use super::PlatformClient;
use crate::harness::{TestApp, text};

#[tokio::test]
async fn any_key_reads_the_settings() {
    let app = TestApp::with_settings(|settings| {
        settings.sign_up = SignUpMode::Waitlist;
        settings.passwords.minimum_length = 11;
        settings.workspaces.is_enabled = false;
    })
    .await;
    let operator = PlatformClient::new(&app, "*").await;
    let organization = text(&operator.post("/organizations", &json!({"name": "Acme"})).await.ok()["id"]);
    let backend = PlatformClient::bound(&app, "members:read", Some(&organization)).await;
    let shown = backend.get("/").await.ok();
    for field in
        ["id", "created_at", "updated_at", "backend_host", "frontend_host", "mail_from_host", "publishable_key", "mode"]
    {
        assert!(shown[field].is_string(), "{field}: {shown}");
    }
    assert_eq!(
        (&shown["maintenance_mode"], &shown["restrictions"]["sign_up_mode"]),
        (&json!(false), &json!("waitlist"))
    );
    let auth = &shown["auth_settings"];
    assert_eq!(auth["password"], json!({"enabled": true, "min_length": 11}));
    assert_eq!((&auth["second_factor_policy"], &auth["first_factor"]), (&json!("optional"), &json!("email_password")));
    for (part, fields) in [
        ("magic_link", ["enabled", "require_same_device"]),
        ("auth_factors_enabled", ["sso", "passkey"]),
        ("verification_policy", ["email", "phone_number"]),
    ] {
        for field in fields {
            assert!(auth[part][field].is_boolean(), "{part}.{field}: {auth}");
        }
    }
    assert_eq!(shown["b2b_settings"]["workspaces_enabled"], false);
    assert!(shown["ui_settings"]["app_name"].is_string(), "{shown}");
    operator.post(&format!("/organizations/{organization}/workspaces"), &json!({"name": "Lab"})).await.ok();
    assert_eq!(backend.get("/").await.ok()["b2b_settings"]["workspaces_enabled"], true);
    PlatformClient::with_key(&app, "").get("/").await.assert_error(401, "API_KEY_INVALID");
}

#[tokio::test]
async fn shared_roles_are_listed_without_those_of_organizations() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let organization = super::organizations::create(&backend, "Acme").await;
    let own = json!({"name": "Buyer", "permissions": ["orders:write"]});
    backend.post(&format!("{organization}/roles"), &own).await.ok();
    let fields = json!({"name": "Lab"});
    let workspace = text(&backend.post(&format!("{organization}/workspaces"), &fields).await.ok()["id"]);
    backend.post(&format!("/workspaces/{workspace}/roles"), &own).await.ok();
    let deployment = backend.get("/").await.ok()["id"].clone();
    for (kind, admin) in [("organization", "organization:admin"), ("workspace", "workspace:admin")] {
        let path = format!("/settings/b2b/{kind}-roles");
        let roles = backend.get(&path).await.page();
        assert_eq!(roles.iter().map(|role| text(&role["name"])).collect::<Vec<_>>(), ["Member", "Admin"]);
        assert_eq!((&roles[1]["permissions"], &roles[1]["deployment_id"]), (&json!([admin]), &deployment));
        let sorted = backend.get(&format!("{path}?sort_key=name")).await.page();
        assert_eq!(sorted[0], roles[1]);
        backend.get(&format!("{path}?sort_key=permissions")).await.assert_error(400, "INVALID_FIELD");
        let other = PlatformClient::new(&app, "members:read").await;
        let message = other.get(&path).await.assert_error(403, "SCOPE_MISSING");
        assert!(message.contains("roles:read"), "{message}");
    }
}

#[tokio::test]
async fn providers_can_be_read_and_nothing_can_be_changed() {
    let none = TestApp::start().await;
    let backend = PlatformClient::new(&none, "*").await;
    assert_eq!(backend.get("/settings/social-connections").await.page(), Vec::<Value>::new());
    assert_eq!(backend.get("/").await.ok()["auth_settings"]["auth_factors_enabled"]["sso"], false);
    let app = TestApp::with_settings(crate::provider_calls::allow_github).await;
    let backend = PlatformClient::new(&app, "*").await;
    let providers = backend.get("/settings/social-connections").await.page();
    assert_eq!((providers.len(), &providers[0]["provider"]), (1, &json!("github_oauth")));
    assert_eq!(backend.get("/settings/social-connections?search=google").await.page(), Vec::<Value>::new());
    assert_eq!(backend.get("/").await.ok()["auth_settings"]["auth_factors_enabled"]["sso"], true);
    PlatformClient::with_key(&app, "").get("/settings/social-connections").await.assert_error(401, "API_KEY_INVALID");
    for (method, path) in [
        (Method::PUT, "/settings/social-connections"),
        (Method::PATCH, "/settings/auth"),
        (Method::PATCH, "/settings/b2b"),
        (Method::POST, "/settings/email/smtp"),
        (Method::GET, "/settings/email-templates/invitation"),
        (Method::GET, "/webhooks/apps"),
        (Method::GET, "/segments"),
        (Method::GET, "/analytics"),
    ] {
        let refused = backend.send(method, path, Some("application/json"), axum::body::Body::from("{}")).await;
        refused.assert_error(404, "NOT_FOUND");
    }
}
