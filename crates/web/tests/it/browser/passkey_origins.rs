//! Pages that have no passkeys, and pages that must not use ours.

use serde_json::{Value, json};
use vestibule_testbed::virtual_authenticator::Device;

use super::origins::start_application;
use super::passkeys::{ADA, WITHOUT_AUTOFILL, add_passkey, open_security_page};
use super::{Browser, BrowserOptions, BrowserServer, with_browser};

/// Asks for a passkey in the page that is open. Returns the credential, or the name of the error.
async fn get_credential(browser: &Browser, options: &Value) -> Value {
    let script = "
        const [options, done] = arguments;
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
        navigator.credentials.get({ publicKey }).then((credential) => done(credential.toJSON()), ({ name }) => done(name));";
    browser.driver.execute_async(script, vec![options.clone()]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_at_an_address_offer_no_passkeys() {
    let server = BrowserServer::start(|_| ()).await;
    server.app.create_user(ADA).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.add_authenticator(Device::Platform).await;
        open_security_page(browser, &server).await;
        browser.wait_for_text("Passkeys are not available at this address.").await;
        browser.driver.delete_all_cookies().await.unwrap();
        browser.goto(&format!("{}/sign-in", server.url)).await;
        browser.wait_for("main [name=identifier][autocomplete=username]").await;
        let count = "return document.querySelectorAll('[data-passkey], [form=passkey-sign-in]').length;";
        assert_eq!(browser.evaluate(count).await, json!(0));
        browser.wait_for_text("Email me a code").await;
    })
    .await;
    server.app.drain().await;
}

/// The browser gives the passkeys of a domain to its pages on every port. The server decides which of them may use them.
#[tokio::test(flavor = "multi_thread")]
async fn page_of_another_origin_does_not_sign_in_with_a_passkey_of_ours() {
    let server = BrowserServer::start_on_localhost().await;
    server.app.create_user(ADA).await;
    let port = start_application().await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.run_on_every_page(WITHOUT_AUTOFILL).await;
        browser.add_authenticator(Device::Platform).await;
        open_security_page(browser, &server).await;
        add_passkey(browser, "Laptop").await;
        browser.wait_for_text("Passkey added.").await;

        let attacker = server.app.anonymous();
        let options = attacker.post("/auth/passkey/login/begin", &[]).await.ok()["options"].clone();
        browser.goto(&format!("http://localhost:{port}")).await;
        browser.wait_for_text("Application").await;
        let credential = get_credential(browser, &options).await;
        let refused = attacker.post_json("/auth/passkey/login/finish", &credential).await;
        refused.assert_error(400, "INVALID_PASSKEY");

        // Another host does not get one at all.
        browser.goto(&format!("http://127.0.0.1:{port}")).await;
        browser.wait_for_text("Application").await;
        assert_eq!(get_credential(browser, &options).await, json!("SecurityError"));
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_without_scripts_offer_no_passkeys() {
    let server = BrowserServer::start_on_localhost().await;
    let options = BrowserOptions { is_script_disabled: true, ..BrowserOptions::default() };
    with_browser(options, async |browser: &Browser| {
        browser.goto(&format!("{}/sign-in", server.url)).await;
        let button = browser.wait_for("button[form=passkey-sign-in]").await;
        assert!(!button.is_displayed().await.unwrap());
    })
    .await;
}
