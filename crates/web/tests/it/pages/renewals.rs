//! Asking for a new invitation on the page of one that cannot be accepted, and what those who decide see.

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

/// An invitation of Nina, opened in a browser.
struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
    nina: TestClient,
}

async fn setup() -> Fixture {
    setup_with(TestApp::start().await).await
}

async fn setup_with(app: TestApp) -> Fixture {
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let created = owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let token = if app.mail_count(NINA) == 0 { text(&created["token"]) } else { app.mailed_token(NINA) };
    let nina = app.anonymous();
    nina.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    Fixture { app, owner, organization, nina }
}

impl Fixture {
    async fn revoke(&self) {
        let path = format!("/organizations/{}/invitations", self.organization);
        let id = text(&self.owner.get(&path).await.ok()[0]["id"]);
        self.owner.post(&format!("{path}/{id}/discard"), &[]).await.ok();
    }

    fn requests(&self) -> String {
        format!("/organizations/{}/-/requests", self.organization)
    }

    /// Presses the button in the row of the only request.
    async fn decide(&self, decision: &str) -> String {
        let page = self.owner.get(&self.requests()).await.text;
        let id = page.split_once("name=\"request\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let response = self.owner.post(&self.requests(), &[(decision, &id)]).await;
        if response.status == 200 {
            return response.text;
        }
        response.assert_redirect(&self.requests());
        self.owner.get(&self.requests()).await.text
    }

    async fn unsubscribe(&self) {
        let url = self.app.mail(NINA).unsubscribe_url.unwrap();
        let path = url.split_once("/invite/").unwrap().1.to_owned();
        let one_click = [("List-Unsubscribe", "One-Click")];
        assert_eq!(self.app.anonymous().post(&format!("/invite/{path}"), &one_click).await.status, 200);
    }
}

#[tokio::test]
async fn revoked_invitation_is_asked_for_and_approved() {
    let fixture = setup().await;
    fixture.revoke().await;
    let page = fixture.nina.get("/invite").await.assert_page(200, "You can ask for a new one.");
    assert!(page.contains("It arrives by email when an admin approves."), "{page}");
    fixture.nina.post("/invite/renew", &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    fixture.nina.post("/invite/renew", &[("email", NINA)]).await.assert_page(200, "new invitation by email");
    fixture
        .owner
        .get(&format!("/organizations/{}/-/members", fixture.organization))
        .await
        .assert_page(200, "Requests <span class=\"count\">1</span>");
    let page = fixture.owner.get(&fixture.requests()).await.assert_page(200, "because theirs was revoked");
    assert!(page.contains("Role: Member"), "{page}");
    assert!(fixture.decide("approve").await.contains("Request approved."));
    let token = fixture.app.mailed_token(NINA);
    let nina = fixture.app.create_invited_user(NINA, &token).await;
    nina.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    nina.post("/invite/accept", &[]).await.assert_redirect("/organizations/");
}

#[tokio::test]
async fn reasons_of_requests_are_named() {
    let fixture = setup().await;
    fixture.app.execute("UPDATE invitations SET inviter_membership_id = NULL, left_suspended = 1");
    let page = fixture.nina.get("/invite").await.assert_page(200, "You can ask for a new invitation.");
    assert!(page.contains("<dt>Expires</dt>"), "{page}");
    fixture.nina.post("/invite/renew", &[("email", NINA)]).await.assert_page(200, "Request sent");
    let requests = fixture.requests();
    fixture.owner.get(&requests).await.assert_page(200, "because theirs is on hold");
    fixture.app.advance(DAY * 8);
    let page = fixture.owner.get(&requests).await.assert_page(200, "because theirs expired");
    assert_eq!(page.matches("name=\"request\"").count(), 1, "{page}");
    fixture.app.execute("UPDATE invitations SET status = 'declined'");
    fixture.owner.get(&requests).await.assert_page(200, "after declining one");
}

#[tokio::test]
async fn page_says_when_to_ask_again_after_a_denial() {
    let fixture = setup().await;
    fixture.revoke().await;
    let typed = [("email", NINA)];
    fixture.nina.get("/invite").await.assert_page(200, "Request a new invitation");
    let again = fixture.app.anonymous();
    again.post("/invite", &[("token", &fixture.app.mailed_token(NINA))]).await.assert_redirect("/invite");
    fixture.nina.post("/invite/renew", &typed).await.assert_page(200, "Request sent");
    assert!(fixture.decide("deny").await.contains("Request denied."));
    let page = again.post("/invite/renew", &typed).await.assert_page(429, "You can ask again on ");
    assert!(!page.contains("Too many"), "{page}");
}

#[tokio::test]
async fn newer_invitation_is_emailed_again() {
    let fixture = setup().await;
    fixture.revoke().await;
    let path = format!("/organizations/{}/invitations", fixture.organization);
    fixture.owner.post(&path, &[("email", NINA)]).await.ok();
    let mails = fixture.app.mail_count(NINA);
    let page = fixture.nina.get("/invite").await.assert_page(200, "has invited you again since");
    assert!(page.contains("Email it again</button>") && !page.contains("Request a new invitation"), "{page}");
    fixture.nina.post("/invite/renew", &[("email", NINA)]).await.assert_page(200, "Check your email");
    assert_eq!(fixture.app.mail_count(NINA), mails + 1);
    fixture.owner.get(&fixture.requests()).await.assert_page(200, "No pending requests");
}

#[tokio::test]
async fn unsubscribed_invitee_learns_that_an_admin_passes_the_link_on() {
    let fixture = setup().await;
    fixture.unsubscribe().await;
    fixture.app.advance(DAY * 8);
    fixture.owner.reauthenticate().await;
    let page = fixture.nina.get("/invite").await.assert_page(200, "You unsubscribed from emails from Acme.");
    assert!(page.contains("name=\"subscribe\"") && !page.contains("It arrives by email"), "{page}");
    let page = fixture.nina.post("/invite/renew", &[("email", NINA)]).await.assert_page(200, "Request sent");
    assert!(page.contains("they get a link that they can pass on to you") && !page.contains("by email"), "{page}");
    let mails = fixture.app.mail_count(NINA);
    let page = fixture.decide("approve").await;
    assert!(page.contains("No email reaches these people") && page.contains("1 request approved."), "{page}");
    let link = page.split_once("href=\"").map(|_| ()).and(page.split_once("/link\""));
    let link = link.unwrap().0.rsplit_once("href=\"").unwrap().1.to_owned();
    fixture.owner.get(&format!("{link}/link")).await.assert_page(200, "Copy link");
    assert_eq!(fixture.app.mail_count(NINA), mails);
}

#[tokio::test]
async fn unsubscribed_invitee_subscribes_with_the_request() {
    let fixture = setup().await;
    fixture.unsubscribe().await;
    fixture.revoke().await;
    let typed = [("email", NINA), ("subscribe", "yes")];
    fixture.nina.post("/invite/renew", &typed).await.assert_page(200, "You get a new invitation by email");
    let mails = fixture.app.mail_count(NINA);
    assert!(fixture.decide("approve").await.contains("Request approved."));
    assert_eq!(fixture.app.mail_count(NINA), mails + 1);
}

/// Another person than the owner of the mailbox cannot decide about its mail.
#[tokio::test]
async fn copied_link_does_not_offer_to_subscribe() {
    let fixture = setup().await;
    fixture.unsubscribe().await;
    fixture.revoke().await;
    let path = format!("/organizations/{}/invitations", fixture.organization);
    let browser = fixture.app.anonymous();
    let token = text(&fixture.owner.get(&format!("{path}?status=discarded")).await.ok()[0]["token"]);
    browser.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    let page = browser.get("/invite").await.assert_page(200, "You unsubscribed from emails from Acme.");
    assert!(!page.contains("name=\"subscribe\""), "{page}");
    fixture.owner.post(&path, &[("email", NINA)]).await.ok();
    let page = browser.get("/invite").await.assert_page(200, "has invited you again since");
    assert!(!page.contains("action=\"/invite/renew\""), "{page}");
}

#[tokio::test]
async fn member_with_a_revoked_link_is_led_inside() {
    let fixture = setup().await;
    let token = fixture.app.mailed_token(NINA);
    fixture.revoke().await;
    fixture.owner.post(&format!("/organizations/{}/invitations", fixture.organization), &[("email", NINA)]).await.ok();
    let newer = fixture.app.mailed_token(NINA);
    let member = fixture.app.create_invited_user(NINA, &newer).await;
    member.post("/organizations/invitations/accept", &[("token", &newer)]).await.ok();
    let page = fixture.nina.get("/invite").await.assert_page(200, "nina@example.com is already in Acme");
    assert!(page.contains("Sign in and open Acme"), "{page}");
    fixture.app.create_user("eve@example.com").await;
    let eve = [("identifier", "eve@example.com"), ("password", PASSWORD)];
    fixture.nina.post("/sign-in", &eve).await.assert_redirect("/");
    let page = fixture.nina.get("/invite").await.assert_page(200, "Continue with the account of nina@example.com");
    assert!(!page.contains("It was accepted"), "{page}");
    member.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    member.get("/invite").await.assert_page(200, "You&#39;re already in Acme");
}

#[tokio::test]
async fn server_without_mail_promises_no_mail() {
    let fixture = setup_with(TestApp::without_mail().await).await;
    fixture.app.advance(DAY * 8);
    fixture.owner.reauthenticate().await;
    let page = fixture.nina.get("/invite").await.assert_page(200, "a link that they can pass on to you");
    assert!(!page.contains("by email"), "{page}");
    fixture
        .nina
        .post("/invite/renew", &[("email", NINA)])
        .await
        .assert_page(200, "a link that they can pass on to you");
    assert!(fixture.decide("approve").await.contains("No email reaches these people"));
}

#[tokio::test]
async fn invitation_page_is_german() {
    let fixture = setup().await;
    let german = [("language", "de"), ("return_to", "/invite")];
    fixture.nina.post("/language", &german).await.assert_redirect("/invite");
    let page = fixture.nina.get("/invite").await.assert_page(200, "<dt>Rolle</dt><dd>Mitglied</dd>");
    assert!(page.contains("<dt>Gültig bis</dt>"), "{page}");
    fixture.app.advance(DAY * 12);
    let page = fixture.nina.get("/invite").await.assert_page(200, "<dt>Abgelaufen</dt><dd><time");
    assert!(page.contains("vor 5 Tagen") && page.contains("Neue Einladung anfragen"), "{page}");
    fixture.app.execute("UPDATE invitations SET status = 'discarded'");
    fixture.nina.get("/invite").await.assert_page(200, "Sie können um eine neue bitten.");
}
