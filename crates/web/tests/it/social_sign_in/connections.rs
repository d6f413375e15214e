//! Connected accounts: connecting, disconnecting, and the last way in.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::settings::SocialProvider;
use vestibule_testbed::Database;

use super::{ADA, EVE, EXAMPLE, GOOGLE, identities, signed_in_as, start, start_with, user_id, users};
use crate::harness::identity_provider::{IdentityProvider, Part, RETURN_TO, person, social_provider};
use crate::harness::{PASSWORD, TestApp, TestAppBuilder, TestClient, TestResponse, allow_this_machine, text};
use crate::platform::PlatformClient;

struct Setup {
    app: TestApp,
    google: IdentityProvider,
    example: IdentityProvider,
    ada: TestClient,
}

/// Ada has a verified address and a password, and no connection.
async fn setup() -> Setup {
    let (google, example) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let app = start(&[(GOOGLE, &google), (EXAMPLE, &example)]).await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    Setup { app, google, example, ada }
}

async fn connections(client: &TestClient) -> Vec<Value> {
    client.get("/me").await.ok()["social_connections"].as_array().unwrap().clone()
}

async fn disconnect(client: &TestClient, id: &Value) -> TestResponse {
    client.post(&format!("/me/social-connections/{}/disconnect", text(id)), &[]).await
}

#[tokio::test]
async fn connects_any_account_of_a_provider_and_signs_in_with_it() {
    let setup = setup().await;
    let connected = setup.ada.link(EXAMPLE, &setup.example, &person("1", "nick@elsewhere.example")).await.ok();
    assert_eq!(connected["redirect_uri"], RETURN_TO);
    let listed = connections(&setup.ada).await;
    assert_eq!(listed[0]["email_address"], "nick@elsewhere.example");
    // It is no address of the account.
    assert_eq!(setup.ada.get("/me/email-addresses").await.ok().as_array().unwrap().len(), 1);
    let nick = person("1", "nick@elsewhere.example");
    signed_in_as(setup.app.anonymous().go_through(EXAMPLE, &setup.example, &nick).await, ADA);
    assert_eq!((users(&setup.app), identities(&setup.app)), (1, 1));
    // By mail, to the address of the account.
    assert!(setup.app.mail(ADA).text.contains("Example"), "{}", setup.app.mail(ADA).text);
}

#[tokio::test]
async fn connecting_needs_a_recent_proof() {
    let google = IdentityProvider::start().await;
    let app = start_with(&[(GOOGLE, &google)], |settings| {
        settings.reauthentication.max_age = Duration::from_secs(600);
    })
    .await;
    let ada = app.create_user(ADA).await;
    app.advance(Duration::from_secs(601));
    let path = format!("/me/init-sso-connection?provider={GOOGLE}&redirect_uri=http%3A%2F%2Fvestibule.test%2F");
    ada.post(&path, &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    app.anonymous().post(&path, &[]).await.assert_error(401, "UNAUTHORIZED");
    ada.reauthenticate().await;
    ada.link(GOOGLE, &google, &person("1", "x@gmail.com")).await.ok();
}

#[tokio::test]
async fn identity_of_another_account_is_not_taken_over() {
    let setup = setup().await;
    setup.ada.link(GOOGLE, &setup.google, &person("1", ADA)).await.ok();
    let eve = setup.app.create_user(EVE).await;
    let refused = eve.link(GOOGLE, &setup.google, &person("1", ADA)).await;
    refused.assert_error(400, "SOCIAL_ACCOUNT_ALREADY_CONNECTED");
    assert!(connections(&eve).await.is_empty());
    assert_eq!(identities(&setup.app), 1);
}

#[tokio::test]
async fn two_people_who_connect_one_identity_at_once() {
    let setup = setup().await;
    let eve = setup.app.create_user(EVE).await;
    let mut callbacks = Vec::new();
    for client in [&setup.ada, &eve] {
        let url = client.begin_link(GOOGLE).await;
        callbacks.push(setup.google.approve(&url, &person("1", "both@gmail.com")));
    }
    let (one, other) = tokio::join!(setup.ada.finish_link(&callbacks[0]), eve.finish_link(&callbacks[1]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{} {}", one.text, other.text);
    assert_eq!(identities(&setup.app), 1);
}

/// The attacker begins, and has the victim's browser finish: the attacker's identity would be a key to the victim's
/// account.
#[tokio::test]
async fn connection_is_finished_by_the_session_and_user_that_began() {
    let setup = setup().await;
    let eve = setup.app.create_user(EVE).await;
    let url = eve.begin_link(GOOGLE).await;
    let callback = setup.google.approve(&url, &person("evil", "evil@gmail.com"));
    setup.ada.finish_link(&callback).await.assert_error(400, "INVALID_STATE");
    setup.app.anonymous().finish_link(&callback).await.assert_error(401, "UNAUTHORIZED");
    // The same browser, with another account in it.
    eve.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    eve.finish_link(&callback).await.assert_error(400, "INVALID_STATE");
    assert_eq!(identities(&setup.app), 0);
}

/// A response for one purpose is none for the other.
#[tokio::test]
async fn purpose_of_a_request_does_not_change() {
    let setup = setup().await;
    let url = setup.ada.begin_link(GOOGLE).await;
    let link = setup.google.approve(&url, &person("1", "other@gmail.com"));
    let mut as_sign_in = link.clone();
    as_sign_in.path = "/auth/oauth2/callback".to_owned();
    setup.ada.come_back(&as_sign_in).await.assert_error(400, "INVALID_STATE");
    let url = setup.ada.begin_social(GOOGLE).await;
    let sign_in = setup.google.approve(&url, &person("1", "other@gmail.com"));
    setup.ada.finish_link(&sign_in).await.assert_error(400, "INVALID_STATE");
    assert_eq!((users(&setup.app), identities(&setup.app)), (1, 0));
}

#[tokio::test]
async fn last_way_in_is_not_disconnected() {
    let google = IdentityProvider::start().await;
    // Without mail, an address is no way in.
    let builder = TestAppBuilder::new(Database::create());
    let app = builder.with_mail_transport(None).with_settings(|settings| {
        allow_this_machine(settings);
        settings.social.providers = vec![social_provider(GOOGLE, &google)];
    });
    let app = app.build().await;
    google.attach(&app);
    let ada = app.anonymous();
    signed_in_as(ada.go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    let only = connections(&ada).await[0]["id"].clone();
    disconnect(&ada, &only).await.assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    // A second account of the provider is another way.
    ada.link(GOOGLE, &google, &person("2", "ada2@gmail.com")).await.ok();
    disconnect(&ada, &only).await.ok();
    let other = connections(&ada).await[0]["id"].clone();
    disconnect(&ada, &other).await.assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("2", "ada2@gmail.com")).await, ADA);
    // As is a password; and it cannot be removed while it is the last one.
    ada.post("/me/update-password", &[("new_password", PASSWORD)]).await.ok();
    disconnect(&ada, &other).await.ok();
    let removed = ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await;
    removed.assert_error(400, "NO_ALTERNATIVE_AUTH_METHOD");
}

#[tokio::test]
async fn disconnected_identity_signs_in_no_more() {
    let setup = setup().await;
    let nick = person("1", "nick@elsewhere.example");
    setup.ada.link(EXAMPLE, &setup.example, &nick).await.ok();
    let id = connections(&setup.ada).await[0]["id"].clone();
    let eve = setup.app.create_user(EVE).await;
    disconnect(&eve, &id).await.assert_error(404, "SOCIAL_CONNECTION_NOT_FOUND");
    disconnect(&setup.app.anonymous(), &id).await.assert_error(401, "UNAUTHORIZED");
    disconnect(&setup.ada, &id).await.ok();
    disconnect(&setup.ada, &id).await.assert_error(404, "SOCIAL_CONNECTION_NOT_FOUND");
    assert!(connections(&setup.ada).await.is_empty());
    let session =
        signed_in_as(setup.app.anonymous().go_through(EXAMPLE, &setup.example, &nick).await, "nick@elsewhere.example");
    assert_ne!(session["active_signin"]["user"]["email"], ADA);
}

/// Two requests at once do not each see the other identity as the one that stays.
#[tokio::test]
async fn two_last_identities_are_not_both_disconnected() {
    let setup = setup().await;
    setup.ada.link(GOOGLE, &setup.google, &person("1", "one@gmail.com")).await.ok();
    setup.ada.link(EXAMPLE, &setup.example, &person("2", "two@example.org")).await.ok();
    // Neither a password nor an address that could receive a code.
    setup.app.execute("UPDATE users SET password_digest = NULL");
    setup.app.execute("UPDATE email_addresses SET verified_at = NULL");
    let ids: Vec<_> = connections(&setup.ada).await.iter().map(|one| one["id"].clone()).collect();
    let (one, other) = tokio::join!(disconnect(&setup.ada, &ids[0]), disconnect(&setup.ada, &ids[1]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!((statuses, identities(&setup.app)), ([200, 400], 1), "{} {}", one.text, other.text);
}

/// Operators see the identities of a user, and the provider's tokens only where the settings keep them.
#[tokio::test]
async fn backends_list_and_delete_identities() {
    let setup = setup().await;
    setup.ada.link(GOOGLE, &setup.google, &person("1", "one@gmail.com")).await.ok();
    let user = text(&setup.ada.get("/me").await.ok()["id"]);
    let backend = PlatformClient::new(&setup.app, "*").await;
    let path = format!("/users/{user}/social-connections");
    let listed = backend.get(&path).await.page();
    assert_eq!((listed.len(), &listed[0]["provider"]), (1, &json!(GOOGLE)));
    assert!(listed[0]["access_token"].as_str().unwrap_or_default().is_empty(), "{listed:?}");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM identities WHERE tokens IS NOT NULL"), 0);
    backend.delete(&format!("{path}/{}", text(&listed[0]["id"]))).await.ok();
    assert_eq!(identities(&setup.app), 0);
}

#[tokio::test]
async fn tokens_are_kept_sealed_where_the_settings_say_so() {
    let google = IdentityProvider::start().await;
    let app = start_with(&[(GOOGLE, &google)], |settings| {
        settings.social.providers.iter_mut().for_each(|provider| provider.keeps_tokens = true);
    })
    .await;
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    assert_eq!(app.count("SELECT COUNT(*) FROM identities WHERE tokens IS NOT NULL"), 1);
    let rows = app.inner.database.rows("SELECT * FROM identities");
    // As text and in the two forms in which drivers show bytes.
    let token = "access-of-provider";
    let hexadecimal = data_encoding::HEXLOWER.encode(token.as_bytes());
    let shown = format!("{rows:?}");
    let decimal = format!("{:?}", token.as_bytes());
    let decimal = decimal.trim_matches(['[', ']']).to_owned();
    assert!(![token, &hexadecimal, &decimal].iter().any(|form| shown.contains(form)), "{shown}");
}

/// Some providers send a refresh token only once.
#[tokio::test]
async fn refresh_token_stays_until_there_is_another() {
    let google = IdentityProvider::start().await;
    let app = TestApp::with_settings(|settings| {
        allow_this_machine(settings);
        settings.social.providers = vec![SocialProvider { keeps_tokens: true, ..social_provider(GOOGLE, &google) }];
    });
    let app = app.await;
    // Backends may read the tokens.
    google.share_clock(&app);
    let backend = PlatformClient::new(&app, "*").await;
    let sign_in = async || {
        let session = signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
        let path = format!("/users/{}/social-connections", user_id(&session));
        let listed = backend.get(&path).await.page();
        (text(&listed[0]["access_token"]), text(&listed[0]["refresh_token"]))
    };
    let (first_access, first_refresh) = sign_in().await;
    assert!(!first_refresh.is_empty());
    google.change(Part::Tokens, |tokens| tokens["refresh_token"] = Value::Null);
    let (access, refresh) = sign_in().await;
    assert_ne!(access, first_access);
    assert_eq!(refresh, first_refresh);
    google.change(Part::Tokens, |tokens| tokens["refresh_token"] = json!("another"));
    assert_eq!(sign_in().await.1, "another");
}
