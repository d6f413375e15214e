//! Hosted pages, as far as HTTP goes: what they show to whom, what their forms do, and what they never do.

mod account;
mod invite;
mod organization;
mod sign_in;

use axum::body::Body;
use axum::http::{Method, header};

use crate::harness::{TestApp, TestClient, text};

/// Every page that is there for whoever asks.
const FOR_ALL: [&str; 9] = [
    "/invite",
    "/sign-in",
    "/sign-in/code?attempt=1",
    "/sign-in/link",
    "/sign-up",
    "/sign-up/code?attempt=1",
    "/reset",
    "/reset/code?email=ada%40example.com",
    "/invite/stop/nonsense",
];

/// Every page that is there for whoever is signed in; of an organization, for its owner.
pub(crate) fn of_members(organization: &str) -> Vec<String> {
    let tabs = ["members", "invitations", "roles", "workspaces", "domains", "requests", "settings"];
    let tabs = tabs.map(|tab| format!("/organizations/{organization}/-/{tab}"));
    ["/organizations", "/account", "/choose-organization"].into_iter().map(str::to_owned).chain(tabs).collect()
}

/// Somebody who has founded an organization, and looks at pages.
async fn owner(app: &TestApp) -> (TestClient, String) {
    app.create_organization("owner@example.com").await
}

#[tokio::test]
async fn pages_keep_to_themselves() {
    let app = TestApp::start().await;
    let (owner, organization) = owner(&app).await;
    let pages = of_members(&organization);
    for path in FOR_ALL.iter().map(|path| (*path).to_owned()).chain(pages) {
        let page = owner.get(&path).await;
        assert!(matches!(page.status, 200 | 400), "{path}: {}", page.text);
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<h1>"), "{}", page.text);
        // Nothing that the policy would stop, and nobody else's host.
        let banned = ["<style", "style=", "onclick", "onload", "onsubmit", "javascript:", "https://", "<script>"];
        for banned in banned {
            assert!(!page.text.contains(banned), "{path} has {banned}");
        }
        assert!(page.text.len() + style_and_script(&app).await < 30_000, "{path} weighs too much");
    }
}

async fn style_and_script(app: &TestApp) -> usize {
    let mut bytes = 0;
    for path in ["/pages/style.css", "/pages/script.js"] {
        let asset = app.anonymous().get(path).await;
        assert_eq!(asset.status, 200);
        assert!(asset.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        for banned in ["innerHTML", "eval(", "document.write", "http://", "https://", "@import", "url("] {
            assert!(!asset.text.contains(banned), "{path} has {banned}");
        }
        bytes += asset.bytes.len();
    }
    bytes
}

#[tokio::test]
async fn pages_are_german_for_who_reads_german() {
    let app = TestApp::start().await;
    let (mut owner, organization) = owner(&app).await;
    owner.headers.insert(header::ACCEPT_LANGUAGE, "de-DE,de;q=0.9,en;q=0.5".parse().unwrap());
    for path in FOR_ALL.iter().map(|path| (*path).to_owned()).chain(of_members(&organization)) {
        let page = owner.get(&path).await;
        assert!(page.text.contains("<html lang=\"de\">"), "{path}: {}", page.text);
        for english in ["Sign in", "Password<", "E-mail address", "Members<", "Organizations<"] {
            assert!(!page.text.contains(english), "{path} says {english}");
        }
    }
    owner
        .post("/sign-in", &[("identifier", "x@example.com"), ("password", "y")])
        .await
        .assert_page(401, "Das stimmt nicht");
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_comes_back() {
    let app = TestApp::start().await;
    let (_, organization) = owner(&app).await;
    for path in of_members(&organization) {
        let location = app.anonymous().get(&path).await.assert_redirect("/sign-in?return_to=%2F");
        let browser = app.anonymous();
        let back: String = form_urlencoded::parse(location.split_once('?').unwrap().1.as_bytes())
            .find_map(|(name, value)| (name == "return_to").then(|| value.into_owned()))
            .unwrap();
        let fields =
            [("identifier", "owner@example.com"), ("password", crate::harness::PASSWORD), ("return_to", &back)];
        assert_eq!(browser.post("/sign-in", &fields).await.assert_redirect("/"), path);
        browser.get(&path).await.assert_page(200, "<h1>");
    }
    app.anonymous().get("/").await.assert_redirect("/organizations");
    let stranger = app.create_user("stranger@example.com").await;
    for path in of_members(&organization).into_iter().skip(3) {
        stranger.get(&path).await.assert_page(403, "nothing here that you may see");
    }
    stranger.get("/organizations/nonsense").await.assert_page(403, "nothing here");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let app = TestApp::start().await;
    app.create_user("ada@example.com").await;
    for elsewhere in
        ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"]
    {
        let fields =
            [("identifier", "ada@example.com"), ("password", crate::harness::PASSWORD), ("return_to", elsewhere)];
        assert_eq!(app.anonymous().post("/sign-in", &fields).await.assert_redirect("/organizations"), "/organizations");
    }
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    app.create_user("ada@example.com").await;
    let ours = "https://app.example.com/in?x=1";
    let fields = [("identifier", "ada@example.com"), ("password", crate::harness::PASSWORD), ("return_to", ours)];
    assert_eq!(app.anonymous().post("/sign-in", &fields).await.assert_redirect("https://"), ours);
}

#[tokio::test]
async fn names_are_never_markup() {
    let app = TestApp::start().await;
    let owner = app.anonymous();
    let markup = "<script>alert(1)</script>\"'&";
    let fields = [("email", "owner@example.com"), ("password", crate::harness::PASSWORD), ("first_name", markup)];
    owner.post("/auth/signup", &fields).await.ok();
    let made = owner.post("/organizations", &[("name", markup)]).await.ok();
    let organization = text(&made["organization"]["id"]);
    owner.post("/workspaces", &[("organization_id", &organization), ("name", markup)]).await.ok();
    owner.post(&format!("/organizations/{organization}/roles"), &[("name", markup)]).await.ok();
    for path in of_members(&organization) {
        let page = owner.get(&path).await.assert_page(200, "<h1>");
        assert!(!page.contains("<script>alert"), "{page}");
    }
    let echoed = owner.get("/sign-in?email=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&return_to=%22%3E%3Cb%3E").await;
    let echoed = echoed.assert_page(200, "<h1>");
    assert!(!echoed.contains("<script>alert") && !echoed.contains("\"><b>"), "{echoed}");
}

/// A scanner of mail fetches every page, by every method there is, and presses what it finds.
#[tokio::test]
async fn a_scanner_changes_nothing() {
    let app = TestApp::start().await;
    let (owner, organization) = owner(&app).await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    let token = app.mailed_token("nina@example.com");
    let stop = app.mail("nina@example.com").stop.unwrap();
    let stop = stop.strip_prefix("http://vestibule.test").unwrap();
    let before = app.row_counts();
    let scanner = app.anonymous();
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
        for path in ["/invite", stop] {
            scanner.send(method.clone(), path, None, Body::empty()).await;
        }
    }
    // It runs the script, which sends the token on, and presses every button there is, without typing anything.
    scanner.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    for step in ["accept", "sign-in", "sign-up", "decline", "renew", "add-address", "ask"] {
        scanner.post(&format!("/invite/{step}"), &[("password", ""), ("email", "")]).await;
    }
    scanner.post(stop, &[("email", "")]).await;
    assert_eq!(app.row_counts(), before);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
}
