//! During development: the names of this machine, and refusals that a person sees.

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use vestibule_core::settings::{PublicUrl, Settings};

use crate::harness::{PASSWORD, TestApp, TestClient};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

fn local(settings: &mut Settings) {
    settings.public_url = PublicUrl::parse("http://127.0.0.1:8080").unwrap();
}

fn client(app: &TestApp, headers: &[(&'static str, &'static str)]) -> TestClient {
    let mut client = app.anonymous();
    for (name, value) in headers {
        client.headers.insert(*name, HeaderValue::from_static(value));
    }
    client
}

#[tokio::test]
async fn pages_of_other_loopback_names_lead_to_the_public_url() {
    let app = TestApp::with_settings(local).await;
    for host in ["localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
        let browser = client(&app, &[("host", host), ("accept", HTML)]);
        let response = browser.get("/sign-in?return_to=%2Faccount").await;
        assert_eq!(response.status, 307, "{host}");
        assert_eq!(response.headers[header::LOCATION], "http://127.0.0.1:8080/sign-in?return_to=%2Faccount");
    }
    for (host, accept) in [
        ("127.0.0.1:8080", HTML),
        ("localhost:8080", "application/json"),
        ("localhost:8081", HTML),
        ("localhost.evil.example:8080", HTML),
        ("evil.example", HTML),
    ] {
        let response = client(&app, &[("host", host), ("accept", accept)]).get("/sign-in").await;
        assert_eq!(response.status, 200, "{host} {accept}");
    }
    let published = TestApp::start().await;
    let response = client(&published, &[("host", "localhost"), ("accept", HTML)]).get("/sign-in").await;
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn loopback_names_are_one_origin() {
    let app = TestApp::with_settings(local).await;
    app.create_user("ada@example.com").await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("strategy", "plain_email")];
    for (origin, status) in [
        ("http://127.0.0.1:8080", 200),
        ("http://localhost:8080", 200),
        ("http://[::1]:8080", 200),
        ("http://localhost:3000", 403),
        ("https://localhost:8080", 403),
        ("http://localhost:8080.evil.example", 403),
    ] {
        let response = client(&app, &[("origin", origin)]).post("/auth/signin", &fields).await;
        assert_eq!(response.status, status, "{origin}: {}", response.text);
    }
}

#[tokio::test]
async fn refusal_of_a_cross_site_form_is_a_page_with_the_reason() {
    let app = TestApp::with_settings(local).await;
    let evil = [("origin", "https://evil.example"), ("accept", HTML)];
    for path in ["/sign-in", "/invite", "/organizations", "/nope"] {
        let response = client(&app, &evil).post(path, &[]).await;
        assert_eq!(response.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        response.assert_page(403, "Open http://127.0.0.1:8080 and try again.");
    }
    let german = [evil[0], evil[1], ("accept-language", "de")];
    client(&app, &german).post("/sign-in", &[]).await.assert_page(403, "Öffnen Sie http://127.0.0.1:8080");
    client(&app, &evil[..1]).post("/organizations", &[]).await.assert_error(403, "CROSS_SITE_REQUEST");
    let json = [evil[0], ("accept", "application/json")];
    client(&app, &json).post("/sign-in", &[]).await.assert_error(403, "CROSS_SITE_REQUEST");
    client(&app, &evil).send(Method::GET, "/sign-in", None, Body::empty()).await.assert_page(200, "<h1>");
}
