//! `/invite` has no dead end: what each state offers to somebody who is signed out, signed in with the invited account,
//! or signed in with another one.

use serde_json::json;

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";
const EVE: &str = "eve@example.com";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Expired,
    Accepted,
    Declined,
    Revoked,
    Suspended,
    Full,
    Deleted,
    OtherNetwork,
}

#[derive(Clone, Copy, Debug)]
enum Visitor {
    SignedOut,
    Invited,
    Other,
}

use State::{Accepted, Declined, Deleted, Expired, Full, Open, OtherNetwork, Revoked, Suspended};
use Visitor::{Invited, Other, SignedOut};

const SWITCH: [&str; 3] = ["Use another account", "Add another account", "Sign out of eve@example.com"];

/// What each page offers. Pages for `Other` also offer [`SWITCH`], except where the list says otherwise.
const OFFERS: [(State, Visitor, &[&str]); 27] = [
    (Open, SignedOut, &["Sign in and join", "Email me a code", "I never created an account here", "Not interested?"]),
    (Open, Invited, &["Join Acme", "Decline"]),
    (
        Open,
        Other,
        &["Sign in and join", "Email me a code", "Add address and join", "Request an invitation for my address"],
    ),
    (Expired, SignedOut, &["Request a new invitation", "The address that was invited", "Not interested?"]),
    (Expired, Invited, &["Request a new invitation"]),
    (Expired, Other, &["Request a new invitation", "The address that was invited"]),
    (Accepted, SignedOut, &["Sign in and open Acme", "Email me a code"]),
    (Accepted, Invited, &["You're already in Acme", "Open Acme"]),
    (Accepted, Other, &["It was accepted with nina@example.com"]),
    (
        Declined,
        SignedOut,
        &[
            "Acme can invite you again",
            "Request a new invitation",
            "The address that was invited",
            "Ask an admin of Acme",
            "Sign in",
        ],
    ),
    (Declined, Invited, &["Acme can invite you again", "Request a new invitation", "Ask an admin of Acme"]),
    (
        Declined,
        Other,
        &[
            "Acme can invite you again",
            "Request a new invitation",
            "The address that was invited",
            "Ask an admin of Acme",
        ],
    ),
    (
        Revoked,
        SignedOut,
        &[
            "This invitation was revoked",
            "Request a new invitation",
            "The address that was invited",
            "Ask an admin of Acme",
            "Sign in",
        ],
    ),
    (Revoked, Invited, &["This invitation was revoked", "Request a new invitation", "Ask an admin of Acme"]),
    (
        Revoked,
        Other,
        &[
            "This invitation was revoked",
            "Request a new invitation",
            "The address that was invited",
            "Ask an admin of Acme",
        ],
    ),
    (
        Suspended,
        SignedOut,
        &[
            "You can ask for a new invitation",
            "Request a new invitation",
            "The address that was invited",
            "Ask an admin of Acme",
            "Not interested?",
        ],
    ),
    (Suspended, Invited, &["You can ask for a new invitation", "Request a new invitation", "Ask an admin of Acme"]),
    (
        Suspended,
        Other,
        &[
            "You can ask for a new invitation",
            "Request a new invitation",
            "The address that was invited",
            "Ask an admin of Acme",
        ],
    ),
    (Full, SignedOut, &["Sign in and join"]),
    (Full, Invited, &["Acme is full", "Your invitation stays valid", "Ask an admin of Acme", "Try again"]),
    (Full, Other, &["Sign in and join", "Add address and join"]),
    (Deleted, SignedOut, &["no longer valid", "View invitation", "Sign in to see the invitations"]),
    (Deleted, Invited, &["no longer valid", "View invitation", "Go to your organizations"]),
    (Deleted, Other, &["no longer valid", "View invitation", "Go to your organizations"]),
    (OtherNetwork, SignedOut, &["Sign in and join"]),
    (OtherNetwork, Invited, &["You joined Acme", "only be opened from certain networks", "Try again"]),
    (OtherNetwork, Other, &["Sign in and join", "Add address and join"]),
];

/// An invitation of Nina, who has an account, in a state.
struct Fixture {
    app: TestApp,
    token: String,
}

impl Fixture {
    async fn new(state: State) -> Self {
        let app = TestApp::with_settings(|settings| {
            if state == Full {
                settings.seats.max_per_organization = 2;
                settings.seats.count_pending_invitations = false;
            }
        })
        .await;
        let (owner, organization) = app.create_organization("owner@example.com").await;
        let nina = app.create_user(NINA).await;
        app.create_user(EVE).await;
        app.verify_all_addresses();
        // The address of the inviter would be offered.
        app.execute("UPDATE email_addresses SET verified_at = NULL WHERE address = 'owner@example.com'");
        let path = format!("/organizations/{organization}");
        owner.post(&format!("{path}/invitations"), &[("email", NINA)]).await.ok();
        let fixture = Self { token: app.mailed_token(NINA), app };
        let app = &fixture.app;
        match state {
            Open => {}
            Expired => app.advance(DAY * 8),
            Accepted => {
                nina.post("/organizations/invitations/accept", &[("token", &fixture.token)]).await.ok();
            }
            Declined => {
                fixture.open(&nina).await;
                nina.post("/invite/decline", &[]).await.assert_page(200, "Invitation declined");
            }
            Revoked => {
                let id = text(&owner.get(&format!("{path}/invitations")).await.ok()[0]["id"]);
                owner.post(&format!("{path}/invitations/{id}/discard"), &[]).await.ok();
            }
            Suspended => {
                app.execute("UPDATE invitations SET inviter_membership_id = NULL, left_suspended = 1");
            }
            Full => {
                app.create_member(&owner, &organization, "ben@example.com", "").await;
            }
            Deleted => {
                app.execute("UPDATE organizations SET deleted_at = 1");
            }
            OtherNetwork => {
                let networks = json!(["198.51.100.0/24"]).to_string();
                app.execute(&format!(
                    "UPDATE organizations SET enable_ip_restriction = 1, whitelisted_ips = '{networks}'"
                ));
            }
        }
        fixture
    }

    async fn open(&self, client: &TestClient) -> String {
        client.post("/invite", &[("token", &self.token)]).await.assert_redirect("/invite")
    }

    /// Opens the mailed link as a visitor. Where the page shows the state only after the press, presses Join.
    async fn page(&self, state: State, visitor: Visitor) -> String {
        let client = self.app.anonymous();
        let email = match visitor {
            SignedOut => None,
            Invited => Some(NINA),
            Other => Some(EVE),
        };
        if let Some(email) = email {
            client.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
        }
        let url = self.open(&client).await;
        match (state, visitor) {
            (Full | OtherNetwork, Invited) => client.post("/invite/accept", &[]).await.text,
            _ => client.get(&url).await.text,
        }
    }
}

const STATES: [State; 9] = [Open, Expired, Accepted, Declined, Revoked, Suspended, Full, Deleted, OtherNetwork];

/// Returns the page of every state and visitor.
pub(crate) async fn every_page() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for state in STATES {
        let fixture = Fixture::new(state).await;
        // Joining changes the state, so the invited account comes last.
        for visitor in [SignedOut, Other, Invited] {
            pages.push((format!("{state:?}, {visitor:?}"), fixture.page(state, visitor).await));
        }
    }
    pages
}

#[tokio::test]
async fn every_state_offers_the_next_step() {
    for state in STATES {
        let fixture = Fixture::new(state).await;
        // Joining changes the state, so the invited account comes last.
        for visitor in [SignedOut, Other, Invited] {
            let found = OFFERS.iter().find(|(of, to, _)| *of == state && format!("{to:?}") == format!("{visitor:?}"));
            let page = fixture.page(state, visitor).await;
            let switches = matches!(visitor, Other) && !matches!(state, Expired | Deleted);
            let expected = found.unwrap().2.iter().chain(SWITCH.iter().filter(|_| switches));
            for offer in expected {
                assert!(page.replace("&#39;", "'").contains(offer), "{state:?}, {visitor:?}: {offer} is not in {page}");
            }
        }
    }
}

#[tokio::test]
async fn contact_is_the_inviter_with_a_verified_address() {
    let fixture = Fixture::new(Suspended).await;
    let page = fixture.page(Suspended, SignedOut).await;
    assert!(!page.contains("mailto:"), "{page}");
    let fixture = Fixture::new(Declined).await;
    fixture.app.verify_all_addresses();
    let page = fixture.page(Declined, SignedOut).await;
    assert!(page.contains("href=\"mailto:owner@example.com\">Email owner Test</a>"), "{page}");
}

#[tokio::test]
async fn other_accounts_of_the_browser_are_one_press_away() {
    let fixture = Fixture::new(Accepted).await;
    let browser = fixture.app.anonymous();
    for email in [NINA, EVE] {
        browser.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
    }
    let url = fixture.open(&browser).await;
    let page = browser.get(&url).await.assert_page(200, "Continue with the account that joined");
    let form = page.split_once("aria-label=\"Continue as nina@example.com\"").unwrap().0;
    let sign_in = form.rsplit_once("name=\"sign_in\" value=\"").unwrap().1.split('"').next().unwrap();
    browser.post("/sign-in/switch", &[("sign_in", sign_in), ("return_to", &url)]).await.assert_redirect(&url);
    let page = browser.get(&url).await.assert_page(200, "Open Acme");
    let own = page.split_once("action=\"/sign-out\"><input type=\"hidden\" name=\"sign_in\" value=\"").unwrap().1;
    let own = own.split('"').next().unwrap();
    browser.post("/sign-out", &[("sign_in", own), ("return_to", &url)]).await.assert_redirect(&url);
    browser.get(&url).await.assert_page(200, "was already accepted");
}

#[tokio::test]
async fn joining_switches_to_the_account_that_was_invited() {
    let fixture = Fixture::new(Open).await;
    let browser = fixture.app.anonymous();
    for email in [NINA, EVE] {
        browser.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
    }
    fixture.open(&browser).await;
    let organization = browser.post("/invite/accept", &[]).await.assert_redirect("/organizations/");
    browser.get("/account").await.assert_page(200, NINA);
    browser.get(&format!("{organization}/-/members")).await.assert_page(200, "<h1>Members</h1>");
}

#[tokio::test]
async fn invitation_shows_logo_inviter_and_roles_as_they_were_chosen() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.verify_all_addresses();
    let path = format!("/organizations/{organization}");
    let buyer = owner.post(&format!("{path}/roles"), &[("name", "Buyer")]).await.ok();
    let buyer = text(&buyer["id"]);
    let warehouse = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let warehouse = text(&owner.post("/workspaces", &warehouse).await.ok()["workspace"]["id"]);
    let fields = [("email", NINA), ("role_id", &buyer), ("workspace_id", &warehouse)];
    owner.post(&format!("{path}/invitations"), &fields).await.ok();
    let browser = app.anonymous();
    browser.post("/invite", &[("token", &app.mailed_token(NINA))]).await.assert_redirect("/invite");
    let page = browser.get("/invite").await.assert_page(200, "Buyer · Warehouse: ");
    for shown in ["avatar large square", "owner Test invites you to join Acme, Warehouse", "Expires", "in 7 days ("] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}
