//! The mail to the admins of an organization whose endpoint was disabled.

use std::time::Duration;

use serde_json::json;
use vestibule_core::mail::Message;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{create_endpoint, deliver, start};
use crate::harness::{DAY, HOUR, TestApp, TestClient, text};
use crate::platform::PlatformClient;

const OWNER: &str = "olga@example.com";
const GERMAN: &str = "gerda@example.com";
const MEMBER: &str = "mia@example.com";
const MINUTE: Duration = Duration::from_mins(1);

struct Setup {
    app: TestApp,
    owner: TestClient,
    german: TestClient,
    organization: String,
    backend: PlatformClient,
}

/// An organization with two admins, of whom one reads German, and a member who manages settings, but not endpoints.
async fn setup() -> Setup {
    let app = start().await;
    let (owner, organization) = app.create_organization(OWNER).await;
    let admin = owner.admin_role(&format!("/organizations/{organization}")).await;
    let german = app.create_member(&owner, &organization, GERMAN, &admin).await;
    german.post("/language", &[("language", "de"), ("return_to", "/account")]).await.assert_redirect("/account");
    let role = [("name", "Settings"), ("permissions", "organization:manage_settings")];
    let role = text(&owner.post(&format!("/organizations/{organization}/roles"), &role).await.ok()["id"]);
    app.create_member(&owner, &organization, MEMBER, &role).await;
    app.verify_all_addresses();
    let backend = PlatformClient::new(&app, "*").await;
    Setup { app, owner, german, organization, backend }
}

impl Setup {
    /// Creates an endpoint of the organization. Returns its path.
    async fn endpoint(&self, receiver: &Receiver) -> String {
        let url = format!("{}?key=s3cret", receiver.url("/hook"));
        let body = json!({"organization_id": self.organization, "url": url, "events": ["organization.updated"]});
        create_endpoint(&self.backend, receiver, &body).await
    }

    /// Sends a test, and all mail that is due a minute later.
    async fn test(&self, endpoint: &str) {
        self.backend.post_empty(&format!("{endpoint}/test")).await.ok();
        deliver(&self.app).await;
        self.app.advance(MINUTE);
        self.app.drain().await;
    }

    /// The mails about webhooks to an address.
    fn mails(&self, email: &str) -> Vec<Message> {
        let is_about_webhooks = |mail: &Message| mail.to.key() == email && mail.subject.contains("ebhook");
        self.app.mails().into_iter().filter(is_about_webhooks).collect()
    }

    fn counts(&self) -> [usize; 3] {
        [OWNER, GERMAN, MEMBER].map(|email| self.mails(email).len())
    }
}

/// As it is read: without the characters that keep mail programs from making links.
fn visible(text: &str) -> String {
    text.replace('\u{2060}', "")
}

#[tokio::test]
async fn admins_get_one_mail_in_their_language() {
    let (setup, receiver) = (setup().await, Receiver::start().await);
    receiver.always(Behaviour::status(410));
    let endpoint = setup.endpoint(&receiver).await;
    setup.test(&endpoint).await;
    assert_eq!(setup.counts(), [1, 1, 0]);
    setup.app.advance(DAY);
    setup.app.drain().await;
    assert_eq!(setup.counts(), [1, 1, 0]);

    let (english, german) = (setup.mails(OWNER).remove(0), setup.mails(GERMAN).remove(0));
    assert_eq!(english.subject, "A webhook endpoint of “Acme” on Vestibule was disabled");
    assert_eq!(german.subject, "Ein Webhook-Endpunkt von „Acme“ auf Vestibule wurde deaktiviert");
    assert!(english.text.contains("status 410") && german.text.contains("Status 410"), "{}", german.text);
    let id = endpoint.rsplit('/').next().unwrap();
    let page = format!("http://vestibule.test/organizations/{}/-/webhooks/{id}", setup.organization);
    let shown = format!("{}/hook", receiver.address());
    for mail in [&english, &german] {
        assert!(visible(&mail.text).contains(&shown) && mail.text.contains(&page), "{}", mail.text);
        assert!(!mail.text.contains("s3cret") && !mail.html.contains("s3cret"), "{}", mail.text);
        assert!(mail.unsubscribe_url.is_some());
    }

    // Disabled again, and another mail.
    setup.backend.patch(&endpoint, &json!({"enabled": true})).await.ok();
    setup.test(&endpoint).await;
    assert_eq!(setup.counts(), [2, 2, 0]);
}

#[tokio::test]
async fn admins_get_a_mail_after_five_days_without_success() {
    let (setup, receiver) = (setup().await, Receiver::start().await);
    receiver.always(Behaviour::status(500));
    let endpoint = setup.endpoint(&receiver).await;
    for _ in 0..5 {
        setup.test(&endpoint).await;
        assert_eq!(setup.counts(), [0; 3]);
        setup.app.advance(DAY);
    }
    setup.test(&endpoint).await;
    assert_eq!(setup.counts(), [1, 1, 0]);
    assert!(setup.mails(OWNER)[0].text.contains("no delivery to it succeeded for five days"));
}

#[tokio::test]
async fn several_endpoints_are_in_one_mail_an_hour() {
    let (setup, receiver) = (setup().await, Receiver::start().await);
    receiver.always(Behaviour::status(410));
    let endpoints = [setup.endpoint(&receiver).await, setup.endpoint(&receiver).await, setup.endpoint(&receiver).await];
    for endpoint in &endpoints[..2] {
        setup.backend.post_empty(&format!("{endpoint}/test")).await.ok();
    }
    setup.test(&endpoints[2]).await;
    assert_eq!(setup.mails(OWNER)[0].subject, "3 webhook endpoints of “Acme” on Vestibule were disabled");
    for _ in 0..2 {
        setup.backend.patch(&endpoints[0], &json!({"enabled": true})).await.ok();
        setup.test(&endpoints[0]).await;
    }
    assert_eq!(setup.counts(), [1, 1, 0]);
    setup.app.advance(HOUR);
    setup.app.drain().await;
    assert_eq!(setup.counts(), [2, 2, 0]);
}

#[tokio::test]
async fn repaired_endpoints_and_disabled_preferences_cause_no_mail() {
    let (setup, receiver) = (setup().await, Receiver::start().await);
    receiver.always(Behaviour::status(410));
    let endpoint = setup.endpoint(&receiver).await;
    setup.backend.post_empty(&format!("{endpoint}/test")).await.ok();
    deliver(&setup.app).await;
    setup.backend.patch(&endpoint, &json!({"enabled": true})).await.ok();
    setup.app.advance(MINUTE);
    setup.app.drain().await;
    assert_eq!(setup.counts(), [0; 3], "it is enabled again");

    setup.app.advance(DAY);
    let off = json!({"webhook_failures": false});
    assert_eq!(setup.german.post_json("/me/notification-preferences", &off).await.ok()["webhook_failures"], false);
    setup.test(&endpoint).await;
    assert_eq!(setup.counts(), [1, 0, 0]);

    // The link of the mail turns it off.
    let url = setup.mails(OWNER)[0].unsubscribe_url.clone().unwrap();
    let stop = url.strip_prefix("http://vestibule.test").unwrap();
    setup.app.anonymous().get(stop).await.assert_page(200, "a webhook endpoint is disabled");
    assert_eq!(setup.app.anonymous().post(stop, &[("List-Unsubscribe", "One-Click")]).await.status, 200);
    assert_eq!(setup.owner.get("/me/notification-preferences").await.ok()["webhook_failures"], false);
    setup.app.advance(DAY);
    setup.backend.patch(&endpoint, &json!({"enabled": true})).await.ok();
    setup.test(&endpoint).await;
    assert_eq!(setup.counts(), [1, 0, 0]);
}

#[tokio::test]
async fn an_endpoint_of_the_installation_makes_no_mail() {
    let (setup, receiver) = (setup().await, Receiver::start().await);
    receiver.always(Behaviour::status(410));
    let endpoint = create_endpoint(&setup.backend, &receiver, &json!({})).await;
    setup.test(&endpoint).await;
    assert_eq!(text(&setup.backend.get(&endpoint).await.ok()["disabled_reason"]), "gone");
    assert_eq!(setup.counts(), [0; 3]);
}
