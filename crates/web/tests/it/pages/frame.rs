//! The frame of every page: switchers, language, flash messages and the page for unknown paths.

use axum::http::{HeaderValue, header};

use crate::harness::{PASSWORD, TestApp, TestClient, text};

const ADA: &str = "ada@example.com";

async fn sign_in(browser: &TestClient, email: &str) {
    browser.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
}

fn browser(client: &TestClient) -> TestClient {
    let mut browser = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    browser.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    browser
}

#[tokio::test]
async fn header_lists_organizations_and_marks_the_current_one() {
    let app = TestApp::start().await;
    let (owner, first) = app.create_organization("owner@example.com").await;
    let created = owner.post("/organizations", &[("name", "Berg & Söhne")]).await.ok();
    let second = text(&created["organization"]["id"]);
    let page = owner.get(&format!("/organizations/{second}/-/members")).await.assert_page(200, "Berg &#38; Söhne");
    assert!(page.contains(&format!("href=\"/organizations/{second}\" aria-current=\"true\"")), "{page}");
    assert!(page.contains(&format!("href=\"/organizations/{first}\">")), "{page}");
    assert!(page.contains("href=\"/organizations\">All organizations</a>"), "{page}");
    assert!(page.contains("aria-current=\"page\">Members <span class=\"count\">1</span></a>"), "{page}");
    let page = owner.get("/account").await.assert_page(200, "owner@example.com");
    assert!(!page.contains("aria-current=\"true\">Berg"), "{page}");
    let page = app.anonymous().get("/sign-in").await.assert_page(200, "<header class=\"top\">");
    assert!(!page.contains("class=\"menu"), "{page}");
}

#[tokio::test]
async fn header_switches_between_accounts_and_signs_out_of_one_or_all() {
    let app = TestApp::start().await;
    app.create_user(ADA).await;
    app.create_user("ben@example.com").await;
    let browser = app.anonymous();
    sign_in(&browser, ADA).await;
    let page = browser.get("/account").await.assert_page(200, "Account menu: ada Test");
    assert!(!page.contains("Sign out of all accounts"), "{page}");
    sign_in(&browser, "ben@example.com").await;
    let page = browser.get("/account").await.assert_page(200, "Account menu: ben Test");
    assert!(page.contains("Sign out of all accounts"), "{page}");
    let other = hidden_value(&page, "action=\"/sign-in/switch\"");
    browser.post("/sign-in/switch", &[("sign_in", &other)]).await.assert_redirect("/organizations");
    let page = browser.get("/account").await.assert_page(200, "Account menu: ada Test");
    let own = hidden_value(&page, "action=\"/sign-out\"");
    browser.post("/sign-out", &[("sign_in", &own)]).await.assert_redirect("/sign-in");
    browser.get("/sign-in").await.assert_page(200, "ben@example.com");
    browser.post("/sign-out", &[("sign_in", &own)]).await.assert_redirect("/sign-in");
    browser.post("/sign-out", &[]).await.assert_redirect("/sign-in");
    let page = browser.get("/sign-in").await.assert_page(200, "You are signed out.");
    assert!(!page.contains("ben@example.com"), "{page}");
}

/// Returns the value of the hidden field after `form`.
fn hidden_value(page: &str, form: &str) -> String {
    let rest = page.split_once(form).unwrap_or_else(|| panic!("{form} is not in {page}")).1;
    rest.split_once("value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn flash_message_is_shown_once() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let saved = ada.post("/account/profile", &[("first_name", "Ada")]).await;
    let cookie = saved.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert_eq!(cookie, "flash=profile_saved; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    assert_eq!(saved.headers[header::LOCATION], "/account");
    ada.get("/account").await.assert_page(200, "<div class=\"flash\" role=\"status\"><p>Profile saved.</p>");
    let page = ada.get("/account").await.assert_page(200, "<h1>");
    assert!(!page.contains("Profile saved."), "{page}");
    // Nor does a URL show one.
    assert!(!ada.get("/account?done=profile_saved").await.text.contains("Profile saved."));
}

#[tokio::test]
async fn flash_message_ignores_unknown_and_malformed_cookies() {
    let app = TestApp::start().await;
    for value in ["nonsense", "saved.x", "suspended", "suspended.99999999999", "<script>", "saved.1.2.<b>", ""] {
        let mut client = app.anonymous();
        client.headers.insert(header::COOKIE, HeaderValue::from_str(&format!("flash={value}")).unwrap());
        let page = client.get("/sign-in").await.assert_page(200, "<h1>");
        assert!(!page.contains("class=\"flash\"") && !page.contains("<b>"), "{value}: {page}");
    }
}

#[tokio::test]
async fn deleted_organization_is_restored_by_undo() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}/-");
    let confirmed = [("sure", "yes"), ("typed_name", "Acme")];
    owner.post(&format!("{path}/delete"), &confirmed).await.assert_redirect("/organizations");
    let undo = format!("action=\"{path}/restore\" data-ajax><button class=\"link\">Undo</button>");
    owner.get("/organizations").await.assert_page(200, &undo);
    owner.post(&format!("{path}/restore"), &[]).await.assert_redirect("/organizations");
    owner.get(&format!("{path}/members")).await.assert_page(200, "<h1>Members</h1>");
}

#[tokio::test]
async fn language_is_chosen_in_the_footer() {
    let app = TestApp::start().await;
    let mut browser = app.anonymous();
    browser.headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
    browser.get("/sign-up").await.assert_page(200, "value=\"de\" lang=\"de\">Deutsch</button>");
    let german = [("language", "de"), ("return_to", "/sign-up?return_to=%2Faccount")];
    browser.post("/language", &german).await.assert_redirect("/sign-up?return_to=%2Faccount");
    browser.get("/sign-up").await.assert_page(200, "<html lang=\"de\">");
    // An unknown language changes nothing, and other sites are no target.
    let invalid = [("language", "xx"), ("return_to", "https://evil.example/")];
    assert_eq!(browser.post("/language", &invalid).await.assert_redirect("/"), "/");
    browser.get("/sign-up").await.assert_page(200, "<html lang=\"de\">");
    browser.post("/language", &[("language", "en")]).await.assert_redirect("/");
    browser.get("/sign-up").await.assert_page(200, "<html lang=\"en\">");
}

#[tokio::test]
async fn unknown_path_is_a_page_with_navigation_for_browsers() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    for client in [&ada, &app.anonymous()] {
        let page = browser(client).get("/nope").await.assert_page(404, "<header class=\"top\">");
        assert!(page.contains("href=\"/organizations\"") && page.contains("<h1>"), "{page}");
    }
    assert!(browser(&ada).get("/nope").await.text.contains("Account menu: ada Test"));
    assert_eq!(ada.get("/nope").await.body["errors"][0]["code"], "NOT_FOUND");
    let icon = app.anonymous().get("/favicon.ico").await;
    assert_eq!((icon.status, &icon.headers[header::CONTENT_TYPE]), (200, &HeaderValue::from_static("image/x-icon")));
}

#[tokio::test]
async fn footer_has_the_operators_links() {
    let page_url = |text| vestibule_core::settings::PageUrl::parse(text);
    let app = TestApp::with_settings(|settings| {
        settings.app.support_page_url = page_url("https://www.example.com/help");
        settings.app.terms_url = page_url("https://www.example.com/terms");
        settings.app.privacy_policy_url = page_url("https://www.example.com/privacy");
    })
    .await;
    let page = app.anonymous().get("/sign-in").await.assert_page(200, "Powered by Vestibule");
    for (path, label) in [("help", "Support"), ("terms", "Terms"), ("privacy", "Privacy")] {
        let link = format!("<a href=\"https://www.example.com/{path}\">{label}</a>");
        assert!(page.contains(&link), "{link}: {page}");
    }
}
