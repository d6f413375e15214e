//! `/invite`: the step that is shown for each kind of user, and its actions.

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
    token: String,
}

async fn setup() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let token = app.mailed_token(NINA);
    Fixture { app, owner, organization, token }
}

impl Fixture {
    /// Opens the mailed link with a client.
    async fn open(&self, client: TestClient) -> TestClient {
        client.post("/invite", &[("token", &self.token)]).await.assert_redirect("/invite");
        client
    }

    fn member_count(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM organization_memberships")
    }
}

#[tokio::test]
async fn signs_up_and_joins_with_one_form() {
    let fixture = setup().await;
    let nina = fixture.open(fixture.app.anonymous()).await;
    let page = nina.get("/invite").await.assert_page(200, "owner Test invites you to join Acme");
    assert!(page.contains(NINA) && page.contains("Make the account and join") && !page.contains("inv_"), "{page}");
    let short = [("first_name", "Nina"), ("password", "short")];
    let page = nina.post("/invite/sign-up", &short).await.assert_page(400, "at least 8 characters");
    assert!(page.contains("value=\"Nina\""), "the form keeps its values");
    let fields = [("first_name", "Nina"), ("last_name", "Ng"), ("password", PASSWORD)];
    let location = nina.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    nina.get(&location)
        .await
        .assert_redirect(&format!("/organizations/{}/-/members?done=joined", fixture.organization));
    assert_eq!(nina.get("/me").await.ok()["primary_email_address"]["verified"], true);
    assert_eq!(fixture.member_count(), 2);
    nina.get("/invite").await.assert_page(200, "paste it here");
}

#[tokio::test]
async fn signs_in_and_joins_with_one_form() {
    let fixture = setup().await;
    fixture.app.create_user(NINA).await;
    let nina = fixture.open(fixture.app.anonymous()).await;
    let page = nina.get("/invite").await.assert_page(200, "Sign in and join");
    assert!(page.contains("Mail me a code") && page.contains("I never made an account here"), "{page}");
    nina.post("/invite/sign-in", &[("email", NINA), ("password", "wrong-one")])
        .await
        .assert_page(401, "Invalid credentials");
    nina.post("/invite/sign-in", &[("email", NINA), ("password", PASSWORD)]).await.assert_redirect("/organizations/");
    assert_eq!(fixture.member_count(), 2);
}

#[tokio::test]
async fn sign_in_by_code_returns_to_invitation() {
    let fixture = setup().await;
    fixture.app.create_user(NINA).await;
    let nina = fixture.open(fixture.app.anonymous()).await;
    let fields = [("email", NINA), ("method", "email_otp"), ("return_to", "/invite")];
    let location = nina.post("/sign-in/mail", &fields).await.assert_redirect("/sign-in/code");
    let attempt = location.split_once("attempt=").unwrap().1.split('&').next().unwrap().to_owned();
    let typed = [("attempt", attempt.as_str()), ("return_to", "/invite"), ("code", &fixture.app.mailed_code(NINA))];
    nina.post("/sign-in/code", &typed).await.assert_redirect("/invite");
    nina.get("/invite").await.assert_page(200, "You are signed in with nina@example.com");
    nina.post("/invite/accept", &[]).await.assert_redirect("/organizations/");
    assert_eq!(fixture.member_count(), 2);
}

#[tokio::test]
async fn wrong_account_offers_sign_up_request_and_added_address() {
    let fixture = setup().await;
    let eve = fixture.open(fixture.app.create_user("eve@example.com").await).await;
    let page = eve.get("/invite").await.assert_page(200, "You are signed in with another account");
    assert!(page.contains("eve@example.com") && page.contains("Make an account for nina@example.com"), "{page}");
    eve.post("/invite/accept", &[]).await.assert_redirect("/invite");
    assert_eq!(fixture.member_count(), 1);
    // Create another account for the invited address.
    eve.get("/invite?new=1").await.assert_page(200, "Make the account and join");
    // Request an invitation for the own address, which has to be verified.
    eve.post("/invite/ask", &[]).await.assert_page(400, "not verified");
    // Add the invited address to the account: the mailed token verifies it.
    let page = eve.post("/invite/add-address", &[]).await.assert_page(403, "Confirm that it is you");
    assert!(page.contains("add nina@example.com to your account"), "{page}");
    let proof = [("proof", "password"), ("proof_password", PASSWORD), ("proof_address", NINA)];
    eve.post("/invite/add-address", &proof).await.assert_redirect("/organizations/");
    let addresses = eve.get("/me/email-addresses").await.ok();
    assert!(addresses.as_array().unwrap().iter().any(|one| one["email"] == NINA && one["verified"] == true));
    assert_eq!(fixture.member_count(), 2);
}

#[tokio::test]
async fn requests_invitation_for_own_address() {
    let fixture = setup().await;
    let (other, other_organization) = fixture.app.create_organization("chief@example.com").await;
    let eve = fixture.app.create_member(&other, &other_organization, "eve@example.com", "").await;
    let eve = fixture.open(eve).await;
    eve.post("/invite/ask", &[]).await.assert_page(200, "They have been asked");
    let path = format!("/organizations/{}", fixture.organization);
    let request = fixture.owner.get(&format!("{path}/requests")).await.ok();
    assert_eq!(request[0]["email"], "eve@example.com");
    fixture.owner.get(&format!("{path}/-/requests")).await.assert_page(200, "by this address instead");
    let approve = format!("{path}/-/requests/{}/approve", text(&request[0]["id"]));
    fixture.owner.post(&approve, &[]).await.assert_redirect(&format!("{path}/-/requests?done=approved"));
    let list = fixture.owner.get(&format!("{path}/invitations?status=all")).await.ok();
    assert_eq!((&list[0]["email"], &list[0]["status"]), (&"eve@example.com".into(), &"pending".into()));
    assert_eq!((&list[1]["email"], &list[1]["status"]), (&NINA.into(), &"discarded".into()));
    let token = fixture.app.mailed_token("eve@example.com");
    eve.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
}

#[tokio::test]
async fn requests_new_invitation_when_expired() {
    let fixture = setup().await;
    fixture.app.advance(DAY * 8);
    let nina = fixture.open(fixture.app.anonymous()).await;
    nina.get("/invite").await.assert_page(200, "This invitation has run out");
    nina.post("/invite/renew", &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    nina.post("/invite/renew", &[("email", "Nina@Example.com")]).await.assert_page(200, "They have been asked");
    let requests = fixture.owner.get(&format!("/organizations/{}/requests", fixture.organization)).await.ok();
    assert_eq!(requests[0]["email"], NINA);
}

#[tokio::test]
async fn shows_reason_when_invitation_is_not_pending() {
    for (end, message) in
        [("discard", "has taken this invitation back"), ("decline", "was declined"), ("accept", "was accepted before")]
    {
        let fixture = setup().await;
        let browser = fixture.open(fixture.app.anonymous()).await;
        match end {
            "discard" => {
                let path = format!("/organizations/{}/invitations", fixture.organization);
                let id = text(&fixture.owner.get(&path).await.ok()[0]["id"]);
                fixture.owner.post(&format!("{path}/{id}/discard"), &[]).await.ok();
            }
            "decline" => {
                let other = fixture.open(fixture.app.anonymous()).await;
                other
                    .post("/invite/decline", &[("email", "nobody@example.com")])
                    .await
                    .assert_page(400, "another address");
                other
                    .post("/invite/decline", &[("email", NINA), ("stop", "yes")])
                    .await
                    .assert_page(200, "You have declined");
                assert_eq!(fixture.app.count("SELECT COUNT(*) FROM mail_refusals"), 1);
            }
            _ => {
                let other = fixture.open(fixture.app.anonymous()).await;
                other.post("/invite/sign-up", &[("password", PASSWORD)]).await.assert_redirect("/organizations/");
            }
        }
        browser.get("/invite").await.assert_page(200, message);
    }
}

#[tokio::test]
async fn accepts_pasted_link_and_rejects_invalid_and_replaced_ones() {
    let fixture = setup().await;
    let browser = fixture.app.anonymous();
    browser.get("/invite").await.assert_page(200, "paste it here");
    browser.post("/invite", &[("token", "nonsense")]).await.assert_page(400, "not valid any more");
    let pasted = format!(" http://vestibule.test/invite#token={} ", fixture.token);
    browser.post("/invite", &[("token", &pasted)]).await.assert_redirect("/invite");
    browser.get("/invite").await.assert_page(200, "invites you to join Acme");
    let path = format!("/organizations/{}/invitations", fixture.organization);
    let id = text(&fixture.owner.get(&path).await.ok()[0]["id"]);
    fixture.owner.post(&format!("{path}/{id}/resend"), &[]).await.ok();
    browser.get("/invite").await.assert_page(400, "not valid any more");
    browser.get("/invite").await.assert_page(200, "paste it here");
}

#[tokio::test]
async fn forwarded_link_does_not_verify_address() {
    let fixture = setup().await;
    let unproved_token = fixture.token.split_once('.').unwrap().0.to_owned();
    let eve = fixture.app.create_user(NINA).await;
    eve.post("/invite", &[("token", &unproved_token)]).await.assert_redirect("/invite");
    let page = eve.get("/invite").await.assert_page(200, "Prove first that nina@example.com is yours");
    assert!(!page.contains("Add the address") && !page.contains("No, thank you"), "{page}");
    eve.post("/invite/add-address", &[]).await.assert_page(400, "not valid any more");
    eve.post("/invite/accept", &[]).await.assert_redirect("/invite");
    assert_eq!(fixture.member_count(), 1);
}

#[tokio::test]
async fn unsubscribes_by_one_click_or_typed_address() {
    let fixture = setup().await;
    let unsubscribe = fixture.app.mail(NINA).unsubscribe_url.unwrap();
    let unsubscribe = unsubscribe.strip_prefix("http://vestibule.test").unwrap();
    let browser = fixture.app.anonymous();
    browser.get(unsubscribe).await.assert_page(200, "No more mail from Acme?");
    browser.post(unsubscribe, &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    assert_eq!(fixture.app.count("SELECT COUNT(*) FROM mail_refusals"), 0);
    browser.post(unsubscribe, &[("email", NINA)]).await.assert_page(200, "You get no more mail from Acme");
    let response = fixture.app.anonymous().post(unsubscribe, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!((response.status, fixture.app.count("SELECT COUNT(*) FROM mail_refusals")), (200, 1));
}
