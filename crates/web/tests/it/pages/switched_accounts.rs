//! Forms of pages that were opened before the account was switched in another tab.

use crate::harness::{PASSWORD, TestApp, TestClient, text};
use crate::images;

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";

/// Only their handlers read the body, so the account is in the query.
const FORMS_WITH_FILES: [&str; 4] = ["/account/picture", "/settings/logo", "/-/invitations", "/-/invitations/review"];

/// A browser with two accounts; Ada's is active. Both are admins of the organization, whose id is returned.
async fn setup() -> (TestApp, TestClient, String) {
    let app = TestApp::start().await;
    let (ada, organization) = app.create_organization(ADA).await;
    let roles = ada.get(&format!("/organizations/{organization}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    app.create_member(&ada, &organization, BEN, &text(&admin["id"])).await;
    let browser = app.anonymous();
    for email in [BEN, ADA] {
        browser.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
    }
    (app, browser, organization)
}

fn account(page: &str) -> String {
    page.split_once("name=\"account\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

async fn switch(browser: &TestClient) {
    let page = browser.get("/account").await.text;
    let sign_in = page.split_once("name=\"sign_in\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/sign-in/switch", &[("sign_in", &sign_in)]).await.assert_redirect("/");
}

#[tokio::test]
async fn form_of_another_account_changes_nothing() {
    let (_app, browser, organization) = setup().await;
    let settings = format!("/organizations/{organization}/-/settings");
    let account = account(&browser.get(&settings).await.assert_page(200, "<h1>Settings</h1>"));
    switch(&browser).await;
    let fields = [("name", "Changed"), ("description", ""), ("account", account.as_str())];
    let page = browser.post(&settings, &fields).await.assert_page(409, "You switched accounts");
    assert!(page.contains("opened as ada@example.com, but you are now using ben@example.com"), "{page}");
    browser.get(&settings).await.assert_page(200, ">Acme</span>");
    // One press leads back to the account and the organization.
    let form = page.split_once("action=\"/sign-in/switch\"").unwrap().1;
    let form = page.rsplit_once("action=\"/sign-in/switch\"").map_or(form, |(_, last)| last);
    assert!(form.contains(&format!("name=\"return_to\" value=\"/organizations/{organization}\"")), "{form}");
    assert!(form.contains("Switch to ada@example.com"), "{form}");
    switch(&browser).await;
    browser.post(&settings, &fields).await.assert_redirect(&settings);
    browser.get(&settings).await.assert_page(200, ">Changed</span>");
}

#[tokio::test]
async fn invitation_is_not_requested_for_another_account() {
    let (app, browser, organization) = setup().await;
    let (chief, elsewhere) = app.create_organization("chief@example.com").await;
    let invitations = format!("/organizations/{elsewhere}/invitations");
    chief.post(&invitations, &[("email", "nina@example.com")]).await.ok();
    let token = app.mailed_token("nina@example.com");
    let path = browser.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    let page = browser.get(&path).await.assert_page(200, "action=\"/invite/request-invitation\"");
    let invitation = page.split_once("name=\"invitation\" value=\"").unwrap().1.split('"').next().unwrap();
    let ask = [("invitation", invitation), ("account", &account(&page))];
    switch(&browser).await;
    let page = browser.post("/invite/request-invitation", &ask).await.assert_page(409, "You switched accounts");
    assert!(page.contains("name=\"return_to\" value=\"/invite\"") && page.contains("href=\"/invite\""), "{page}");
    assert_eq!(app.count("SELECT COUNT(*) FROM join_requests"), 0);
    // The language is for every account.
    let page = browser.get(&format!("/organizations/{organization}/-/settings")).await.text;
    let footer = page.split_once("</main>").unwrap().1;
    assert!(!footer.contains("name=\"account\""), "{footer}");
}

#[tokio::test]
async fn upload_of_another_account_changes_nothing() {
    let (_app, browser, _) = setup().await;
    let page = browser.get("/account").await.assert_page(200, "action=\"/account/picture?account=");
    let path = page.split_once("action=\"/account/picture").unwrap().1.split('"').next().unwrap().to_owned();
    let path = format!("/account/picture{path}");
    switch(&browser).await;
    let picture = images::encode(image::ImageFormat::Png, 8, 8);
    browser.post_file(&path, &[], ("file", &picture)).await.assert_page(409, "You switched accounts");
    assert!(!browser.get("/account").await.text.contains("class=\"picture\""));
    switch(&browser).await;
    browser.post_file(&path, &[], ("file", &picture)).await.assert_redirect("/account");
}

#[tokio::test]
async fn every_form_that_changes_something_is_checked() {
    let (_app, browser, organization) = setup().await;
    let former = account(&browser.get("/account").await.text);
    switch(&browser).await;
    for route in vestibule_web::route_list() {
        let pattern = route.path.as_str();
        let is_page =
            pattern.starts_with("/account/") || pattern.starts_with("/organizations/") && pattern.contains("/-/");
        if route.method != "POST" || !is_page {
            continue;
        }
        // It only checks addresses.
        if pattern.ends_with("/invitations/review") {
            continue;
        }
        let path = pattern.replace("{id}", &organization);
        let path = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>();
        let path = path.join("/");
        let response = match path.as_str() {
            path if FORMS_WITH_FILES.iter().any(|form| path.ends_with(form)) => {
                browser.post(&format!("{path}?account={former}"), &[]).await
            }
            _ => browser.post(&path, &[("sure", "yes"), ("account", &former)]).await,
        };
        response.assert_page(409, "You switched accounts");
    }
}

#[tokio::test]
async fn language_is_that_of_the_active_account() {
    let (_app, browser, _) = setup().await;
    browser.post("/language", &[("language", "de")]).await.assert_redirect("/");
    browser.get("/account").await.assert_page(200, "<html lang=\"de\">");
    switch(&browser).await;
    browser.get("/account").await.assert_page(200, "<html lang=\"en\">");
    browser.post("/language", &[("language", "en")]).await.assert_redirect("/");
    switch(&browser).await;
    browser.get("/account").await.assert_page(200, "<html lang=\"de\">");
}

#[tokio::test]
async fn signing_in_with_an_account_of_the_browser_switches_to_it() {
    let (_app, browser, _) = setup().await;
    browser.get("/account").await.assert_page(200, ">ada Test</strong>");
    browser.post("/sign-in", &[("identifier", "Ben@example.com"), ("password", PASSWORD)]).await.assert_redirect("/");
    browser.get("/account").await.assert_page(200, ">ben</strong>");
    let page = browser.post("/sign-in", &[("identifier", ADA), ("password", "wrong-one")]).await;
    page.assert_page(401, "role=\"alert\"");
    browser.get("/account").await.assert_page(200, ">ben</strong>");
}
