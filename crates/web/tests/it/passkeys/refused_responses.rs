//! Responses that are refused in every ceremony, each for one reason.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{
    ADA, BEGIN_REGISTRATION, BEGIN_SIGN_IN, BEN, FINISH_REGISTRATION, FINISH_SIGN_IN, begin, create_user_with_passkey,
    list, prove, register, sign_in, sign_in_elsewhere, start,
};
use crate::harness::{PASSKEY_ORIGIN, SoftwareAuthenticator, Tamper, TestApp, TestClient, flags, text};

const INVALID: &str = "INVALID_PASSKEY";

/// Asserts that a sign-in with each of these responses is refused.
async fn assert_no_sign_in(app: &TestApp, passkey: &SoftwareAuthenticator, tampers: &[Tamper]) {
    let before = app.count("SELECT COUNT(*) FROM sign_ins");
    for tamper in tampers {
        let browser = app.anonymous();
        sign_in(&browser, passkey, tamper).await.assert_error(400, INVALID);
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM sign_ins"), before);
    sign_in_elsewhere(app, passkey, &Tamper::default()).await.ok();
}

/// Asserts that each of these responses is refused in every ceremony.
async fn assert_refused(tampers: &[Tamper]) {
    let app = start().await;
    let (ada, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    assert_no_sign_in(&app, &passkey, tampers).await;
    let new = SoftwareAuthenticator::new(2);
    for tamper in tampers {
        register(&ada, &new, tamper).await.assert_error(400, INVALID);
        prove(&ada, &passkey, tamper).await.assert_error(400, INVALID);
    }
    assert_eq!(list(&ada).await.len(), 1);
    prove(&ada, &passkey, &Tamper::default()).await.ok();
    register(&ada, &new, &Tamper::default()).await.ok();
}

fn from_origin(origin: &str) -> Tamper {
    Tamper { origin: Some(origin.to_owned()), ..Tamper::default() }
}

#[tokio::test]
async fn page_of_another_origin_is_refused() {
    let origins = [
        "https://evil.example",
        "https://localhost:8080",
        "http://localhost",
        "http://localhost:8081",
        "http://localhost:8080/",
        "HTTP://LOCALHOST:8080",
        "http://localhost:8080.evil.example",
        "http://127.0.0.1:8080",
        "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0",
        "null",
        "",
    ];
    assert_refused(&origins.map(from_origin)).await;
}

/// A browser lets pages of subdomains use the passkey, but only pages that are listed may be trusted with it.
#[tokio::test]
async fn page_below_the_relying_party_is_refused_unless_it_is_listed() {
    assert_refused(&[from_origin("http://app.localhost:8080"), from_origin("http://login.app.localhost:8080")]).await;
}

#[tokio::test]
async fn credential_of_another_relying_party_is_refused() {
    let of = |rp_id: &str| Tamper { rp_id: Some(rp_id.to_owned()), ..Tamper::default() };
    assert_refused(&["evil.example", "app.localhost", "LOCALHOST", "localhost:8080", PASSKEY_ORIGIN, ""].map(of)).await;
}

#[tokio::test]
async fn page_in_a_frame_of_another_site_is_refused() {
    assert_refused(&[Tamper { cross_origin: true, ..Tamper::default() }]).await;
}

#[tokio::test]
async fn response_without_user_verification_is_refused() {
    assert_refused(&[Tamper { clear_flags: flags::USER_VERIFIED, ..Tamper::default() }]).await;
}

#[tokio::test]
async fn response_without_user_presence_is_refused() {
    let cleared = [flags::USER_PRESENT, flags::USER_PRESENT | flags::USER_VERIFIED];
    assert_refused(&cleared.map(|clear_flags| Tamper { clear_flags, ..Tamper::default() })).await;
}

#[tokio::test]
async fn backup_of_a_credential_that_cannot_be_backed_up_is_refused() {
    assert_refused(&[Tamper { clear_flags: flags::BACKUP_ELIGIBLE, ..Tamper::default() }]).await;
}

#[tokio::test]
async fn extensions_that_are_announced_and_missing_are_refused() {
    assert_refused(&[Tamper { set_flags: flags::EXTENSIONS, ..Tamper::default() }]).await;
}

#[tokio::test]
async fn creation_and_use_are_not_taken_for_each_other() {
    let app = start().await;
    let (ada, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let of = |ceremony| Tamper { ceremony: Some(ceremony), ..Tamper::default() };
    assert_no_sign_in(&app, &passkey, &[of("webauthn.create"), of("payment.get"), of("WEBAUTHN.GET"), of("")]).await;
    prove(&ada, &passkey, &of("webauthn.create")).await.assert_error(400, INVALID);
    for ceremony in ["webauthn.get", "webauthn.create "] {
        register(&ada, &SoftwareAuthenticator::new(2), &of(ceremony)).await.assert_error(400, INVALID);
    }
    // Whole responses of the one in the call of the other.
    let created = SoftwareAuthenticator::new(2).register(&begin(&ada, BEGIN_REGISTRATION).await, &Tamper::default());
    ada.post_json(FINISH_SIGN_IN, &created).await.assert_error(400, "INVALID_FIELD");
    let used = passkey.sign_in(&begin(&ada, BEGIN_SIGN_IN).await, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &used).await.assert_error(400, "INVALID_FIELD");
}

#[tokio::test]
async fn wrong_signature_is_refused() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    assert_no_sign_in(&app, &passkey, &[Tamper { breaks_signature: true, ..Tamper::default() }]).await;
    // Another key that claims this credential, and signatures that are none.
    let other_key = SoftwareAuthenticator::new(2);
    let claims = Tamper { credential_id: Some(passkey.credential_id()), ..Tamper::default() };
    sign_in_elsewhere(&app, &other_key, &claims).await.assert_error(400, INVALID);
    for signature in ["AA".to_owned(), "MAA".to_owned(), "A".repeat(8000)] {
        let browser = app.anonymous();
        let mut credential = passkey.sign_in(&begin(&browser, BEGIN_SIGN_IN).await, &Tamper::default());
        credential["response"]["signature"] = json!(signature);
        browser.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, INVALID);
    }
}

#[tokio::test]
async fn authenticator_data_that_was_not_signed_is_refused() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let browser = app.anonymous();
    let options = begin(&browser, BEGIN_SIGN_IN).await;
    let weak = passkey.sign_in(&options, &Tamper { clear_flags: flags::USER_VERIFIED, ..Tamper::default() });
    // As the same device would write it after it has verified the user.
    let mut data = URL_SAFE_NO_PAD.decode(text(&weak["response"]["authenticatorData"])).unwrap();
    data[32] |= flags::USER_VERIFIED;
    let mut credential = weak;
    credential["response"]["authenticatorData"] = json!(URL_SAFE_NO_PAD.encode(data));
    browser.post_json(FINISH_SIGN_IN, &credential).await.assert_error(400, INVALID);
}

#[tokio::test]
async fn malformed_authenticator_data_is_refused() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let datas = [0, 1, 36, 38, 9000].map(|length| vec![0; length]);
    let tampers = datas.map(|data| Tamper { authenticator_data: Some(data), ..Tamper::default() });
    assert_no_sign_in(&app, &passkey, &tampers).await;
}

#[tokio::test]
async fn user_handle_of_another_user_is_refused() {
    let app = start().await;
    let (_, of_ada) = create_user_with_passkey(&app, ADA, 1).await;
    let (_, of_ben) = create_user_with_passkey(&app, BEN, 2).await;
    let handles = [json!(of_ben.user_handle().unwrap()), json!("AAAAAAAAAAA"), json!("AQ"), json!("A".repeat(84))];
    let tampers = handles.map(|handle| Tamper { user_handle: Some(handle), ..Tamper::default() });
    assert_no_sign_in(&app, &of_ada, &tampers).await;
}

#[tokio::test]
async fn synchronized_passkey_does_not_turn_into_one_of_a_single_device() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let single = Tamper { clear_flags: flags::BACKUP_ELIGIBLE | flags::BACKED_UP, ..Tamper::default() };
    assert_no_sign_in(&app, &passkey, &[single]).await;
}

#[tokio::test]
async fn client_data_that_reads_two_ways_is_refused() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let passkey = SoftwareAuthenticator::new(1);
    let long = "x".repeat(9000);
    let client_datas: [&dyn Fn(&str) -> String; 9] = [
        &|challenge: &str| format!("{{\"type\":\"webauthn.create\",\"challenge\":\"{challenge}\"}}"),
        &|challenge: &str| valid(challenge, ",\"origin\":\"https://evil.example\""),
        &|challenge: &str| valid(challenge, ",\"type\":\"webauthn.get\""),
        &|challenge: &str| valid(challenge, ",\"topOrigin\":\"https://evil.example\""),
        &|challenge: &str| valid(challenge, ",\"crossOrigin\":\"false\""),
        &|challenge: &str| valid(challenge, &format!(",\"padding\":\"{long}\"")),
        &|challenge: &str| format!("{} {{}}", valid(challenge, "")),
        &|challenge: &str| format!("[{}]", valid(challenge, "")),
        &|challenge: &str| json!(["webauthn.create", challenge, PASSKEY_ORIGIN, null, null]).to_string(),
    ];
    for (index, client_data) in client_datas.iter().enumerate() {
        let response = register_with(&ada, &passkey, client_data).await;
        assert_eq!(response["errors"][0]["code"], INVALID, "{index}: {response}");
    }
    assert!(list(&ada).await.is_empty());
    // What browsers may add is ignored.
    let grease =
        ",\"other_keys_can_be_added_here\":\"do not compare clientDataJSON against a template\",\"new\":[[{}]]";
    let response = register_with(&ada, &passkey, |challenge| valid(challenge, grease)).await;
    assert_eq!(response["errors"], Value::Null, "{response}");
}

/// Client data of a creation, with more members.
fn valid(challenge: &str, more: &str) -> String {
    format!("{{\"type\":\"webauthn.create\",\"challenge\":\"{challenge}\",\"origin\":\"{PASSKEY_ORIGIN}\"{more}}}")
}

/// Registers with other client data, which nothing signs in a registration. Returns the envelope.
async fn register_with(
    client: &TestClient,
    passkey: &SoftwareAuthenticator,
    client_data: impl Fn(&str) -> String,
) -> Value {
    let options = begin(client, BEGIN_REGISTRATION).await;
    let mut credential = passkey.register(&options, &Tamper::default());
    let client_data = client_data(&text(&options["challenge"]));
    credential["response"]["clientDataJSON"] = json!(URL_SAFE_NO_PAD.encode(client_data));
    client.post_json(FINISH_REGISTRATION, &credential).await.body
}
