//! The same for the pages of second factors: enrolment, the second step of a sign-in, the confirmation of a change, and
//! what an organization that requires them shows.

use serde_json::json;
use vestibule_core::time::Clock;
use vestibule_testbed::virtual_authenticator::Device;

use super::super::passkeys::WITHOUT_AUTOFILL;
use super::{Browser, BrowserOptions, BrowserServer, check_page, seed_organization, sign_in, with_browser};
use crate::harness::{AuthenticatorApp, PASSWORD};

const SECURITY: &str = "/account/security";

/// Presses the button of a form with this action.
async fn press(browser: &Browser, action: &str) {
    let button = format!("main form[action='{action}'] button:not([type=button])");
    browser.wait_for(&button).await.click().await.unwrap();
}

async fn check_pages(variant: &str, options: BrowserOptions) {
    let server = BrowserServer::start_on_localhost().await;
    let organization = seed_organization(&server).await;
    if options.is_german {
        server.app.execute("UPDATE users SET language = 'de'");
    }
    with_browser(options, async |browser: &Browser| {
        browser.run_on_every_page(WITHOUT_AUTOFILL).await;
        browser.add_authenticator(Device::Platform).await;
        sign_in(browser, &server).await;
        check_page(browser, variant, "account-sign-in-security").await;
        let phone = check_authenticator(browser, &server, variant).await;
        check_passkeys(browser, &server, variant).await;
        check_step_up(browser, &server, variant).await;
        check_requirement(browser, &server, variant, &organization).await;
        check_second_step(browser, &server, variant, &phone).await;
        check_blocked_member(browser, &server, variant, &organization).await;
    })
    .await;
    server.app.drain().await;
}

/// Sets an authenticator app up.
async fn check_authenticator(browser: &Browser, server: &BrowserServer, variant: &str) -> AuthenticatorApp {
    browser.goto(&format!("{}{SECURITY}", server.url)).await;
    browser.wait_for("#passkeys").await;
    check_page(browser, variant, "second-factors-none").await;
    press(browser, "/account/security/authenticator").await;
    let key = browser.wait_for("main .key").await.text().await.unwrap();
    check_page(browser, variant, "authenticator").await;
    let phone = AuthenticatorApp::scan(&json!({"id": "", "totp_secret": key.replace(' ', "")}));
    let now = server.app.inner.clock.now();
    browser.fill("first_code", "000000").await;
    browser.fill("second_code", "000000").await;
    press(browser, "/account/security/authenticator/verify").await;
    browser.wait_for("#codes-problem").await;
    check_page(browser, variant, "authenticator-wrong-codes").await;
    for (field, periods) in [("first_code", -1), ("second_code", 0)] {
        browser.wait_for(&format!("main [name={field}]")).await.clear().await.unwrap();
        browser.fill(field, &phone.code_at(now, periods)).await;
    }
    press(browser, "/account/security/authenticator/verify").await;
    browser.wait_for("main .codes").await;
    check_page(browser, variant, "backup-codes").await;
    phone
}

/// Adds a passkey, and shows all factors.
async fn check_passkeys(browser: &Browser, server: &BrowserServer, variant: &str) {
    browser.goto(&format!("{}{SECURITY}", server.url)).await;
    press(browser, "/account/security/passkeys/new").await;
    browser.wait_for("form[data-passkey=create]").await;
    check_page(browser, variant, "passkey").await;
    browser.wait_for("main [name=name]").await.clear().await.unwrap();
    browser.fill("name", "MacBook").await;
    press(browser, "/account/security/passkeys").await;
    browser.wait_for("#passkeys .list").await;
    check_page(browser, variant, "second-factors").await;
    browser.wait_for("#passkeys form[action$='/delete'] button").await.click().await.unwrap();
    browser.wait_for("main form[action$='/delete'] [name=sure]").await;
    check_page(browser, variant, "passkey-remove").await;
}

/// Asks for a proof of the second factor, of each kind.
async fn check_step_up(browser: &Browser, server: &BrowserServer, variant: &str) {
    server.app.execute("UPDATE sign_ins SET proved_at = 0");
    browser.goto(&format!("{}{SECURITY}", server.url)).await;
    press(browser, "/account/security/passkeys/new").await;
    browser.wait_for("main [name=proof_code]").await;
    check_page(browser, variant, "confirm-second-factor").await;
    browser.wait_for("main button[name=proof][value=choose_backup_code]").await.click().await.unwrap();
    browser.wait_for("main [name=proof_code][autocomplete=off]").await;
    check_page(browser, variant, "confirm-backup-code").await;
    browser.wait_for("main button[name=proof][value=choose_passkey]").await.click().await.unwrap();
    let confirm = browser.wait_for("form[data-passkey=get] button[value=passkey]").await;
    check_page(browser, variant, "confirm-passkey").await;
    confirm.click().await.unwrap();
    browser.wait_for("form[data-passkey=create]").await;
}

/// Requires two-factor authentication of the members.
async fn check_requirement(browser: &Browser, server: &BrowserServer, variant: &str, organization: &str) {
    browser.goto(&format!("{}/organizations/{organization}/-/settings", server.url)).await;
    browser.wait_for("#mfa [value=two_factors]").await.click().await.unwrap();
    browser.wait_for("#mfa [name=grace_days]").await.clear().await.unwrap();
    browser.fill("grace_days", "14").await;
    check_page(browser, variant, "two-factor-setting").await;
    browser.wait_for("#mfa button").await.click().await.unwrap();
    browser.wait_for("main [name=sure]").await;
    check_page(browser, variant, "two-factor-setting-confirm").await;
}

/// Signs in up to the second step.
async fn check_second_step(browser: &Browser, server: &BrowserServer, variant: &str, phone: &AuthenticatorApp) {
    browser.driver.delete_all_cookies().await.unwrap();
    browser.goto(&format!("{}/sign-in?return_to={SECURITY}", server.url)).await;
    browser.fill("identifier", "ada@lindgren-tea.example").await;
    browser.fill("password", PASSWORD).await;
    press(browser, "/sign-in").await;
    browser.wait_for("main [name=code]").await;
    check_page(browser, variant, "second-step").await;
    browser.fill("code", "000000").await;
    press(browser, "/sign-in/second-step").await;
    browser.wait_for("#code-problem").await;
    check_page(browser, variant, "second-step-wrong-code").await;
    let link = |method: &str| format!("main .choices a[href$='method={method}']");
    browser.wait_for(&link("backup_code")).await.click().await.unwrap();
    browser.wait_for("main [name=method][value=backup_code]").await;
    check_page(browser, variant, "second-step-backup-code").await;
    browser.wait_for(&link("passkey")).await.click().await.unwrap();
    browser.wait_for("main .card button[form=passkey-sign-in]").await;
    check_page(browser, variant, "second-step-passkey").await;
    browser.wait_for(&link("authenticator")).await.click().await.unwrap();
    browser.wait_for("main [name=method][value=authenticator]").await;
    server.app.advance(std::time::Duration::from_secs(30));
    browser.fill("code", &phone.code_at(server.app.inner.clock.now(), 0)).await;
    press(browser, "/sign-in/second-step").await;
    browser.wait_for("#passkeys").await;
}

/// Shows a member without a second factor what the organization requires.
async fn check_blocked_member(browser: &Browser, server: &BrowserServer, variant: &str, organization: &str) {
    let members = format!("{}/organizations/{organization}/-/members", server.url);
    browser.driver.delete_all_cookies().await.unwrap();
    browser.goto(&format!("{}/sign-in?return_to=/account", server.url)).await;
    browser.fill("identifier", "ben@lindgren-tea.example").await;
    browser.fill("password", PASSWORD).await;
    press(browser, "/sign-in").await;
    browser.wait_for("form[action='/account/profile']").await;
    let require = |from: i64| {
        let changed = format!("UPDATE organizations SET enforce_mfa = 1, mfa_enforced_from = {from}");
        server.app.execute(&changed);
    };
    require(1_900_000_000_000_000);
    browser.goto(&members).await;
    browser.wait_for("main .callout").await;
    check_page(browser, variant, "two-factor-required-soon").await;
    require(0);
    browser.goto(&members).await;
    browser.wait_for("main .card .actions a.button").await;
    check_page(browser, variant, "two-factor-required").await;
    browser.wait_for("main .card .actions a.button").await.click().await.unwrap();
    browser.wait_for("#passkeys").await;
    check_page(browser, variant, "second-factors-required").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_second_factors_are_accessible() {
    check_pages("light", BrowserOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_second_factors_are_accessible_in_dark_mode() {
    check_pages("dark", BrowserOptions { is_dark: true, ..BrowserOptions::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_second_factors_are_accessible_on_german_phone() {
    check_pages("phone-german", BrowserOptions { is_narrow: true, is_german: true, ..BrowserOptions::default() }).await;
}
