//! A public URL with a path: every link, redirect, cookie and mail stays below it.

use std::collections::BTreeSet;

use axum::http::{HeaderValue, header};
use serde_json::json;
use vestibule_core::settings::PublicUrl;

use crate::guides::resolve;
use crate::harness::{PASSWORD, TestApp, TestClient};
use crate::pages::{PUBLIC_PAGES, member_pages};

const PREFIX: &str = "/auth";

async fn app(origin: &str) -> TestApp {
    let public_url = PublicUrl::parse(&format!("{origin}{PREFIX}")).unwrap();
    TestApp::with_settings(|settings| settings.public_url = public_url).await
}

fn browser(client: &TestClient) -> TestClient {
    let mut browser = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    browser.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    browser
}

/// The targets of all links, forms, scripts and images of a page.
fn targets(html: &str) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    for attribute in [" href=\"", " src=\"", " action=\"", " formaction=\"", " data-review=\""] {
        for part in html.split(attribute).skip(1) {
            targets.insert(part.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&"));
        }
    }
    targets
}

#[tokio::test]
async fn no_link_of_any_page_or_guide_leads_outside_of_the_prefix() {
    let app = app("http://vestibule.test").await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    let workspaces = format!("/organizations/{organization}/-/workspaces");
    owner.post(&workspaces, &[("name", "Sales")]).await.assert_redirect("/auth/organizations/");
    let mut waiting: Vec<String> = PUBLIC_PAGES.iter().map(|path| (*path).to_owned()).collect();
    waiting.extend(member_pages(&organization));
    let mut waiting: Vec<_> = waiting.into_iter().map(|path| format!("{PREFIX}{path}")).collect();
    waiting.extend([format!("{PREFIX}/nope"), format!("{PREFIX}/docs/")]);
    let (owner, anonymous) = (browser(&owner), browser(&app.anonymous()));
    let mut seen = BTreeSet::new();
    let mut followed = 0;
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        for client in [&owner, &anonymous] {
            let response = client.get(&path).await;
            assert!(path.ends_with("/nope") || response.status != 404, "{path}: {}", response.text);
            if let Some(location) = response.headers.get(header::LOCATION) {
                let location = location.to_str().unwrap();
                assert!(location.starts_with("/auth/"), "{path} redirects to {location}");
                waiting.push(location.to_owned());
            }
            if response.headers.get(header::CONTENT_TYPE).is_none_or(|kind| !kind.to_str().unwrap().contains("html")) {
                continue;
            }
            // The same page if the proxy removes the prefix.
            let stripped = client.get(path.strip_prefix(PREFIX).unwrap()).await;
            assert_eq!((stripped.status, &stripped.text), (response.status, &response.text), "{path}");
            for target in targets(&response.text) {
                if target.starts_with('#') || target.starts_with("data:") {
                    continue;
                }
                let is_guide = path.starts_with("/auth/docs/");
                if is_guide && (target.starts_with("https://") || target.starts_with("http://")) {
                    continue;
                }
                let resolved = resolve(&path, &target);
                let is_below = resolved.starts_with("/auth/") || resolved.starts_with("http://vestibule.test/auth/");
                assert!(is_below, "{path} has a link to {target}");
                if response.text.contains(&format!("href=\"{target}")) {
                    followed += 1;
                    waiting.push(resolved.split('#').next().unwrap().to_owned());
                }
            }
        }
    }
    assert!(followed > 50 && seen.len() > 25, "{followed} links, {} pages", seen.len());
    for path in ["quickstart", "glossary", "guides.css", "swagger-ui.css"] {
        assert!(seen.contains(&format!("{PREFIX}/docs/{path}")), "{path}: {seen:?}");
    }
    assert!(seen.contains(&format!("{PREFIX}/openapi.json")));
}

#[tokio::test]
async fn sign_in_sign_out_and_return_urls_stay_below_the_prefix() {
    let app = app("http://vestibule.test").await;
    app.create_user("ada@example.com").await;
    let fields = |return_to| [("identifier", "ada@example.com"), ("password", PASSWORD), ("return_to", return_to)];
    for (return_to, expected) in [
        ("", "/auth/organizations"),
        ("/account", "/auth/account"),
        ("/auth/account?x=1", "/auth/account?x=1"),
        ("/auth", "/auth/"),
        ("http://vestibule.test/dashboard", "http://vestibule.test/dashboard"),
        ("https://evil.example/", "/auth/organizations"),
        ("//evil.example/", "/auth/organizations"),
    ] {
        let browser = browser(&app.anonymous());
        let response = browser.post("/auth/sign-in", &fields(return_to)).await;
        let cookie = response.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("; Path=/auth; "), "{cookie}");
        assert_eq!(response.headers[header::LOCATION], expected, "{return_to}");
        let out = browser.post("/auth/sign-out", &[]).await;
        assert!(out.headers[header::LOCATION].to_str().unwrap().starts_with("/auth/sign-in"));
    }
    let browser = browser(&app.anonymous());
    let response = browser.get("/auth/account").await;
    assert_eq!(response.headers[header::LOCATION], "/auth/sign-in?return_to=%2Faccount");
    assert_eq!(browser.get("/auth/sign-in/?x").await.headers[header::LOCATION], "/auth/sign-in?x");
    assert_eq!(browser.get("/auth/docs").await.headers[header::LOCATION], "/auth/docs/");
    assert_eq!(browser.get("/auth").await.headers[header::LOCATION], "/auth/organizations");
}

#[tokio::test]
async fn calls_mails_and_documents_have_the_prefix() {
    let app = app("https://vestibule.test").await;
    let client = app.anonymous();
    // As a proxy sends it that keeps the prefix, and one that removes it.
    let fields = [("email", "olga@example.com"), ("password", PASSWORD), ("first_name", "Olga")];
    let response = client.post("/auth/auth/signup", &fields).await;
    let cookie = response.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    // The name is only valid with the path /.
    assert!(cookie.starts_with("__Host-session_id=") && cookie.contains("; Path=/; "), "{cookie}");
    response.ok();
    let again = app.anonymous();
    again.post("/auth/signin", &[fields[0], fields[1]]).await.ok();
    again.post("/auth/auth/signin", &[fields[0], fields[1]]).await.assert_error(400, "USER_ALREADY_SIGNED_IN");
    let created = client.post("/auth/organizations", &[("name", "Acme")]).await.ok();
    let path = format!("/auth/organizations/{}/invitations", created["organization"]["id"].as_str().unwrap());
    for email in ["a@example.com", "b@example.com"] {
        client.post(&path, &[("email", email)]).await.ok();
    }
    let page = client.get(&format!("{path}?limit=1")).await;
    let link = page.headers[header::LINK].to_str().unwrap();
    assert!(link.starts_with(&format!("<https://vestibule.test{path}?")), "{link}");
    let mail = app.mail("a@example.com");
    assert!(mail.text.contains("https://vestibule.test/auth/invite#"), "{}", mail.text);
    assert!(!mail.text.contains("https://vestibule.test/invite"));
    let document = client.get("/auth/openapi.json").await;
    assert_eq!(document.body["servers"][0]["url"], json!("https://vestibule.test/auth"));
    assert!(client.get("/auth/docs/begin.js").await.text.contains("\"../openapi.json\""));
    assert_eq!(client.get("/auth/health/live").await.status, 200);
    assert_eq!(client.get("/health/live").await.status, 200);
    // Another origin is another site, whatever its path.
    let mut other = app.client_with_cookie(client.cookie.lock().unwrap().clone());
    other.headers.insert(header::ORIGIN, HeaderValue::from_static("https://vestibule.test"));
    other.post("/auth/organizations", &[("name", "Beta")]).await.ok();
    other.headers.insert(header::ORIGIN, HeaderValue::from_static("https://vestibule.test.evil.example"));
    other.post("/auth/organizations", &[("name", "Gamma")]).await.assert_error(403, "CROSS_SITE_REQUEST");
}
