//! Two-factor authentication that organizations and workspaces require: the settings, the lists of members and
//! organizations, and the way of a member whose sign-in is not enough.

use serde_json::json;

use crate::harness::{AuthenticatorApp, DAY, PASSWORD, TestApp, TestClient, TestResponse, text};

const NINA: &str = "nina@example.com";
const CONFIRM: &str = "/account/confirm-second-factor";

struct Fixture {
    app: TestApp,
    owner: TestClient,
    owner_app: AuthenticatorApp,
    organization: String,
    settings: String,
    members: String,
}

/// An organization whose owner has an authenticator app.
async fn setup() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let owner_app = owner.add_authenticator().await;
    let path = |tab: &str| format!("/organizations/{organization}/-/{tab}");
    Fixture { settings: path("settings"), members: path("members"), app, owner, owner_app, organization }
}

impl Fixture {
    async fn nina(&self) -> TestClient {
        self.app.create_member(&self.owner, &self.organization, NINA, "").await
    }

    async fn submit(&self, requirement: &str, days: &str) -> TestResponse {
        self.owner.post(&format!("{}/mfa", self.settings), &[("requirement", requirement), ("grace_days", days)]).await
    }

    /// Requires it of members, without the confirmation page.
    async fn require(&self, requirement: &str, days: &str) {
        let fields = [("requirement", requirement), ("grace_days", days), ("sure", "yes")];
        self.owner.post(&format!("{}/mfa", self.settings), &fields).await.assert_redirect(&self.settings);
    }

    /// Makes the sign-ins of a user ones with a password alone.
    fn forget_second_factor(&self, email: &str) {
        let user = format!("SELECT user_id FROM email_addresses WHERE address_key = '{email}'");
        let update = format!("UPDATE sign_ins SET proofs = 'password' WHERE user_id IN ({user})");
        assert!(self.app.execute(&update) > 0);
    }

    fn set_up_page(return_to: &str) -> String {
        let return_to: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        format!("href=\"/account/security?return_to={return_to}\"")
    }
}

/// The fields of the confirmation page with a code of the app.
fn proof(code: &str) -> [(&str, &str); 3] {
    [("proof", "authenticator"), ("proof_code", code), ("proof_methods", "authenticator")]
}

#[tokio::test]
async fn settings_show_who_would_lose_access_before_anything_changes() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    let page = fixture.owner.get(&fixture.settings).await.assert_page(200, "1 of 2 members have it set up.");
    assert!(page.contains("/-/members?mfa=missing\">Show members without it</a>"), "{page}");
    assert!(page.contains("value=\"off\" checked"), "{page}");

    let page = fixture.submit("two_factors", "0").await.assert_page(200, "Require two-factor authentication in Acme?");
    assert!(page.contains("1 of 2 members have it set up. 1 would lose access until they set it up."), "{page}");
    let page = fixture.submit("two_factors", "14").await.assert_page(200, "1 has until 29 January 2026");
    assert!(page.contains("/-/members?mfa=missing\""), "{page}");
    nina.get(&fixture.members).await.assert_page(200, "Members");

    fixture.require("two_factors", "14").await;
    let page = fixture.owner.get(&fixture.settings).await.assert_page(200, "Required from 29 January 2026");
    assert!(page.contains("Saved.") && !page.contains("Two-factor authentication is required."), "{page}");
    assert!(page.contains("value=\"two_factors\" checked"), "{page}");
    // The same again asks nothing.
    fixture.submit("two_factors", "").await.assert_redirect(&fixture.settings);

    fixture.submit("off", "").await.assert_page(200, "Stop requiring two-factor authentication in Acme?");
    fixture.require("off", "").await;
    let page = fixture.owner.get(&fixture.settings).await.assert_page(200, "is no longer required");
    assert!(!page.contains("Required from"), "{page}");
}

#[tokio::test]
async fn refuses_wrong_grace_periods() {
    let fixture = setup().await;
    for days in ["91", "-1", "x", "1.5", "999999999999"] {
        let page = fixture.submit("two_factors", days).await.assert_page(400, "role=\"alert\"");
        assert!(page.contains(&format!("value=\"{days}\"")), "the form keeps its values: {page}");
    }
    fixture.submit("one_factor", "0").await.assert_redirect(&fixture.settings);
    assert_eq!(fixture.app.count("SELECT COUNT(*) FROM organizations WHERE enforce_mfa = 1"), 0);
}

#[tokio::test]
async fn admin_sets_up_their_own_first() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let settings = format!("/organizations/{organization}/-/settings");
    let page =
        owner.get(&settings).await.assert_page(200, "Set up two-factor authentication for your own account first");
    let return_to: String = form_urlencoded::byte_serialize(settings.as_bytes()).collect();
    assert!(page.contains(&format!("/account/security?return_to={return_to}")), "{page}");
    let path = format!("{settings}/mfa");
    let two_factors = [("requirement", "two_factors"), ("grace_days", "7"), ("sure", "yes")];
    let page = owner
        .post(&path, &two_factors)
        .await
        .assert_page(403, "role=\"alert\">Set up two-factor authentication for your own");
    assert!(page.contains("value=\"two_factors\" checked") && page.contains("value=\"7\""), "{page}");

    owner.add_authenticator().await;
    let passkey = [("requirement", "phishing_resistant"), ("grace_days", "7"), ("sure", "yes")];
    owner.post(&path, &passkey).await.assert_page(403, "Add a passkey to your own account first");
    owner.post(&path, &two_factors).await.assert_redirect(&settings);
}

#[tokio::test]
async fn admin_who_signed_in_without_it_confirms_and_goes_on() {
    let fixture = setup().await;
    fixture.forget_second_factor("owner@example.com");
    let page = fixture.owner.get(&fixture.settings).await.assert_page(200, "Confirm it first");
    assert!(page.contains(&format!("{CONFIRM}?minimum=two_factors")), "{page}");
    let page = fixture.submit("two_factors", "0").await.assert_page(403, "name=\"proof_code\"");
    assert!(page.contains("name=\"requirement\" value=\"two_factors\""), "{page}");
    let code = fixture.owner.code_of(&fixture.owner_app);
    let mut fields = vec![("requirement", "two_factors"), ("grace_days", "0")];
    fields.extend(proof(&code));
    let path = format!("{}/mfa", fixture.settings);
    fixture.owner.post(&path, &fields).await.assert_page(200, "Nobody loses access.");
    fixture.require("two_factors", "0").await;
}

#[tokio::test]
async fn member_without_it_is_led_to_it_and_back() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    fixture.require("two_factors", "0").await;
    for path in [fixture.members.clone(), fixture.settings.clone(), format!("/organizations/{}", fixture.organization)]
    {
        let page = nina.get(&path).await.assert_page(403, "<h1>Acme requires two-factor authentication</h1>");
        assert!(page.contains("A stolen password or mailbox is then not enough"), "{page}");
        assert!(page.contains(&Fixture::set_up_page(&path)), "{page}");
    }
    // The error in place of a form's answer leads back to the form.
    let leave = format!("/organizations/{}/-/leave", fixture.organization);
    let page = nina.post(&leave, &[]).await.assert_page(403, "Acme requires two-factor authentication");
    assert!(page.contains(&Fixture::set_up_page(&format!("/organizations/{}", fixture.organization))), "{page}");
    nina.get("/organizations")
        .await
        .assert_page(200, "<span class=\"badge warn\">Two-factor authentication required</span>");
    nina.get("/account").await.assert_page(200, "<small>Two-factor authentication required</small>");

    let app = nina.add_authenticator().await;
    nina.get(&fixture.members).await.assert_page(200, "Members");

    fixture.forget_second_factor(NINA);
    let page = nina.get(&fixture.members).await.assert_page(403, "You have set it up, but signed in without it.");
    assert!(page.contains(">Confirm now</a>") && page.contains(CONFIRM), "{page}");
    let return_to: String = form_urlencoded::byte_serialize(fixture.members.as_bytes()).collect();
    let confirm = format!("{CONFIRM}?minimum=two_factors&return_to={return_to}");
    nina.get(&confirm).await.assert_page(403, "name=\"proof_code\"");
    nina.post(&confirm, &proof("000000")).await.assert_page(400, "name=\"proof_code\"");
    nina.get(&fixture.members).await.assert_page(403, "signed in without it");
    let code = nina.code_of(&app);
    assert_eq!(nina.post(&confirm, &proof(&code)).await.assert_redirect("/"), fixture.members);
    nina.get(&fixture.members).await.assert_page(200, "Members");
    // It asks only if something is missing.
    assert_eq!(nina.get(&confirm).await.assert_redirect("/"), fixture.members);
    let elsewhere = format!("{CONFIRM}?return_to=https%3A%2F%2Fevil.example%2F");
    assert_eq!(nina.get(&elsewhere).await.assert_redirect("/"), "/organizations");
}

#[tokio::test]
async fn app_is_not_enough_where_a_passkey_is_required() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    nina.add_authenticator().await;
    let update = "UPDATE organizations SET enforce_mfa = 1, minimum_assurance = 'phishing_resistant'";
    assert_eq!(fixture.app.execute(update), 1);
    let page = nina.get(&fixture.members).await.assert_page(403, "<h1>Acme requires a passkey</h1>");
    assert!(page.contains("Codes of an authenticator app are not enough here."), "{page}");
    assert!(page.contains(&Fixture::set_up_page(&fixture.members)) && page.contains(">Add a passkey</a>"), "{page}");
    let confirm = format!("{CONFIRM}?minimum=phishing_resistant&return_to=%2Forganizations");
    nina.get(&confirm).await.assert_redirect("/account/security?return_to=%2Forganizations");
}

#[tokio::test]
async fn banner_reminds_during_the_grace_period() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    fixture.require("two_factors", "3").await;
    let page =
        nina.get(&fixture.members).await.assert_page(200, "Set up two-factor authentication by 18 January 2026.");
    assert!(page.contains(&Fixture::set_up_page(&fixture.members)), "{page}");
    let page = fixture.owner.get(&fixture.members).await.assert_page(200, "Members");
    assert!(!page.contains("18 January 2026"), "the owner has it: {page}");
    let page = nina.get("/organizations").await.assert_page(200, "Acme");
    assert!(!page.contains("Two-factor authentication required"), "{page}");
    fixture.app.advance(DAY * 4);
    nina.get(&fixture.members).await.assert_page(403, "Acme requires two-factor authentication");
}

#[tokio::test]
async fn list_of_members_shows_and_filters_who_has_which() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    let url = |filter: &str| format!("{}?mfa={filter}", fixture.members);
    let page = fixture
        .owner
        .get(&fixture.members)
        .await
        .assert_page(200, "<span class=\"badge good\">Authenticator app</span>");
    assert!(page.contains("<span class=\"badge\">Not set up</span>"), "{page}");
    let page = fixture.owner.get(&url("missing")).await.assert_page(200, NINA);
    assert!(!page.contains(">owner@example.com</small>") && page.contains("second_factor=none"), "{page}");
    let page = fixture.owner.get(&url("set-up")).await.assert_page(200, "owner Test");
    assert!(!page.contains(NINA), "{page}");
    fixture.owner.get(&url("passkey")).await.assert_page(200, "No members match.");
    fixture.owner.get(&url("nonsense")).await.assert_page(200, NINA);

    let page = nina.get(&fixture.members).await.assert_page(200, "Members");
    assert!(!page.contains("Authenticator app") && !page.contains("name=\"mfa\""), "{page}");
    nina.get(&url("missing")).await.assert_page(200, "owner Test");
    let membership = text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    let member = format!("{}/{membership}", fixture.members);
    fixture
        .owner
        .get(&member)
        .await
        .assert_page(200, "Two-factor authentication: <span class=\"badge\">Not set up</span>");
    let page = nina.get(&member).await.assert_page(200, NINA);
    assert!(!page.contains("Not set up"), "{page}");
}

#[tokio::test]
async fn invitation_says_it_before_and_leads_through_it_after() {
    let fixture = setup().await;
    fixture.require("two_factors", "0").await;
    let invitations = format!("/organizations/{}/invitations", fixture.organization);
    fixture.owner.post(&invitations, &[("email", NINA)]).await.ok();
    let nina = fixture.app.anonymous();
    nina.post("/invite", &[("token", &fixture.app.mailed_token(NINA))]).await.assert_redirect("/invite");
    nina.get("/invite")
        .await
        .assert_page(200, "Acme requires two-factor authentication. If you have not set it up yet");
    let fields = [("first_name", "Nina"), ("last_name", "Ng"), ("password", PASSWORD)];
    let joined = nina.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    let page = nina.get(&joined).await.assert_page(403, "You joined Acme. One more step is left.");
    assert!(page.contains(&Fixture::set_up_page(&joined)), "{page}");

    nina.add_authenticator().await;
    let members = nina.get(&joined).await.assert_redirect(&fixture.members);
    nina.get(&members).await.assert_page(200, "Welcome! You joined the organization.");
}

#[tokio::test]
async fn invitation_says_nothing_if_the_sign_in_is_enough() {
    let fixture = setup().await;
    fixture.require("two_factors", "7").await;
    let ben = fixture.app.create_user("ben@example.com").await;
    fixture.app.verify_all_addresses();
    let invitations = format!("/organizations/{}/invitations", fixture.organization);
    fixture.owner.post(&invitations, &[("email", "ben@example.com")]).await.ok();
    let token = fixture.app.mailed_token("ben@example.com");
    ben.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    for path in ["/invite", "/organizations"] {
        ben.get(path).await.assert_page(200, "Acme requires two-factor authentication from 22 January 2026.");
    }
    let listed = ben.get("/me/invitations").await.ok();
    assert_eq!((&listed[0]["enforce_mfa"], &listed[0]["minimum_assurance"]), (&json!(true), &json!("two_factors")));
    ben.add_authenticator().await;
    for (path, expected) in [("/invite", "Join Acme"), ("/organizations", "Invitations to you")] {
        let page = ben.get(path).await.assert_page(200, expected);
        assert!(!page.contains("requires two-factor authentication"), "{page}");
    }
}

#[tokio::test]
async fn workspace_requires_it_for_itself() {
    let fixture = setup().await;
    let lab = [("organization_id", fixture.organization.as_str()), ("name", "Lab")];
    let lab = text(&fixture.owner.post("/workspaces", &lab).await.ok()["workspace"]["id"]);
    let nina = fixture.app.create_workspace_member(&fixture.owner, &fixture.organization, &lab, NINA).await;
    let workspace = format!("/organizations/{}/-/workspaces/{lab}", fixture.organization);
    let page = fixture.owner.get(&workspace).await.assert_page(200, "1 of 2 members have it set up.");
    assert!(page.contains(&format!("workspace={lab}&#38;mfa=missing")), "{page}");
    let page = nina.get(&workspace).await.assert_page(200, "Lab");
    assert!(!page.contains("name=\"requirement\""), "{page}");
    let fields = [("requirement", "two_factors"), ("grace_days", "0"), ("sure", "yes")];
    let path = format!("{workspace}/mfa");
    nina.post(&path, &fields).await.assert_page(403, "have access to this page");
    fixture.owner.post(&path, &fields[..2]).await.assert_page(200, "Require two-factor authentication in Lab?");
    fixture.owner.post(&path, &fields).await.assert_redirect(&workspace);

    let page = nina.get(&workspace).await.assert_page(403, "This workspace requires two-factor authentication");
    assert!(page.contains(&Fixture::set_up_page(&workspace)), "{page}");
    nina.get(&fixture.members).await.assert_page(200, "Members");
    nina.add_authenticator().await;
    nina.get(&workspace).await.assert_page(200, "Lab");
}

#[tokio::test]
async fn choice_of_the_active_organization_leads_to_it_too() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    fixture.require("two_factors", "0").await;
    nina.get("/choose-organization").await.assert_page(200, "<small>Two-factor authentication required</small>");
    let fields = [("organization", fixture.organization.as_str()), ("return_to", "/account")];
    let page =
        nina.post("/choose-organization", &fields).await.assert_page(403, "Acme requires two-factor authentication");
    assert!(page.contains(&Fixture::set_up_page("/choose-organization?return_to=%2Faccount")), "{page}");
}

#[tokio::test]
async fn speaks_german() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    fixture.require("two_factors", "0").await;
    nina.post("/language", &[("language", "de")]).await.assert_redirect("/");
    nina.get(&fixture.members).await.assert_page(403, "<h1>Acme verlangt die Zwei-Faktor-Authentifizierung</h1>");
    nina.get("/organizations").await.assert_page(200, "Zwei-Faktor-Authentifizierung erforderlich");
    fixture.owner.post("/language", &[("language", "de")]).await.assert_redirect("/");
    fixture.submit("off", "").await.assert_page(200, "Zwei-Faktor-Authentifizierung in Acme nicht mehr verlangen?");
    fixture.owner.get(&fixture.settings).await.assert_page(200, "Eingerichtet: 1 von 2 Mitgliedern.");
}

#[tokio::test]
async fn programs_get_the_error_of_the_api() {
    let fixture = setup().await;
    let nina = fixture.nina().await;
    fixture.require("two_factors", "0").await;
    let members = format!("/organizations/{}/members", fixture.organization);
    nina.get(&members).await.assert_error(403, "MFA_REQUIRED");
}
