//! Who gets a page and who gets JSON: for paths that have both, and for errors of every path.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, header};
use serde_json::Value;
use vestibule_web::route_list;

use crate::harness::{TestApp, TestClient, TestResponse};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
const FORM: &str = "application/x-www-form-urlencoded";

fn accepting(client: &TestClient, accept: &str) -> TestClient {
    let mut other = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    other.headers.insert(header::ACCEPT, accept.parse().unwrap());
    other
}

fn varies_by_accept(response: &TestResponse) -> bool {
    let values = response.headers.get_all(header::VARY).iter().map(|value| value.to_str().unwrap());
    values.flat_map(|value| value.split(',')).any(|name| name.trim() == "accept")
}

#[track_caller]
fn assert_error_page(response: &TestResponse, status: u16) {
    assert_eq!(response.status, status, "{}: {}", response.request, response.text);
    assert_eq!(response.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{}", response.request);
    let has_policy = response.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("form-action 'self'");
    assert!(has_policy && varies_by_accept(response), "{}: {:?}", response.request, response.headers);
    assert!(response.text.contains("<h1>") && response.text.contains("href=\"/organizations\""), "{}", response.text);
}

#[track_caller]
fn assert_json_error(response: &TestResponse, status: u16, code: &str) {
    assert_eq!(response.status, status, "{}: {}", response.request, response.text);
    assert_eq!(response.headers[header::CONTENT_TYPE], "application/json", "{}", response.request);
    assert_eq!(response.body["errors"][0]["code"], code, "{}", response.text);
    assert!(varies_by_accept(response), "{}: {:?}", response.request, response.headers);
}

#[tokio::test]
async fn programs_never_get_the_page_of_a_path_that_is_also_a_call() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let paths = ["/organizations".to_owned(), format!("/organizations/{organization}")];
    for (path, page_status) in paths.iter().zip([200, 303]) {
        for accept in [
            "application/json",
            "application/json, text/plain, */*",
            "application/json, text/html;q=0.1",
            "application/vnd.api+json",
            "*/*",
            "",
            "text/html;q=0",
        ] {
            let response = accepting(&owner, accept).get(path).await;
            assert_json_error(&response, 404, "NOT_FOUND");
            let message = response.body["message"].as_str().unwrap();
            assert!(message.contains("GET /me/organization-memberships"), "{accept}: {message}");
            assert_ne!(response.body["session"], Value::Null);
        }
        for accept in [BROWSER, "text/html", "text/html, */*", "application/json;q=0.5, text/html"] {
            let response = accepting(&owner, accept).get(path).await;
            assert_eq!(response.status, page_status, "{accept}: {}", response.text);
            assert!(varies_by_accept(&response));
        }
        let mut with_key = accepting(&owner, BROWSER);
        with_key.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer secret-key"));
        assert_json_error(&with_key.get(path).await, 404, "NOT_FOUND");
    }
    // Both methods of such a path that are calls stay calls, for browsers too.
    let created = accepting(&owner, BROWSER).post("/organizations", &[("name", "Second")]).await.ok();
    assert_eq!(created["organization"]["name"], "Second");
}

/// If this fails, a page has the path of a call: let `Accept` decide, as for those in the list.
#[tokio::test]
async fn no_other_page_has_the_path_of_a_call() {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let calls = document["paths"].as_object().unwrap();
    let legacy: Vec<_> = vestibule_web::legacy_routes().into_iter().map(|route| route.path.to_owned()).collect();
    let is_call = |path: &str| calls.contains_key(path) || legacy.iter().any(|legacy| legacy == path);
    let has_get = |path: &str| calls.get(path).is_some_and(|item| item.get("get").is_some());
    let routes = route_list().into_iter().filter(|route| route.method == "GET").map(|route| route.path);
    let shared: Vec<_> = routes.filter(|path| is_call(path) && !has_get(path)).collect();
    assert_eq!(shared, ["/organizations", "/organizations/{id}"]);
}

#[tokio::test]
async fn errors_are_pages_for_browsers_and_json_for_programs() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let invalid = format!("/organizations/{organization}/members?limit=x");
    let gets = [
        ("/nope", 404, "NOT_FOUND"),
        ("/organizations/invitations/accept", 404, "NOT_FOUND"),
        ("/organizations/1/members", 403, "FORBIDDEN"),
        ("/organizations/x/members", 400, "INVALID_ID"),
        (invalid.as_str(), 400, "INVALID_FIELD"),
        ("/images/nope", 404, "NOT_FOUND"),
        ("/organizations/1/-/members", 403, "FORBIDDEN"),
    ];
    for (path, status, code) in gets {
        assert_error_page(&accepting(&owner, BROWSER).get(path).await, status);
        assert_json_error(&accepting(&owner, "application/json").get(path).await, status, code);
        if !path.contains("/-/") {
            assert_json_error(&accepting(&owner, "*/*").get(path).await, status, code);
            assert_json_error(&owner.get(path).await, status, code);
        }
    }
    let anonymous = app.anonymous();
    assert_error_page(&accepting(&anonymous, BROWSER).get("/me").await, 401);
    assert_json_error(&accepting(&anonymous, "*/*").get("/me").await, 401, "UNAUTHORIZED");
    // A page that needs a session leads browsers to the sign-in.
    anonymous.get("/account").await.assert_redirect("/sign-in?return_to=");
    assert_json_error(&accepting(&anonymous, "application/json").get("/account").await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn refused_forms_are_pages_for_browsers() {
    let app = TestApp::start().await;
    let (owner, _) = app.create_organization("owner@example.com").await;
    for (path, language) in [("/sign-in", "en"), ("/organizations/-/create", "de"), ("/organizations", "en")] {
        owner.post("/language", &[("language", language)]).await.assert_redirect("/");
        let mut browser = accepting(&owner, BROWSER);
        browser.headers.insert(header::ACCEPT_LANGUAGE, language.parse().unwrap());
        browser.headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.example"));
        let response = browser.post(path, &[("name", "x")]).await;
        assert_error_page(&response, 403);
        assert!(response.text.contains(&format!("<html lang=\"{language}\">")), "{}", response.text);
        browser.headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        assert_json_error(&browser.post(path, &[("name", "x")]).await, 403, "CROSS_SITE_REQUEST");

        let mut browser = accepting(&owner, BROWSER);
        browser.headers.insert(header::ACCEPT_LANGUAGE, language.parse().unwrap());
        let chunks = (0..9).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 8 * 1024])));
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        let response = browser.send(Method::POST, path, Some(FORM), body).await;
        assert_error_page(&response, 413);
        let words = if language == "de" { "Das ist zu groß" } else { "This is too large" };
        assert!(response.text.contains(words), "{}", response.text);
    }
    let response = accepting(&owner, BROWSER).send(Method::PUT, "/sign-in", None, Body::empty()).await;
    assert_error_page(&response, 404);
    assert!(response.headers[header::ALLOW].to_str().unwrap().contains("POST"));
    owner.post("/language", &[("language", "de")]).await.assert_redirect("/");
    let mut with_type = accepting(&owner, BROWSER);
    with_type.headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
    let response = with_type.send(Method::POST, "/sign-in", Some("image/png"), Body::from("x")).await;
    assert_error_page(&response, 415);
    assert!(response.text.contains("Dieses Format wird nicht unterstützt."), "{}", response.text);
}

/// Also those whose JSON has fields beside the envelope.
#[tokio::test]
async fn failed_challenges_are_pages_for_browsers_and_json_for_programs() {
    let app = TestApp::start().await;
    for (path, fields, status, code) in [
        ("/captcha/redeem", "token=x&solutions[]=1", 400, "CHALLENGE_FAILED"),
        ("/captcha/redeem", "token=x", 400, "REQUIRED_FIELD"),
    ] {
        let send = async |accept: &str| {
            let client = accepting(&app.anonymous(), accept);
            client.send(Method::POST, path, Some(FORM), Body::from(fields)).await
        };
        assert_error_page(&send(BROWSER).await, status);
        for accept in ["application/json", "*/*"] {
            assert_json_error(&send(accept).await, status, code);
        }
    }
}

#[tokio::test]
async fn rate_limited_browsers_get_a_page_with_the_time_to_wait() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_address = 1).await;
    let browser = accepting(&app.anonymous(), BROWSER);
    let fields = [("email", "nobody@example.com"), ("password", "wrong-password")];
    assert_error_page(&browser.post("/auth/signin", &fields).await, 401);
    let limited = browser.post("/auth/signin", &fields).await;
    assert_error_page(&limited, 429);
    assert!(limited.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 60);
}

#[tokio::test]
async fn a_trailing_slash_leads_to_the_path_without_it() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    for (path, expected) in [
        ("/sign-in/", "/sign-in"),
        ("/sign-in/?return_to=%2Faccount%2F&x", "/sign-in?return_to=%2Faccount%2F&x"),
        ("/sign-in///", "/sign-in"),
        ("/me/", "/me"),
        ("/openapi.json/", "/openapi.json"),
        ("/organizations/7/-/members/", "/organizations/7/-/members"),
        ("/organizations/%2F%2Fevil.example/", "/organizations/%2F%2Fevil.example"),
        ("/docs", "/docs/"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let response = owner.send(method, path, None, Body::empty()).await;
            assert!(matches!(response.status, 308 | 303), "{path}: {}", response.status);
            assert_eq!(response.headers[header::LOCATION], expected, "{path}");
        }
    }
    for path in [
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "//",
        "///",
        "//sign-in/",
        "/.//evil.example/",
        "/nope/",
        "/organizations/invitations/accept/",
    ] {
        let Ok(uri) = path.parse::<axum::http::Uri>() else { continue };
        let response = owner.get(&uri.to_string()).await;
        if let Some(location) = response.headers.get(header::LOCATION) {
            assert_eq!(location, "/organizations", "{path}");
        } else {
            assert_json_error(&response, 404, "NOT_FOUND");
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let path = format!("/organizations/{organization}/");
        let response = owner.send(method, &path, None, Body::empty()).await;
        assert_json_error(&response, 404, "NOT_FOUND");
    }
}
