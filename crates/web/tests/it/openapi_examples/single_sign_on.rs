//! Ada signs in with accounts elsewhere, and sets up the single sign-on of her organization.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::Settings;

use super::Recorder;
use crate::domains::verify_domain;
use crate::harness::identity_provider::{
    CLIENT_ID, Callback, IdentityProvider, github_user, person_with, social_provider,
};
use crate::harness::{TestApp, TestClient, allow_this_machine, text};
use crate::provider_calls::allow_github;

const RETURN_TO: &str = "https://app.example.com/sign-in/callback";
const GOOGLE: &str = "google_oauth";
const GITHUB: &str = "github_oauth";
const ADA_AT_ACME: &str = "ada@acme.example";

fn allow_app(settings: &mut Settings) {
    allow_this_machine(settings);
    settings.allowed_origins = vec!["https://app.example.com".to_owned()];
}

/// Ada, as a provider describes her.
fn ada(email: &str) -> Value {
    let claims = json!({
        "given_name": "Ada", "family_name": "Lovelace", "name": "Ada Lovelace", "groups": ["Staff"],
    });
    person_with("00u1f7ada", email, &claims)
}

/// Comes back from a provider to the page of the application, which passes the query on to this call.
async fn finish(recorder: &mut Recorder, browser: &TestClient, call: &str, callback: &Callback) {
    let target = callback.target();
    let (_, query) = target.split_once('?').unwrap();
    recorder.get(browser, &format!("{call}?{query}")).await;
    browser.app.drain().await;
}

pub(super) async fn use_social_providers(recorder: &mut Recorder) {
    begin(recorder).await;
    let google = IdentityProvider::start().await;
    let github = IdentityProvider::start_as(ProviderKind::GitHub).await;
    let app = TestApp::with_settings(|settings| {
        allow_app(settings);
        // Google vouches for the addresses of its own mailboxes, and GitHub for none.
        settings.verify_addresses = true;
        settings.social.providers = vec![social_provider(GOOGLE, &google), social_provider(GITHUB, &github)];
    })
    .await;
    google.attach(&app);
    github.attach(&app);

    let browser = app.anonymous();
    let url = authorization_url(&browser, GOOGLE).await;
    let callback = google.approve(&url, &ada("ada@gmail.com"));
    finish(recorder, &browser, "/auth/oauth2/callback", &callback).await;
    connect_and_disconnect(recorder, &browser, &github).await;

    let carl = app.anonymous();
    let attempt = arrive(&carl, &github, &github_user(2, "carl@example.com")).await;
    let body = json!({"email": "carl@example.com", "first_name": "Carl", "last_name": "Gauss"});
    recorder.post(&carl, &format!("/auth/complete-profile?attempt_id={attempt}"), body).await;

    // Ada has an account. She signs in to it and connects what waits.
    let other = app.anonymous();
    let attempt = arrive(&other, &github, &github_user(1, "ada@example.com")).await;
    let url = authorization_url(&other, GOOGLE).await;
    other.come_back(&google.approve(&url, &ada("ada@gmail.com"))).await.ok();
    recorder.run(&other, &format!("/me/social-connections/pending/{attempt}/connect")).await;
}

/// Begins at the real GitHub, whose URL readers know.
async fn begin(recorder: &mut Recorder) {
    let app = TestApp::with_settings(allow_github).await;
    let ada = app.create_user("ada@example.com").await;
    let body = json!({"provider": GITHUB, "redirect_uri": RETURN_TO});
    recorder.post(&app.anonymous(), "/auth/oauth2/init", body.clone()).await;
    recorder.post(&ada, "/me/init-sso-connection", body).await;
}

async fn authorization_url(browser: &TestClient, provider: &str) -> String {
    text(&browser.begin_social_with(provider, RETURN_TO).await.ok()["oauth_url"])
}

/// Comes back from GitHub, without an account. Returns the attempt that waits for the profile.
async fn arrive(browser: &TestClient, github: &IdentityProvider, user: &Value) -> String {
    let url = authorization_url(browser, GITHUB).await;
    let finished = browser.come_back(&github.approve(&url, user)).await.ok();
    text(&finished["session"]["signin_attempts"].as_array().unwrap().last().unwrap()["id"])
}

async fn connect_and_disconnect(recorder: &mut Recorder, browser: &TestClient, github: &IdentityProvider) {
    let fields = [("provider", GITHUB), ("redirect_uri", RETURN_TO)];
    let url = text(&browser.post("/me/init-sso-connection", &fields).await.ok()["oauth_url"]);
    let target = github.approve(&url, &github_user(1, "ada@example.com")).target();
    let (_, query) = target.split_once('?').unwrap();
    recorder.run(browser, &format!("/me/sso-connection-callback?{query}")).await;
    let me = browser.get("/me").await.ok();
    let connected = me["social_connections"].as_array().unwrap().iter().find(|one| one["provider"] == GITHUB);
    let id = text(&connected.unwrap()["id"]);
    recorder.run(browser, &format!("/me/social-connections/{id}/disconnect")).await;
}

/// Acme and its connection, which is enabled.
struct Acme {
    app: TestApp,
    provider: IdentityProvider,
    admin: TestClient,
    /// The path of the connections.
    connections: String,
    /// The id of the connection.
    connection: String,
}

pub(super) async fn use_connection(recorder: &mut Recorder) {
    let Acme { app, provider, admin, connections, connection } = set_up(recorder).await;
    let one = format!("{connections}/{connection}");
    // The list of sign-ins is in the order of their times.
    app.advance(Duration::from_secs(1));
    let browser = app.anonymous();
    let body = json!({"connection_id": connection, "redirect_uri": RETURN_TO, "login_hint": ADA_AT_ACME});
    let url = text(&recorder.post(&browser, "/auth/sso/login", body).await["sso_url"]);
    let callback = provider.approve(&url, &ada(ADA_AT_ACME));
    finish(recorder, &browser, "/auth/sso/oidc/callback", &callback).await;
    recorder.post(&browser, &format!("{one}/require"), json!({"required": true})).await;
    recorder.get(&browser, &connections).await;
    recorder.get(&browser, &one).await;
    recorder.get(&browser, &format!("{one}/sign-ins")).await;
    browser.post_json(&format!("{one}/require"), &json!({"required": false})).await.ok();
    recorder.run(&browser, "/auth/sso/logout").await;
    recorder.run(&admin, &format!("{one}/delete")).await;
}

async fn set_up(recorder: &mut Recorder) -> Acme {
    let app = TestApp::with_settings(allow_app).await;
    let provider = IdentityProvider::start().await;
    provider.attach(&app);
    let (admin, organization) = app.create_organization(ADA_AT_ACME).await;
    app.verify_all_addresses();
    let path = format!("/organizations/{organization}");
    let domain = text(&admin.post(&format!("{path}/domains"), &[("domain", "acme.example")]).await.ok()["id"]);
    verify_domain(&app, &admin, &path, &domain).await;

    let connections = format!("{path}/enterprise-connections");
    let draft = json!({
        "protocol": "oidc",
        "oidc_issuer_url": provider.url(),
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": provider.client_secret(),
    });
    recorder.post(&admin, &format!("{connections}/test"), draft.clone()).await;
    let role = text(&admin.get(&format!("{path}/roles")).await.ok()[0]["id"]);
    let mut body = draft;
    body["name"] = "Entra ID".into();
    body["domain_ids"] = json!([domain]);
    body["attribute_mapping"] = json!({"roles": [{"group": "Staff", "role_id": role}]});
    let connection = text(&recorder.post(&admin, &connections, body).await["id"]);
    let one = format!("{connections}/{connection}");
    recorder.run(&admin, &format!("{one}/test")).await;
    let body = json!({"redirect_uri": "https://app.example.com/sso/test"});
    let url = text(&recorder.post(&admin, &format!("{one}/test-sign-in"), body).await["sso_url"]);
    admin.come_back(&provider.approve(&url, &ada(ADA_AT_ACME))).await.ok();
    let body = json!({"enabled": true, "oidc_client_secret_expires_at": "2027-01-31"});
    recorder.post(&admin, &format!("{one}/update"), body).await;
    Acme { app, provider, admin, connections, connection }
}
