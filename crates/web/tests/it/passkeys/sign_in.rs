//! Signing in with a passkey: what the browser is asked for, and what the sign-in is worth.

use serde_json::{Value, json};

use super::{
    ADA, BEGIN_PROOF, BEGIN_SIGN_IN, BEN, FINISH_SIGN_IN, begin, claims, create_user_with_passkey, prove, sign_in,
    sign_in_elsewhere, start,
};
use crate::harness::{PASSWORD, START_TIME, SoftwareAuthenticator, Tamper, text};

/// The regression: options that name the credentials of an address, and so tell who has an account.
#[tokio::test]
async fn options_are_the_same_for_everybody_and_name_no_credential() {
    let app = start().await;
    create_user_with_passkey(&app, ADA, 1).await;
    app.create_user(BEN).await;
    let mut challenges = Vec::new();
    let mut seen = Vec::new();
    for client in [app.anonymous(), app.create_user("cleo@example.com").await] {
        for fields in [
            vec![],
            vec![("identifier", ADA)],
            vec![("identifier", BEN)],
            vec![("identifier", "nobody@example.com")],
            vec![("identifier", "\u{0}'\"<>")],
        ] {
            let mut options = client.post(BEGIN_SIGN_IN, &fields).await.ok()["options"].clone();
            let challenge = text(&options["challenge"].take());
            assert_eq!(challenge.len(), 43, "32 bytes: {challenge}");
            assert_eq!((&options["allowCredentials"], &options["rpId"]), (&json!([]), &json!("localhost")));
            assert_eq!(options["userVerification"], "required");
            challenges.push(challenge);
            seen.push(options);
        }
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    challenges.sort_unstable();
    challenges.dedup();
    assert_eq!(challenges.len(), 10, "each is a new one");
}

/// Keycloak #41354: a passkey has proved two factors, so a code is not asked for.
#[tokio::test]
async fn passkey_is_phishing_resistant_and_needs_no_code_of_an_enrolled_authenticator() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    ada.add_authenticator().await;
    let passkey = SoftwareAuthenticator::new(1);
    ada.add_passkey(&passkey).await;
    assert_eq!(ada.get("/me").await.ok()["second_factor_policy"], "enforced");

    let browser = app.anonymous();
    let session = sign_in(&browser, &passkey, &Tamper::default()).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
    assert_eq!(session["signin_attempts"][0]["completed"], true);
    let session = browser.get_and_check_cache("/session").await.ok();
    assert_eq!(session["signin_attempts"], json!([]));
    assert_eq!(browser.get("/me").await.ok()["email"], ADA);
    let token = claims(&browser).await;
    assert_eq!((&token["acr"], &token["amr"]), (&json!("phishing_resistant"), &json!(["pop", "user", "mfa"])));
    assert_eq!(token["auth_time"], START_TIME.as_microseconds() / 1_000_000 + 30, "the enrolment took one code");
    // What takes a second factor takes this.
    browser.post("/me/backup-codes", &[]).await.ok();
}

#[tokio::test]
async fn passkey_completes_a_sign_in_that_waits_for_the_second_factor() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = ada.add_authenticator().await;
    let passkey = SoftwareAuthenticator::new(1);
    ada.add_passkey(&passkey).await;
    let browser = app.anonymous();
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(session["active_signin"], Value::Null);
    let attempt = session["signin_attempts"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(attempt["available_2fa_methods"], json!(["authenticator", "passkey"]));

    let session = sign_in(&browser, &passkey, &Tamper::default()).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
    assert_eq!(app.count("SELECT COUNT(*) FROM pending_sign_ins"), 0);
    assert_eq!(browser.get("/session").await.ok()["signin_attempts"], json!([]));
    let code = browser.code_of(&authenticator);
    let again = browser.attempt_second_factor(&text(&attempt["id"]), "authenticator", &code).await;
    again.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
}

#[tokio::test]
async fn passkey_is_a_second_factor_of_a_user_who_has_nothing_else() {
    let app = start().await;
    let (ada, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    ada.post("/me", &[("second_factor_policy", "enforced")]).await.ok();
    let browser = app.anonymous();
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(session["signin_attempts"][0]["available_2fa_methods"], json!(["passkey"]));
    let attempt = text(&session["signin_attempts"][0]["id"]);
    for method in ["authenticator", "backup_code"] {
        let refused = browser.attempt_second_factor(&attempt, method, "000000").await;
        assert_ne!(refused.status, 200, "{method}: {}", refused.text);
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    // Ben's passkey signs in Ben, and completes nothing of Ada's.
    let (_, of_ben) = create_user_with_passkey(&app, BEN, 2).await;
    sign_in(&browser, &of_ben, &Tamper::default()).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], BEN);
    assert_eq!(app.count("SELECT COUNT(*) FROM pending_sign_ins"), 1);
    let session = sign_in(&browser, &passkey, &Tamper::default()).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM pending_sign_ins"), 0);
}

/// The credential has found the account already.
#[tokio::test]
async fn response_without_a_user_handle_signs_in() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    for handle in [Value::Null, json!("")] {
        let tamper = Tamper { user_handle: Some(handle), ..Tamper::default() };
        let session = sign_in_elsewhere(&app, &passkey, &tamper).await.ok();
        assert_eq!(session["active_signin"]["user"]["email"], ADA);
    }
}

#[tokio::test]
async fn user_signs_in_once_per_session() {
    let app = start().await;
    let (ada, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let before = app.count("SELECT COUNT(*) FROM sign_ins");
    sign_in(&ada, &passkey, &Tamper::default()).await.assert_error(400, "USER_ALREADY_SIGNED_IN");
    assert_eq!(app.count("SELECT COUNT(*) FROM sign_ins"), before);
}

#[tokio::test]
async fn session_token_is_replaced() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let browser = app.anonymous();
    let credential = passkey.sign_in(&begin(&browser, BEGIN_SIGN_IN).await, &Tamper::default());
    // An attacker who has planted the session's cookie in the browser does not get the sign-in.
    let planted = app.client_with_cookie(browser.cookie.lock().unwrap().clone());
    browser.post_json(FINISH_SIGN_IN, &credential).await.ok();
    browser.get("/me").await.ok();
    planted.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn confirming_with_a_passkey_raises_the_assurance_of_the_sign_in() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let browser = app.anonymous();
    browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    assert_eq!(claims(&browser).await["acr"], "one_factor");
    let options = begin(&browser, BEGIN_PROOF).await;
    let own = json!([{"type": "public-key", "id": passkey.credential_id(), "transports": ["hybrid", "internal"]}]);
    assert_eq!(options["allowCredentials"], own);
    let old = app.client_with_cookie(browser.cookie.lock().unwrap().clone());
    assert_eq!(prove(&browser, &passkey, &Tamper::default()).await.ok()["proved"], true);
    old.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let token = claims(&browser).await;
    assert_eq!((&token["acr"], &token["amr"]), (&json!("phishing_resistant"), &json!(["pwd", "pop", "user", "mfa"])));
}

#[tokio::test]
async fn passkey_of_another_person_confirms_nothing() {
    let app = start().await;
    let (ada, _) = create_user_with_passkey(&app, ADA, 1).await;
    let (ben, of_ben) = create_user_with_passkey(&app, BEN, 2).await;
    prove(&ada, &of_ben, &Tamper::default()).await.assert_error(404, "PASSKEY_NOT_FOUND");
    prove(&ben, &of_ben, &Tamper::default()).await.ok();
    let without = app.create_user("cleo@example.com").await;
    without.post(BEGIN_PROOF, &[]).await.assert_error(400, "UNSUPPORTED_STRATEGY");
}
