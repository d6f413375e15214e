//! The same for the pages of identity providers: the buttons, single sign-on, connected accounts, and the connections of an
//! organization from the choice of a provider to the demand for it.

use serde_json::json;
use vestibule_core::time::Clock;

use super::{Browser, BrowserOptions, BrowserServer, check_page, seed_organization, sign_in, with_browser};
use crate::harness::{DAY, HOUR, PASSWORD, TestClient};
use crate::pages::connections::add_connection;
use crate::pages::single_sign_on::github;

const ADA: &str = "ada@lindgren-tea.example";

async fn check_pages(variant: &str, options: BrowserOptions) {
    let server = BrowserServer::start(github).await;
    let organization = seed_organization(&server).await;
    server.app.execute("UPDATE email_addresses SET verified_at = 1");
    if options.is_german {
        server.app.execute("UPDATE users SET language = 'de'");
    }
    let owner = server.app.anonymous();
    owner.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    with_browser(options, async |browser: &Browser| {
        check_signed_out(browser, &server, variant).await;
        sign_in(browser, &server).await;
        check_account(browser, &server, variant).await;
        let tab = format!("{}/organizations/{organization}/-/connections", server.url);
        check_adding(browser, &tab, variant).await;
        let connection = seed_connection(&server, &owner, &organization).await;
        check_connection(browser, &server, &connection, variant).await;
        check_setup_link(browser, &server, &connection, variant).await;
        check_required(browser, &server, &organization, variant).await;
    })
    .await;
    server.app.drain().await;
}

async fn check_signed_out(browser: &Browser, server: &BrowserServer, variant: &str) {
    for (path, page) in [
        ("/sign-in", "sign-in-providers"),
        ("/sign-up", "sign-up-providers"),
        ("/sign-in/single-sign-on", "single-sign-on"),
        ("/auth/oauth2/callback?state=nonsense&error=access_denied", "single-sign-on-failed"),
    ] {
        browser.goto(&format!("{}{path}", server.url)).await;
        browser.wait_for("main h1").await;
        check_page(browser, variant, page).await;
    }
    browser.goto(&format!("{}/sign-in/single-sign-on", server.url)).await;
    browser.fill("email", "ada@elsewhere.example").await;
    browser.wait_for("form[action='/sign-in/single-sign-on'] button").await.click().await.unwrap();
    browser.wait_for("#email-problem").await;
    check_page(browser, variant, "single-sign-on-unknown").await;
}

async fn check_account(browser: &Browser, server: &BrowserServer, variant: &str) {
    let last = server.app.inner.clock.now().minus(HOUR).as_microseconds();
    server.app.execute(&format!(
        "INSERT INTO identities (id, user_id, provider, issuer, subject, email, first_name, last_name, last_used_at,
                                 created_at, updated_at)
         SELECT 71, e.user_id, 'acme_oidc', 'https://login.acme.example', '7',
                'ada@a-rather-long-domain-name-of-a-company.example', 'Ada', '', {last}, {last}, {last}
           FROM email_addresses e WHERE e.address_key = '{ADA}'"
    ));
    browser.goto(&format!("{}/account", server.url)).await;
    browser.wait_for("#connections .list").await;
    check_page(browser, variant, "connected-accounts").await;
    browser.wait_for("#connections form[action$='/disconnect'] button").await.click().await.unwrap();
    browser.wait_for("main [name=sure]").await;
    check_page(browser, variant, "connected-accounts-disconnect").await;
}

/// The choice of a provider, and its form with and without errors.
async fn check_adding(browser: &Browser, tab: &str, variant: &str) {
    browser.goto(tab).await;
    browser.wait_for("main .empty").await;
    check_page(browser, variant, "connections-none").await;
    browser.goto(&format!("{tab}/new")).await;
    check_page(browser, variant, "connections-choose").await;
    browser.goto(&format!("{tab}/new?provider=entra")).await;
    browser.wait_for("#at-the-provider").await;
    check_page(browser, variant, "connections-new").await;
    browser.fill("issuer", "https://10.0.0.1/").await;
    browser.fill("client_id", "5b3ce6ee-6a0d-4e1c-9f30-0c2f1f3f2f55").await;
    browser.wait_for("main form:has([name=client_id]) button").await.click().await.unwrap();
    browser.wait_for("#issuer-error").await;
    check_page(browser, variant, "connections-refused").await;
}

/// Adds an enabled connection with a secret that ends soon, a role for a group, and a sign-in that failed. Returns its path.
async fn seed_connection(server: &BrowserServer, owner: &TestClient, organization: &str) -> String {
    server.app.execute("DELETE FROM domains");
    let connection = add_connection(&server.app, owner, organization, "lindgren-tea.example").await;
    let id = connection.rsplit('/').next().unwrap();
    let now = server.app.inner.clock.now();
    let (last, end) = (now.minus(HOUR).as_microseconds(), now.plus(DAY * 10).as_microseconds());
    server.app.execute(&format!(
        "UPDATE enterprise_connections
            SET is_enabled = 1, admin_signed_in_at = {last}, last_used_at = {last}, secret_expires_at = {end}"
    ));
    let claims = json!({"sub": "7c1f", "email": "nina@lindgren-tea.example", "groups": ["Staff", "Buyers"]});
    let steps = json!([
        {"name": "authorization_response", "is_ok": true, "code": null, "rule": null, "received": {"state": "…", "code": "…"}},
        {"name": "token_exchange", "is_ok": true, "code": null, "rule": null, "received": null},
        {"name": "id_token", "is_ok": true, "code": null, "rule": null, "received": claims},
        {"name": "membership", "is_ok": false, "code": "JIT_DISABLED", "rule": "jit_enabled", "received": null},
    ]);
    for (trace, purpose, error) in [(91, "sign_in", "JIT_DISABLED"), (92, "test", "")] {
        server.app.execute(&format!(
            "INSERT INTO connection_traces (id, organization_id, connection_id, purpose, error_code, steps, created_at)
             VALUES ({trace}, {organization}, {id}, '{purpose}', '{error}', '{steps}', {last})"
        ));
    }
    connection
}

async fn check_connection(browser: &Browser, server: &BrowserServer, connection: &str, variant: &str) {
    let url = format!("{}{connection}", server.url);
    browser.goto(url.rsplit_once('/').unwrap().0).await;
    browser.wait_for("main td.main").await;
    check_page(browser, variant, "connections").await;
    for (path, content, page) in [
        ("", "#require", "connection"),
        ("/edit", "[name=issuer]", "connection-edit"),
        ("/mapping", "[name=default_role]", "connection-mapping"),
        ("/sign-ins/91", "main .trace", "connection-sign-in"),
    ] {
        browser.goto(&format!("{url}{path}")).await;
        browser.wait_for(content).await;
        check_page(browser, variant, page).await;
    }
    for (form, content, page) in [
        ("test", "#test .list", "connection-tested"),
        ("require", "main [name=sure]", "connection-require"),
        ("delete", "main [name=sure]", "connection-delete"),
    ] {
        browser.goto(&url).await;
        browser.wait_for(&format!("main form[action$='/{form}'] button")).await.click().await.unwrap();
        browser.wait_for(content).await;
        check_page(browser, variant, page).await;
    }
}

/// Creates a setup link, and opens it as the person of the IT department.
async fn check_setup_link(browser: &Browser, server: &BrowserServer, connection: &str, variant: &str) {
    let url = format!("{}{connection}", server.url);
    let (tab, id) = url.rsplit_once('/').unwrap();
    browser.goto(tab).await;
    browser.fill("recipient", "Jonas from IT").await;
    browser.wait_for("#setup-links form:has([name=recipient]) button").await.click().await.unwrap();
    browser.wait_for("main button[data-copy]").await;
    check_page(browser, variant, "setup-link").await;
    let link = browser.wait_for("main button[data-copy]").await.attr("data-copy").await.unwrap().unwrap();
    browser.goto(tab).await;
    browser.wait_for("#setup-links .list").await;
    check_page(browser, variant, "setup-links").await;
    browser.goto(&link).await;
    browser.wait_for("main a.button[href^='/setup/']").await;
    check_page(browser, variant, "setup").await;
    for (path, content, page) in [
        ("/domains".to_owned(), "main .card", "setup-domains"),
        ("/connections".to_owned(), "main .card", "setup-connections"),
        (format!("/connections/{id}"), "#test", "setup-connection"),
        ("/done".to_owned(), "main .card", "setup-done"),
    ] {
        browser.goto(&format!("{}/setup{path}", server.url)).await;
        browser.wait_for(content).await;
        check_page(browser, variant, page).await;
    }
}

async fn check_required(browser: &Browser, server: &BrowserServer, organization: &str, variant: &str) {
    server.app.execute("UPDATE enterprise_connections SET is_required = 1");
    server.app.execute("UPDATE organizations SET requires_sso = 1");
    browser.goto(&format!("{}/organizations/{organization}/-/members", server.url)).await;
    browser.wait_for("main [name=connection]").await;
    check_page(browser, variant, "single-sign-on-required").await;
    browser.goto(&format!("{}/organizations", server.url)).await;
    browser.wait_for("main .badge.warn").await;
    check_page(browser, variant, "organizations-single-sign-on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_identity_providers_are_accessible() {
    check_pages("light", BrowserOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_identity_providers_are_accessible_in_dark_mode() {
    check_pages("dark", BrowserOptions { is_dark: true, ..BrowserOptions::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_identity_providers_are_accessible_on_german_phone() {
    check_pages("phone-german", BrowserOptions { is_narrow: true, is_german: true, ..BrowserOptions::default() }).await;
}
