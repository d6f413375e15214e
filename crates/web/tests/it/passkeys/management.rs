//! Adding, listing, renaming and removing passkeys.

use axum::http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::{
    ADA, BEGIN_REGISTRATION, BEN, FINISH_REGISTRATION, begin, create_user_with_passkey, list, only_passkey, prove,
    register, sign_in_elsewhere, start,
};
use crate::harness::{HOUR, PASSWORD, SoftwareAuthenticator, Tamper, flags, text};

const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// Each passkey on its own, and whatever it was used for.
#[tokio::test]
async fn last_use_is_that_of_a_sign_in_or_a_confirmation() {
    let app = start().await;
    let (ada, laptop) = create_user_with_passkey(&app, ADA, 1).await;
    let phone = SoftwareAuthenticator::new(2);
    ada.add_passkey(&phone).await;
    let last_uses = async || -> Vec<Value> { list(&ada).await.iter().map(|one| one["last_used_at"].clone()).collect() };
    assert_eq!(last_uses().await, [Value::Null, Value::Null]);
    sign_in_elsewhere(&app, &laptop, &Tamper::default()).await.ok();
    assert_eq!(last_uses().await, [json!("2026-01-15T10:30:00Z"), Value::Null]);
    app.advance(HOUR);
    prove(&ada, &phone, &Tamper::default()).await.ok();
    assert_eq!(last_uses().await, [json!("2026-01-15T10:30:00Z"), json!("2026-01-15T11:30:00Z")]);
    let page = ada.get("/account/security").await.assert_page(200, "<time datetime=\"2026-01-15T11:30:00Z\">");
    assert_eq!(page.matches("Last used").count(), 2, "{page}");
    // What was refused is no use.
    app.advance(HOUR);
    prove(&ada, &phone, &Tamper { breaks_signature: true, ..Tamper::default() })
        .await
        .assert_error(400, "INVALID_PASSKEY");
    assert_eq!(last_uses().await[1], json!("2026-01-15T11:30:00Z"));
}

#[tokio::test]
async fn passkey_is_added_listed_renamed_and_removed() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    assert!(list(&ada).await.is_empty());
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], ADA);
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"], json!([]));
    let selection = json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"});
    assert_eq!(options["authenticatorSelection"], selection);
    let algorithms: Vec<_> = options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| &one["alg"]).collect();
    assert_eq!(algorithms, [-7, -8, -257]);

    let authenticator = SoftwareAuthenticator::new(1);
    let credential = authenticator.register(&options, &Tamper::default());
    let finish = format!("{FINISH_REGISTRATION}?name=%20Laptop%20");
    let added = ada.post_json(&finish, &json!({"credential": credential})).await.ok()["passkey"].clone();
    for (field, expected) in [
        ("name", json!("Laptop")),
        ("credential_id", json!(authenticator.credential_id())),
        ("transports", json!(["hybrid", "internal"])),
        ("device_type", json!("multi_device")),
        ("backup_eligible", json!(true)),
        ("backed_up", json!(true)),
        ("last_used_at", Value::Null),
    ] {
        assert_eq!(added[field], expected, "{field}");
    }
    assert_eq!(list(&ada).await, std::slice::from_ref(&added));
    // The same device is asked for no second one.
    let excluded = json!([{"type": "public-key", "id": added["credential_id"], "transports": ["hybrid", "internal"]}]);
    assert_eq!(begin(&ada, BEGIN_REGISTRATION).await["excludeCredentials"], excluded);

    let path = format!("/me/passkeys/{}", text(&added["id"]));
    let renamed = ada.send_json(Method::PATCH, &path, &json!({"name": " Telefon \u{1F4F1} "})).await.ok();
    assert_eq!(renamed["name"], "Telefon \u{1F4F1}");
    sign_in_elsewhere(&app, &authenticator, &Tamper::default()).await.ok();
    let used = list(&ada).await.remove(0);
    assert_eq!((&used["name"], &used["last_used_at"]), (&renamed["name"], &json!("2026-01-15T10:30:00Z")));

    ada.post(&format!("{path}/delete"), &[]).await.ok();
    assert!(list(&ada).await.is_empty());
    ada.post(&format!("{path}/delete"), &[]).await.assert_error(404, "PASSKEY_NOT_FOUND");
    let gone = ada.send_json(Method::PATCH, &path, &json!({"name": "Tablet"})).await;
    gone.assert_error(404, "PASSKEY_NOT_FOUND");
    sign_in_elsewhere(&app, &authenticator, &Tamper::default()).await.assert_error(404, "PASSKEY_NOT_FOUND");
}

#[tokio::test]
async fn passkey_alone_leaves_the_password_enough_until_the_person_wants_more() {
    let app = start().await;
    let (ada, _) = create_user_with_passkey(&app, ADA, 1).await;
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "none");
    let signs_in = async || {
        let session = app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
        !session["active_signin"].is_null()
    };
    assert!(signs_in().await);
    ada.post("/me", &[("second_factor_policy", "enforced")]).await.ok();
    assert!(!signs_in().await);
    // Without the last passkey there is nothing to ask for.
    let path = only_passkey(&ada).await;
    ada.post(&format!("{path}/delete"), &[]).await.ok();
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "none");
    assert!(signs_in().await);
}

#[tokio::test]
async fn names_have_limits_and_the_browser_gives_the_default() {
    let app = start().await;
    let mut ada = app.create_user(ADA).await;
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let credential = SoftwareAuthenticator::new(1).register(&options, &Tamper::default());
    for name in ["x".repeat(65), "evil%E2%80%AEeman".to_owned(), "two%0Alines".to_owned()] {
        let refused = ada.post_json(&format!("{FINISH_REGISTRATION}?name={name}"), &credential).await;
        refused.assert_error(400, "INVALID_FIELD");
    }
    // Nothing of that has used the challenge up.
    ada.post_json(&format!("{FINISH_REGISTRATION}?name={}", "x".repeat(64)), &credential).await.ok();
    let path = only_passkey(&ada).await;
    for (name, code) in [
        (json!(""), "REQUIRED_FIELD"),
        (json!("  "), "REQUIRED_FIELD"),
        (json!("x".repeat(65)), "INVALID_FIELD"),
        (json!("a\u{202e}b"), "INVALID_FIELD"),
        (json!(["x"]), "INVALID_FIELD"),
    ] {
        ada.send_json(Method::PATCH, &path, &json!({"name": name})).await.assert_error(400, code);
    }
    assert_eq!(list(&ada).await[0]["name"], "x".repeat(64));

    ada.headers.insert("user-agent", HeaderValue::from_static(CHROME));
    let added = register(&ada, &SoftwareAuthenticator::new(2), &Tamper::default()).await.ok();
    assert_eq!(added["passkey"]["name"], "Chrome on Linux");
    ada.headers.remove("user-agent");
    let added = register(&ada, &SoftwareAuthenticator::new(3), &Tamper::default()).await.ok();
    assert_eq!(added["passkey"]["name"], "Passkey");
}

#[tokio::test]
async fn passkey_of_one_device_is_shown_as_such() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let key = SoftwareAuthenticator::new(1);
    let on_one_device = Tamper { clear_flags: flags::BACKUP_ELIGIBLE | flags::BACKED_UP, ..Tamper::default() };
    register(&ada, &key, &on_one_device).await.ok();
    let not_yet = Tamper { clear_flags: flags::BACKED_UP, ..Tamper::default() };
    let phone = SoftwareAuthenticator::new(2);
    register(&ada, &phone, &not_yet).await.ok();
    let kinds = async || {
        let passkeys = list(&ada).await.into_iter();
        let kind = |one: Value| json!([one["device_type"], one["backup_eligible"], one["backed_up"]]);
        passkeys.map(kind).collect::<Vec<_>>()
    };
    let one_device = json!(["single_device", false, false]);
    assert_eq!(kinds().await, [one_device.clone(), json!(["multi_device", true, false])]);
    // The state of the backup is that of the last use.
    sign_in_elsewhere(&app, &phone, &Tamper::default()).await.ok();
    assert_eq!(kinds().await, [one_device, json!(["multi_device", true, true])]);
}

#[tokio::test]
async fn account_has_at_most_twenty_passkeys() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    for seed in 1..=19 {
        ada.add_passkey(&SoftwareAuthenticator::new(seed)).await;
    }
    let begun_earlier = begin(&ada, BEGIN_REGISTRATION).await;
    ada.add_passkey(&SoftwareAuthenticator::new(20)).await;
    ada.post(BEGIN_REGISTRATION, &[]).await.assert_error(400, "TOO_MANY_PASSKEYS");
    let late = SoftwareAuthenticator::new(21).register(&begun_earlier, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &late).await.assert_error(400, "TOO_MANY_PASSKEYS");
    assert_eq!(list(&ada).await.len(), 20);
    // One less, and there is room again.
    let first = text(&list(&ada).await[0]["id"]);
    ada.post(&format!("/me/passkeys/{first}/delete"), &[]).await.ok();
    ada.add_passkey(&SoftwareAuthenticator::new(21)).await;
}

#[tokio::test]
async fn credential_belongs_to_one_account() {
    let app = start().await;
    let (ada, _) = create_user_with_passkey(&app, ADA, 1).await;
    let ben = app.create_user(BEN).await;
    for client in [&ada, &ben] {
        let again = register(client, &SoftwareAuthenticator::new(1), &Tamper::default()).await;
        again.assert_error(400, "PASSKEY_EXISTS");
    }
    assert!(list(&ben).await.is_empty());
    let me = ben.get("/me").await.ok();
    assert_eq!((&me["email"], &me["second_factor_policy"]), (&json!(BEN), &json!("none")));
}

/// better-auth CVE-2025-71400: the id of another user's credential in a call about one's own.
#[tokio::test]
async fn passkey_of_another_person_is_neither_renamed_nor_removed() {
    let app = start().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let (ben, _) = create_user_with_passkey(&app, BEN, 2).await;
    let path = only_passkey(&ada).await;
    let (before, counts) = (list(&ada).await, app.row_counts());
    for _ in 0..2 {
        let renamed = ben.send_json(Method::PATCH, &path, &json!({"name": "Mine"})).await;
        renamed.assert_error(404, "PASSKEY_NOT_FOUND");
        ben.post(&format!("{path}/delete"), &[]).await.assert_error(404, "PASSKEY_NOT_FOUND");
    }
    let anonymous = app.anonymous();
    anonymous.get("/me/passkeys").await.assert_error(401, "UNAUTHORIZED");
    anonymous.send_json(Method::PATCH, &path, &json!({"name": "Mine"})).await.assert_error(401, "UNAUTHORIZED");
    anonymous.post(&format!("{path}/delete"), &[]).await.assert_error(401, "UNAUTHORIZED");
    assert_eq!((list(&ada).await, app.row_counts()), (before, counts));
    sign_in_elsewhere(&app, &authenticator, &Tamper::default()).await.ok();
}

#[tokio::test]
async fn change_of_passkeys_ends_other_sign_ins_if_the_person_says_so() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let other = async || {
        let client = app.anonymous();
        client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
        client
    };
    let (stays, key) = (other().await, SoftwareAuthenticator::new(1));
    register(&ada, &key, &Tamper::default()).await.ok();
    stays.get("/me").await.ok();

    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let credential = SoftwareAuthenticator::new(2).register(&options, &Tamper::default());
    ada.post_json(&format!("{FINISH_REGISTRATION}?sign_out_others=true"), &credential).await.ok();
    stays.get("/me").await.assert_error(401, "UNAUTHORIZED");

    let (stays, path) = (other().await, format!("/me/passkeys/{}", text(&list(&ada).await[1]["id"])));
    ada.post(&format!("{path}/delete"), &[]).await.ok();
    stays.get("/me").await.ok();
    let path = only_passkey(&ada).await;
    ada.post(&format!("{path}/delete"), &[("sign_out_others", "true")]).await.ok();
    stays.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.get("/me").await.ok();
}
