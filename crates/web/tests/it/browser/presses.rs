//! How often a person presses from the mail to the inside of the organization, or to a useful end. The link in the mail is
//! the first press; each click or key that sends or opens something is another. Typing into a field is none.
//!
//! With `VESTIBULE_PRESSES` set to a file, the table of the stories is written to it.

use std::fmt::Write as _;

use super::{Browser, BrowserOptions, BrowserServer, with_browser};
use crate::harness::{DAY, PASSWORD, TestClient, text};

/// A story, and the most presses that it may take.
const STORIES: [(Story, u32); 18] = [
    (Story::NewInvitee, 2),
    (Story::Known, 2),
    (Story::KnownWithoutPassword, 3),
    (Story::SignedIn, 2),
    (Story::WrongAccount, 2),
    (Story::WrongAccountAddsAddress, 3),
    (Story::Expired, 2),
    (Story::ExpiredAdmin, 2),
    (Story::ExpiredRenewed, 2),
    (Story::AlreadyMember, 2),
    (Story::AcceptedSignedOut, 2),
    (Story::AcceptedByOtherAccount, 3),
    (Story::Revoked, 2),
    (Story::Declined, 2),
    (Story::Suspended, 2),
    (Story::InvitedAgain, 2),
    (Story::CopiedLink, 5),
    (Story::CopiedLinkKnown, 5),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    NewInvitee,
    Known,
    KnownWithoutPassword,
    SignedIn,
    WrongAccount,
    WrongAccountAddsAddress,
    Expired,
    ExpiredAdmin,
    ExpiredRenewed,
    AlreadyMember,
    AcceptedSignedOut,
    AcceptedByOtherAccount,
    Revoked,
    Declined,
    Suspended,
    InvitedAgain,
    CopiedLink,
    CopiedLinkKnown,
}

/// Somebody at a browser, whose presses are counted.
struct Person<'a> {
    browser: &'a Browser,
    presses: u32,
}

impl Person<'_> {
    async fn open_link(&mut self, link: &str) {
        self.presses += 1;
        self.browser.goto(link).await;
    }

    async fn press(&mut self, css: &str) {
        self.presses += 1;
        self.browser.wait_for(css).await.click().await.unwrap();
    }

    async fn type_into(&self, css: &str, text: &str) {
        self.browser.wait_for(css).await.send_keys(text).await.unwrap();
    }

    async fn is_inside(&self) {
        self.browser.wait_for("main nav.tabs").await;
    }
}

/// An invitation of its own for each story.
struct Scene<'a> {
    server: &'a BrowserServer,
    owner: TestClient,
    organization: String,
    owner_email: String,
    email: String,
    other_email: String,
}

impl<'a> Scene<'a> {
    async fn new(server: &'a BrowserServer, name: &str) -> Self {
        let address = |who: &str| format!("{who}-{}@example.com", name.to_lowercase());
        let (owner_email, email, other_email) = (address("owner"), address("nina"), address("eve"));
        let (owner, organization) = server.app.create_organization(&owner_email).await;
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", &email)]).await.ok();
        Self { server, owner, organization, owner_email, email, other_email }
    }

    async fn link(&self) -> String {
        self.server.mailed_link(&self.email).await
    }

    /// The link that members copy, without the proof of the mailbox.
    async fn copied_link(&self) -> String {
        let link = self.link().await;
        let (url, token) = link.split_once('#').unwrap();
        format!("{url}#{}", token.split_once('.').unwrap().0)
    }

    async fn create_user(&self, email: &str) -> TestClient {
        let user = self.server.app.create_user(email).await;
        self.server.app.verify_all_addresses();
        user
    }

    async fn accept(&self) {
        let token = self.server.app.mailed_token(&self.email);
        let nina = self.create_user(&self.email).await;
        nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    }

    async fn sign_in(&self, browser: &Browser, email: &str) {
        browser.goto(&format!("{}/sign-in", self.server.url)).await;
        browser.fill("identifier", email).await;
        browser.fill("password", PASSWORD).await;
        browser.wait_for("main form[action='/sign-in'] button").await.click().await.unwrap();
        browser.wait_for(".top .menu").await;
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each story")]
async fn play(story: Story, scene: &Scene<'_>, person: &mut Person<'_>) {
    const SIGN_UP: &str = "form[action='/invite/sign-up'] button";
    const SIGN_IN: &str = "form[action='/invite/sign-in'] button";
    const CODE: &str = "form[action='/invite/code'] button";
    let (app, browser) = (&scene.server.app, person.browser);
    let requests = format!("{}/organizations/{}/-/requests", scene.server.url, scene.organization);
    match story {
        Story::NewInvitee => {
            person.open_link(&scene.link().await).await;
            person.type_into("[name=first_name]", "Nina").await;
            person.type_into("[name=password]", PASSWORD).await;
            person.press(SIGN_UP).await;
            person.is_inside().await;
        }
        Story::Known => {
            scene.create_user(&scene.email).await;
            person.open_link(&scene.link().await).await;
            person.type_into("[name=password]", PASSWORD).await;
            person.press(SIGN_IN).await;
            person.is_inside().await;
        }
        Story::KnownWithoutPassword => {
            scene.create_user(&scene.email).await;
            person.open_link(&scene.link().await).await;
            person.press("form[action='/invite/send-code'] button").await;
            browser.wait_for(CODE).await;
            app.drain().await;
            person.type_into("[name=code]", &app.mailed_code(&scene.email)).await;
            person.press(CODE).await;
            person.is_inside().await;
        }
        Story::SignedIn => {
            scene.create_user(&scene.email).await;
            scene.sign_in(browser, &scene.email).await;
            person.open_link(&scene.link().await).await;
            person.press("form[action='/invite/accept'] button").await;
            person.is_inside().await;
        }
        Story::WrongAccount => {
            scene.create_user(&scene.email).await;
            scene.create_user(&scene.other_email).await;
            scene.sign_in(browser, &scene.other_email).await;
            person.open_link(&scene.link().await).await;
            person.type_into("[name=password]", PASSWORD).await;
            person.press(SIGN_IN).await;
            person.is_inside().await;
        }
        Story::WrongAccountAddsAddress => {
            scene.create_user(&scene.other_email).await;
            scene.sign_in(browser, &scene.other_email).await;
            person.open_link(&scene.link().await).await;
            person.press("form[action='/invite/add-address'] button").await;
            person.type_into("[name=proof_password]", PASSWORD).await;
            person.press("main form button[name=proof]").await;
            person.is_inside().await;
        }
        Story::Expired | Story::ExpiredAdmin | Story::ExpiredRenewed => {
            let link = scene.link().await;
            app.advance(DAY * 8);
            if story == Story::Expired {
                person.open_link(&link).await;
                person.type_into("form[action='/invite/renew'] [name=email]", &scene.email).await;
                person.press("form[action='/invite/renew'] button").await;
                browser.wait_for("main .actions a[href='/organizations']").await;
                return;
            }
            let token = app.mailed_token(&scene.email);
            app.anonymous().post("/organizations/invitations/renew", &[("token", &token)]).await.ok();
            if story == Story::ExpiredAdmin {
                scene.sign_in(browser, &scene.owner_email).await;
                person.open_link(&requests).await;
                person.press("button.small[name=approve]").await;
                browser.wait_for("main .flash").await;
                return;
            }
            let path = format!("/organizations/{}/requests", scene.organization);
            let request = text(&scene.owner.get(&path).await.ok()[0]["id"]);
            scene.owner.post(&format!("{path}/{request}/approve"), &[]).await.ok();
            person.open_link(&scene.link().await).await;
            person.type_into("[name=password]", PASSWORD).await;
            person.press(SIGN_UP).await;
            person.is_inside().await;
        }
        Story::AlreadyMember => {
            let link = scene.link().await;
            scene.accept().await;
            scene.sign_in(browser, &scene.email).await;
            person.open_link(&link).await;
            person.press(&format!("main a.button[href='/organizations/{}']", scene.organization)).await;
            person.is_inside().await;
        }
        Story::AcceptedSignedOut => {
            let link = scene.link().await;
            scene.accept().await;
            person.open_link(&link).await;
            person.type_into("[name=password]", PASSWORD).await;
            person.press("main form[action='/sign-in'] button").await;
            person.is_inside().await;
        }
        Story::AcceptedByOtherAccount => {
            let link = scene.link().await;
            scene.accept().await;
            scene.create_user(&scene.other_email).await;
            scene.sign_in(browser, &scene.email).await;
            scene.sign_in(browser, &scene.other_email).await;
            person.open_link(&link).await;
            person.press("main form[action='/sign-in/switch'] button").await;
            person.press(&format!("main a.button[href='/organizations/{}']", scene.organization)).await;
            person.is_inside().await;
        }
        Story::Revoked | Story::Declined | Story::Suspended | Story::InvitedAgain => {
            let link = scene.link().await;
            let path = format!("/organizations/{}/invitations", scene.organization);
            let id = text(&scene.owner.get(&path).await.ok()[0]["id"]);
            match story {
                Story::Declined => {
                    let token = app.mailed_token(&scene.email);
                    app.anonymous().post("/organizations/invitations/decline", &[("token", &token)]).await.ok();
                }
                Story::Suspended => {
                    let set = "UPDATE invitations SET inviter_membership_id = NULL, left_suspended = 1";
                    app.execute(&format!("{set} WHERE id = {id}"));
                }
                _ => {
                    scene.owner.post(&format!("{path}/{id}/discard"), &[]).await.ok();
                }
            }
            if story == Story::InvitedAgain {
                scene.owner.post(&path, &[("email", &scene.email)]).await.ok();
            }
            person.open_link(&link).await;
            person.type_into("form[action='/invite/renew'] [name=email]", &scene.email).await;
            person.press("form[action='/invite/renew'] button").await;
            browser.wait_for("main .actions a[href='/organizations']").await;
            let requests = scene.owner.get(&format!("/organizations/{}/requests", scene.organization)).await.ok();
            assert_eq!(requests.as_array().unwrap().len(), usize::from(story != Story::InvitedAgain), "{story:?}");
        }
        Story::CopiedLink => {
            person.open_link(&scene.copied_link().await).await;
            person.type_into("[name=password]", PASSWORD).await;
            person.press(SIGN_UP).await;
            browser.wait_for(CODE).await;
            app.drain().await;
            person.type_into("[name=code]", &app.mailed_code(&scene.email)).await;
            person.press(CODE).await;
            person.is_inside().await;
        }
        Story::CopiedLinkKnown => {
            app.create_user(&scene.email).await;
            person.open_link(&scene.copied_link().await).await;
            person.press("main details summary").await;
            person.type_into("details [name=password]", PASSWORD).await;
            person.press(SIGN_IN).await;
            browser.wait_for(CODE).await;
            app.drain().await;
            person.type_into("[name=code]", &app.mailed_code(&scene.email)).await;
            person.press(CODE).await;
            person.is_inside().await;
        }
    }
}

async fn play_all(variant: &str, options: BrowserOptions) {
    let server = BrowserServer::start(|_| ()).await;
    let mut table = format!("| Story ({variant}) | Presses | At most |\n|---|---|---|\n");
    with_browser(options, async |browser: &Browser| {
        for (story, max_presses) in STORIES {
            browser.goto(&format!("{}/sign-in", server.url)).await;
            browser.driver.delete_all_cookies().await.unwrap();
            let scene = Scene::new(&server, &format!("{story:?}")).await;
            let mut person = Person { browser, presses: 0 };
            play(story, &scene, &mut person).await;
            assert!(person.presses <= max_presses, "{variant}: {story:?} takes {} presses", person.presses);
            writeln!(table, "| {story:?} | {} | {max_presses} |", person.presses).unwrap();
        }
    })
    .await;
    if let Some(path) = std::env::var_os("VESTIBULE_PRESSES") {
        let name = std::path::Path::new(&path).with_extension(format!("{}.md", variant.replace(' ', "-")));
        std::fs::write(name, table).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_presses_lead_inside_on_a_desktop() {
    play_all("desktop", BrowserOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn few_presses_lead_inside_on_a_german_phone() {
    let options = BrowserOptions { is_narrow: true, is_german: true, ..BrowserOptions::default() };
    play_all("german phone", options).await;
}

/// Phones of 360 × 640 show the main button without scrolling, and the first field has the focus.
#[tokio::test(flavor = "multi_thread")]
async fn sign_in_button_is_visible_on_a_phone() {
    let server = BrowserServer::start(|_| ()).await;
    let options = BrowserOptions { is_narrow: true, is_german: true, ..BrowserOptions::default() };
    with_browser(options, async |browser: &Browser| {
        browser.goto(&format!("{}/sign-in", server.url)).await;
        browser.wait_for("main form[action='/sign-in'] button").await;
        let script =
            "return [document.querySelector('main form[action=\"/sign-in\"] button').getBoundingClientRect().bottom,
                              document.activeElement.name];";
        let found = browser.driver.execute(script, Vec::new()).await.unwrap();
        assert!(found[0].as_f64().unwrap() <= 640.0, "{found}");
        assert_eq!(found[1], "identifier");
    })
    .await;
}
