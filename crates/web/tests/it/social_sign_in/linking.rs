//! Whom an identity signs in: the rows of the table in docs/social-sign-in.md, in its order.

use serde_json::{Value, json};
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::{Settings, SignUpMode};

use super::{
    ADA, EVE, EXAMPLE, GITHUB, GOOGLE, addresses, identities, signed_in_as, start, start_with, user_id, users,
    waits_for_profile,
};
use crate::harness::identity_provider::{IdentityProvider, github_user, person, person_with};
use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};
use crate::platform::PlatformClient;

/// An address for which no provider but the owner's own can vouch.
const CARL: &str = "carl@example.com";

async fn google() -> (IdentityProvider, TestApp) {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    (google, app)
}

/// Signs up with the address and proves it. Returns the browser and the id of the user.
async fn verified_user(app: &TestApp, email: &str) -> (TestClient, String) {
    let client = app.create_user(email).await;
    app.verify_all_addresses();
    let id = text(&client.get("/me").await.ok()["id"]);
    (client, id)
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.anonymous().post("/auth/signin", &[("email", email), ("password", password)]).await
}

/// An address can change hands at a provider, or be changed to that of another person. The subject stays.
#[tokio::test]
async fn known_identity_signs_its_user_in_whatever_address_it_has() {
    let (google, app) = google().await;
    let (_, eve) = verified_user(&app, EVE).await;
    let ada = user_id(&signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA));
    for claims in [
        json!({"email": EVE}),
        json!({"email": "new@gmail.com"}),
        json!({"email": EVE, "email_verified": false}),
        json!({"email": null}),
    ] {
        let person = person_with("1", ADA, &claims);
        let session = signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person).await, ADA);
        assert_eq!(user_id(&session), ada, "{claims}");
    }
    assert_ne!(ada, eve);
    // No address moved.
    assert_eq!(addresses(&app), [(EVE.to_owned(), true), (ADA.to_owned(), true)]);
    assert_eq!((users(&app), identities(&app)), (2, 1));
}

#[tokio::test]
async fn vouched_address_of_a_verified_account_links_and_is_reported_by_mail() {
    let (google, app) = google().await;
    let (ada, id) = verified_user(&app, ADA).await;
    let before = app.mail_count(ADA);
    let session = signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    assert_eq!((user_id(&session), users(&app), identities(&app)), (id, 1, 1));
    assert!(app.mail_count(ADA) > before);
    let mail = app.mail(ADA);
    assert!(mail.text.contains("Google"), "{}", mail.text);
    // What was there stays: the other browser and the password.
    ada.get("/me").await.ok();
    sign_in(&app, ADA, PASSWORD).await.ok();
}

/// The address of a deleted account at the provider can be given to another person, with another subject.
#[tokio::test]
async fn second_identity_of_a_provider_is_not_linked_by_the_address() {
    let (google, app) = google().await;
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    let stranger = app.anonymous();
    waits_for_profile(stranger.go_through(GOOGLE, &google, &person("2", ADA)).await);
    stranger.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

/// The creator of the account has waited for the owner of the address (pre-hijacking): nothing of theirs may stay.
#[tokio::test]
async fn vouched_address_of_an_unverified_account_claims_it() {
    let google = IdentityProvider::start().await;
    let example = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google), (EXAMPLE, &example)]).await;
    let attacker = app.create_user(ADA).await;
    attacker.link(EXAMPLE, &example, &person("attacker", "attacker@evil.example")).await.ok();
    attacker.add_authenticator().await;
    assert_eq!(identities(&app), 1);

    let owner = app.anonymous();
    signed_in_as(owner.go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    assert_eq!(addresses(&app), [(ADA.to_owned(), true)]);
    // Neither the session, nor the password, nor the identity, nor the authenticator.
    attacker.get("/me").await.assert_error(401, "UNAUTHORIZED");
    sign_in(&app, ADA, PASSWORD).await.assert_error(401, "INVALID_CREDENTIALS");
    let evil = person("attacker", "attacker@evil.example");
    let again = app.anonymous().go_through(EXAMPLE, &example, &evil).await;
    assert_ne!(again.body["data"]["session"]["active_signin"]["user"]["email"], ADA, "{}", again.text);
    let me = owner.get("/me").await.ok();
    assert_eq!((&me["has_password"], &me["user_authenticator"]), (&json!(false), &Value::Null), "{me}");
    let listed = me["social_connections"].as_array().unwrap();
    assert!(listed.len() == 1 && listed[0]["provider"] == GOOGLE, "{me}");
}

#[tokio::test]
async fn vouched_address_without_account_creates_a_verified_one() {
    let google = IdentityProvider::start().await;
    // Also where addresses must be verified: this one is.
    let app = start_with(&[(GOOGLE, &google)], |settings| settings.verify_addresses = true).await;
    let workspace = person_with("1", "carl@acme.example", &json!({"hd": "acme.example"}));
    for (person, email) in [(person("2", ADA), ADA), (workspace, "carl@acme.example")] {
        signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person).await, email);
    }
    assert!(addresses(&app).iter().all(|(_, is_verified)| *is_verified));
}

/// What is no proof that the provider owns the mailbox or has verified it.
#[tokio::test]
async fn address_is_vouched_for_only_by_the_owner_of_the_mailbox() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    verified_user(&app, CARL).await;
    verified_user(&app, ADA).await;
    for (row, (email, claims)) in [
        // An account of Google with an address of another provider.
        (CARL, json!({})),
        (CARL, json!({"hd": "other.example"})),
        (CARL, json!({"hd": "EXAMPLE.com.evil.example"})),
        (CARL, json!({"hd": ["example.com"]})),
        (CARL, json!({"hd": "example.com", "email_verified": false})),
        // Only `true` is true.
        (ADA, json!({"email_verified": null})),
        (ADA, json!({"email_verified": false})),
        (ADA, json!({"email_verified": "true"})),
        (ADA, json!({"email_verified": 1})),
        (ADA, json!({"email_verified": [true]})),
        (ADA, json!({"email_verified": {"value": true}})),
    ]
    .into_iter()
    .enumerate()
    {
        let person = person_with(&format!("row-{row}"), email, &claims);
        let browser = app.anonymous();
        waits_for_profile(browser.go_through(GOOGLE, &google, &person).await);
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!((users(&app), identities(&app)), (2, 0));
}

/// GitHub and providers of the settings are entitled for no domain, whatever they say.
#[tokio::test]
async fn providers_without_mailboxes_never_vouch() {
    let (github, example) = (IdentityProvider::start_as(ProviderKind::GitHub).await, IdentityProvider::start().await);
    let app = start(&[(GITHUB, &github), (EXAMPLE, &example)]).await;
    verified_user(&app, ADA).await;
    let claims = json!({"hd": "gmail.com", "xms_edov": true});
    waits_for_profile(app.anonymous().go_through(EXAMPLE, &example, &person_with("1", ADA, &claims)).await);
    waits_for_profile(app.anonymous().go_through(GITHUB, &github, &github_user(1, ADA)).await);
    assert_eq!(identities(&app), 0);
}

#[tokio::test]
async fn free_address_creates_an_unverified_account_if_that_is_allowed() {
    let example = IdentityProvider::start().await;
    let app = start(&[(EXAMPLE, &example)]).await;
    signed_in_as(app.anonymous().go_through(EXAMPLE, &example, &person("1", CARL)).await, CARL);
    assert_eq!(addresses(&app), [(CARL.to_owned(), false)]);

    let app = start_with(&[(EXAMPLE, &example)], |settings| settings.verify_addresses = true).await;
    waits_for_profile(app.anonymous().go_through(EXAMPLE, &example, &person("1", CARL)).await);
    assert_eq!(users(&app), 0);
}

/// Who may sign up: the mode of the settings, and the provider's own.
#[tokio::test]
async fn account_is_created_only_where_people_may_sign_up() {
    let (google, example) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let restricted: fn(&mut Settings) = |settings| settings.sign_up = SignUpMode::Restricted;
    let waitlist: fn(&mut Settings) = |settings| settings.sign_up = SignUpMode::Waitlist;
    let by_provider: fn(&mut Settings) =
        |settings| settings.social.providers.iter_mut().for_each(|provider| provider.allows_sign_up = false);
    for (change, status, code) in [
        (restricted, 403, "SIGNUP_RESTRICTED"),
        (waitlist, 400, "SIGNUP_WAITLIST_ONLY"),
        (by_provider, 403, "SIGNUP_RESTRICTED"),
    ] {
        let app = start_with(&[(GOOGLE, &google), (EXAMPLE, &example)], change).await;
        let browser = app.anonymous();
        browser.go_through(GOOGLE, &google, &person("1", ADA)).await.assert_error(status, code);
        assert_eq!((users(&app), identities(&app)), (0, 0));
        assert_eq!(browser.get("/session").await.ok()["active_signin"], Value::Null);
    }
    // Those who have an account sign in.
    let app = start_with(&[(GOOGLE, &google)], by_provider).await;
    verified_user(&app, ADA).await;
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
}

/// Accounts with this address, and without it, look alike to the person.
#[tokio::test]
async fn whether_an_address_is_taken_is_not_revealed() {
    let example = IdentityProvider::start().await;
    let app = start_with(&[(EXAMPLE, &example)], |settings| settings.verify_addresses = true).await;
    let mut seen = Vec::new();
    for (is_taken, email) in [(true, "xyz1@example.com"), (false, "xyz2@example.com")] {
        if is_taken {
            let backend = PlatformClient::new(&app, "*").await;
            let fields = json!({"first_name": "Taken", "last_name": "Test", "email_address": email});
            backend.post("/users", &fields).await.ok();
        }
        let response = app.anonymous().go_through(EXAMPLE, &example, &person(email, email)).await;
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        seen.push((response.status, response.text.chars().map(digits).collect::<String>()));
        waits_for_profile(response);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn two_callbacks_of_one_new_identity_create_one_account() {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let browsers: Vec<_> = (0..4).map(|_| app.anonymous()).collect();
    let mut callbacks = Vec::new();
    for browser in &browsers {
        let url = browser.begin_social(GOOGLE).await;
        callbacks.push(google.approve(&url, &person("1", ADA)));
    }
    let responses = browsers.iter().zip(&callbacks).map(|(browser, callback)| browser.come_back(callback));
    let responses = futures_util::future::join_all(responses).await;
    let is_signed_in =
        |response: &&TestResponse| response.body["data"]["session"]["active_signin"]["user"]["email"] == ADA;
    assert!(responses.iter().filter(is_signed_in).count() >= 1);
    assert_eq!((users(&app), identities(&app)), (1, 1));
}
