//! The steps of a sign-in, in the words of the Frontend API.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ADA, APP, BACKUP, ENDED, Setup, WRONG, assert_signed_in, mailed_link, reauthenticate_with, setup, start_by_mail,
    submit, waiting,
};
use crate::harness::{PASSWORD, TestClient, text};
use crate::session_tokens::claims;

#[track_caller]
fn assert_fields(attempt: &Value, expected: &[(&str, Value)]) {
    for (field, value) in expected {
        assert_eq!(&attempt[*field], value, "{field} of {attempt}");
    }
}

/// The attempt that a response completed, which is its last one.
#[track_caller]
fn completed(session: &Value) -> Value {
    assert_signed_in(session);
    let attempt = session["signin_attempts"].as_array().and_then(|attempts| attempts.last()).unwrap().clone();
    let expected = [
        ("completed", json!(true)),
        ("current_step", json!("verify_second_factor")),
        ("remaining_steps", json!([])),
        ("first_method_authenticated", json!(true)),
        ("second_method_authenticated", json!(true)),
        ("second_method_authentication_required", json!(true)),
        ("available_2fa_methods", json!([])),
        ("user_id", session["active_signin"]["user_id"].clone()),
    ];
    assert_fields(&attempt, &expected);
    attempt
}

#[tokio::test]
async fn password_leads_to_the_second_step_and_a_code_completes_it() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    let browser = setup.app.anonymous();
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let attempt = waiting(&session);
    let expected = [
        ("method", json!("plain_email")),
        ("email", json!(ADA)),
        ("remaining_steps", json!(["verify_second_factor"])),
        ("first_method_authenticated", json!(true)),
        ("second_method_authenticated", json!(false)),
        ("second_method_authentication_required", json!(true)),
        ("available_2fa_methods", json!([APP, BACKUP])),
        ("user_id", Value::Null),
    ];
    assert_fields(&attempt, &expected);
    let id = text(&attempt["id"]);
    let prepare = format!("/auth/prepare-verification?attempt_identifier={id}&identifier_type=signin&strategy={APP}");
    assert_eq!(browser.post(&prepare, &[]).await.ok(), json!({"method": APP}));
    assert_eq!(waiting(&browser.get_and_check_cache("/session").await.ok()), attempt);

    browser.attempt_second_factor(&id, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    let session = browser.attempt_second_factor(&id, APP, &setup.code(0)).await.ok();
    assert_fields(&completed(&session), &[("id", json!(id)), ("method", json!("plain_email")), ("email", json!(ADA))]);
    let session = browser.get_and_check_cache("/session").await.ok();
    assert_signed_in(&session);
    assert_eq!(session["signin_attempts"], json!([]));
    browser.attempt_second_factor(&id, APP, &setup.code(1)).await.assert_error(400, ENDED);
}

/// Submits the code of the second step without saying what it is of.
async fn complete(setup: &Setup, browser: &TestClient, session: &Value, id: &str, method: &str) {
    let attempt = waiting(session);
    assert_fields(&attempt, &[("id", json!(id)), ("method", json!(method)), ("user_id", Value::Null)]);
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    setup.ada.wait_for_next_code();
    let session = submit(browser, id, &setup.code(0)).await.ok();
    assert_fields(&completed(&session), &[("id", json!(id)), ("method", json!(method))]);
    assert_eq!(browser.get("/me").await.ok()["email"], ADA);
}

#[tokio::test]
async fn mailed_code_and_magic_link_are_one_factor_and_keep_the_attempt() {
    let setup = setup().await;
    let browser = setup.app.anonymous();
    let id = start_by_mail(&browser, "email_otp").await;
    let code = setup.app.mailed_code(ADA);
    let session = submit(&browser, &id, &code).await.ok();
    // The mail proves nothing a second time: neither as the first step nor as the second.
    submit(&browser, &id, &code).await.assert_error(400, WRONG);
    complete(&setup, &browser, &session, &id, "email_otp").await;

    let browser = setup.app.anonymous();
    let id = start_by_mail(&browser, "magic_link").await;
    let link = mailed_link(&setup.app, &id);
    let session = browser.get(&link).await.ok();
    setup.app.drain().await;
    browser.get(&link).await.assert_error(400, "INVALID_MAGIC_LINK");
    complete(&setup, &browser, &session, &id, "magic_link").await;
}

/// The name of the account is all that the person has typed, so it is all that the session shows.
#[tokio::test]
async fn sign_in_by_user_name_does_not_show_the_address_before_the_second_factor() {
    let setup = setup().await;
    setup.ada.post("/me", &[("username", "ada.l")]).await.ok();
    let user = text(&setup.ada.get("/me").await.ok()["id"]);
    let browser = setup.app.anonymous();
    let started = browser.post("/auth/signin", &[("username", "ada.l"), ("password", PASSWORD)]).await;
    let shown = browser.get("/session").await;
    for response in [&started.text, &shown.text] {
        assert!(!response.contains(ADA) && !response.contains(&user), "{response}");
    }
    let attempt = waiting(&started.ok());
    assert_fields(&attempt, &[("method", json!("plain_username")), ("email", json!(""))]);
    let id = text(&attempt["id"]);
    let session = browser.attempt_second_factor(&id, APP, &setup.code(0)).await.ok();
    assert_fields(&completed(&session), &[("id", json!(id)), ("method", json!("plain_username"))]);
}

#[tokio::test]
async fn methods_that_the_user_does_not_have_are_refused() {
    let setup = setup().await;
    let (browser, id) = setup.sign_in().await;
    let path = format!("/auth/prepare-verification?attempt_identifier={id}&identifier_type=signin");
    for method in [BACKUP, "passkey", "phone_otp", "password"] {
        let refused = browser.post(&format!("{path}&strategy={method}"), &[]).await;
        refused.assert_error(400, "UNSUPPORTED_STRATEGY");
    }
    browser.attempt_second_factor(&id, BACKUP, "2345-6789").await.assert_error(400, "UNSUPPORTED_STRATEGY");
    browser.attempt_second_factor(&id, "passkey", "2345-6789").await.assert_error(400, "UNSUPPORTED_STRATEGY");
    reauthenticate_with(&setup.ada, BACKUP, "2345-6789").await.assert_error(400, "UNSUPPORTED_STRATEGY");
    browser.attempt_second_factor(&id, APP, &setup.code(0)).await.ok();
}

#[tokio::test]
async fn attempt_belongs_to_the_browser_that_proved_the_first_factor() {
    let setup = setup().await;
    let (browser, id) = setup.sign_in().await;
    let (other, own) = setup.sign_in().await;
    let code = setup.code(0);
    for stranger in [&setup.app.anonymous(), &other, &setup.ada] {
        stranger.attempt_second_factor(&id, APP, &code).await.assert_error(400, ENDED);
        let prepare = format!("/auth/prepare-verification?attempt_identifier={id}&strategy={APP}");
        stranger.post(&prepare, &[]).await.assert_error(400, ENDED);
    }
    browser.attempt_second_factor(&own, APP, &code).await.assert_error(400, ENDED);
    browser.attempt_second_factor("1", APP, &code).await.assert_error(400, ENDED);
    assert_signed_in(&browser.attempt_second_factor(&id, APP, &code).await.ok());
}

#[tokio::test]
async fn session_token_says_with_what_and_when_the_factors_were_proved() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    // The account is new: nothing but its creation stands for the first factor.
    let enrolled = claims(&setup.app, &setup.ada).await;
    assert_eq!((&enrolled["amr"], &enrolled["acr"]), (&json!(["otp", "mfa"]), &json!("two_factors")));
    for (method, code) in [(APP, None), (BACKUP, Some(&codes[0]))] {
        let (browser, id) = setup.sign_in().await;
        setup.app.advance(Duration::from_mins(2));
        let code = code.cloned().unwrap_or_else(|| setup.code(0));
        browser.attempt_second_factor(&id, method, &code).await.ok();
        let proved_at = setup.now().unix_seconds();
        setup.app.advance(Duration::from_mins(2));
        let token = claims(&setup.app, &browser).await;
        assert_eq!(token["amr"], json!(["pwd", "otp", "mfa"]), "{method}");
        assert_eq!((&token["acr"], &token["auth_time"]), (&json!("two_factors"), &json!(proved_at)), "{method}");
    }

    // A sign-in that needed no second factor can add one later.
    setup.ada.post("/me", &[("second_factor_policy", "optional")]).await.ok();
    let browser = setup.app.anonymous();
    browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let token = claims(&setup.app, &browser).await;
    assert_eq!((&token["amr"], &token["acr"]), (&json!(["pwd"]), &json!("one_factor")));
    setup.app.advance(Duration::from_mins(2));
    assert_eq!(reauthenticate_with(&browser, APP, &setup.code(0)).await.ok()["proved"], true);
    let token = claims(&setup.app, &browser).await;
    assert_eq!((&token["amr"], &token["acr"]), (&json!(["pwd", "otp", "mfa"]), &json!("two_factors")));
    assert_eq!(token["auth_time"], setup.now().unix_seconds());
}
