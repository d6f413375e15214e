//! User journeys across several pages.

use vestibule_core::settings::PageUrl;

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::{DAY, PASSWORD};

const NINA: &str = "nina@example.com";
const DEFAULT_OPTIONS: BrowserOptions =
    BrowserOptions { is_dark: false, is_narrow: false, is_german: false, is_script_disabled: false };

async fn sign_up(browser: &Browser, server: &BrowserServer, email: &str, name: &str) {
    browser.goto(&format!("{}/sign-up", server.url)).await;
    browser.fill("email", email).await;
    browser.fill("first_name", name).await;
    browser.fill("password", PASSWORD).await;
    browser.click("Create account").await;
    browser.wait_for_text("Create organization").await;
}

/// Signs up, creates an organization and invites Nina.
async fn create_organization_and_invite(browser: &Browser, server: &BrowserServer) {
    sign_up(browser, server, "olga@example.com", "Olga").await;
    browser.fill("name", "Berg Tea").await;
    browser.click("Create").await;
    browser.wait_for_text("Invite people").await;
    browser.fill("emails", NINA).await;
    browser.wait_for("#send").await.click().await.unwrap();
    browser.wait_for_text("Invitation sent.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invites_and_joins_in_two_browsers() {
    let server = BrowserServer::start(|_| ()).await;
    let olga = Browser::open(DEFAULT_OPTIONS).await;
    create_organization_and_invite(&olga, &server).await;
    let link = server.mailed_link(NINA).await;
    let nina = Browser::open(DEFAULT_OPTIONS).await;
    nina.goto(&link).await;
    nina.wait_for_text("Olga invites you to join Berg Tea").await;
    let url = nina.driver.current_url().await.unwrap();
    assert_eq!((url.path(), url.fragment()), ("/invite", None), "the token is removed from the URL");
    nina.fill("first_name", "Nina").await;
    nina.fill("password", "short-one").await;
    nina.wait_for("main [name=password]").await.clear().await.unwrap();
    nina.fill("password", PASSWORD).await;
    nina.click("Create account and join").await;
    nina.wait_for_text("Welcome! You joined the organization.").await;
    nina.wait_for_text("2 members").await;
    // Going back shows no form that could be submitted twice.
    nina.driver.back().await.unwrap();
    nina.wait_for_text("paste it here").await;
    olga.driver.refresh().await.unwrap();
    olga.wait_for_text("No invitations here").await;
    assert_eq!(server.app.count("SELECT COUNT(*) FROM organization_memberships"), 2);
    nina.close().await;
    olga.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_with_added_address_of_wrong_account() {
    let server = BrowserServer::start(|_| ()).await;
    with_browser(DEFAULT_OPTIONS, async |olga: &Browser| create_organization_and_invite(olga, &server).await).await;
    let link = server.mailed_link(NINA).await;
    with_browser(DEFAULT_OPTIONS, async |eve: &Browser| {
        sign_up(eve, &server, "eve@example.com", "Eve").await;
        eve.goto(&link).await;
        eve.wait_for_text("You are signed in with another account").await;
        eve.click("Create an account for nina@example.com").await;
        eve.wait_for_text("Create an account to join").await;
        eve.driver.back().await.unwrap();
        eve.wait_for_text("You are signed in with another account").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
        eve.click("Add address and join").await;
        eve.wait_for_text("add nina@example.com to your account").await;
        eve.fill("proof_password", PASSWORD).await;
        eve.click("Confirm").await;
        eve.wait_for_text("Welcome! You joined the organization.").await;
    })
    .await;
    assert_eq!(server.app.count("SELECT COUNT(*) FROM users"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn double_click_two_tabs_and_expiry_are_safe() {
    let server = BrowserServer::start(|_| ()).await;
    with_browser(DEFAULT_OPTIONS, async |olga: &Browser| create_organization_and_invite(olga, &server).await).await;
    let link = server.mailed_link(NINA).await;
    with_browser(DEFAULT_OPTIONS, async |nina: &Browser| {
        nina.goto(&link).await;
        nina.wait_for_text("Create an account to join").await;
        nina.fill("password", PASSWORD).await;
        let twice =
            "const b = document.querySelector('form[action=\"/invite/sign-up\"] button'); b.click(); b.click();";
        nina.driver.execute(twice, Vec::new()).await.unwrap();
        nina.wait_for_text("Welcome! You joined the organization.").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM users"), 2);

        // Accept the next invitation in two tabs.
        let owner = server.app.anonymous();
        owner
            .post("/sign-in", &[("identifier", "olga@example.com"), ("password", PASSWORD)])
            .await
            .assert_redirect("/");
        let created = owner.post("/organizations", &[("name", "Second")]).await.ok();
        let path = format!("/organizations/{}/invitations", created["organization"]["id"].as_str().unwrap());
        owner.post(&path, &[("email", NINA)]).await.ok();
        let link = server.mailed_link(NINA).await;
        nina.goto(&link).await;
        nina.wait_for_text("You are signed in with nina@example.com").await;
        let first = nina.driver.window().await.unwrap();
        let second = nina.driver.new_window(true).await.unwrap().handle;
        nina.driver.switch_to_window(second).await.unwrap();
        nina.goto(&link).await;
        nina.click("Join Second").await;
        nina.wait_for_text("Welcome! You joined the organization.").await;
        nina.driver.switch_to_window(first).await.unwrap();
        nina.click("Join Second").await;
        nina.wait_for_text("paste it here").await;
        assert_eq!(server.app.count("SELECT COUNT(*) FROM organization_memberships"), 4);

        // An invitation expires while its page is open.
        let created = owner.post("/organizations", &[("name", "Third")]).await.ok();
        let path = format!("/organizations/{}/invitations", created["organization"]["id"].as_str().unwrap());
        owner.post(&path, &[("email", NINA)]).await.ok();
        nina.goto(&server.mailed_link(NINA).await).await;
        nina.wait_for_text("You are signed in with nina@example.com").await;
        server.app.advance(DAY * 8);
        nina.click("Join Third").await;
        nina.wait_for_text("This invitation has expired").await;
        nina.click("Request a new invitation").await;
        nina.wait_for_text("Request sent").await;
    })
    .await;
}

/// Without scripts the link has to be pasted; everything else is plain forms.
#[tokio::test(flavor = "multi_thread")]
async fn joins_without_scripts() {
    let server = BrowserServer::start(|_| ()).await;
    let options = BrowserOptions { is_script_disabled: true, ..DEFAULT_OPTIONS };
    with_browser(options, async |olga: &Browser| create_organization_and_invite(olga, &server).await).await;
    let link = server.mailed_link(NINA).await;
    with_browser(options, async |nina: &Browser| {
        nina.goto(&link).await;
        nina.wait_for_text("paste it here").await;
        nina.fill("token", &link).await;
        nina.click("View invitation").await;
        nina.wait_for_text("Olga invites you to join Berg Tea").await;
        nina.fill("password", PASSWORD).await;
        nina.click("Create account and join").await;
        nina.wait_for_text("Welcome! You joined the organization.").await;
    })
    .await;
}

/// The page that asks for a proof goes on with the form, and the link of the notice signs everybody out.
#[tokio::test(flavor = "multi_thread")]
async fn confirms_and_undoes_without_scripts() {
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    let nina = server.app.create_member(&owner, &organization, NINA, "").await;
    let options = BrowserOptions { is_script_disabled: true, ..DEFAULT_OPTIONS };
    with_browser(options, async |browser: &Browser| {
        browser.goto(&format!("{}/sign-in?return_to=/account", server.url)).await;
        browser.fill("identifier", NINA).await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
        browser.wait_for("form[action='/account/addresses']").await;
        server.app.execute("UPDATE sign_ins SET proved_at = 0");
        browser.fill("email", "nina@work.example").await;
        browser.wait_for("form[action='/account/addresses'] button").await.click().await.unwrap();
        browser.wait_for_text("add nina@work.example to your account").await;
        browser.fill("proof_password", PASSWORD).await;
        browser.click("Confirm").await;
        browser.wait_for_text("Check your email").await;
        let link = server.mailed_link(NINA).await;
        browser.goto(&link).await;
        browser.fill("token", &link).await;
        browser.click("Sign out everywhere").await;
        browser.wait_for_text("Every browser is signed out").await;
    })
    .await;
    nina.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_link_requires_click_and_same_browser() {
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    server.app.create_member(&owner, &organization, NINA, "").await;
    with_browser(DEFAULT_OPTIONS, async |nina: &Browser| {
        nina.goto(&format!("{}/sign-in", server.url)).await;
        nina.fill("identifier", NINA).await;
        nina.click("Email me a link").await;
        nina.wait_for_text("Check your email").await;
        let link = server.mailed_link(NINA).await;
        server.app.inner.secret_scan.add_secret(link.split_once("token=").unwrap().1);
        // The link does not work in another browser.
        with_browser(DEFAULT_OPTIONS, async |other: &Browser| {
            other.goto(&link).await;
            other.click("Sign in").await;
            other.wait_for_text("in the browser that requested it").await;
        })
        .await;
        nina.goto(&link).await;
        nina.wait_for_text("Press the button to sign in").await;
        nina.click("Sign in").await;
        nina.wait_for_text("Create organization").await;
    })
    .await;
}

/// The script follows redirects of this server only, so these forms are submitted without it.
#[tokio::test(flavor = "multi_thread")]
async fn forms_lead_to_another_origin() {
    let application = BrowserServer::start(|_| ()).await;
    let home = PageUrl::parse(&format!("{}/account", application.url));
    let server = BrowserServer::start(|settings| {
        settings.app.url = PageUrl::parse_base(&application.url);
        settings.app.after_sign_in_url.clone_from(&home);
        settings.app.after_sign_up_url.clone_from(&home);
        settings.app.after_sign_out_url = home;
        settings.name = "Berg Tea".to_owned();
    })
    .await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let link = server.mailed_link(NINA).await;
    with_browser(DEFAULT_OPTIONS, async |nina: &Browser| {
        let is_in_application = async || {
            nina.wait_for_text("Sign in").await;
            nina.wait_for("form[action='/sign-in']").await;
            let url = nina.driver.current_url().await.unwrap();
            assert!(url.as_str().starts_with(&application.url), "{url}");
        };
        nina.goto(&link).await;
        nina.fill("first_name", "Nina").await;
        nina.fill("password", PASSWORD).await;
        nina.click("Create account and join").await;
        nina.click("Continue to Berg Tea").await;
        is_in_application().await;
        nina.goto(&format!("{}/account", server.url)).await;
        nina.wait_for(".top .menu.end > summary").await.click().await.unwrap();
        nina.wait_for(".top form[action='/sign-out'] button").await.click().await.unwrap();
        is_in_application().await;
        nina.goto(&format!("{}/sign-in?redirect_uri={}/organizations", server.url, application.url)).await;
        nina.fill("identifier", NINA).await;
        nina.fill("password", PASSWORD).await;
        nina.wait_for("form[action='/sign-in'] button").await.click().await.unwrap();
        is_in_application().await;
        nina.goto(&format!("{}/sign-up", server.url)).await;
        nina.fill("email", "kim@example.com").await;
        nina.fill("password", PASSWORD).await;
        nina.click("Create account").await;
        is_in_application().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_invitations_in_two_tabs_stay_apart() {
    let server = BrowserServer::start(|_| ()).await;
    let (owner, organization) = server.app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let first_link = server.mailed_link(NINA).await;
    let created = owner.post("/organizations", &[("name", "Second")]).await.ok();
    let second = created["organization"]["id"].as_str().unwrap();
    owner.post(&format!("/organizations/{second}/invitations"), &[("email", NINA)]).await.ok();
    let second_link = server.mailed_link(NINA).await;
    with_browser(DEFAULT_OPTIONS, async |nina: &Browser| {
        nina.goto(&first_link).await;
        nina.wait_for_text("invites you to join Acme").await;
        let first_tab = nina.driver.window().await.unwrap();
        let second_tab = nina.driver.new_window(true).await.unwrap().handle;
        nina.driver.switch_to_window(second_tab.clone()).await.unwrap();
        nina.goto(&second_link).await;
        nina.wait_for_text("invites you to join Second").await;
        nina.driver.switch_to_window(first_tab).await.unwrap();
        nina.fill("password", PASSWORD).await;
        nina.click("Create account and join").await;
        nina.wait_for_text("Welcome! You joined the organization.").await;
        nina.wait_for_text("Acme").await;
        nina.driver.switch_to_window(second_tab).await.unwrap();
        nina.driver.refresh().await.unwrap();
        nina.wait_for_text("invites you to join Second").await;
        nina.click("Decline").await;
        nina.wait_for_text("declined").await;
    })
    .await;
    let joined = "SELECT COUNT(*) FROM organization_memberships m JOIN organizations o ON o.id = m.organization_id
                   WHERE o.name = ";
    assert_eq!(server.app.count(&format!("{joined} 'Acme'")), 2);
    assert_eq!(server.app.count(&format!("{joined} 'Second'")), 1);
}
