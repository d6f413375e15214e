//! The invitation form with its script: what would happen with each address is shown while the list is typed.

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::PASSWORD;

pub(super) const OPTIONS: BrowserOptions =
    BrowserOptions { is_dark: false, is_narrow: false, is_german: false, is_script_disabled: false };

pub(super) async fn sign_in(browser: &Browser, server: &BrowserServer, path: &str) {
    browser.goto(&format!("{}/sign-in?return_to={path}", server.url)).await;
    browser.fill("identifier", "olga@example.com").await;
    browser.fill("password", PASSWORD).await;
    browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
    browser.wait_for("#emails").await;
}

async fn evaluate(browser: &Browser, script: &str) -> String {
    let value = browser.driver.execute(script, Vec::new()).await.unwrap();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_chips_while_typing_and_keeps_the_list_when_the_session_ends() {
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    server.app.create_member(&owner, &organization, "mia@example.com", "").await;
    let pending = "SELECT COUNT(*) FROM invitations WHERE status = 'pending'";
    let path = format!("/organizations/{organization}/-/invitations");
    with_browser(OPTIONS, async |olga: &Browser| {
        sign_in(olga, &server, &path).await;
        olga.fill("emails", "Kim <kim@example.com>; nobody, mia@example.com").await;
        olga.wait_for_text("nobody: not an email address").await;
        olga.wait_for_text("mia@example.com: already a member").await;
        olga.wait_for("#send").await;
        assert_eq!(evaluate(olga, "return document.querySelector('#send').textContent").await, "Invite 1 person");
        olga.wait_for("button[aria-label='Remove nobody']").await.click().await.unwrap();
        olga.wait_for(".chips:not(:has([aria-label='Remove nobody']))").await;
        let value = "return document.querySelector('#emails').value";
        assert_eq!(evaluate(olga, value).await, "kim@example.com\nmia@example.com");
        assert_eq!(evaluate(olga, "return document.activeElement.name").await, "remove", "the focus stays in the list");
        assert_eq!(server.app.count(pending), 0);

        olga.driver.delete_all_cookies().await.unwrap();
        olga.wait_for("#send").await.click().await.unwrap();
        olga.wait_for_text("Your session has ended").await;
        sign_in(olga, &server, &path).await;
        olga.wait_for_text("1 person can be invited").await;
        olga.wait_for("#send").await.click().await.unwrap();
        olga.wait_for_text("1 person invited · 1 not invited").await;
        assert_eq!(evaluate(olga, value).await, "mia@example.com", "what failed stays in the field");
        assert_eq!(server.app.count(pending), 1);
    })
    .await;
    server.app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_what_is_typed_stays_text() {
    const MARKUP: &str = "<img id=pwned src=x>@example.com";
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/-/invitations");
    let settings = [("name", "<b id=pwned>Acme</b>"), ("description", "")];
    owner.post(&format!("/organizations/{organization}/-/settings"), &settings).await.assert_redirect("/");
    let pwned = "return document.querySelectorAll('#pwned').length";
    with_browser(OPTIONS, async |olga: &Browser| {
        sign_in(olga, &server, &path).await;
        olga.fill("emails", &format!("\"{MARKUP}\" <kim@example.com>, {MARKUP}")).await;
        olga.wait_for("#review-part .chip.bad").await;
        assert_eq!(evaluate(olga, pwned).await, "0");
        olga.wait_for("#send").await.click().await.unwrap();
        olga.wait_for_text("not invited").await;
        assert_eq!(evaluate(olga, pwned).await, "0");
        assert!(
            evaluate(olga, "return document.querySelector('.organization').textContent").await.contains("<b id=pwned>")
        );
    })
    .await;
    server.app.drain().await;
}
