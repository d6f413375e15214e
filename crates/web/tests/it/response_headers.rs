//! The headers that every response has, whatever it is, and exactly once.

use axum::http::{Method, header};
use vestibule_core::settings::PublicUrl;

use crate::harness::{TestApp, TestResponse};

/// The value of a header that must be there exactly once.
#[track_caller]
fn single<'a>(response: &'a TestResponse, name: &str) -> &'a str {
    let values: Vec<_> = response.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    let [value] = values[..] else { panic!("{}: {name}: {values:?}", response.request) };
    value
}

#[tokio::test]
async fn every_response_has_each_security_header_once() {
    let app =
        TestApp::with_settings(|settings| settings.public_url = PublicUrl::parse("https://vestibule.test").unwrap())
            .await;
    let owner = app.create_user("olga@example.com").await;
    let image = crate::images::encode(image::ImageFormat::Png, 16, 16);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &image)).await.ok();
    let organization = created["organization"]["id"].as_str().unwrap();
    let image = created["organization"]["image_url"].as_str().unwrap().strip_prefix("https://vestibule.test").unwrap();
    let list = format!("/organizations/{organization}/invitations");
    let mut responses = Vec::new();
    for path in [
        "/session",
        "/me",
        "/nope",
        &list,
        image,
        "/sign-in",
        "/organizations",
        "/account",
        "/invite",
        "/docs",
        "/docs/",
        "/docs/swagger-ui.css",
        "/openapi.json",
        "/health/live",
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/.well-known/meta",
        "/pages/style.css",
    ] {
        responses.push(owner.get(path).await);
        responses.push(owner.send(Method::HEAD, path, None, axum::body::Body::empty()).await);
    }
    let mut conditional = app.client_with_cookie(owner.cookie.lock().unwrap().clone());
    let tag = owner.get(&list).await.headers[header::ETAG].clone();
    conditional.headers.insert(header::IF_NONE_MATCH, tag);
    let not_modified = conditional.get(&list).await;
    assert_eq!(not_modified.status, 304);
    responses.extend([
        not_modified,
        owner.post("/auth/signin", &[]).await,
        owner.post("/sign-out", &[]).await,
        owner.send(Method::TRACE, "/", None, axum::body::Body::empty()).await,
    ]);
    for response in &responses {
        assert_eq!(single(response, "x-content-type-options"), "nosniff");
        assert_eq!(single(response, "strict-transport-security"), "max-age=31536000");
        assert_eq!(single(response, "x-frame-options"), "DENY");
        assert_eq!(single(response, "referrer-policy"), "no-referrer");
        assert!(!single(response, "cache-control").is_empty());
        let policy = single(response, "content-security-policy");
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action "] {
            assert!(policy.split(';').any(|part| part.trim().starts_with(directive)), "{}: {policy}", response.request);
        }
        assert!(!policy.contains("object-src") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert!(single(response, "x-request-id").bytes().all(|byte| byte.is_ascii_digit()));
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let app = TestApp::start().await;
    let owner = app.create_user("olga@example.com").await;
    for path in ["/session", "/me", "/sign-in", "/health/live", "/openapi.json"] {
        let (get, head) =
            (owner.get(path).await, owner.send(Method::HEAD, path, None, axum::body::Body::empty()).await);
        assert_eq!((head.status, head.text.len()), (get.status, 0), "{path}");
        let names = |response: &TestResponse| {
            let mut names: Vec<_> = response.headers.keys().map(ToString::to_string).collect();
            names.retain(|name| name != "content-length");
            names.sort_unstable();
            names
        };
        assert_eq!(names(&head), names(&get), "{path}");
    }
}

#[tokio::test]
async fn browsers_get_the_icon_that_they_ask_for() {
    let icon = TestApp::start().await.anonymous().get("/favicon.ico").await;
    assert_eq!((icon.status, single(&icon, "content-type")), (200, "image/x-icon"));
    assert_eq!(single(&icon, "cache-control"), "public, max-age=86400");
    assert_eq!(icon.bytes[..4], [0, 0, 1, 0]);
}

/// Crawlers may read every page, so that they see which ones are not to be indexed.
#[tokio::test]
async fn search_engines_index_public_pages_only() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let robots = owner.get("/robots.txt").await;
    assert_eq!((robots.status, robots.text.as_str()), (200, "User-agent: *\nDisallow:\n"));
    assert_eq!(robots.headers["cache-control"], "public, max-age=86400", "its URL does not change with its text");
    for path in ["/sign-in", "/sign-up"] {
        let page = app.anonymous().get(path).await.text;
        assert!(page.contains("<meta name=\"description\"") && !page.contains("noindex"), "{path}");
    }
    for path in ["/invite", "/account", "/organizations", &format!("/organizations/{organization}/-/members")] {
        assert!(owner.get(path).await.text.contains("<meta name=\"robots\" content=\"noindex\">"), "{path}");
    }
}
