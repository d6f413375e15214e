//! Passkeys with virtual authenticators: adding one, signing in by the button and by the list of saved accounts, and what
//! people see if it does not work.

use serde_json::json;
use vestibule_testbed::virtual_authenticator::{Device, VirtualAuthenticator};

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::PASSWORD;

pub(super) const ADA: &str = "ada@example.com";

/// Makes the page that of a browser without the list of saved accounts, whose authenticators are there at once otherwise.
/// Requests can be cancelled, as with the button of a dialog.
pub(super) const WITHOUT_AUTOFILL: &str = "
    if (window.PublicKeyCredential) {
        PublicKeyCredential.isConditionalMediationAvailable = async () => false;
        const { get } = CredentialsContainer.prototype;
        window.dialog = new AbortController();
        CredentialsContainer.prototype.get = function (options) {
            return get.call(this, { ...options, signal: dialog.signal });
        };
    }";

/// Records what a script of the page throws.
const RECORD_ERRORS: &str = "
    window.thrown = [];
    addEventListener('error', ({ message }) => thrown.push(message));
    addEventListener('unhandledrejection', ({ reason }) => thrown.push(String(reason)));";

const CANCELLED: &str = "Nothing happened: the request was cancelled or took too long.";

pub(super) async fn assert_fits(browser: &Browser) {
    let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
    let overflow = browser.evaluate(script).await.as_i64().unwrap();
    assert!(overflow <= 0, "{overflow} px too wide: {}", browser.driver.source().await.unwrap());
}

/// Submits the form of the page that is open.
pub(super) async fn submit_password(browser: &Browser) {
    browser.fill("identifier", ADA).await;
    browser.fill("password", PASSWORD).await;
    browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
}

/// Signs in with the password, and opens the page of second factors.
pub(super) async fn open_security_page(browser: &Browser, server: &BrowserServer) {
    browser.goto(&format!("{}/sign-in?return_to=/account/security", server.url)).await;
    submit_password(browser).await;
    browser.wait_for("#passkeys").await;
}

pub(super) async fn sign_out(browser: &Browser) {
    browser.wait_for(".top .menu.end > summary").await.click().await.unwrap();
    browser.wait_for(".top form[action='/sign-out'] button").await.click().await.unwrap();
}

/// Adds a passkey from the page of second factors. Without a name, it gets that of the form.
pub(super) async fn add_passkey(browser: &Browser, name: &str) {
    browser.click("Add passkey").await;
    browser.wait_for_text("Your browser asks where to save the passkey").await;
    assert_fits(browser).await;
    if !name.is_empty() {
        browser.wait_for("main [name=name]").await.clear().await.unwrap();
        browser.fill("name", name).await;
    }
    browser.click("Continue").await;
}

/// Starts a server with a user who has a passkey on the browser's device, and signs out.
async fn prepare<'a>(browser: &'a Browser, server: &BrowserServer) -> VirtualAuthenticator<'a> {
    server.app.create_user(ADA).await;
    browser.run_on_every_page(RECORD_ERRORS).await;
    browser.run_on_every_page(WITHOUT_AUTOFILL).await;
    let device = browser.add_authenticator(Device::Platform).await;
    open_security_page(browser, server).await;
    add_passkey(browser, "Laptop").await;
    browser.wait_for_text("Passkey added.").await;
    sign_out(browser).await;
    browser.wait_for("button[form=passkey-sign-in]").await;
    device
}

/// Where a new user is after they have signed in.
async fn wait_until_signed_in(browser: &Browser) {
    browser.wait_for_text("Create organization").await;
}

async fn passkey_is_added_and_signs_in_without_a_click(options: BrowserOptions) {
    let server = BrowserServer::start_on_localhost().await;
    server.app.create_user(ADA).await;
    with_browser(options, async |browser: &Browser| {
        browser.run_on_every_page(RECORD_ERRORS).await;
        let device = browser.add_authenticator(Device::Platform).await;
        open_security_page(browser, &server).await;
        assert_fits(browser).await;
        add_passkey(browser, "").await;
        browser.wait_for_text("Passkey added.").await;
        browser.wait_for_text("On one device").await;
        browser.wait_for_text("Never used").await;
        assert_fits(browser).await;
        let credentials = device.credentials().await;
        assert_eq!(credentials.len(), 1, "{credentials:?}");
        assert_eq!((&credentials[0]["rpId"], &credentials[0]["userName"]), (&json!("localhost"), &json!(ADA)));
        assert_eq!(credentials[0]["isResidentCredential"], true, "it is offered without an address");

        // Nobody presses anything: the browser's list has the account.
        sign_out(browser).await;
        wait_until_signed_in(browser).await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM sign_ins WHERE proofs = 'passkey'"), 1);
        browser.goto(&format!("{}/account/security", server.url)).await;
        browser.wait_for_text("Last used").await;
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_is_added_and_offered_in_the_list_of_saved_accounts() {
    passkey_is_added_and_signs_in_without_a_click(BrowserOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_is_added_and_offered_in_the_list_of_saved_accounts_on_a_phone() {
    passkey_is_added_and_signs_in_without_a_click(BrowserOptions { is_narrow: true, ..BrowserOptions::default() })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_signs_in_with_the_button() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        let device = prepare(browser, &server).await;
        browser.click("Sign in with a passkey").await;
        wait_until_signed_in(browser).await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM sign_ins WHERE proofs = 'passkey'"), 1);
        // It works again, with a counter that has grown.
        sign_out(browser).await;
        browser.click("Sign in with a passkey").await;
        wait_until_signed_in(browser).await;
        assert_eq!(device.credentials().await[0]["signCount"], server.app.count("SELECT sign_count FROM passkeys"));
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_who_is_not_verified_gets_a_plain_message_and_signs_in_with_the_password() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        let device = prepare(browser, &server).await;
        device.set_user_verified(false).await;
        browser.click("Sign in with a passkey").await;
        browser.wait_for_text(CANCELLED).await;
        submit_password(browser).await;
        wait_until_signed_in(browser).await;
        // The same when one is added.
        browser.goto(&format!("{}/account/security", server.url)).await;
        server.app.execute("DELETE FROM passkeys");
        server.app.execute("UPDATE users SET second_factors = 0");
        add_passkey(browser, "").await;
        browser.wait_for_text(CANCELLED).await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM passkeys"), 0);
        device.set_user_verified(true).await;
        browser.click("Continue").await;
        browser.wait_for_text("Passkey added.").await;
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_request_gets_a_plain_message_and_leaves_both_ways_open() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        let device = prepare(browser, &server).await;
        device.set_user_present(false).await;
        let cancel = "dialog.abort(); window.dialog = new AbortController();";
        for _ in 0..2 {
            browser.click("Sign in with a passkey").await;
            browser.wait_for("button[form=passkey-sign-in]:disabled").await;
            browser.evaluate(cancel).await;
            browser.wait_for_text(CANCELLED).await;
            browser.wait_for("button[form=passkey-sign-in]:enabled").await;
        }
        submit_password(browser).await;
        wait_until_signed_in(browser).await;
        sign_out(browser).await;
        browser.click("Sign in with a passkey").await;
        browser.wait_for("button[form=passkey-sign-in]:disabled").await;
        browser.evaluate(cancel).await;
        browser.wait_for_text(CANCELLED).await;
        device.set_user_present(true).await;
        browser.click("Sign in with a passkey").await;
        wait_until_signed_in(browser).await;
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_device_is_added_and_the_first_is_not_added_twice() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        let first = prepare(browser, &server).await;
        browser.click("Sign in with a passkey").await;
        wait_until_signed_in(browser).await;
        browser.goto(&format!("{}/account/security", server.url)).await;
        add_passkey(browser, "Again").await;
        browser.wait_for_text("This device or password manager already has a passkey of your account.").await;
        first.remove().await;
        let second = browser.add_authenticator(Device::SecurityKey).await;
        browser.click("Continue").await;
        browser.wait_for_text("Passkey added.").await;
        browser.wait_for_text("Laptop").await;
        browser.wait_for_text("Again").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM passkeys"), 2);
        sign_out(browser).await;
        browser.click("Sign in with a passkey").await;
        wait_until_signed_in(browser).await;
        let used = "SELECT COUNT(*) FROM passkeys WHERE name = 'Again' AND last_used_at IS NOT NULL";
        assert_eq!(server.app.count(used), 1);
        assert_eq!(second.credentials().await.len(), 1);
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_that_the_server_no_longer_has_is_explained_and_offered_no_more() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        let device = prepare(browser, &server).await;
        server.app.execute("DELETE FROM passkeys");
        browser.click("Sign in with a passkey").await;
        browser.wait_for_text("This passkey is not known here. It may have been removed.").await;
        wait_until_forgotten(&device).await;
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
        submit_password(browser).await;
        wait_until_signed_in(browser).await;
    })
    .await;
    server.app.drain().await;
}

/// Waits until the browser has signalled to the device that its passkeys are not known.
async fn wait_until_forgotten(device: &VirtualAuthenticator<'_>) {
    for _ in 0..2_000 {
        if device.credentials().await.is_empty() {
            return;
        }
    }
    panic!("the device still has a passkey");
}

/// Browsers that do not know `signalUnknownCredential` go on.
#[tokio::test(flavor = "multi_thread")]
async fn browser_that_cannot_forget_a_passkey_shows_the_message_too() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        let device = prepare(browser, &server).await;
        browser.run_on_every_page("delete window.PublicKeyCredential?.signalUnknownCredential;").await;
        server.app.execute("DELETE FROM passkeys");
        browser.goto(&format!("{}/sign-in", server.url)).await;
        browser.click("Sign in with a passkey").await;
        browser.wait_for_text("This passkey is not known here.").await;
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
        assert_eq!(device.credentials().await.len(), 1);
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passkey_is_the_second_step_and_confirms_a_change() {
    let server = BrowserServer::start_on_localhost().await;
    with_browser(BrowserOptions { is_narrow: true, ..BrowserOptions::default() }, async |browser: &Browser| {
        let device = prepare(browser, &server).await;
        server.app.execute("UPDATE users SET second_factor_policy = 'enforced'");
        browser.goto(&format!("{}/sign-in?return_to=/account/security", server.url)).await;
        submit_password(browser).await;
        browser.wait_for("main .card button[form=passkey-sign-in]").await;
        assert_fits(browser).await;
        device.set_user_verified(false).await;
        browser.click("Confirm with your passkey").await;
        browser.wait_for_text(CANCELLED).await;
        device.set_user_verified(true).await;
        browser.click("Confirm with your passkey").await;
        browser.wait_for("#passkeys").await;

        // The proof of the sign-in is too old.
        server.app.execute("UPDATE sign_ins SET proved_at = 0");
        browser.click("Generate backup codes").await;
        browser.wait_for_text("You are about to get new backup codes.").await;
        assert_fits(browser).await;
        browser.click("Confirm with your passkey").await;
        browser.wait_for_text("Save your backup codes").await;
        assert_fits(browser).await;
        assert_eq!(browser.evaluate("return thrown;").await, json!([]));
    })
    .await;
    server.app.drain().await;
}
