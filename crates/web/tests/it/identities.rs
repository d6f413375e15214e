//! Identities at identity providers, apart from signing in: nobody loses the last way into their account, nobody
//! disconnects the identity of another, and an account that is taken over keeps none.

use std::time::Duration;

use serde_json::json;
use vestibule_core::Code;
use vestibule_core::cleanup::delete_expired;
use vestibule_core::id::IdentityId;
use vestibule_core::identity::{DisconnectIdentity, ListIdentities};
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::{ClientCredential, Settings, SocialProvider};
use vestibule_testbed::Database;

use crate::harness::{PASSWORD, TestApp, TestAppBuilder, TestClient, text};
use crate::platform::PlatformClient;

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";

fn allow_google(settings: &mut Settings) {
    settings.social.providers.push(SocialProvider {
        id: "google_oauth".parse().unwrap(),
        kind: ProviderKind::Google,
        name: "Google".to_owned(),
        url: "https://accounts.google.com".to_owned(),
        client_id: "client".to_owned(),
        credential: ClientCredential::Public,
        scopes: Vec::new(),
        allows_sign_up: true,
        keeps_tokens: false,
        allowed_tenants: Vec::new(),
    });
}

/// Stores an identity of a user, and returns it.
async fn add_identity(app: &TestApp, client: &TestClient, id: i64, provider: &str) -> IdentityId {
    let user = text(&client.get("/me").await.ok()["id"]);
    app.execute(&format!(
        "INSERT INTO identities (id, user_id, provider, issuer, subject, email, first_name, last_name, last_used_at,
                                 created_at, updated_at)
         VALUES ({id}, {user}, '{provider}', 'https://accounts.google.com', 'subject-{id}', '', '', '', 1, 1, 1)"
    ));
    id.into()
}

async fn disconnect(app: &TestApp, client: &TestClient, id: IdentityId) -> Result<(), Code> {
    app.run(client, DisconnectIdentity { id }).await.map_err(|problem| problem.code())
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let builder = TestAppBuilder::new(Database::create()).with_mail_transport(None);
    let app = builder.with_settings(allow_google).build().await;
    let ada = app.create_user(ADA).await;
    let remove = [("current_password", PASSWORD)];
    ada.post("/me/remove-password", &remove).await.assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    // A provider that is not configured any more lets nobody in.
    let github = add_identity(&app, &ada, 901, "github_oauth").await;
    ada.post("/me/remove-password", &remove).await.assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    let google = add_identity(&app, &ada, 902, "google_oauth").await;
    ada.post("/me/remove-password", &remove).await.ok();
    assert_eq!(disconnect(&app, &ada, google).await, Err(Code::NoAlternativeAuthMethod));
    assert_eq!(disconnect(&app, &ada, github).await, Ok(()));
    let another = add_identity(&app, &ada, 903, "google_oauth").await;
    assert_eq!(disconnect(&app, &ada, another).await, Ok(()), "the other one still signs in");
    assert_eq!(disconnect(&app, &ada, google).await, Err(Code::NoAlternativeAuthMethod));
    assert_eq!(app.query(&ada, ListIdentities).await.unwrap().len(), 1);
    ada.post("/me/update-password", &[("new_password", "another-sesame-43")]).await.ok();
    assert_eq!(disconnect(&app, &ada, google).await, Ok(()));
    assert!(app.query(&ada, ListIdentities).await.unwrap().is_empty());
}

#[tokio::test]
async fn disconnecting_requires_a_recent_proof_and_is_noticed() {
    let app = TestApp::with_settings(|settings| {
        allow_google(settings);
        settings.reauthentication.max_age = Duration::from_mins(10);
    })
    .await;
    let (ada, ben) = (app.create_user(ADA).await, app.create_user(BEN).await);
    app.verify_all_addresses();
    let id = add_identity(&app, &ada, 901, "google_oauth").await;
    assert_eq!(disconnect(&app, &app.anonymous(), id).await, Err(Code::Unauthorized));
    assert_eq!(disconnect(&app, &ben, id).await, Err(Code::SocialConnectionNotFound));
    app.advance(Duration::from_hours(2));
    assert_eq!(disconnect(&app, &ada, id).await, Err(Code::ReauthenticationRequired));
    ada.reauthenticate().await;
    assert_eq!(disconnect(&app, &ada, id).await, Ok(()));
    assert_eq!(disconnect(&app, &ada, id).await, Err(Code::SocialConnectionNotFound));
    assert_eq!(app.count("SELECT COUNT(*) FROM security_notices WHERE kind = 'identity_removed'"), 1);
    app.drain().await;
}

#[tokio::test]
async fn an_account_that_is_taken_over_keeps_no_identity() {
    let app = TestApp::with_settings(allow_google).await;
    // Another person has created an account with the address of Ada, and connected their own identity.
    let thief = app.create_user(ADA).await;
    add_identity(&app, &thief, 901, "google_oauth").await;
    let ada = app.anonymous();
    let started = ada.post("/auth/signin", &[("email", ADA), ("strategy", "email_otp")]).await.ok();
    let attempt = text(&started["signin_attempts"][0]["id"]);
    let path =
        format!("/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin&strategy=email_otp");
    ada.post(&path, &[]).await.ok();
    let path = format!("/auth/attempt-verification?attempt_identifier={attempt}&identifier_type=signin");
    ada.post(&path, &[("verification_code", &app.mailed_code(ADA))]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM identities"), 0);
    thief.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn backends_list_and_delete_identities() {
    let app = TestApp::with_settings(allow_google).await;
    let ada = app.create_user(ADA).await;
    let user = text(&ada.get("/me").await.ok()["id"]);
    add_identity(&app, &ada, 901, "google_oauth").await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let path = format!("/users/{user}/social-connections");
    let listed = backend.get(&path).await.ok();
    assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["access_token"]), (&json!("901"), &json!("")));
    backend.delete(&format!("{path}/901")).await.ok();
    backend.delete(&format!("{path}/901")).await.assert_error(404, "SOCIAL_CONNECTION_NOT_FOUND");
    assert_eq!(app.count("SELECT COUNT(*) FROM identities"), 0);
}

#[tokio::test]
async fn cleanup_and_signing_out_delete_what_has_begun() {
    let app = TestApp::with_settings(allow_google).await;
    let ada = app.create_user(ADA).await;
    let session = app.count("SELECT id FROM sessions");
    let pending = |id: i64, expires_at: i64| {
        app.execute(&format!(
            "INSERT INTO pending_identities (id, session_id, provider, issuer, subject, email, first_name, last_name,
                                             created_at, expires_at)
             VALUES ({id}, {session}, 'google_oauth', 'https://accounts.google.com', 's', '', '', '', 1, {expires_at})"
        ))
    };
    pending(901, 2);
    pending(902, i64::MAX);
    app.execute(&format!(
        "INSERT INTO authorization_requests (id, session_id, purpose, provider, connection_version, return_to, is_page,
                                             created_at, expires_at)
         VALUES (903, {session}, 'sign_in', 'google_oauth', 0, '/', 1, 1, 2)"
    ));
    delete_expired(&app.inner.service).await.unwrap();
    let count = |table| app.count(&format!("SELECT COUNT(*) FROM {table}"));
    assert_eq!((count("pending_identities"), count("authorization_requests")), (1, 0));
    // The next person at this browser must not connect it to their account.
    ada.post("/session/sign-out", &[]).await.ok();
    assert_eq!(count("pending_identities"), 0);
}
