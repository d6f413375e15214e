//! Signing in with identity providers on pages, as far as it needs no provider: the buttons, the way there, a return that
//! is refused, connected accounts, and single sign-on that an organization requires.

use axum::http::{HeaderValue, header};
use vestibule_core::settings::{ClientCredential, Secret, Settings, SocialProvider};

use super::connections::add_connection;
use crate::harness::{TestApp, TestClient, TestResponse};

const BEGIN: &str = "/-/sign-in/provider";
const SSO: &str = "/sign-in/single-sign-on";
const ADA: &str = "ada@example.com";

/// GitHub, whose addresses are known without asking it.
pub(crate) fn github(settings: &mut Settings) {
    let id = "github_oauth".parse().unwrap();
    settings.social.providers.push(SocialProvider {
        kind: vestibule_core::identity_provider::ProviderId::kind(&id).unwrap(),
        id,
        name: "GitHub".to_owned(),
        url: "https://github.com".to_owned(),
        client_id: "vestibule".to_owned(),
        credential: ClientCredential::Secret(Secret::new("s3cret".to_owned())),
        scopes: vec!["read:user".to_owned(), "user:email".to_owned()],
        allows_sign_up: true,
        keeps_tokens: false,
        allowed_tenants: Vec::new(),
    });
}

fn browser(mut client: TestClient) -> TestClient {
    client.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    client
}

/// Begins a sign-in. Returns the state that the provider gets.
async fn begin(client: &TestClient, fields: &[(&str, &str)]) -> String {
    let page = client.post(BEGIN, fields).await.assert_page(200, "Continuing to GitHub");
    page.split_once("state=").unwrap().1.split(['&', '"']).next().unwrap().to_owned()
}

async fn come_back(client: &TestClient, state: &str, rest: &str) -> TestResponse {
    client.get(&format!("/auth/oauth2/callback?state={state}&{rest}")).await
}

#[tokio::test]
async fn pages_have_the_buttons_of_the_configured_providers() {
    let app = TestApp::with_settings(github).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    let visitor = app.anonymous();
    let token = app.mailed_token("nina@example.com");
    let invitation = visitor.post("/invite", &[("token", &token)]).await.assert_redirect("/invite?invitation=");
    let id = invitation.split_once('=').unwrap().1.to_owned();
    for (path, carried) in [
        ("/sign-in?return_to=%2Faccount", "name=\"return_to\" value=\"/account\"".to_owned()),
        ("/sign-up?return_to=%2Faccount", "name=\"return_to\" value=\"/account\"".to_owned()),
        (invitation.as_str(), format!("name=\"invitation\" value=\"{id}\"")),
    ] {
        let page = visitor.get(path).await.assert_page(200, "value=\"github_oauth\">Continue with GitHub</button>");
        let form = page.split_once(&format!("action=\"{BEGIN}\"")).unwrap().1.split("</form>").next().unwrap();
        assert!(form.contains(&carried), "{path}: {form}");
    }
    visitor.post("/language", &[("language", "de")]).await.assert_redirect("/");
    visitor.get("/sign-in").await.assert_page(200, "Weiter mit GitHub");
    let without = TestApp::start().await;
    for path in ["/sign-in", "/sign-up"] {
        assert!(!without.anonymous().get(path).await.text.contains(BEGIN));
    }
}

#[tokio::test]
async fn only_providers_that_create_accounts_are_offered_for_a_sign_up() {
    let app = TestApp::with_settings(|settings| {
        github(settings);
        settings.social.providers[0].allows_sign_up = false;
    })
    .await;
    app.anonymous().get("/sign-in").await.assert_page(200, "Continue with GitHub");
    assert!(!app.anonymous().get("/sign-up").await.text.contains("Continue with GitHub"));
}

#[tokio::test]
async fn leaves_for_the_provider_by_a_page_and_not_by_a_redirect() {
    let app = TestApp::with_settings(github).await;
    let visitor = app.anonymous();
    let left = visitor.post(BEGIN, &[("provider", "github_oauth"), ("return_to", "/account")]).await;
    let policy = left.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self'") && !policy.contains("github.com"), "{policy}");
    let page =
        left.assert_page(200, "http-equiv=\"refresh\" content=\"0; url=https://github.com/login/oauth/authorize?");
    assert!(page.contains("data-leave") && page.contains("code_challenge="), "{page}");
    for secret in ["s3cret", "code_verifier"] {
        assert!(!page.contains(secret), "{page}");
    }
    // The request is bound to the session.
    assert!(visitor.cookie.lock().unwrap().is_some());
}

#[tokio::test]
async fn says_what_to_do_if_a_sign_in_cannot_begin() {
    let app = TestApp::with_settings(github).await;
    let visitor = app.anonymous();
    for provider in ["google_oauth", "x_oauth", "nonsense", ""] {
        let page = visitor.post(BEGIN, &[("provider", provider), ("return_to", "/account")]).await;
        let page = page.assert_page(400, "You cannot sign in here with this provider.");
        assert!(page.contains("href=\"/sign-in?return_to=%2Faccount\""), "{page}");
    }
    let page = visitor.post(BEGIN, &[("provider", "github_oauth"), ("invite_token", "nonsense")]).await;
    assert_eq!(page.status, 400, "{}", page.text);
}

#[tokio::test]
async fn a_refused_return_is_a_page_with_a_way_on() {
    let app = TestApp::with_settings(github).await;
    let visitor = browser(app.anonymous());
    let fields = [("provider", "github_oauth"), ("return_to", "/account/security")];
    let state = begin(&visitor, &fields).await;
    let page = come_back(&visitor, &state, "error=access_denied").await.assert_page(400, "it was cancelled or refused");
    assert!(page.contains("href=\"/sign-in?return_to=%2Faccount%2Fsecurity\""), "{page}");
    // Once only.
    come_back(&visitor, &state, "error=access_denied").await.assert_page(400, "was done before");
    for state in ["", "nonsense", "a.b.c"] {
        let page = come_back(&visitor, state, "code=pr1vate").await.assert_page(400, "Sign-in did not work");
        assert!(!page.contains("pr1vate"), "{page}");
    }
    // Another browser cannot finish it.
    let state = begin(&visitor, &fields).await;
    come_back(&browser(app.anonymous()), &state, "code=x").await.assert_page(400, "in another browser");
}

#[tokio::test]
async fn a_sign_in_does_not_lead_to_other_sites_nor_accept_invitations() {
    let app = TestApp::with_settings(github).await;
    for (return_to, way_on) in [
        ("https://evil.example/", "/sign-in?return_to=%2Forganizations"),
        ("//evil.example/", "/sign-in?return_to=%2Forganizations"),
        ("/invite?invitation=7&joins=1", "/invite?invitation=7"),
    ] {
        let visitor = browser(app.anonymous());
        let state = begin(&visitor, &[("provider", "github_oauth"), ("return_to", return_to)]).await;
        let page = come_back(&visitor, &state, "error=access_denied").await.assert_page(400, "Sign-in did not work");
        assert!(page.contains(&format!("href=\"{way_on}\"")), "{return_to}: {page}");
    }
}

#[tokio::test]
async fn single_sign_on_asks_for_the_work_address() {
    let app = TestApp::start().await;
    let visitor = app.anonymous();
    let page = visitor.get("/sign-in?return_to=%2Faccount").await.assert_page(200, "Sign in with single sign-on");
    assert!(page.contains(&format!("href=\"{SSO}?return_to=/account\"")), "{page}");
    visitor.get(&format!("{SSO}?return_to=%2Faccount")).await.assert_page(200, "Work email address");
    app.create_user(ADA).await;
    // The same for an address with and without an account.
    for email in [ADA, "nobody@example.com"] {
        let page = visitor.post(SSO, &[("email", email), ("return_to", "/account")]).await;
        let page = page.assert_page(404, "There is no single sign-on for this address.");
        assert!(page.contains("aria-describedby=\"email-hint email-problem\"") && page.contains(email), "{page}");
    }
    let page = visitor.post(SSO, &[("email", "no address"), ("return_to", "/account")]).await;
    page.assert_page(400, "id=\"email-problem\"");
    visitor.post(SSO, &[("connection", "7")]).await.assert_page(404, "This connection no longer exists.");
}

#[tokio::test]
async fn a_profile_that_nobody_waits_for_leads_to_the_sign_in() {
    let app = TestApp::start().await;
    for path in ["/sign-in/profile", "/sign-in/profile?attempt=7&return_to=%2Faccount"] {
        app.anonymous().get(path).await.assert_redirect("/sign-in?return_to=");
    }
    let pending = "/account/connections/pending?attempt=7&return_to=%2Forganizations";
    app.anonymous().get(pending).await.assert_redirect("/sign-in?return_to=%2Faccount%2Fconnections%2Fpending");
    let ada = app.create_user(ADA).await;
    ada.get(pending).await.assert_redirect("/organizations");
}

/// Gives Ada an identity.
fn add_identity(app: &TestApp, id: i64, subject: &str, email: &str) {
    app.execute(&format!(
        "INSERT INTO identities (id, user_id, provider, issuer, subject, email, first_name, last_name, last_used_at,
                                 created_at, updated_at)
         SELECT {id}, e.user_id, 'github_oauth', 'https://github.com', '{subject}', '{email}', 'Ada', '', 1, 1, 1
           FROM email_addresses e WHERE e.address_key = '{ADA}'"
    ));
}

#[tokio::test]
async fn the_account_page_connects_and_disconnects_accounts() {
    let app = TestApp::with_settings(github).await;
    let ada = app.create_user(ADA).await;
    ada.get("/account").await.assert_page(200, "value=\"github_oauth\">Connect GitHub</button>");
    let connect = [("provider", "github_oauth")];
    ada.post("/account/connections/connect", &connect).await.assert_page(200, "Continuing to GitHub");
    add_identity(&app, 71, "1", "ada@home.example");
    let page = ada.get("/account").await.assert_page(200, "<bdi>ada@home.example</bdi>");
    assert!(!page.contains("Connect GitHub"), "{page}");
    let path = "/account/connections/71/disconnect";
    let page = ada.post(path, &[]).await.assert_page(200, "Disconnect GitHub (ada@home.example)?");
    assert!(page.contains("name=\"sure\" value=\"yes\""), "{page}");
    ada.post(path, &[("sure", "yes")]).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "Account disconnected.");
    ada.post(path, &[("sure", "yes")]).await.assert_page(404, "This account is no longer connected.");
    let without = TestApp::start().await;
    let ben = without.create_user("ben@example.com").await;
    assert!(!ben.get("/account").await.text.contains("Connected accounts"));
}

#[tokio::test]
async fn the_last_way_in_stays_connected() {
    let app = TestApp::with_settings(github).await;
    let ada = app.create_user(ADA).await;
    add_identity(&app, 71, "1", "");
    app.execute("UPDATE users SET password_digest = NULL");
    let page = ada.post("/account/connections/71/disconnect", &[("sure", "yes")]).await;
    page.assert_page(400, "You could not sign in any more.");
    assert_eq!(app.count("SELECT COUNT(*) FROM identities"), 1);
}

#[tokio::test]
async fn connecting_needs_a_recent_proof() {
    let app = TestApp::with_settings(|settings| {
        github(settings);
        settings.reauthentication.max_age = std::time::Duration::from_mins(10);
    })
    .await;
    let ada = app.create_user(ADA).await;
    app.advance(std::time::Duration::from_mins(11));
    let connect = [("provider", "github_oauth")];
    let page = ada.post("/account/connections/connect", &connect).await.assert_page(403, "proof_password");
    assert!(page.contains("You are about to connect an account of another service."), "{page}");
    let proved = [("provider", "github_oauth"), ("proof", "password"), ("proof_password", crate::harness::PASSWORD)];
    ada.post("/account/connections/connect", &proved).await.assert_page(200, "Continuing to GitHub");
}

#[tokio::test]
async fn a_required_connection_is_one_button_away() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@acme.example").await;
    let nina = app.create_member(&owner, &organization, "nina@acme.example", "").await;
    let outsider = app.create_member(&owner, &organization, "ben@other.example", "").await;
    app.verify_all_addresses();
    let connection = add_connection(&app, &owner, &organization, "acme.example").await;
    let id = connection.rsplit('/').next().unwrap();
    app.execute("UPDATE enterprise_connections SET is_enabled = 1, is_required = 1");
    app.execute("UPDATE organizations SET requires_sso = 1");
    let members = format!("/organizations/{organization}/-/members");
    let page = nina.get(&members).await.assert_page(403, "Acme requires single sign-on");
    for shown in
        [format!("action=\"{SSO}\""), format!("name=\"connection\" value=\"{id}\""), format!("value=\"{members}\"")]
    {
        assert!(page.contains(&shown), "{shown}: {page}");
    }
    assert!(!page.contains("Is your identity provider down?"), "{page}");
    // An admin has another way, for emergencies.
    let page = owner.get(&members).await.assert_page(403, "Is your identity provider down?");
    assert!(page.contains("href=\"/account/confirm-second-factor?minimum=two_factors"), "{page}");
    outsider.get(&members).await.assert_page(200, "<h1>");
    nina.get("/organizations").await.assert_page(200, "Single sign-on required");
    let choice = [("organization", organization.as_str())];
    nina.get("/choose-organization").await.assert_page(200, "Single sign-on required");
    nina.post("/choose-organization", &choice).await.assert_page(403, "Acme requires single sign-on");
}
