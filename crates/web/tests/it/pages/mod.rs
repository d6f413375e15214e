//! Hosted pages over HTTP: access, headers, languages, forms and redirects. `browser` tests them in Chromium.

mod account;
mod audit_log;
mod branding;
mod confirmations;
pub(crate) mod connections;
mod domains;
mod frame;
mod hostile;
mod invitations;
mod invite;
pub(crate) mod invite_states;
mod members;
mod mfa_requirements;
mod organizations;
mod passkeys;
mod password_managers;
mod provider_invitations;
mod reauthentication;
mod renewals;
mod requests;
mod roles;
mod second_factor_reset;
mod second_factors;
mod settings;
mod sign_in;
pub(crate) mod single_sign_on;
mod switched_accounts;
mod webhooks;
mod workspaces;

use std::io::Write;

use axum::body::Body;
use axum::http::{Method, header};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::{TestApp, TestClient, text};

/// Pages that need no session.
pub(crate) const PUBLIC_PAGES: [&str; 13] = [
    "/invite",
    "/sign-in",
    "/sign-in/code?attempt=1",
    "/sign-in/second-step?attempt=1",
    "/sign-in/link",
    "/sign-in/single-sign-on",
    "/sign-up",
    "/sign-up/code?attempt=1",
    "/reset",
    "/reset/code?email=ada%40example.com",
    "/invite/stop/nonsense",
    "/security-notice",
    "/setup",
];

/// Pages that need a session; those of the organization need its owner.
pub(crate) fn member_pages(organization: &str) -> Vec<String> {
    let tabs = [
        "members",
        "invitations",
        "roles",
        "workspaces",
        "domains",
        "connections",
        "requests",
        "webhooks",
        "audit-log",
        "settings",
    ];
    let tabs = tabs.map(|tab| format!("/organizations/{organization}/-/{tab}"));
    ["/organizations", "/account", "/account/security", "/choose-organization"]
        .into_iter()
        .map(str::to_owned)
        .chain(tabs)
        .collect()
}

async fn owner(app: &TestApp) -> (TestClient, String) {
    app.create_organization("owner@example.com").await
}

#[tokio::test]
async fn sends_security_headers_and_no_inline_code() {
    let app = TestApp::start().await;
    let (owner, organization) = owner(&app).await;
    let pages = member_pages(&organization);
    for path in PUBLIC_PAGES.iter().map(|path| (*path).to_owned()).chain(pages) {
        let page = owner.get(&path).await;
        assert!(matches!(page.status, 200 | 400), "{path}: {}", page.text);
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<h1>"), "{}", page.text);
        // Nothing that the content security policy blocks, and no other host.
        let banned = ["<style", "style=", "onclick", "onload", "onsubmit", "javascript:", "https://", "<script>"];
        for banned in banned {
            assert!(!page.text.contains(banned), "{path} has {banned}");
        }
        assert!(page.text.len() < 40_000, "{path} is too large");
    }
}

#[tokio::test]
async fn assets_are_small_and_load_nothing_else() {
    let app = TestApp::start().await;
    let mut bytes = 0;
    for path in
        ["/pages/style.css", "/pages/script.js", "/pages/challenge.js", "/pages/invite.js", "/pages/passkeys.js"]
    {
        let asset = app.anonymous().get(path).await;
        assert_eq!(asset.status, 200);
        assert!(asset.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        for banned in ["innerHTML", "eval(", "document.write", "http://", "https://", "@import", "url("] {
            assert!(!asset.text.contains(banned), "{path} has {banned}");
        }
        let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
        compressed.write_all(&asset.bytes).unwrap();
        bytes += compressed.finish().unwrap().len();
    }
    assert!(bytes < 20_000, "{bytes} bytes");
}

#[tokio::test]
async fn translates_pages_to_german() {
    let app = TestApp::start().await;
    let (owner, organization) = owner(&app).await;
    owner.post("/language", &[("language", "de")]).await.assert_redirect("/");
    for path in PUBLIC_PAGES.iter().map(|path| (*path).to_owned()).chain(member_pages(&organization)) {
        let page = owner.get(&path).await;
        assert!(page.text.contains("<html lang=\"de\">"), "{path}: {}", page.text);
        for english in ["Sign in", "Password<", "Email address", "Members<", "Organizations<"] {
            assert!(!page.text.contains(english), "{path} contains {english}");
        }
    }
    owner
        .post("/sign-in", &[("identifier", "x@example.com"), ("password", "y")])
        .await
        .assert_page(401, "E-Mail-Adresse oder Passwort ist falsch");
}

#[tokio::test]
async fn redirects_to_sign_in_and_back_and_returns_403_to_non_members() {
    let app = TestApp::start().await;
    let (_, organization) = owner(&app).await;
    for path in member_pages(&organization) {
        let location = app.anonymous().get(&path).await.assert_redirect("/sign-in?return_to=%2F");
        let browser = app.anonymous();
        let return_to: String = form_urlencoded::parse(location.split_once('?').unwrap().1.as_bytes())
            .find_map(|(name, value)| (name == "return_to").then(|| value.into_owned()))
            .unwrap();
        let fields =
            [("identifier", "owner@example.com"), ("password", crate::harness::PASSWORD), ("return_to", &return_to)];
        assert_eq!(browser.post("/sign-in", &fields).await.assert_redirect("/"), path);
        browser.get(&path).await.assert_page(200, "<h1>");
    }
    app.anonymous().get("/").await.assert_redirect("/organizations");
    let stranger = app.create_user("stranger@example.com").await;
    for path in member_pages(&organization).into_iter().skip(4) {
        stranger.get(&path).await.assert_page(403, "have access to this page");
    }
    stranger.get("/organizations/nonsense").await.assert_page(403, "have access to this page");
}

#[tokio::test]
async fn rejects_return_to_of_other_sites() {
    let app = TestApp::start().await;
    app.create_user("ada@example.com").await;
    for url in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"]
    {
        let fields = [("identifier", "ada@example.com"), ("password", crate::harness::PASSWORD), ("return_to", url)];
        assert_eq!(app.anonymous().post("/sign-in", &fields).await.assert_redirect("/organizations"), "/organizations");
    }
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    app.create_user("ada@example.com").await;
    let allowed = "https://app.example.com/in?x=1";
    let fields = [("identifier", "ada@example.com"), ("password", crate::harness::PASSWORD), ("return_to", allowed)];
    assert_eq!(app.anonymous().post("/sign-in", &fields).await.assert_redirect("https://"), allowed);
}

#[tokio::test]
async fn escapes_names_and_parameters() {
    let app = TestApp::start().await;
    let owner = app.anonymous();
    let markup = "<script>alert(1)</script>\"'&";
    let fields = [("email", "owner@example.com"), ("password", crate::harness::PASSWORD), ("first_name", markup)];
    owner.post("/auth/signup", &fields).await.ok();
    let created = owner.post("/organizations", &[("name", markup)]).await.ok();
    let organization = text(&created["organization"]["id"]);
    owner.post("/workspaces", &[("organization_id", &organization), ("name", markup)]).await.ok();
    owner.post(&format!("/organizations/{organization}/roles"), &[("name", markup)]).await.ok();
    for path in member_pages(&organization) {
        let page = owner.get(&path).await.assert_page(200, "<h1>");
        assert!(!page.contains("<script>alert"), "{page}");
    }
    let echoed = owner.get("/sign-in?email=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&return_to=%22%3E%3Cb%3E").await;
    let echoed = echoed.assert_page(200, "<h1>");
    assert!(!echoed.contains("<script>alert") && !echoed.contains("\"><b>"), "{echoed}");
}

/// Mail scanners open links with every method, and submit the forms that they find.
#[tokio::test]
async fn mail_scanner_changes_nothing() {
    let app = TestApp::start().await;
    let (owner, organization) = owner(&app).await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    let token = app.mailed_token("nina@example.com");
    let unsubscribe = app.mail("nina@example.com").unsubscribe_url.unwrap();
    let unsubscribe = unsubscribe.strip_prefix("http://vestibule.test").unwrap();
    let before = app.row_counts();
    let scanner = app.anonymous();
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
        for path in ["/invite", unsubscribe] {
            scanner.send(method.clone(), path, None, Body::empty()).await;
        }
    }
    // It runs the script, which posts the token, and submits every form without typing.
    scanner.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    for step in ["accept", "sign-in", "sign-up", "decline", "renew", "add-address", "ask"] {
        scanner.post(&format!("/invite/{step}"), &[("password", ""), ("email", "")]).await;
    }
    scanner.post(unsubscribe, &[("email", "")]).await;
    assert_eq!(app.row_counts(), before);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
}
