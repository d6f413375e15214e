//! Accessibility and layout of every page in light, dark and narrow windows: no axe violations, no horizontal overflow.
//! With `VESTIBULE_SCREENSHOTS` set to a directory, a screenshot of each page is written to it.

mod second_factors;
mod single_sign_on;

use std::path::Path;

use serde_json::json;
use vestibule_core::settings::ChallengeMode;

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::text;
use crate::pages::member_pages;

/// Creates an organization of Ada with content on every page. Returns its id.
pub(super) async fn seed_organization(server: &BrowserServer) -> String {
    let owner = server.app.anonymous();
    let fields = [
        ("email", "ada@lindgren-tea.example"),
        ("password", crate::harness::PASSWORD),
        ("first_name", "Ada"),
        ("last_name", "Lindgren"),
    ];
    owner.post("/auth/signup", &fields).await.ok();
    let created = owner.post("/organizations", &[("name", "Lindgren Tea")]).await.ok();
    let organization = text(&created["organization"]["id"]);
    let path = format!("/organizations/{organization}");
    server.app.create_member(&owner, &organization, "ben@lindgren-tea.example", "").await;
    let lead = [("name", "Team lead"), ("permissions", "organization:manage_members")];
    owner.post(&format!("{path}/roles"), &lead).await.ok();
    owner.post("/workspaces", &[("organization_id", &organization), ("name", "Warehouse")]).await.ok();
    owner.post(&format!("{path}/domains"), &[("domain", "lindgren-tea.example")]).await.ok();
    let invitations = format!("{path}/invitations");
    owner.post(&invitations, &[("email", "ivo@leaf-and-kettle.example"), ("expiry_days", "1")]).await.ok();
    server.app.advance(crate::harness::DAY * 2);
    let token = server.app.mailed_token("ivo@leaf-and-kettle.example");
    server.app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await.ok();
    let refused = vestibule_core::mail::DeliveryError { reason: "550 5.1.1 no such user".to_owned(), retry: false };
    server.app.inner.mailbox.fail_next(refused);
    owner.post(&invitations, &[("email", "noor@leaf-and-kettle.example")]).await.ok();
    owner.post(&invitations, &[("email", "kiara@nordwind-cafe.example"), ("expiry_days", "14")]).await.ok();
    organization
}

/// Returns the screenshot name and the URL of each page.
pub(super) fn page_urls(server: &BrowserServer, organization: &str) -> Vec<(String, String)> {
    let mut pages: Vec<_> = member_pages(organization)
        .into_iter()
        .map(|path| (path.rsplit('/').next().unwrap().to_owned(), format!("{}{path}", server.url)))
        .collect();
    for path in ["sign-in", "sign-up", "reset", "sign-in/link", "security-notice"] {
        pages.push((path.replace('/', "-"), format!("{}/{path}", server.url)));
    }
    for guide in crate::guides::GUIDES.iter().chain(&["api", "operations"]) {
        pages.push((format!("docs-{guide}"), format!("{}/docs/{guide}", server.url)));
    }
    pages.push(("code".to_owned(), format!("{}/reset/code?email=ada%40lindgren-tea.example", server.url)));
    pages
}

pub(super) async fn sign_in(browser: &Browser, server: &BrowserServer) {
    browser.goto(&format!("{}/sign-in?return_to=/account", server.url)).await;
    browser.fill("identifier", "ada@lindgren-tea.example").await;
    browser.fill("password", crate::harness::PASSWORD).await;
    browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
    browser.wait_for("form[action='/account/profile']").await;
}

async fn check_all_pages(variant: &str, options: BrowserOptions) {
    let server = BrowserServer::start(|_| ()).await;
    let organization = seed_organization(&server).await;
    let invitation = server.mailed_link("kiara@nordwind-cafe.example").await;
    if options.is_german {
        // The language of an account counts more than that of a browser.
        server.app.execute("UPDATE users SET language = 'de'");
    }
    with_browser(options, async |browser: &Browser| {
        sign_in(browser, &server).await;
        for (page, url) in page_urls(&server, &organization) {
            browser.goto(&url).await;
            check_page(browser, variant, &page).await;
        }
        for (tab, content, page) in [
            ("members", "input[name=role]", "member"),
            ("roles", "fieldset", "role"),
            ("workspaces", "#add", "workspace"),
        ] {
            browser.goto(&format!("{}/organizations/{organization}/-/{tab}", server.url)).await;
            browser.wait_for("td.main a").await.click().await.unwrap();
            browser.wait_for(content).await;
            check_page(browser, variant, page).await;
        }
        browser.goto(&invitation).await;
        browser.wait_for("main dl").await;
        check_page(browser, variant, "invite-wrong-account").await;
        check_confirmation_pages(browser, &server, variant).await;
        browser.driver.delete_all_cookies().await.unwrap();
        browser.goto(&invitation).await;
        browser.wait_for("main dl").await;
        check_page(browser, variant, "invite").await;
        browser.goto(&format!("{}/invite/stop/nonsense", server.url)).await;
        check_page(browser, variant, "refused").await;
        check_challenge(browser, variant).await;
    })
    .await;
}

/// Checks how a sign-in looks while the browser solves a challenge that is too hard to be solved before the end of the
/// test.
async fn check_challenge(browser: &Browser, variant: &str) {
    let server = BrowserServer::start(|settings| {
        settings.challenge.mode = ChallengeMode::On;
        settings.challenge.difficulty = 1_000;
    })
    .await;
    browser.goto(&format!("{}/sign-in", server.url)).await;
    browser.fill("identifier", "ada@lindgren-tea.example").await;
    browser.fill("password", crate::harness::PASSWORD).await;
    browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
    browser.wait_for("form[action='/sign-in'] progress:not([hidden])").await;
    check_page(browser, variant, "sign-in-challenge").await;
}

/// Checks how the page that asks for a proof looks with and without a password, and the page after a security notice.
async fn check_confirmation_pages(browser: &Browser, server: &BrowserServer, variant: &str) {
    let submit = async || {
        browser.goto(&format!("{}/account", server.url)).await;
        browser.fill("email", "ada@a-rather-long-domain-name-of-a-company.example").await;
        browser.wait_for("form[action='/account/addresses'] button").await.click().await.unwrap();
    };
    server.app.execute("UPDATE sign_ins SET proved_at = 0");
    submit().await;
    browser.wait_for("main [name=proof_password]").await;
    check_page(browser, variant, "confirm-password").await;
    server.app.execute("UPDATE users SET password_digest = NULL");
    server.app.execute("UPDATE email_addresses SET verified_at = 1");
    submit().await;
    browser.wait_for("main button[value=send]").await.click().await.unwrap();
    browser.wait_for("main [name=proof_code]").await;
    check_page(browser, variant, "confirm-code").await;
    server.app.execute("UPDATE email_addresses SET verified_at = NULL WHERE address LIKE 'ada%'");
    submit().await;
    browser.wait_for("main form[action='/sign-out'] p").await;
    check_page(browser, variant, "confirm-sign-in").await;
    server.app.drain().await;
}

async fn check_page(browser: &Browser, variant: &str, page: &str) {
    let axe = std::fs::read_to_string(vestibule_testbed::requirement("axe.min.js")).unwrap();
    browser.driver.execute(&axe, Vec::new()).await.unwrap();
    let run = "const done = arguments[0]; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
               .then((found) => done(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html + ' ' + node.failureSummary)])));";
    let violations = browser.driver.execute_async(run, Vec::new()).await.unwrap();
    assert_eq!(violations, json!([]), "{variant}: {page}");
    let script = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth];";
    let widths = browser.driver.execute(script, Vec::new()).await.unwrap();
    let (page_width, window_width) = (widths[0].as_i64().unwrap(), widths[1].as_i64().unwrap());
    assert!(page_width <= window_width, "{variant}: {page} is {page_width} px wide in a window of {window_width} px");
    // One guide shows how all look.
    let is_shown = !page.starts_with("docs-") || page == "docs-quickstart";
    if let Some(directory) = std::env::var_os("VESTIBULE_SCREENSHOTS").filter(|_| is_shown) {
        // Enlarge the window, so that the screenshot has the whole page.
        let page_height =
            browser.driver.execute("return document.documentElement.scrollHeight;", Vec::new()).await.unwrap();
        let height = u32::try_from(page_height.as_u64().unwrap() + 150).unwrap();
        let width = u32::try_from(window_width).unwrap();
        browser.driver.set_window_size(width.max(500), height).await.unwrap();
        let screenshot = browser.driver.screenshot().await.unwrap();
        browser.driver.set_window_size(1100, 900).await.unwrap();
        std::fs::write(Path::new(&directory).join(format!("{page}-{variant}.png")), screenshot).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_accessible() {
    check_all_pages("light", BrowserOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_accessible_in_dark_mode() {
    check_all_pages("dark", BrowserOptions { is_dark: true, ..BrowserOptions::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_accessible_on_german_phone() {
    check_all_pages("phone-german", BrowserOptions { is_narrow: true, is_german: true, ..BrowserOptions::default() })
        .await;
}
