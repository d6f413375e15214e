//! Authenticator apps: the QR code is read from a screenshot, as a phone reads it from the screen.

use std::time::Duration;

use serde_json::json;
use url::Url;
use vestibule_core::time::Clock;

use super::passkeys::{ADA, assert_fits, open_security_page, submit_password};
use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::AuthenticatorApp;

/// Reads the only QR code of an image.
fn read_qr(png: &[u8]) -> String {
    let image = image::load_from_memory(png).unwrap().to_luma8();
    let size = |length: u32| usize::try_from(length).unwrap();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(size(image.width()), size(image.height()), |x, y| {
            image.get_pixel(x.try_into().unwrap(), y.try_into().unwrap()).0[0]
        });
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one QR code");
    let (_, content) = grids[0].decode().unwrap();
    content
}

/// Reads the QR code of the page, and checks what it and the page say.
async fn scan(browser: &Browser) -> AuthenticatorApp {
    let code = browser.wait_for("main .qr").await;
    let url = Url::parse(&read_qr(&code.screenshot().await.unwrap())).unwrap();
    assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
    assert!(url.path().contains("ada%40example.com"), "{url}");
    let parameter = |name: &str| {
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned())
    };
    let secret = parameter("secret").unwrap();
    assert_eq!(parameter("issuer").as_deref(), Some("Vestibule"));
    let shown = browser.wait_for("main .key").await.text().await.unwrap();
    assert_eq!(shown.replace(' ', ""), secret, "who cannot scan it types it");
    AuthenticatorApp::scan(&json!({"id": "", "totp_secret": secret}))
}

/// Fills the field with a code of the period that is `periods` after now.
async fn fill_code(browser: &Browser, server: &BrowserServer, phone: &AuthenticatorApp, field: &str, periods: i64) {
    let code = phone.code_at(server.app.inner.clock.now(), periods);
    browser.wait_for(&format!("main [name={field}]")).await.clear().await.unwrap();
    browser.fill(field, &code).await;
}

async fn authenticator_is_set_up_and_signs_in(options: BrowserOptions) {
    let server = BrowserServer::start(|_| ()).await;
    server.app.create_user(ADA).await;
    with_browser(options, async |browser: &Browser| {
        open_security_page(browser, &server).await;
        browser.click("Set up authenticator app").await;
        let phone = scan(browser).await;
        assert_fits(browser).await;
        // The same code twice, and then two in a row: the page keeps its secret.
        for field in ["first_code", "second_code"] {
            fill_code(browser, &server, &phone, field, 0).await;
        }
        browser.click("Confirm").await;
        browser.wait_for_text("These are not two codes in a row of this app.").await;
        assert_fits(browser).await;
        fill_code(browser, &server, &phone, "first_code", -1).await;
        fill_code(browser, &server, &phone, "second_code", 0).await;
        browser.click("Confirm").await;
        browser.wait_for_text("Save your backup codes").await;
        assert_fits(browser).await;
        let codes =
            browser.evaluate("return [...document.querySelectorAll('.codes li')].map((one) => one.textContent);");
        let codes = codes.await.as_array().unwrap().clone();
        assert_eq!(codes.len(), 12, "{codes:?}");
        browser.click("I have saved them").await;
        browser.wait_for_text("12 codes left").await;
        assert_fits(browser).await;

        // A wrong code, the right one, and later a backup code.
        server.app.advance(Duration::from_secs(30));
        start_sign_in(browser, &server).await;
        fill_code(browser, &server, &phone, "code", 40).await;
        browser.click("Continue").await;
        browser.wait_for_text("Incorrect code.").await;
        assert_fits(browser).await;
        fill_code(browser, &server, &phone, "code", 0).await;
        browser.click("Continue").await;
        browser.wait_for_text("12 codes left").await;
        start_sign_in(browser, &server).await;
        browser.click("Use a backup code").await;
        browser.wait_for_text("Enter one of your backup codes.").await;
        assert_fits(browser).await;
        browser.fill("code", &codes[0].as_str().unwrap().to_lowercase()).await;
        browser.click("Continue").await;
        browser.wait_for_text("11 codes left").await;
    })
    .await;
    server.app.drain().await;
}

/// Signs in with the password in a browser that has forgotten its session.
async fn start_sign_in(browser: &Browser, server: &BrowserServer) {
    browser.driver.delete_all_cookies().await.unwrap();
    browser.goto(&format!("{}/sign-in?return_to=/account/security", server.url)).await;
    submit_password(browser).await;
    browser.wait_for_text("Enter the code that your authenticator app shows.").await;
    assert_fits(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authenticator_is_set_up_from_the_screen_and_signs_in() {
    authenticator_is_set_up_and_signs_in(BrowserOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authenticator_is_set_up_from_a_dark_screen() {
    authenticator_is_set_up_and_signs_in(BrowserOptions { is_dark: true, ..BrowserOptions::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authenticator_is_set_up_on_a_phone() {
    authenticator_is_set_up_and_signs_in(BrowserOptions { is_narrow: true, ..BrowserOptions::default() }).await;
}
