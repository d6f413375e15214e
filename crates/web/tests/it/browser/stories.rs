//! Stories of people, from beginning to end.

use super::{Browser, Hall, Looks, with_browser};
use crate::harness::{DAY, PASSWORD};

const NINA: &str = "nina@example.com";
const PLAIN: Looks = Looks { is_dark: false, is_narrow: false, is_german: false, has_no_script: false };

async fn signs_up(browser: &Browser, hall: &Hall, email: &str, name: &str) {
    browser.goto(&format!("{}/sign-up", hall.url)).await;
    browser.write("email", email).await;
    browser.write("first_name", name).await;
    browser.write("password", PASSWORD).await;
    browser.press("Make an account").await;
    browser.sees("Your organizations").await;
}

/// Somebody founds an organization and invites Nina, by nothing but pressing.
async fn invites(browser: &Browser, hall: &Hall) {
    signs_up(browser, hall, "olga@example.com", "Olga").await;
    browser.write("name", "Berg Tea").await;
    browser.press("Create").await;
    browser.sees("Invite people").await;
    browser.write("emails", NINA).await;
    browser.press("Go on").await;
    browser.sees("Invited. Whether the mail has arrived").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_in_two_browsers() {
    let hall = Hall::open(|_| ()).await;
    let olga = Browser::open(PLAIN).await;
    invites(&olga, &hall).await;
    let link = hall.mailed_link(NINA).await;
    let nina = Browser::open(PLAIN).await;
    nina.goto(&link).await;
    nina.sees("Olga invites you to join Berg Tea").await;
    let url = nina.driver.current_url().await.unwrap();
    assert_eq!((url.path(), url.fragment()), ("/invite", None), "the secret is in no URL any more");
    nina.write("first_name", "Nina").await;
    nina.write("password", "short-one").await;
    nina.find("main [name=password]").await.clear().await.unwrap();
    nina.write("password", PASSWORD).await;
    nina.press("Make the account and join").await;
    nina.sees("Welcome. You are in.").await;
    nina.sees("2 members").await;
    // Back leads to no form that could do it twice.
    nina.driver.back().await.unwrap();
    nina.sees("paste it here").await;
    olga.driver.refresh().await.unwrap();
    olga.sees("Nobody here").await;
    assert_eq!(hall.app.count("SELECT COUNT(*) FROM organization_memberships"), 2);
    nina.close().await;
    olga.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_account_in_the_right_browser() {
    let hall = Hall::open(|_| ()).await;
    with_browser(PLAIN, async |olga: &Browser| invites(olga, &hall).await).await;
    let link = hall.mailed_link(NINA).await;
    with_browser(PLAIN, async |eve: &Browser| {
        signs_up(eve, &hall, "eve@example.com", "Eve").await;
        eve.goto(&link).await;
        eve.sees("You are signed in with another account").await;
        eve.press("Make an account for nina@example.com").await;
        eve.sees("Make an account to join").await;
        eve.driver.back().await.unwrap();
        eve.sees("You are signed in with another account").await;
        assert_eq!(hall.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
        eve.press("Add the address and join").await;
        eve.sees("Welcome. You are in.").await;
    })
    .await;
    assert_eq!(hall.app.count("SELECT COUNT(*) FROM users"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn double_clicks_two_tabs_and_a_clock_that_goes_on() {
    let hall = Hall::open(|_| ()).await;
    with_browser(PLAIN, async |olga: &Browser| invites(olga, &hall).await).await;
    let link = hall.mailed_link(NINA).await;
    with_browser(PLAIN, async |nina: &Browser| {
        nina.goto(&link).await;
        nina.sees("Make an account to join").await;
        nina.write("password", PASSWORD).await;
        let twice =
            "const b = document.querySelector('form[action=\"/invite/sign-up\"] button'); b.click(); b.click();";
        nina.driver.execute(twice, Vec::new()).await.unwrap();
        nina.sees("Welcome. You are in.").await;
        assert_eq!(hall.app.count("SELECT COUNT(*) FROM users"), 2);

        // The next invitation, in two tabs.
        let owner = hall.app.anonymous();
        owner
            .post("/sign-in", &[("identifier", "olga@example.com"), ("password", PASSWORD)])
            .await
            .assert_redirect("/");
        let made = owner.post("/organizations", &[("name", "Second")]).await.ok();
        let path = format!("/organizations/{}/invitations", made["organization"]["id"].as_str().unwrap());
        owner.post(&path, &[("email", NINA)]).await.ok();
        let link = hall.mailed_link(NINA).await;
        nina.goto(&link).await;
        nina.sees("You are signed in with nina@example.com").await;
        let first = nina.driver.window().await.unwrap();
        let second = nina.driver.new_window(true).await.unwrap().handle;
        nina.driver.switch_to_window(second).await.unwrap();
        nina.goto(&link).await;
        nina.press("Join").await;
        nina.sees("Welcome. You are in.").await;
        nina.driver.switch_to_window(first).await.unwrap();
        nina.press("Join").await;
        nina.sees("paste it here").await;
        assert_eq!(hall.app.count("SELECT COUNT(*) FROM organization_memberships"), 4);

        // And one that runs out while it is looked at.
        let made = owner.post("/organizations", &[("name", "Third")]).await.ok();
        let path = format!("/organizations/{}/invitations", made["organization"]["id"].as_str().unwrap());
        owner.post(&path, &[("email", NINA)]).await.ok();
        nina.goto(&hall.mailed_link(NINA).await).await;
        nina.sees("You are signed in with nina@example.com").await;
        hall.app.advance(DAY * 8);
        nina.press("Join").await;
        nina.sees("This invitation has run out").await;
        nina.write("email", NINA).await;
        nina.press("Ask for a new one").await;
        nina.sees("They have been asked").await;
    })
    .await;
}

/// Scripts are off: the link's secret is pasted, and everything else is plain forms.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_script() {
    let hall = Hall::open(|_| ()).await;
    let looks = Looks { has_no_script: true, ..PLAIN };
    with_browser(looks, async |olga: &Browser| invites(olga, &hall).await).await;
    let link = hall.mailed_link(NINA).await;
    with_browser(looks, async |nina: &Browser| {
        nina.goto(&link).await;
        nina.sees("paste it here").await;
        nina.write("token", &link).await;
        nina.press("Look at it").await;
        nina.sees("Olga invites you to join Berg Tea").await;
        nina.write("password", PASSWORD).await;
        nina.press("Make the account and join").await;
        nina.sees("Welcome. You are in.").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_sign_in_waits_until_somebody_presses() {
    let hall = Hall::open(|_| ()).await;
    let (owner, organization) = hall.app.create_organization("olga@example.com").await;
    hall.app.create_member(&owner, &organization, NINA, "").await;
    with_browser(PLAIN, async |nina: &Browser| {
        nina.goto(&format!("{}/sign-in", hall.url)).await;
        nina.write("email", NINA).await;
        nina.press("Mail me a link").await;
        nina.sees("Look into your mail").await;
        let link = hall.mailed_link(NINA).await;
        hall.app.inner.secret_scan.add_secret(link.split_once("token=").unwrap().1);
        // Elsewhere it does nothing, pressed or not.
        with_browser(PLAIN, async |elsewhere: &Browser| {
            elsewhere.goto(&link).await;
            elsewhere.press("Sign in").await;
            elsewhere.sees("in the browser that asked for it").await;
        })
        .await;
        nina.goto(&link).await;
        nina.sees("Press the button to sign in").await;
        nina.press("Sign in").await;
        nina.sees("Your organizations").await;
    })
    .await;
}
