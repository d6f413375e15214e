//! The rules of passkeys: what an answer of a browser must have, how often it works and for whom, and who can add and
//! remove passkeys.

use std::time::Duration;

use axum::http::HeaderValue;
use serde_json::{Value, json};

use crate::harness::{
    PASSWORD, SoftwareAuthenticator, Tamper, TestApp, TestClient, TestResponse, allow_passkeys, flags, text,
};

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";
const BEGIN_REGISTRATION: &str = "/me/passkeys/register/begin";
const FINISH_REGISTRATION: &str = "/me/passkeys/register/finish";
const BEGIN_SIGN_IN: &str = "/auth/passkey/login/begin";
const FINISH_SIGN_IN: &str = "/auth/passkey/login/finish";
const BEGIN_PROOF: &str = "/me/reauthenticate/passkey/begin";
const CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);

/// The flags that an authenticator without synchronization leaves out.
const DEVICE_BOUND: u8 = flags::BACKUP_ELIGIBLE | flags::BACKED_UP;

async fn start() -> TestApp {
    TestApp::with_settings(allow_passkeys).await
}

/// Ada with a passkey.
async fn start_with_passkey() -> (TestApp, TestClient, SoftwareAuthenticator) {
    let app = start().await;
    let (ada, authenticator) = (app.create_user(ADA).await, SoftwareAuthenticator::new(1));
    ada.add_passkey(&authenticator).await;
    (app, ada, authenticator)
}

async fn begin(client: &TestClient, path: &str) -> Value {
    client.post(path, &[]).await.ok()["options"].clone()
}

async fn register(client: &TestClient, authenticator: &SoftwareAuthenticator, tamper: &Tamper) -> TestResponse {
    let options = begin(client, BEGIN_REGISTRATION).await;
    client.post_json(FINISH_REGISTRATION, &authenticator.register(&options, tamper)).await
}

async fn answer(
    client: &TestClient,
    options: &Value,
    authenticator: &SoftwareAuthenticator,
    tamper: &Tamper,
) -> TestResponse {
    client.post_json(FINISH_SIGN_IN, &json!({"credential": authenticator.sign_in(options, tamper)})).await
}

/// Signs in, in a browser of its own.
async fn sign_in(app: &TestApp, authenticator: &SoftwareAuthenticator, tamper: &Tamper) -> TestResponse {
    let browser = app.anonymous();
    let options = begin(&browser, BEGIN_SIGN_IN).await;
    answer(&browser, &options, authenticator, tamper).await
}

async fn prove(client: &TestClient, authenticator: &SoftwareAuthenticator) -> TestResponse {
    let options = begin(client, BEGIN_PROOF).await;
    let credential = authenticator.sign_in(&options, &Tamper::default());
    client.post_json("/me/reauthenticate", &json!({"credential": credential})).await
}

async fn sign_in_with_password(app: &TestApp, email: &str) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", PASSWORD)]).await.ok();
    client
}

async fn passkeys(client: &TestClient) -> Vec<Value> {
    client.get("/me/passkeys").await.ok().as_array().unwrap().clone()
}

/// What no answer may have, of a registration or of a sign-in.
fn lies() -> Vec<(&'static str, Tamper)> {
    let tamper = Tamper::default;
    vec![
        ("origin", Tamper { origin: Some("http://localhost:8081".to_owned()), ..tamper() }),
        ("relying party", Tamper { rp_id: Some("example.com".to_owned()), ..tamper() }),
        ("ceremony", Tamper { ceremony: Some("payment.get"), ..tamper() }),
        ("frame", Tamper { cross_origin: true, ..tamper() }),
        ("absent user", Tamper { clear_flags: flags::USER_PRESENT, ..tamper() }),
        ("unverified user", Tamper { clear_flags: flags::USER_VERIFIED, ..tamper() }),
        ("backup without eligibility", Tamper { clear_flags: flags::BACKUP_ELIGIBLE, ..tamper() }),
        ("no extensions", Tamper { set_flags: flags::EXTENSIONS, ..tamper() }),
    ]
}

#[tokio::test]
async fn every_lie_is_refused_and_changes_nothing() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = SoftwareAuthenticator::new(1);
    let unknown_algorithm = ("algorithm", Tamper { algorithm: Some(-9), ..Tamper::default() });
    let no_object = ("attestation", Tamper { attestation_object: Some(vec![0xa0]), ..Tamper::default() });
    for (name, lie) in lies().into_iter().chain([unknown_algorithm, no_object]) {
        let response = register(&ada, &authenticator, &lie).await;
        assert_eq!(response.status, 400, "{name}");
        response.assert_error(400, "INVALID_PASSKEY");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys"), 0);

    ada.add_passkey(&authenticator).await;
    let other_handle = ("user handle", Tamper { user_handle: Some(json!("AAAAAAAAAAE")), ..Tamper::default() });
    let signature = ("signature", Tamper { breaks_signature: true, ..Tamper::default() });
    let device_bound = ("eligibility", Tamper { clear_flags: DEVICE_BOUND, ..Tamper::default() });
    for (name, lie) in lies().into_iter().chain([other_handle, signature, device_bound]) {
        let response = sign_in(&app, &authenticator, &lie).await;
        assert_eq!(response.status, 400, "{name}");
        response.assert_error(400, "INVALID_PASSKEY");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE last_used_at IS NOT NULL"), 0);
    sign_in(&app, &authenticator, &Tamper { user_handle: Some(Value::Null), ..Tamper::default() }).await.ok();
}

#[tokio::test]
async fn challenge_is_answered_once_in_time() {
    let (app, _, authenticator) = start_with_passkey().await;
    let browser = app.anonymous();
    let options = begin(&browser, BEGIN_SIGN_IN).await;
    let wrong = Tamper { breaks_signature: true, ..Tamper::default() };
    answer(&browser, &options, &authenticator, &wrong).await.assert_error(400, "INVALID_PASSKEY");
    let right = answer(&browser, &options, &authenticator, &Tamper::default()).await;
    right.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");

    let options = begin(&browser, BEGIN_SIGN_IN).await;
    app.advance(CHALLENGE_LIFETIME);
    let late = answer(&browser, &options, &authenticator, &Tamper::default()).await;
    late.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");

    let options = begin(&browser, BEGIN_SIGN_IN).await;
    app.advance(CHALLENGE_LIFETIME - Duration::from_secs(1));
    answer(&browser, &options, &authenticator, &Tamper::default()).await.ok();
    let again = answer(&browser, &options, &authenticator, &Tamper::default()).await;
    again.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
}

#[tokio::test]
async fn challenge_belongs_to_its_session_ceremony_and_user() {
    let (app, ada, authenticator) = start_with_passkey().await;
    let (browser, other) = (app.anonymous(), app.anonymous());
    let (options, _) = (begin(&browser, BEGIN_SIGN_IN).await, begin(&other, BEGIN_SIGN_IN).await);
    for stranger in [&other, &app.anonymous()] {
        let response = answer(stranger, &options, &authenticator, &Tamper::default()).await;
        response.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
    }
    answer(&browser, &options, &authenticator, &Tamper::default()).await.ok();

    // Ada's own challenges, for something else.
    let localhost = Tamper { rp_id: Some("localhost".to_owned()), ..Tamper::default() };
    for path in [BEGIN_PROOF, BEGIN_REGISTRATION] {
        let options = begin(&ada, path).await;
        answer(&ada, &options, &authenticator, &localhost).await.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
    }
    let sign_in = begin(&ada, BEGIN_SIGN_IN).await;
    let registration = begin(&ada, BEGIN_REGISTRATION).await;
    let mixed_up = Tamper { challenge: Some(text(&sign_in["challenge"])), ..Tamper::default() };
    let credential = SoftwareAuthenticator::new(2).register(&registration, &mixed_up);
    ada.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");

    // Ben becomes the active user of Ada's session.
    app.create_user(BEN).await;
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    ada.post("/auth/signin", &[("email", BEN), ("password", PASSWORD)]).await.ok();
    let credential = SoftwareAuthenticator::new(3).register(&options, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
}

#[tokio::test]
async fn session_has_ten_open_challenges_at_most() {
    let (app, _, authenticator) = start_with_passkey().await;
    app.execute("DELETE FROM passkey_challenges");
    let browser = app.anonymous();
    let first = begin(&browser, BEGIN_SIGN_IN).await;
    app.advance(Duration::from_secs(1));
    let second = begin(&browser, BEGIN_SIGN_IN).await;
    app.advance(Duration::from_secs(1));
    for _ in 0..9 {
        begin(&browser, BEGIN_SIGN_IN).await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM passkey_challenges"), 10);
    let replaced = answer(&browser, &first, &authenticator, &Tamper::default()).await;
    replaced.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
    answer(&browser, &second, &authenticator, &Tamper::default()).await.ok();
}

#[tokio::test]
async fn counter_finds_copies_of_device_bound_passkeys_only() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let bound = |counter| Tamper { clear_flags: DEVICE_BOUND, counter: Some(counter), ..Tamper::default() };
    let synchronized = |counter| Tamper { counter: Some(counter), ..Tamper::default() };
    let [device, cloud, simple] = [1, 2, 3].map(SoftwareAuthenticator::new);
    register(&ada, &device, &bound(5)).await.ok();
    register(&ada, &cloud, &synchronized(5)).await.ok();
    register(&ada, &simple, &bound(0)).await.ok();
    for counter in [0, 4, 5] {
        sign_in(&app, &device, &bound(counter)).await.assert_error(400, "INVALID_PASSKEY");
    }
    sign_in(&app, &device, &bound(6)).await.ok();
    sign_in(&app, &device, &bound(6)).await.assert_error(400, "INVALID_PASSKEY");
    for counter in [3, 9, 0] {
        sign_in(&app, &cloud, &synchronized(counter)).await.ok();
    }
    for _ in 0..2 {
        sign_in(&app, &simple, &bound(0)).await.ok();
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE sign_count = 6 AND backup_eligible = 0"), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE sign_count = 9 AND backup_eligible = 1"), 1);
}

#[tokio::test]
async fn unknown_and_removed_passkeys_and_disabled_users_do_not_sign_in() {
    let (app, ada, authenticator) = start_with_passkey().await;
    let unknown = sign_in(&app, &SoftwareAuthenticator::new(2), &Tamper::default()).await;
    unknown.assert_error(404, "PASSKEY_NOT_FOUND");

    app.execute("UPDATE users SET disabled = 1");
    let wrong = Tamper { breaks_signature: true, ..Tamper::default() };
    sign_in(&app, &authenticator, &wrong).await.assert_error(400, "INVALID_PASSKEY");
    sign_in(&app, &authenticator, &Tamper::default()).await.assert_error(403, "USER_DISABLED");
    app.execute("UPDATE users SET disabled = 0");

    let id = text(&passkeys(&ada).await[0]["id"]);
    ada.post(&format!("/me/passkeys/{id}/delete"), &[]).await.ok();
    sign_in(&app, &authenticator, &Tamper::default()).await.assert_error(404, "PASSKEY_NOT_FOUND");
}

#[tokio::test]
async fn passkey_stands_for_both_factors() {
    let (app, ada, authenticator) = start_with_passkey().await;
    ada.add_authenticator().await;
    let browser = app.anonymous();
    let pending = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(pending["active_signin"], Value::Null);
    let session = browser.sign_in_with_passkey(&authenticator).await;
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
    assert_eq!(app.count("SELECT COUNT(*) FROM pending_sign_ins"), 0);
    let options = begin(&browser, BEGIN_SIGN_IN).await;
    let again = answer(&browser, &options, &authenticator, &Tamper::default()).await;
    again.assert_error(400, "USER_ALREADY_SIGNED_IN");
}

#[tokio::test]
async fn passkey_is_on_one_account_once() {
    let (app, ada, authenticator) = start_with_passkey().await;
    let ben = app.create_user(BEN).await;
    for user in [&ada, &ben] {
        register(user, &authenticator, &Tamper::default()).await.assert_error(400, "PASSKEY_EXISTS");
    }
    assert_eq!(begin(&ada, BEGIN_REGISTRATION).await["excludeCredentials"][0]["id"], authenticator.credential_id());
    for seed in 2..20 {
        ada.add_passkey(&SoftwareAuthenticator::new(seed)).await;
    }
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    ada.add_passkey(&SoftwareAuthenticator::new(20)).await;
    let credential = SoftwareAuthenticator::new(21).register(&options, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, "TOO_MANY_PASSKEYS");
    ada.post(BEGIN_REGISTRATION, &[]).await.assert_error(400, "TOO_MANY_PASSKEYS");
    assert_eq!(passkeys(&ada).await.len(), 20);
}

#[tokio::test]
async fn changes_require_the_second_factor() {
    let (app, ada, authenticator) = start_with_passkey().await;
    let id = text(&passkeys(&ada).await[0]["id"]);
    let borrowed = sign_in_with_password(&app, ADA).await;
    borrowed.post("/me/reauthenticate", &[("password", PASSWORD)]).await.ok();
    for path in [BEGIN_REGISTRATION.to_owned(), format!("/me/passkeys/{id}/delete")] {
        let refused = borrowed.post(&path, &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
        assert_eq!(refused["data"]["methods"], json!(["passkey"]), "{path}");
    }
    let ben = app.create_user(BEN).await;
    ben.post(BEGIN_PROOF, &[]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    let of_ben = SoftwareAuthenticator::new(2);
    ben.add_passkey(&of_ben).await;
    prove(&borrowed, &of_ben).await.assert_error(404, "PASSKEY_NOT_FOUND");
    prove(&borrowed, &authenticator).await.ok();
    register(&borrowed, &SoftwareAuthenticator::new(3), &Tamper::default()).await.ok();
}

#[tokio::test]
async fn removing_the_last_factor_resets_the_policy() {
    let (_, ada, _) = start_with_passkey().await;
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "none");
    ada.post("/me", &[("second_factor_policy", "enforced")]).await.ok();
    let id = text(&passkeys(&ada).await[0]["id"]);
    ada.post(&format!("/me/passkeys/{id}/delete"), &[]).await.ok();
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "none");
    ada.post(&format!("/me/passkeys/{id}/delete"), &[]).await.assert_error(404, "PASSKEY_NOT_FOUND");
}

#[tokio::test]
async fn passkeys_have_names() {
    let app = start().await;
    let mut ada = app.create_user(ADA).await;
    let chrome =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
    ada.headers.insert("user-agent", HeaderValue::from_static(chrome));
    let added = register(&ada, &SoftwareAuthenticator::new(1), &Tamper::default()).await.ok();
    assert_eq!(added["passkey"]["name"], "Chrome on Linux");

    let path = format!("/me/passkeys/{}", text(&added["passkey"]["id"]));
    let patch = async |client: &TestClient, name: &str| {
        client.send_json(axum::http::Method::PATCH, &path, &json!({"name": name})).await
    };
    assert_eq!(patch(&ada, "  Laptop ").await.ok()["name"], "Laptop");
    for (name, code) in [("", "REQUIRED_FIELD"), ("a\u{202e}b", "INVALID_FIELD"), (&*"x".repeat(65), "INVALID_FIELD")] {
        patch(&ada, name).await.assert_error(400, code);
    }
    let ben = app.create_user(BEN).await;
    patch(&ben, "Mine").await.assert_error(404, "PASSKEY_NOT_FOUND");
    ben.post(&format!("{path}/delete"), &[]).await.assert_error(404, "PASSKEY_NOT_FOUND");
    assert_eq!(passkeys(&ada).await[0]["name"], "Laptop");
}

#[tokio::test]
async fn other_sign_ins_end_if_the_person_wants_it() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let other = sign_in_with_password(&app, ADA).await;
    ada.add_passkey(&SoftwareAuthenticator::new(1)).await;
    other.get("/me").await.ok();
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let credential = SoftwareAuthenticator::new(2).register(&options, &Tamper::default());
    ada.post_json(&format!("{FINISH_REGISTRATION}?sign_out_others=true"), &credential).await.ok();
    other.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.get("/me").await.ok();
}

#[tokio::test]
async fn passkeys_need_a_public_url_where_browsers_offer_them() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    for path in [BEGIN_SIGN_IN, BEGIN_REGISTRATION, BEGIN_PROOF] {
        ada.post(path, &[]).await.assert_error(400, "PASSKEYS_NOT_AVAILABLE");
    }
}

#[tokio::test]
async fn challenges_are_limited_by_network_apart_from_passwords() {
    let app = TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.passwords.attempts_per_address = 1;
    })
    .await;
    // Ten times as many as attempts at passwords.
    for _ in 0..10 {
        begin(&app.anonymous(), BEGIN_SIGN_IN).await;
    }
    app.anonymous().post(BEGIN_SIGN_IN, &[]).await.assert_error(429, "TOO_MANY_REQUESTS");
    let password = [("email", ADA), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &password).await.assert_error(401, "INVALID_CREDENTIALS");
}
