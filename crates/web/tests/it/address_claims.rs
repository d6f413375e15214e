//! Addresses that are added and not verified: they name nobody, reserve nothing, reveal nothing and expire.

use axum::http::header;
use serde_json::{Value, json};
use vestibule_core::cleanup;
use vestibule_testbed::invariants;

use crate::harness::{DAY, HOUR, PASSWORD, TestApp, TestClient, TestResponse, text};

const EVE: &str = "eve@example.com";
/// The address that Eve claims and does not own.
const VICTIM: &str = "cfo@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    workspace: String,
    eve: TestClient,
}

/// Creates an organization with a workspace and the member Eve, who claims the victim's address.
async fn setup_with_app(app: TestApp) -> Setup {
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let eve = app.create_member(&owner, &organization, EVE, "").await;
    eve.post("/me/email-addresses", &[("email", VICTIM)]).await.ok();
    Setup { app, owner, organization, workspace, eve }
}

async fn setup() -> Setup {
    setup_with_app(TestApp::start().await).await
}

impl Setup {
    fn invitations(&self) -> String {
        format!("/organizations/{}/invitations", self.organization)
    }
}

async fn claim(client: &TestClient, email: &str) -> String {
    format!("/me/email-addresses/{}", text(&client.post("/me/email-addresses", &[("email", email)]).await.ok()["id"]))
}

/// Signs up, with the mailed code if the address has to be verified.
async fn sign_up(app: &TestApp, email: &str) -> TestClient {
    let client = app.anonymous();
    let session = client.post("/auth/signup", &[("email", email), ("password", PASSWORD)]).await.ok();
    if let Some(attempt) =
        session["signup_attempts"].as_array().unwrap().iter().find(|attempt| attempt["completed"] == false)
    {
        let query = format!("attempt_identifier={}&identifier_type=signup", text(&attempt["id"]));
        client.post(&format!("/auth/prepare-verification?{query}"), &[]).await.ok();
        let code = app.mailed_code(email);
        client.post(&format!("/auth/attempt-verification?{query}"), &[("verification_code", &code)]).await.ok();
    }
    client
}

async fn prepare(client: &TestClient, address: &str) -> TestResponse {
    client.post(&format!("{address}/prepare-verification"), &[]).await
}

async fn submit(client: &TestClient, address: &str, code: &str) -> TestResponse {
    client.post(&format!("{address}/attempt-verification"), &[("verification_code", code)]).await
}

fn listed(addresses: &Value) -> Vec<(String, bool)> {
    let one = |one: &Value| (text(&one["email"]), one["verified"] == true);
    addresses.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn claimed_address_receives_no_access_to_workspace() {
    let setup = setup().await;
    let members = format!("/workspaces/{}/members", setup.workspace);
    setup.owner.post(&members, &[("email", VICTIM)]).await.assert_error(404, "MEMBER_NOT_FOUND");
    // Nor does the unverified login name of a member.
    setup.app.execute("UPDATE email_addresses SET verified_at = NULL");
    setup.owner.post(&members, &[("email", EVE)]).await.assert_error(404, "MEMBER_NOT_FOUND");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM workspace_memberships"), 1);
}

#[tokio::test]
async fn claimed_address_of_member_does_not_block_invitation() {
    let setup = setup_with_app(TestApp::with_settings(|settings| settings.seats.max_per_organization = 3).await).await;
    let path = setup.invitations();
    let fields = [("email", VICTIM)];
    setup.owner.post(&path, &fields).await.ok();
    assert_eq!(setup.owner.get(&path).await.headers["seats"], "used=2, held=1, free=0", "the invitee has a seat");
    setup.owner.post(&path, &[("email", "late@example.com")]).await.assert_error(403, "ORGANIZATION_FULL");
    let into_workspace = [("email", VICTIM), ("workspace_id", setup.workspace.as_str())];
    // The unverified login name of a member does not count as a member either.
    setup.owner.post(&path, &[("email", "owner@example.com")]).await.assert_error(403, "ORGANIZATION_FULL");
    let token = setup.app.mailed_token(VICTIM);
    setup.eve.post("/me/email-addresses", &[("email", "other@example.com")]).await.ok();
    let victim = setup.app.create_invited_user(VICTIM, &token).await;
    let joined = victim.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], setup.organization);
    setup.owner.post(&path, &into_workspace).await.ok();
}

#[tokio::test]
async fn bulk_invitation_ignores_claimed_address_of_member() {
    let setup = setup().await;
    let path = format!("{}/bulk", setup.invitations());
    let body = json!({"invitations": [{"email": VICTIM}, {"email": EVE}]});
    let result = setup.owner.post_json(&path, &body).await.ok();
    let codes: Vec<_> = result["results"].as_array().unwrap().iter().map(|row| row["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!("ALREADY_MEMBER")], "{result}");
}

#[tokio::test]
async fn adding_address_does_not_reveal_account() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, VICTIM, "").await;
    let mut seen = Vec::new();
    for email in [VICTIM, "xyz@example.com"] {
        let eve = app.create_user(&format!("eve-{email}")).await;
        let comparable = |response: TestResponse| {
            let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
            let text: String = response.text.replace(email, "X").chars().map(digits).collect();
            (response.status, response.statements, response.rows, text)
        };
        let added = eve.post("/me/email-addresses", &[("email", email)]).await;
        let path = format!("/me/email-addresses/{}", text(&added.body["data"]["id"]));
        let mut responses = vec![comparable(added)];
        responses.push(comparable(eve.get("/me/email-addresses").await));
        responses.push(comparable(prepare(&eve, &path).await));
        responses.push(comparable(submit(&eve, &path, "nonsense").await));
        responses.push(comparable(eve.post(&format!("{path}/make-primary"), &[]).await));
        responses.push(comparable(eve.post("/me/email-addresses", &[("email", email)]).await));
        responses.push(comparable(eve.post(&format!("{path}/delete"), &[]).await));
        seen.push(responses);
    }
    assert_eq!(seen[0], seen[1]);
    // The mail notifies the owner of the address, and has no code.
    let note = app.mail(VICTIM);
    assert!(note.text.contains("already belongs to your account"), "{}", note.text);
    assert!(!note.text.lines().any(|line| line.trim().len() == 6 && line.trim().parse::<u32>().is_ok()));
    assert_eq!(app.mailed_code("xyz@example.com").len(), 6);
}

#[tokio::test]
async fn notes_to_owner_of_address_are_rate_limited() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 3).await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, VICTIM, "").await;
    let eve = app.create_user(EVE).await;
    let address = claim(&eve, VICTIM).await;
    let before = app.mail_count(VICTIM);
    for _ in 0..3 {
        prepare(&eve, &address).await.ok();
    }
    prepare(&eve, &address).await.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!(app.mail_count(VICTIM) - before, 3);
}

/// The bare token is shown in the list of invitations, so an organization founded for the purpose could test addresses.
#[tokio::test]
async fn bare_token_does_not_reveal_account() {
    let app = TestApp::start().await;
    let (mallory, organization) = app.create_organization("mallory@example.com").await;
    let (other, other_organization) = app.create_organization("owner@example.com").await;
    app.create_member(&other, &other_organization, "known@example.com", "").await;
    app.create_user("login@example.com").await;
    let mut seen = Vec::new();
    for email in ["known@example.com", "login@example.com", "nobody@example.com"] {
        let created =
            mallory.post(&format!("/organizations/{organization}/invitations"), &[("email", email)]).await.ok();
        let token = text(&created["token"]);
        mallory.post("/me/email-addresses", &[("email", &format!("unrelated-{email}"))]).await.ok();
        let mut codes = Vec::new();
        for client in [&app.anonymous(), &mallory] {
            let accepted = client.post("/organizations/invitations/accept", &[("token", &token)]).await;
            codes.push((text(&accepted.body["data"]["error_code"]), accepted.statements));
            let declined = client.post("/organizations/invitations/decline", &[("token", &token)]).await;
            codes.push((text(&declined.body["errors"][0]["code"]), declined.statements));
            let page = app.client_with_cookie(client.cookie.lock().unwrap().clone());
            page.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
            let shown = page.get("/invite").await;
            let id = text(&created["id"]);
            let same = [email, &email.replace('@', "%40"), &id];
            codes.push((same.iter().fold(shown.text, |page, one| page.replace(one, "X")), shown.statements));
        }
        // A claim of one's own does not tell either whether another account has the address.
        claim(&mallory, email).await;
        let claimed = mallory.post("/organizations/invitations/accept", &[("token", &token)]).await;
        codes.push((text(&claimed.body["data"]["error_code"]), claimed.statements));
        seen.push(codes);
    }
    assert_eq!(seen[0][0].0, "INVITATION_REQUIRES_SIGNUP");
    assert_eq!(seen[0][6].0, "INVITATION_EMAIL_UNVERIFIED");
    assert_eq!(seen[0], seen[2]);
    assert_eq!(seen[1], seen[2]);
}

#[tokio::test]
async fn claims_do_not_hinder_owner_of_mailbox() {
    for verify in [false, true] {
        let app = TestApp::with_settings(|settings| settings.verify_addresses = verify).await;
        let eve = sign_up(&app, EVE).await;
        claim(&eve, VICTIM).await;
        // The owner has no account yet: a reset mails nothing, and the sign-up works.
        app.anonymous().post("/auth/forgot-password", &[("email", VICTIM)]).await.ok();
        assert_eq!(app.mail_count(VICTIM), 0);
        let victim = sign_up(&app, VICTIM).await;
        assert_eq!(victim.get("/me").await.ok()["email"], VICTIM);
        // Now the reset reaches the owner, and signs in to their account.
        let browser = app.anonymous();
        browser.post("/auth/forgot-password", &[("email", VICTIM)]).await.ok();
        let code = app.mailed_code(VICTIM);
        let token = browser.post("/auth/forgot-password", &[("email", VICTIM), ("otp", &code)]).await.ok();
        let fields = [("token", text(&token["token"])), ("password", "another-sesame-43".to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.post("/auth/reset-password", &fields).await.ok();
        assert_eq!(listed(&browser.get("/me/email-addresses").await.ok()), [(VICTIM.to_owned(), true)]);
        // Eve's claim is worth nothing, and she still sees it until it expires.
        assert_eq!(listed(&eve.get("/me/email-addresses").await.ok())[1], (VICTIM.to_owned(), false));
        invariants::assert_hold(&app.inner.database, &[]);
    }
}

#[tokio::test]
async fn several_accounts_claim_one_address_and_mailbox_decides() {
    let app = TestApp::start().await;
    let (eve, ada) = (app.create_user(EVE).await, app.create_user("ada@example.com").await);
    let squatter = app.create_user(VICTIM).await;
    let (evil, good) = (claim(&eve, VICTIM).await, claim(&ada, "CFO@Example.com").await);
    prepare(&eve, &evil).await.ok();
    let evil_code = app.mailed_code(VICTIM);
    prepare(&ada, &good).await.ok();
    let code = app.mailed_code(VICTIM);
    submit(&eve, &evil, &code).await.assert_error(400, "INVALID_VERIFICATION_CODE");
    submit(&ada, &good, &code).await.ok();
    let mine = ada.get(&good).await.ok();
    assert_eq!((&mine["email"], &mine["verified"], &mine["primary"]), (&json!(VICTIM), &json!(true), &json!(false)));
    assert_eq!(squatter.get("/me").await.ok()["primary_email_address"], Value::Null, "its login name is gone");
    // The code proves access to the mailbox, so the response may reveal that the address is in use.
    submit(&eve, &evil, &evil_code).await.assert_error(400, "EMAIL_EXISTS");
    ada.post(&format!("{good}/make-primary"), &[]).await.ok();
    // The unverified login name is a claim now: only as the primary address it opens the account.
    assert!(listed(&ada.get("/me/email-addresses").await.ok()).contains(&("ada@example.com".to_owned(), false)));
    let login = |email| [("email", email), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &login("ada@example.com")).await.assert_error(401, "INVALID_CREDENTIALS");
    app.anonymous().post("/auth/signin", &login(VICTIM)).await.ok();
    invariants::assert_hold(&app.inner.database, &["a user without an address"]);
}

#[tokio::test]
async fn claim_expires_and_frees_its_place() {
    let app = TestApp::start().await;
    let ada = app.create_user("ada@example.com").await;
    let address = claim(&ada, VICTIM).await;
    for number in 0..8 {
        claim(&ada, &format!("n{number}@example.com")).await;
    }
    ada.post("/me/email-addresses", &[("email", "n9@example.com")]).await.assert_error(400, "TOO_MANY_ADDRESSES");
    app.advance(DAY.saturating_sub(HOUR / 60));
    prepare(&ada, &address).await.ok();
    let code = app.mailed_code(VICTIM);
    app.advance(HOUR / 60);
    submit(&ada, &address, &code).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    for verb in ["/prepare-verification", "/make-primary", "/delete"] {
        ada.post(&format!("{address}{verb}"), &[]).await.assert_error(404, "EMAIL_ADDRESS_NOT_FOUND");
    }
    assert_eq!(listed(&ada.get("/me/email-addresses").await.ok()), [("ada@example.com".to_owned(), false)]);
    assert_eq!(ada.get("/me").await.ok()["user_email_addresses"].as_array().unwrap().len(), 1);
    // The same address can be claimed again, and the rest is cleaned up.
    claim(&ada, VICTIM).await;
    claim(&app.create_user(EVE).await, "late@example.com").await;
    app.advance(DAY + HOUR);
    cleanup::delete_expired(&app.inner.service).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM email_claims"), 0);
}

#[tokio::test]
async fn mailed_token_verifies_claim_of_its_holder() {
    let setup = setup().await;
    let (other, organization) = setup.app.create_organization("otto@example.com").await;
    other.post(&format!("/organizations/{organization}/invitations"), &[("email", VICTIM)]).await.ok();
    let token = setup.app.mailed_token(VICTIM);
    let accept = "/organizations/invitations/accept";
    let bare = token.split_once('.').unwrap().0;
    let refused = setup.eve.post(accept, &[("token", bare)]).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_EMAIL_UNVERIFIED");
    assert_eq!(setup.eve.post(accept, &[("token", &token)]).await.ok()["organization"]["id"], organization);
    assert_eq!(listed(&setup.eve.get("/me/email-addresses").await.ok())[1], (VICTIM.to_owned(), true));
    // Once another account has verified the address, a claim of it does not accept.
    let (third, organization) = setup.app.create_organization("third@example.com").await;
    third.post(&format!("/organizations/{organization}/invitations"), &[("email", EVE)]).await.ok();
    let token = setup.app.mailed_token(EVE);
    let mallory = setup.app.create_user("mallory@example.com").await;
    claim(&mallory, EVE).await;
    let refused = mallory.post(accept, &[("token", &token)]).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_EMAIL_MISMATCH");
    invariants::assert_hold(&setup.app.inner.database, &[]);
}

/// An account with a verified address does not open by its unverified login name, so its owner takes the address back by
/// signing up.
#[tokio::test]
async fn owner_of_mailbox_gets_past_unverified_login_name() {
    let app = TestApp::start().await;
    let squatter = app.create_user(VICTIM).await;
    let address = claim(&squatter, EVE).await;
    prepare(&squatter, &address).await.ok();
    submit(&squatter, &address, &app.mailed_code(EVE)).await.ok();
    let victim = sign_up(&app, VICTIM).await;
    assert_eq!(victim.get("/me").await.ok()["email"], VICTIM);
    assert_eq!(victim.get("/me").await.ok()["primary_email_address"]["verified"], true);
    assert_eq!(listed(&squatter.get("/me/email-addresses").await.ok()), [(EVE.to_owned(), true)]);
}

#[tokio::test]
async fn stranger_does_not_see_unverified_address_of_inviter() {
    let setup = setup().await;
    setup.owner.post(&setup.invitations(), &[("email", VICTIM)]).await.ok();
    let token = setup.app.mailed_token(VICTIM);
    let validate = format!("/deployment/invitations/validate?token={token}");
    let victim = setup.app.create_invited_user(VICTIM, &token).await;
    assert_eq!(setup.app.anonymous().get(&validate).await.ok()["inviter"]["email"], "");
    assert_eq!(victim.get("/me/invitations").await.ok()[0]["inviter"]["email"], "");
    assert!(!setup.app.mail(VICTIM).text.contains("owner@example.com"));
    let list = setup.owner.get_and_check_cache(&setup.invitations()).await.ok();
    let shown = |list: &Value| (text(&list[0]["inviter"]["email"]), list[0]["inviter"]["email_verified"] == true);
    assert_eq!(shown(&list), ("owner@example.com".to_owned(), false), "members see that it is not verified");
    let path = format!("/organizations/{}/-/members", setup.organization);
    setup.owner.get(&path).await.assert_page(200, "Not verified");

    let own = format!("/me/email-addresses/{}", text(&setup.owner.get("/me/email-addresses").await.ok()[0]["id"]));
    prepare(&setup.owner, &own).await.ok();
    submit(&setup.owner, &own, &setup.app.mailed_code("owner@example.com")).await.ok();
    let list = setup.owner.get_and_check_cache(&setup.invitations()).await.ok();
    assert_eq!(shown(&list), ("owner@example.com".to_owned(), true), "the cached list is not stale");
    assert_eq!(setup.app.anonymous().get(&validate).await.ok()["inviter"]["email"], "owner@example.com");
}

#[tokio::test]
async fn seats_header_of_cached_list_follows_addresses_of_members() {
    let setup = setup_with_app(TestApp::with_settings(|settings| settings.seats.max_per_organization = 9).await).await;
    let path = setup.invitations();
    for email in [VICTIM, "second@example.com"] {
        setup.owner.post(&path, &[("email", email)]).await.ok();
    }
    let mut cached = setup.app.client_with_cookie(setup.owner.cookie.lock().unwrap().clone());
    let first = cached.get(&path).await;
    assert_eq!(first.headers["seats"], "used=2, held=2, free=5");
    cached.headers.insert(header::IF_NONE_MATCH, first.headers[header::ETAG].clone());
    assert_eq!(cached.get(&path).await.status, 304);

    // Eve verifies her claim of an invited address by code, and adds the other one by the mailed link.
    let addresses = setup.eve.get("/me/email-addresses").await.ok();
    let address = format!("/me/email-addresses/{}", text(&addresses[1]["id"]));
    let token = setup.app.mailed_token("second@example.com");
    prepare(&setup.eve, &address).await.ok();
    submit(&setup.eve, &address, &setup.app.mailed_code(VICTIM)).await.ok();
    for client in [&cached, &setup.owner] {
        assert_eq!(client.get(&path).await.headers["seats"], "used=2, held=1, free=6");
    }
    let add = vestibule_core::account::AddInvitedAddress { token: token.parse().unwrap() };
    setup.eve.reauthenticate_to_add("second@example.com").await;
    setup.app.run(&setup.eve, add).await.unwrap();
    for client in [&cached, &setup.owner] {
        assert_eq!(client.get(&path).await.headers["seats"], "used=2, held=0, free=7");
    }
    // Deleting an address frees its invitation again.
    setup.eve.post(&format!("{address}/delete"), &[]).await.ok();
    for client in [&cached, &setup.owner] {
        assert_eq!(client.get(&path).await.headers["seats"], "used=2, held=1, free=6");
    }
}
