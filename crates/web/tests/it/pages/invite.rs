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
    assert!(page.contains(NINA) && page.contains("Create account and join") && !page.contains("inv_"), "{page}");
    let short = [("first_name", "Nina"), ("password", "short")];
    let page = nina.post("/invite/sign-up", &short).await.assert_page(400, "at least 8 characters");
    assert!(page.contains("value=\"Nina\""), "the form keeps its values");
    let fields = [("first_name", "Nina"), ("last_name", "Ng"), ("password", PASSWORD)];
    let location = nina.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    nina.get(&location).await.assert_redirect(&format!("/organizations/{}/-/members", fixture.organization));
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
    assert!(page.contains("Email me a code") && page.contains("I never created an account here"), "{page}");
    nina.post("/invite/sign-in", &[("email", NINA), ("password", "wrong-one")])
        .await
        .assert_page(401, "Incorrect email address or password");
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
    assert!(page.contains("eve@example.com") && page.contains("Create an account for nina@example.com"), "{page}");
    eve.post("/invite/accept", &[]).await.assert_redirect("/invite");
    assert_eq!(fixture.member_count(), 1);
    // Create another account for the invited address.
    eve.get("/invite?new=1").await.assert_page(200, "Create account and join");
    // Request an invitation for the own address, which has to be verified.
    eve.post("/invite/request-invitation", &[]).await.assert_page(400, "not verified");
    // Add the invited address to the account: the mailed token verifies it.
    let page = eve.post("/invite/add-address", &[]).await.assert_page(403, "Confirm access");
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
    eve.post("/invite/request-invitation", &[]).await.assert_page(200, "Request sent");
    let path = format!("/organizations/{}", fixture.organization);
    let request = fixture.owner.get(&format!("{path}/requests")).await.ok();
    assert_eq!(request[0]["email"], "eve@example.com");
    fixture.owner.get(&format!("{path}/-/requests")).await.assert_page(200, "at this address instead");
    let requests = format!("{path}/-/requests");
    fixture.owner.post(&requests, &[("approve", &text(&request[0]["id"]))]).await.assert_redirect(&requests);
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
    nina.get("/invite").await.assert_page(200, "This invitation has expired");
    nina.post("/invite/renew", &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    nina.post("/invite/renew", &[("email", "Nina@Example.com")]).await.assert_page(200, "Request sent");
    let requests = fixture.owner.get(&format!("/organizations/{}/requests", fixture.organization)).await.ok();
    assert_eq!(requests[0]["email"], NINA);
}

#[tokio::test]
async fn shows_reason_when_invitation_is_not_pending() {
    for (end, message) in
        [("discard", "This invitation was revoked"), ("decline", "was declined"), ("accept", "was already accepted")]
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
                    .assert_page(200, "Invitation declined");
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
    browser.post("/invite", &[("token", "nonsense")]).await.assert_page(400, "no longer valid");
    let pasted = format!(" http://vestibule.test/invite#token={} ", fixture.token);
    browser.post("/invite", &[("token", &pasted)]).await.assert_redirect("/invite");
    browser.get("/invite").await.assert_page(200, "invites you to join Acme");
    let path = format!("/organizations/{}/invitations", fixture.organization);
    let id = text(&fixture.owner.get(&path).await.ok()[0]["id"]);
    fixture.owner.post(&format!("{path}/{id}/resend"), &[]).await.ok();
    browser.get("/invite").await.assert_page(400, "no longer valid");
    browser.get("/invite").await.assert_page(200, "paste it here");
}

#[tokio::test]
async fn copied_link_proves_nothing_until_the_mailed_code_is_typed() {
    let fixture = setup().await;
    let copied_token = fixture.token.split_once('.').unwrap().0.to_owned();
    let nina = fixture.app.create_user(NINA).await;
    nina.post("/invite", &[("token", &copied_token)]).await.assert_redirect("/invite");
    let page = nina.get("/invite").await.assert_page(200, "Confirm that nina@example.com is yours");
    assert!(!page.contains("Add address") && !page.contains("Decline"), "{page}");
    nina.post("/invite/add-address", &[]).await.assert_page(400, "no longer valid");
    assert_eq!(fixture.member_count(), 1);
    // Accepting mails a code, as the button of the page does.
    let location = nina.post("/invite/accept", &[]).await.assert_redirect("/invite?invitation=");
    let page = nina.get(&location).await.assert_page(200, "We sent a code to nina@example.com");
    assert!(page.contains("autocomplete=\"one-time-code\"") && page.contains("Code sent."), "{page}");
    let first_code = fixture.app.mailed_code(NINA);
    let again = [("code_for", "address")];
    nina.post("/invite/send-code", &again).await.assert_redirect("/invite?invitation=");
    for wrong in ["nonsense", &first_code] {
        let page = nina.post("/invite/code", &[("code_for", "address"), ("code", wrong)]).await;
        page.assert_page(400, "Incorrect code").contains("Verify and join");
    }
    assert_eq!(fixture.member_count(), 1);
    let typed = [("code_for", "address"), ("code", &fixture.app.mailed_code(NINA))];
    nina.post("/invite/code", &typed).await.assert_redirect(&format!("/organizations/{}", fixture.organization));
    assert_eq!(fixture.member_count(), 2);
}

#[tokio::test]
async fn copied_link_leads_new_people_into_the_organization() {
    for verifies_sign_ups in [false, true] {
        let app = TestApp::with_settings(|settings| settings.verify_addresses = verifies_sign_ups).await;
        let (owner, organization) = verified_owner(&app).await;
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
        let token = app.mailed_token(NINA).split_once('.').unwrap().0.to_owned();
        let nina = app.anonymous();
        nina.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
        let page = nina.get("/invite").await.assert_page(200, "Already have an account?");
        assert!(page.contains("We then email a code to nina@example.com") && !page.contains("Decline"), "{page}");
        let location = nina.post("/invite/sign-up", &[("first_name", "Nina"), ("password", PASSWORD)]).await;
        let location = location.assert_redirect("/invite?invitation=");
        let page = nina.get(&location).await.assert_page(200, "We sent a code to nina@example.com");
        let (purpose, attempt) = (hidden_value(&page, "code_for"), hidden_value(&page, "attempt"));
        assert_eq!(purpose, if verifies_sign_ups { "sign-up" } else { "address" });
        let again = [("code_for", purpose.as_str()), ("attempt", attempt.as_str())];
        nina.post("/invite/send-code", &again).await.assert_redirect("/invite?invitation=");
        let code = app.mailed_code(NINA);
        let typed = [again[0], again[1], ("code", code.as_str())];
        nina.post("/invite/code", &typed).await.assert_redirect(&format!("/organizations/{organization}"));
        assert_eq!(nina.get("/me").await.ok()["primary_email_address"]["verified"], true);
    }
}

#[tokio::test]
async fn copied_link_does_not_tell_whether_the_address_has_an_account() {
    let fixture = setup().await;
    let copied_token = fixture.token.split_once('.').unwrap().0.to_owned();
    let mut pages = Vec::new();
    for exists in [false, true] {
        if exists {
            fixture.app.create_user(NINA).await;
        }
        let browser = fixture.app.anonymous();
        browser.post("/invite", &[("token", &copied_token)]).await.assert_redirect("/invite");
        pages.push(browser.get("/invite").await.assert_page(200, "Already have an account?"));
        let location = browser.post("/invite/send-code", &[]).await.assert_redirect("/invite?invitation=");
        let page = browser.get(&location).await.assert_page(200, "If there is an account with nina@example.com");
        pages.push(page.replace(&hidden_value(&page, "attempt"), ""));
    }
    assert_eq!(pages[..2], pages[2..]);
}

#[tokio::test]
async fn signs_in_with_a_mailed_code_and_joins() {
    let fixture = setup().await;
    fixture.app.create_user(NINA).await;
    let nina = fixture.open(fixture.app.anonymous()).await;
    let location = nina.post("/invite/send-code", &[]).await.assert_redirect("/invite?invitation=");
    let page = nina.get(&location).await.assert_page(200, "We sent a code to nina@example.com");
    let attempt = hidden_value(&page, "attempt");
    let fields = |code| [("code_for", "sign-in"), ("attempt", attempt.as_str()), ("code", code)];
    let page = nina.post("/invite/code", &fields("nonsense")).await.assert_page(400, "Incorrect code");
    assert_eq!(hidden_value(&page, "attempt"), attempt);
    let code = fixture.app.mailed_code(NINA);
    // An attempt belongs to the browser that started it.
    let other = fixture.open(fixture.app.anonymous()).await;
    other.post("/invite/code", &fields(&code)).await.assert_page(400, "started in another browser");
    nina.post("/invite/code", &fields(&code)).await.assert_redirect("/organizations/");
    assert_eq!(fixture.member_count(), 2);
}

/// Returns the value of the first hidden field with this name.
fn hidden_value(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Signs up an owner, also if the settings require a verified address.
async fn verified_owner(app: &TestApp) -> (TestClient, String) {
    let owner = app.anonymous();
    let fields = [("email", "owner@example.com"), ("password", PASSWORD), ("first_name", "owner")];
    let location = owner.post("/sign-up", &fields).await.assert_redirect("/");
    if let Some((_, attempt)) = location.split_once("attempt=") {
        let attempt = attempt.split('&').next().unwrap();
        let typed = [("attempt", attempt), ("code", &app.mailed_code("owner@example.com"))];
        owner.post("/sign-up/code", &typed).await.assert_redirect("/");
    }
    let created = owner.post("/organizations", &[("name", "Acme")]).await.ok();
    (owner, text(&created["organization"]["id"]))
}

#[tokio::test]
async fn unsubscribes_by_one_click_or_typed_address() {
    let fixture = setup().await;
    let unsubscribe = fixture.app.mail(NINA).unsubscribe_url.unwrap();
    let unsubscribe = unsubscribe.strip_prefix("http://vestibule.test").unwrap();
    let browser = fixture.app.anonymous();
    browser.get(unsubscribe).await.assert_page(200, "Unsubscribe from Acme?");
    browser.post(unsubscribe, &[("email", "eve@example.com")]).await.assert_page(400, "another address");
    assert_eq!(fixture.app.count("SELECT COUNT(*) FROM mail_refusals"), 0);
    browser.post(unsubscribe, &[("email", NINA)]).await.assert_page(200, "You will get no more emails from Acme");
    let response = fixture.app.anonymous().post(unsubscribe, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!((response.status, fixture.app.count("SELECT COUNT(*) FROM mail_refusals")), (200, 1));
}

/// Opens a second invitation, to another organization, as a second tab would. Returns its token.
async fn open_another(fixture: &Fixture, browser: &TestClient, name: &str) -> String {
    let created = fixture.owner.post("/organizations", &[("name", name)]).await.ok();
    let organization = text(&created["organization"]["id"]);
    fixture.owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let token = fixture.app.mailed_token(NINA);
    browser.post("/invite", &[("token", &token)]).await.assert_redirect("/invite?invitation=");
    token
}

/// The value of the field `invitation` of the forms on a page. Every form for an invitation must have it.
fn named_invitation(page: &str) -> String {
    let forms: Vec<_> = page.split("<form").skip(1).filter(|form| form.contains("action=\"/invite/")).collect();
    assert!(!forms.is_empty(), "{page}");
    let name = |form: &str| {
        let (_, rest) = form.split_once("name=\"invitation\" value=\"").unwrap_or_else(|| panic!("{form}"));
        rest.split('"').next().unwrap().to_owned()
    };
    let names: Vec<_> = forms.iter().map(|form| name(form.split("</form>").next().unwrap())).collect();
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    names[0].clone()
}

#[tokio::test]
async fn forms_of_two_tabs_act_on_their_own_invitation() {
    let fixture = setup().await;
    let nina = fixture.open(fixture.app.create_user(NINA).await).await;
    let first_page = nina.get("/invite").await.assert_page(200, "invites you to join Acme");
    let first = named_invitation(&first_page);
    open_another(&fixture, &nina, "Second").await;
    let second_page = nina.get("/invite").await.assert_page(200, "invites you to join Second");
    let second = named_invitation(&second_page);
    assert_ne!(first, second);
    nina.get(&format!("/invite?invitation={first}")).await.assert_page(200, "invites you to join Acme");
    // The first tab declines Acme, the second one joins.
    nina.post("/invite/decline", &[("invitation", &first)]).await.assert_page(200, "declined");
    let joined = nina.post("/invite/accept", &[("invitation", &second)]).await.assert_redirect("/organizations/");
    assert!(!joined.contains(&fixture.organization), "{joined}");
    assert_eq!(fixture.member_count(), 3);
    assert_eq!(fixture.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'declined'"), 1);
    // Both are gone from the browser.
    nina.get("/invite").await.assert_page(200, "paste it here");
}

#[tokio::test]
async fn forms_of_an_invitation_that_is_not_open_do_nothing() {
    let fixture = setup().await;
    let nina = fixture.open(fixture.app.create_user(NINA).await).await;
    let first = named_invitation(&nina.get("/invite").await.text);
    // Another site opens links in new tabs until the browser has forgotten the first invitation.
    for number in 0..5 {
        open_another(&fixture, &nina, &format!("Other {number}")).await;
    }
    let before = fixture.app.row_counts();
    let fields = [("invitation", first.as_str()), ("email", NINA), ("password", PASSWORD), ("stop", "yes")];
    for step in ["accept", "sign-in", "sign-up", "send-code", "code", "decline", "renew", "add-address", "ask"] {
        for fields in [&fields[..], &fields[1..], &[("invitation", "0")], &[("invitation", "nonsense")]] {
            let page = nina.post(&format!("/invite/{step}"), fields).await.assert_page(409, "Nothing was changed");
            assert!(page.contains("invites you to join Other 4"), "{step}: {page}");
            assert_ne!(named_invitation(&page), first);
        }
    }
    nina.get(&format!("/invite?invitation={first}")).await.assert_page(409, "Nothing was changed");
    assert_eq!(fixture.app.row_counts(), before);
    assert_eq!(fixture.app.count("SELECT COUNT(*) FROM invitations WHERE status <> 'pending'"), 0);
    assert_eq!(fixture.member_count(), 6);
    // The link opens it again.
    fixture.open(nina).await.post("/invite/accept", &[("invitation", &first)]).await.assert_redirect("/organizations/");
}

#[tokio::test]
async fn ways_around_the_invitation_page_return_to_the_same_invitation() {
    let fixture = setup().await;
    fixture.app.create_user(NINA).await;
    let nina = fixture.open(fixture.app.anonymous()).await;
    let page = nina.get("/invite").await.assert_page(200, "Sign in and join");
    let first = named_invitation(&page);
    open_another(&fixture, &nina, "Second").await;
    let return_to = format!("/invite?invitation={first}");
    let fields = [("email", NINA), ("method", "email_otp"), ("return_to", return_to.as_str())];
    let location = nina.post("/sign-in/mail", &fields).await.assert_redirect("/sign-in/code");
    let attempt = location.split("attempt=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let code = fixture.app.mailed_code(NINA);
    let typed = [("attempt", attempt.as_str()), ("return_to", &return_to), ("code", &code)];
    let location = nina.post("/sign-in/code", &typed).await.assert_redirect("/invite");
    nina.get(&location).await.assert_page(200, "invites you to join Acme");

    let eve = fixture.open(fixture.app.create_user("eve@example.com").await).await;
    let page = eve.get("/invite").await.assert_page(200, "You are signed in with another account");
    let link = format!("/sign-in?return_to=%2Finvite%3Finvitation%3D{first}");
    assert!(page.contains(&link.replace("%2F", "/")) || page.contains(&link), "{page}");
}

/// The page that asks for a proof of identity carries the name of the invitation along.
#[tokio::test]
async fn confirmation_is_for_the_invitation_of_its_page() {
    let fixture = setup().await;
    let eve = fixture.open(fixture.app.create_user("eve@example.com").await).await;
    fixture.app.execute("UPDATE sign_ins SET proved_at = 0");
    let first = named_invitation(&eve.get("/invite").await.text);
    let page = eve.post("/invite/add-address", &[("invitation", &first)]).await;
    let page = page.assert_page(403, "Confirm access");
    assert!(page.contains(&format!("name=\"invitation\" value=\"{first}\"")), "{page}");
    open_another(&fixture, &eve, "Second").await;
    let proof =
        [("invitation", first.as_str()), ("proof", "password"), ("proof_password", PASSWORD), ("proof_address", NINA)];
    let joined = eve.post("/invite/add-address", &proof).await.assert_redirect("/organizations/");
    assert!(joined.contains(&fixture.organization), "{joined}");
}
