//! The two listeners: API keys are for one of them, sessions for the other.

use axum::http::{HeaderMap, header};

use super::PlatformClient;
use crate::harness::TestApp;

#[tokio::test]
async fn the_public_listener_answers_a_key_with_a_hint() {
    let app = TestApp::start().await;
    let key = PlatformClient::new(&app, "*").await.key;
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    let members = format!("/organizations/{acme}/members");
    for key in [&key, "vst_live_sk_mistyped"] {
        // Beside a valid session, too: the caller means the other API.
        let mut client = app.client_with_cookie(admin.cookie.lock().unwrap().clone());
        let bearer = format!("Bearer {key}").parse().unwrap();
        client.headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
        for path in [members.as_str(), "/organizations", "/nothing"] {
            let refused = client.get(path).await.assert_error(401, "API_KEY_NOT_ACCEPTED");
            assert!(refused["message"].as_str().unwrap().contains("platform.listen"));
        }
    }
    // Other tokens are of no interest here.
    let mut client = app.client_with_cookie(admin.cookie.lock().unwrap().clone());
    client.headers.insert(header::AUTHORIZATION, "Bearer something".parse().unwrap());
    client.get(&members).await.ok();
}

#[tokio::test]
async fn platform_listener_reads_no_session() {
    let app = TestApp::start().await;
    let (admin, _) = app.create_organization("nora@acme.example").await;
    let mut client = PlatformClient::with_key(&app, "");
    client.headers.insert(header::COOKIE, admin.session_cookie().parse().unwrap());
    client.get("/keys").await.assert_error(401, "API_KEY_INVALID");
}

#[tokio::test]
async fn clients_outside_of_allowed_networks_get_404() {
    let app = TestApp::with_settings(|settings| {
        settings.platform.allowed_networks.allowed_networks = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let backend = PlatformClient::new(&app, "*").await;
    backend.get("/keys").await.assert_error(404, "NOT_FOUND");
    backend.get("/health/live").await.assert_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn health_needs_no_key_and_unknown_paths_are_json() {
    let app = TestApp::start().await;
    let anonymous = PlatformClient::with_key(&app, "");
    assert_eq!(anonymous.get("/health/ready").await.status, 200);
    let mut backend = PlatformClient::new(&app, "*").await;
    backend.headers.insert(header::ACCEPT, "text/html".parse().unwrap());
    backend.get("/nothing").await.assert_error(404, "NOT_FOUND");
    backend.get("/sign-in").await.assert_error(404, "NOT_FOUND");
    backend.delete("/keys").await.assert_error(404, "NOT_FOUND");
}
