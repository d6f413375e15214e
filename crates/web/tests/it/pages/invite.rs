//! `/invite`: the one right step for whoever looks.

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

struct Invited {
    app: TestApp,
    owner: TestClient,
    organization: String,
    token: String,
}

async fn invited() -> Invited {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let token = app.mailed_token(NINA);
    Invited { app, owner, organization, token }
}

impl Invited {
    /// A browser that has followed the link.
    async fn browser(&self, who: TestClient) -> TestClient {
        who.post("/invite", &[("token", &self.token)]).await.assert_redirect("/invite");
        who
    }

    fn members(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM organization_memberships")
    }
}

#[tokio::test]
async fn a_newcomer_is_in_after_one_form() {
    let invited = invited().await;
    let nina = invited.browser(invited.app.anonymous()).await;
    let page = nina.get("/invite").await.assert_page(200, "owner Test invites you to join Acme");
    assert!(page.contains(NINA) && page.contains("Make the account and join") && !page.contains("inv_"), "{page}");
    let short = [("first_name", "Nina"), ("password", "short")];
    let again = nina.post("/invite/sign-up", &short).await.assert_page(400, "at least 8 characters");
    assert!(again.contains("value=\"Nina\""), "what was typed is still there");
    let fields = [("first_name", "Nina"), ("last_name", "Ng"), ("password", PASSWORD)];
    let location = nina.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    nina.get(&location)
        .await
        .assert_redirect(&format!("/organizations/{}/-/members?done=joined", invited.organization));
    assert_eq!(nina.get("/me").await.ok()["primary_email_address"]["verified"], true);
    assert_eq!(invited.members(), 2);
    nina.get("/invite").await.assert_page(200, "paste it here");
}

#[tokio::test]
async fn whoever_has_an_account_signs_in_and_is_in() {
    let invited = invited().await;
    invited.app.create_user(NINA).await;
    let nina = invited.browser(invited.app.anonymous()).await;
    let page = nina.get("/invite").await.assert_page(200, "Sign in and join");
    assert!(page.contains("Mail me a code") && page.contains("I never made an account here"), "{page}");
    nina.post("/invite/sign-in", &[("email", NINA), ("password", "wrong-one")])
        .await
        .assert_page(401, "Invalid credentials");
    nina.post("/invite/sign-in", &[("email", NINA), ("password", PASSWORD)]).await.assert_redirect("/organizations/");
    assert_eq!(invited.members(), 2);
}

#[tokio::test]
async fn a_mailed_code_leads_back_to_the_invitation() {
    let invited = invited().await;
    invited.app.create_user(NINA).await;
    let nina = invited.browser(invited.app.anonymous()).await;
    let fields = [("email", NINA), ("method", "email_otp"), ("return_to", "/invite")];
    let location = nina.post("/sign-in/mail", &fields).await.assert_redirect("/sign-in/code");
    let attempt = location.split_once("attempt=").unwrap().1.split('&').next().unwrap().to_owned();
    let typed = [("attempt", attempt.as_str()), ("return_to", "/invite"), ("code", &invited.app.mailed_code(NINA))];
    nina.post("/sign-in/code", &typed).await.assert_redirect("/invite");
    nina.get("/invite").await.assert_page(200, "You are signed in with nina@example.com");
    nina.post("/invite/accept", &[]).await.assert_redirect("/organizations/");
    assert_eq!(invited.members(), 2);
}

#[tokio::test]
async fn the_wrong_account_loses_nothing_and_has_three_ways_on() {
    let invited = invited().await;
    let eve = invited.browser(invited.app.create_user("eve@example.com").await).await;
    let page = eve.get("/invite").await.assert_page(200, "You are signed in with another account");
    assert!(page.contains("eve@example.com") && page.contains("Make an account for nina@example.com"), "{page}");
    eve.post("/invite/accept", &[]).await.assert_redirect("/invite");
    assert_eq!(invited.members(), 1);
    // The first way: the invited address gets an account of its own, in the same browser.
    eve.get("/invite?new=1").await.assert_page(200, "Make the account and join");
    // The second: ask for an invitation by the own address, which has to be a proved one.
    eve.post("/invite/ask", &[]).await.assert_page(400, "not verified");
    // The third: both addresses are theirs, which whoever holds the mail has shown.
    eve.post("/invite/add-address", &[]).await.assert_redirect("/organizations/");
    let addresses = eve.get("/me/email-addresses").await.ok();
    assert!(addresses.as_array().unwrap().iter().any(|one| one["email"] == NINA && one["verified"] == true));
    assert_eq!(invited.members(), 2);
}

#[tokio::test]
async fn an_invitation_can_be_sent_to_ones_own_address_instead() {
    let invited = invited().await;
    let (other, elsewhere) = invited.app.create_organization("chief@example.com").await;
    let eve = invited.app.create_member(&other, &elsewhere, "eve@example.com", "").await;
    let eve = invited.browser(eve).await;
    eve.post("/invite/ask", &[]).await.assert_page(200, "They have been asked");
    let house = format!("/organizations/{}", invited.organization);
    let request = invited.owner.get(&format!("{house}/requests")).await.ok();
    assert_eq!(request[0]["email"], "eve@example.com");
    invited.owner.get(&format!("{house}/-/requests")).await.assert_page(200, "by this address instead");
    let path = format!("{house}/-/requests/{}/approve", text(&request[0]["id"]));
    invited.owner.post(&path, &[]).await.assert_redirect(&format!("{house}/-/requests?done=approved"));
    let list = invited.owner.get(&format!("{house}/invitations?status=all")).await.ok();
    assert_eq!((&list[0]["email"], &list[0]["status"]), (&"eve@example.com".into(), &"pending".into()));
    assert_eq!((&list[1]["email"], &list[1]["status"]), (&NINA.into(), &"discarded".into()));
    let token = invited.app.mailed_token("eve@example.com");
    eve.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
}

#[tokio::test]
async fn expired_is_a_door() {
    let invited = invited().await;
    invited.app.advance(DAY * 8);
    let nina = invited.browser(invited.app.anonymous()).await;
    nina.get("/invite").await.assert_page(200, "This invitation has run out");
    nina.post("/invite/renew", &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    nina.post("/invite/renew", &[("email", "Nina@Example.com")]).await.assert_page(200, "They have been asked");
    let requests = invited.owner.get(&format!("/organizations/{}/requests", invited.organization)).await.ok();
    assert_eq!(requests[0]["email"], NINA);
}

#[tokio::test]
async fn what_is_over_is_said_plainly() {
    for (end, words) in
        [("discard", "has taken this invitation back"), ("decline", "was declined"), ("accept", "was accepted before")]
    {
        let invited = invited().await;
        let browser = invited.browser(invited.app.anonymous()).await;
        match end {
            "discard" => {
                let path = format!("/organizations/{}/invitations", invited.organization);
                let id = text(&invited.owner.get(&path).await.ok()[0]["id"]);
                invited.owner.post(&format!("{path}/{id}/discard"), &[]).await.ok();
            }
            "decline" => {
                let other = invited.browser(invited.app.anonymous()).await;
                other
                    .post("/invite/decline", &[("email", "nobody@example.com")])
                    .await
                    .assert_page(400, "another address");
                other
                    .post("/invite/decline", &[("email", NINA), ("stop", "yes")])
                    .await
                    .assert_page(200, "You have declined");
                assert_eq!(invited.app.count("SELECT COUNT(*) FROM mail_refusals"), 1);
            }
            _ => {
                let other = invited.browser(invited.app.anonymous()).await;
                other.post("/invite/sign-up", &[("password", PASSWORD)]).await.assert_redirect("/organizations/");
            }
        }
        browser.get("/invite").await.assert_page(200, words);
    }
}

#[tokio::test]
async fn a_link_that_is_replaced_broken_or_pasted() {
    let invited = invited().await;
    let browser = invited.app.anonymous();
    browser.get("/invite").await.assert_page(200, "paste it here");
    browser.post("/invite", &[("token", "nonsense")]).await.assert_page(400, "not valid any more");
    let pasted = format!(" http://vestibule.test/invite#token={} ", invited.token);
    browser.post("/invite", &[("token", &pasted)]).await.assert_redirect("/invite");
    browser.get("/invite").await.assert_page(200, "invites you to join Acme");
    let path = format!("/organizations/{}/invitations", invited.organization);
    let id = text(&invited.owner.get(&path).await.ok()[0]["id"]);
    invited.owner.post(&format!("{path}/{id}/resend"), &[]).await.ok();
    browser.get("/invite").await.assert_page(400, "not valid any more");
    browser.get("/invite").await.assert_page(200, "paste it here");
}

#[tokio::test]
async fn a_link_that_was_handed_on_proves_nothing() {
    let invited = invited().await;
    let bare = invited.token.split_once('.').unwrap().0.to_owned();
    let eve = invited.app.create_user(NINA).await;
    eve.post("/invite", &[("token", &bare)]).await.assert_redirect("/invite");
    let page = eve.get("/invite").await.assert_page(200, "Prove first that nina@example.com is yours");
    assert!(!page.contains("Add the address") && !page.contains("No, thank you"), "{page}");
    eve.post("/invite/add-address", &[]).await.assert_page(400, "not valid any more");
    eve.post("/invite/accept", &[]).await.assert_redirect("/invite");
    assert_eq!(invited.members(), 1);
}

#[tokio::test]
async fn no_more_mail_by_one_click_of_a_mail_program_or_a_typed_address() {
    let invited = invited().await;
    let stop = invited.app.mail(NINA).stop.unwrap();
    let stop = stop.strip_prefix("http://vestibule.test").unwrap();
    let browser = invited.app.anonymous();
    browser.get(stop).await.assert_page(200, "No more mail from Acme?");
    browser.post(stop, &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    assert_eq!(invited.app.count("SELECT COUNT(*) FROM mail_refusals"), 0);
    browser.post(stop, &[("email", NINA)]).await.assert_page(200, "You get no more mail from Acme");
    let answer = invited.app.anonymous().post(stop, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!((answer.status, invited.app.count("SELECT COUNT(*) FROM mail_refusals")), (200, 1));
}
