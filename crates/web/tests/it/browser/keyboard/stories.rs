//! The main stories, each from its first page to its result.

use vestibule_testbed::devtools::PressedKey::{Down, Enter, Escape, ShiftTab, Space, Tab};

use super::Keyboard;
use crate::browser::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::{DAY, PASSWORD, TestClient};

const OLGA: &str = "olga@example.com";
const NINA: &str = "nina@example.com";
const EVE: &str = "eve@example.com";
const FLASH: &str = ".flash[role=status]";

struct Scene<'a> {
    server: BrowserServer,
    keyboard: Keyboard<'a>,
    owner: TestClient,
    organization: String,
}

impl Scene<'_> {
    /// Runs a story with the organization of Olga. The browser belongs to nobody yet.
    async fn play<F: AsyncFnOnce(&Scene<'_>)>(story: F) {
        let server = BrowserServer::start(|_| ()).await;
        let (owner, organization) = server.app.create_organization(OLGA).await;
        server.app.verify_all_addresses();
        with_browser(BrowserOptions::default(), async |browser: &Browser| {
            let scene = Scene { server, keyboard: Keyboard(browser), owner, organization };
            story(&scene).await;
            scene.server.app.drain().await;
        })
        .await;
    }

    const fn browser(&self) -> &Browser {
        self.keyboard.0
    }

    fn tab(&self, tab: &str) -> String {
        format!("/organizations/{}/-/{tab}", self.organization)
    }

    async fn open(&self, path: &str) {
        self.browser().goto(&format!("{}{path}", self.server.url)).await;
    }

    /// Signs in, then opens a page.
    async fn sign_in(&self, email: &str, path: &str) {
        self.open(&format!("/sign-in?return_to={path}")).await;
        self.keyboard.loaded("[name=identifier]").await;
        if self.keyboard.focus("[name=identifier]").await["isMatch"] == true {
            self.browser().type_text(email).await;
        } else {
            self.keyboard.fill("[name=identifier]", email).await;
        }
        self.keyboard.fill("[name=password]", PASSWORD).await;
        self.keyboard.press(Enter).await;
        self.keyboard.loaded(".top .menu").await;
    }

    /// Invites an address and opens the mailed link, which it returns.
    async fn open_invitation(&self, email: &str) -> String {
        let path = format!("/organizations/{}/invitations", self.organization);
        self.owner.post(&path, &[("email", email)]).await.ok();
        let link = self.server.mailed_link(email).await;
        self.browser().goto(&link).await;
        self.browser().wait_for("main dl").await;
        link
    }

    fn count(&self, condition: &str) -> i64 {
        self.server.app.count(&format!("SELECT COUNT(*) FROM {condition}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_in_skips_the_header_and_opens_its_menus() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        scene.sign_in(OLGA, "/organizations").await;
        // The first stop is the link to the content, and the next one after it is there.
        keyboard.press(Enter).await;
        keyboard.press(Tab).await;
        let focus = keyboard.focus("main *").await;
        assert!(focus["isMatch"] == true, "the skip link leads to {focus}");
        keyboard.move_to(".top .menu.end > summary", ShiftTab).await;
        keyboard.press(Space).await;
        keyboard.tab_to(".top .menu.end a[href='/account']").await;
        keyboard.press(Escape).await;
        scene.browser().wait_for(".top .menu.end:not([open])").await;
        let focus = keyboard.focus(".top .menu.end > summary").await;
        assert!(focus["isMatch"] == true, "after Escape the focus is on {focus}");
        keyboard.press(Enter).await;
        keyboard.activate(".top .menu.end form[action='/sign-out'] button").await;
        keyboard.loaded("form[action='/sign-in']").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_up_from_an_invitation() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        scene.open_invitation(NINA).await;
        keyboard.loaded("form[action='/invite/sign-up']").await;
        keyboard.fill("[name=first_name]", "Nina").await;
        keyboard.fill("form[action='/invite/sign-up'] [name=password]", PASSWORD).await;
        keyboard.press(Enter).await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("organization_memberships"), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_with_an_account_after_a_wrong_password() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        scene.server.app.create_user(NINA).await;
        scene.server.app.verify_all_addresses();
        scene.open_invitation(NINA).await;
        let password = "form[action='/invite/sign-in'] [name=password]";
        keyboard.loaded(password).await;
        keyboard.fill(password, "not-the-one").await;
        keyboard.press(Enter).await;
        keyboard.updated("[role=alert]:not([hidden])").await;
        keyboard.fill(password, PASSWORD).await;
        keyboard.press(Enter).await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("organization_memberships"), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_and_switches_accounts_on_the_pages_of_the_wrong_account() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        for email in [NINA, EVE] {
            scene.server.app.create_user(email).await;
        }
        scene.server.app.verify_all_addresses();
        scene.sign_in(EVE, "/organizations").await;
        let link = scene.open_invitation(NINA).await;
        let password = "form[action='/invite/sign-in'] [name=password]";
        keyboard.loaded(password).await;
        keyboard.fill(password, PASSWORD).await;
        keyboard.press(Enter).await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("organization_memberships"), 2);

        // Both accounts are in another browser, and the one that is not active has joined.
        scene.browser().driver.delete_all_cookies().await.unwrap();
        for email in [NINA, EVE] {
            scene.sign_in(email, "/organizations").await;
        }
        scene.browser().goto(&link).await;
        keyboard.loaded("main form[action='/sign-in/switch']").await;
        keyboard.activate("main form[action='/sign-in/switch'] button").await;
        keyboard.loaded("main a.button[href^='/organizations/']").await;
        keyboard.activate("main a.button[href^='/organizations/']").await;
        keyboard.loaded("main nav.tabs").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invites_two_people_and_revokes_one_invitation() {
    Scene::play(async |scene| {
        let (browser, keyboard) = (scene.browser(), &scene.keyboard);
        scene.sign_in(OLGA, &scene.tab("invitations")).await;
        keyboard.fill("#emails", "kim@example.com, nobody, lee@example.com").await;
        browser.wait_for("button[aria-label='Remove nobody']").await;
        keyboard.activate("button[aria-label='Remove nobody']").await;
        keyboard.settled(".chips:not(:has([aria-label='Remove nobody']))").await;
        keyboard.activate("#send").await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("invitations WHERE status = 'pending'"), 2);

        keyboard.activate("tbody tr:first-child td.main a").await;
        browser.wait_for("main form [name=revoke]").await;
        keyboard.activate("main form [name=revoke]").await;
        keyboard.updated("form.confirm").await;
        keyboard.activate("form.confirm button.bad").await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("invitations WHERE status = 'pending'"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_a_role_in_the_row_and_undoes_it() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        scene.server.app.create_member(&scene.owner, &scene.organization, NINA, "").await;
        let path = format!("/organizations/{}/roles", scene.organization);
        scene.owner.post(&path, &[("name", "Zookeeper")]).await.ok();
        let has_role = "organization_membership_roles m JOIN organization_roles r
                            ON r.scope = m.role_scope AND r.id = m.role_id WHERE r.name = 'Zookeeper'";
        scene.sign_in(OLGA, &scene.tab("members")).await;
        keyboard.tab_to(".choice select").await;
        while scene.browser().evaluate("return document.activeElement.selectedOptions[0].text").await != "Zookeeper" {
            keyboard.press(Down).await;
        }
        keyboard.activate(".choice button").await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count(has_role), 1);
        keyboard.activate(".flash button").await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count(has_role), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approves_a_request() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        let path = format!("/organizations/{}/invitations", scene.organization);
        scene.owner.post(&path, &[("email", NINA)]).await.ok();
        let token = scene.server.app.mailed_token(NINA);
        scene.server.app.advance(DAY * 8);
        scene.server.app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await.ok();
        scene.sign_in(OLGA, &scene.tab("requests")).await;
        keyboard.tab_to("[name=request]").await;
        keyboard.press(Space).await;
        keyboard.activate(".bulk-bar [name=approve]").await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("join_requests WHERE status = 'pending'"), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_an_organization_and_a_workspace() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        scene.sign_in(OLGA, "/organizations").await;
        keyboard.fill("#new-organization [name=name]", "Berg Tea").await;
        keyboard.press(Enter).await;
        keyboard.updated("nav.tabs").await;
        keyboard.activate("nav.tabs a[href$='/-/workspaces']").await;
        keyboard.fill("main form[action$='/-/workspaces'] [name=name]", "Warehouse").await;
        keyboard.press(Enter).await;
        keyboard.updated(FLASH).await;
        assert_eq!(scene.count("workspaces WHERE name = 'Warehouse'"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_the_password_and_ends_a_session() {
    Scene::play(async |scene| {
        let keyboard = &scene.keyboard;
        scene.sign_in(OLGA, "/account").await;
        keyboard.activate("#sessions form.inline button").await;
        keyboard.updated("form.confirm").await;
        keyboard.activate("form.confirm button.bad").await;
        keyboard.updated(FLASH).await;
        scene.owner.get("/me").await.assert_error(401, "UNAUTHORIZED");
        keyboard.fill("[name=present]", PASSWORD).await;
        keyboard.fill("[name=chosen]", "another-sesame-43").await;
        keyboard.activate("#password button").await;
        keyboard.updated(FLASH).await;
        let client = scene.server.app.anonymous();
        client.post("/auth/signin", &[("email", OLGA), ("password", "another-sesame-43")]).await.ok();
    })
    .await;
}
