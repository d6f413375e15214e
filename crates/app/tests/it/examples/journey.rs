//! A person uses an example in a browser: signs in on the hosted page, sees the members, switches, and signs out.

use std::time::Duration;

use fantoccini::Locator;
use vestibule_testbed::browser::{Browser, BrowserOptions, with_browser};

use super::{PASSWORD, Stage, http};

async fn sign_in(browser: &Browser) {
    browser.fill("identifier", "nora@example.com").await;
    browser.fill("password", PASSWORD).await;
    browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
}

/// Creates a second organization of the owner.
async fn create_second_organization(stage: &Stage) {
    http::post(&format!("{}/organizations", stage.issuer.url), &stage.owner, "name=Harbor").await.data();
}

async fn assert_is_at(browser: &Browser, url: &str) {
    let current = browser.driver.current_url().await.unwrap();
    assert!(current.as_str().starts_with(url), "{current} is not {url}");
}

async fn screenshot(browser: &Browser, stage: &Stage, name: &str) {
    if let Ok(directory) = std::env::var("VESTIBULE_SCREENSHOTS") {
        let file = format!("{name}-{}.png", stage.app_url.rsplit(':').next().unwrap());
        let image = browser.driver.screenshot().await.unwrap();
        std::fs::write(std::path::Path::new(&directory).join(file), image).unwrap();
    }
}

/// Switches the organization on the hosted page, which leads back to the example.
async fn switch(browser: &Browser, stage: &Stage, organization: &str) {
    browser.click("Switch organization").await;
    browser.wait_for("form[action='/choose-organization']").await;
    assert_is_at(browser, &stage.issuer.url).await;
    let button = format!("//li[.//strong[normalize-space()=\"{organization}\"]]//button");
    browser.driver.find(Locator::XPath(&button)).await.unwrap().click().await.unwrap();
    let heading = format!("//h1[normalize-space()=\"{organization}\"]");
    browser.driver.wait().at_most(Duration::from_secs(60)).for_element(Locator::XPath(&heading)).await.unwrap();
    assert_is_at(browser, &stage.app_url).await;
}

pub(super) async fn check_server_rendered(stage: &Stage) {
    create_second_organization(stage).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.goto(&stage.app_url).await;
        sign_in(browser).await;
        browser.wait_for_text("Nora Berg, Admin").await;
        assert_is_at(browser, &stage.app_url).await;
        switch(browser, stage, "Harbor").await;
        switch(browser, stage, super::ORGANIZATION).await;
        browser.wait_for_text("Milo Berg, Member").await;
        screenshot(browser, stage, "example").await;
        browser.click("Sign out").await;
        browser.wait_for("form[action='/sign-in']").await;
        browser.goto(&stage.app_url).await;
        browser.wait_for("form[action='/sign-in']").await;
    })
    .await;
}

pub(super) async fn check_single_page(stage: &Stage) {
    create_second_organization(stage).await;
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.goto(&stage.app_url).await;
        browser.click("Sign in").await;
        sign_in(browser).await;
        let choose = async |name: &str| {
            let select = browser.wait_for("main select").await;
            assert_is_at(browser, &stage.app_url).await;
            select.select_by_label(name).await.unwrap();
        };
        choose(super::ORGANIZATION).await;
        browser.wait_for_text("Milo Berg, Member").await;
        browser.wait_for_text("You may see purchases.").await;
        screenshot(browser, stage, "example").await;
        choose("Harbor").await;
        browser.wait_for("main:not(:has(li + li))").await;
        browser.wait_for_text("Nora Berg, Admin").await;
        browser.click("Sign out").await;
        browser.wait_for("main a[href*='/sign-in?return_to=']").await;
        browser.driver.find(Locator::Css("main ul")).await.unwrap_err();
    })
    .await;
}
