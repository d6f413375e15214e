//! Setting up an authenticator app.

use std::time::Duration;

use serde_json::json;

use super::{
    ADA, APP, ENDED, EVE, WRONG, assert_signed_in, mailed_link, reauthenticate_with, setup, start_by_mail,
    start_enrolment, submit, verify,
};
use crate::harness::{HOUR, PASSWORD, TestApp, text};

const INVALID: &str = "INVALID_AUTHENTICATOR_CODES";
const NOT_FOUND: &str = "AUTHENTICATOR_NOT_FOUND";
const MAX_AGE: Duration = Duration::from_mins(10);

/// One code may be that of another app, or of a phone whose clock is wrong: the person would be locked out.
#[tokio::test]
async fn two_consecutive_codes_are_needed_in_their_order() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = start_enrolment(&ada).await;
    for periods in [(-1, 1), (0, 0), (0, -1), (-3, -2), (1, 2), (-2, 0)] {
        let refused = verify(&ada, &authenticator, periods).await;
        assert_eq!(refused.body["errors"][0]["code"], INVALID, "{periods:?}");
    }
    let fields = [("authenticator_id", authenticator.id.as_str()), ("codes", "000000,000001")];
    ada.post("/me/authenticator/attempt-verification", &fields).await.assert_error(400, INVALID);
    let me = ada.get("/me").await.ok();
    assert_eq!((&me["user_authenticator"], &me["second_factor_policy"]), (&json!(null), &json!("none")));
    let browser = app.anonymous();
    assert_signed_in(&browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok());

    assert_eq!(verify(&ada, &authenticator, (-1, 0)).await.ok()["id"], authenticator.id);
    let me = ada.get("/me").await.ok();
    assert_eq!(
        (&me["user_authenticator"]["id"], &me["second_factor_policy"]),
        (&json!(authenticator.id), &json!("enforced"))
    );
    verify(&ada, &authenticator, (-1, 0)).await.assert_error(404, NOT_FOUND);
}

/// The regression: the codes of the enrolment, which were on a screen, sign in within the next minute.
#[tokio::test]
async fn codes_of_the_enrolment_do_not_sign_in() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = start_enrolment(&ada).await;
    verify(&ada, &authenticator, (-1, 0)).await.ok();
    let used = [-1, 0].map(|periods| authenticator.code_at(app.inner.service.now(), periods));
    let browser = app.anonymous();
    let session = browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let attempt = text(&super::waiting(&session)["id"]);
    for code in &used {
        browser.attempt_second_factor(&attempt, APP, code).await.assert_error(400, WRONG);
        reauthenticate_with(&ada, APP, code).await.assert_error(400, WRONG);
    }
    browser.wait_for_next_code();
    browser.attempt_second_factor(&attempt, APP, &used[1]).await.assert_error(400, WRONG);
    browser.attempt_second_factor(&attempt, APP, &browser.code_of(&authenticator)).await.ok();
}

/// The regression: factors are found by their id alone (better-auth, CVE-2025-71400).
#[tokio::test]
async fn authenticators_of_others_cannot_be_verified_or_deleted() {
    let setup = setup().await;
    let eve = setup.app.create_user(EVE).await;
    let new = start_enrolment(&setup.ada).await;
    // Eve has even the secrets.
    verify(&eve, &new, (-1, 0)).await.assert_error(404, NOT_FOUND);
    verify(&eve, &setup.authenticator, (-1, 0)).await.assert_error(404, NOT_FOUND);
    for id in [&new.id, &setup.authenticator.id] {
        eve.post(&format!("/me/authenticator/{id}/delete"), &[]).await.assert_error(404, NOT_FOUND);
    }
    // Nor with an authenticator of her own.
    eve.add_authenticator().await;
    eve.post(&format!("/me/authenticator/{}/delete", setup.authenticator.id), &[]).await.assert_error(404, NOT_FOUND);
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authenticators"), 3);
    setup.sign_in_fully().await;
    verify(&setup.ada, &new, (-1, 0)).await.ok();
}

#[tokio::test]
async fn starting_again_replaces_what_was_started() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let first = start_enrolment(&ada).await;
    let second = start_enrolment(&ada).await;
    assert_ne!(first.id, second.id);
    assert_eq!(app.count("SELECT COUNT(*) FROM authenticators"), 1);
    verify(&ada, &first, (-1, 0)).await.assert_error(404, NOT_FOUND);
    assert_ne!(first.code_at(app.inner.service.now(), 0), second.code_at(app.inner.service.now(), 0));
    verify(&ada, &second, (-1, 0)).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM authenticators"), 1);
}

/// The old phone works until the new one does, so that nobody is locked out half-way.
#[tokio::test]
async fn new_phone_takes_the_place_of_the_old_one_when_it_is_verified() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    let new = start_enrolment(&setup.ada).await;
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &browser.code_of(&new)).await.assert_error(400, WRONG);
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    setup.ada.wait_for_next_code();

    let (half, half_attempt) = setup.sign_in().await;
    verify(&setup.ada, &new, (-1, 0)).await.ok();
    setup.ada.wait_for_next_code();
    // What waits for the old phone has ended.
    half.attempt_second_factor(&half_attempt, APP, &half.code_of(&new)).await.assert_error(400, ENDED);
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, WRONG);
    browser.attempt_second_factor(&attempt, APP, &browser.code_of(&new)).await.ok();
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authenticators"), 1);
    let me = setup.ada.get("/me").await.ok();
    assert_eq!((&me["user_authenticator"]["id"], &me["second_factor_policy"]), (&json!(new.id), &json!("enforced")));
    assert_eq!(me["backup_codes_left"], codes.len());
    let old = format!("/me/authenticator/{}/delete", setup.authenticator.id);
    setup.ada.post(&old, &[]).await.assert_error(404, NOT_FOUND);
}

/// The secret is in the history of a browser, or in a screenshot, long after the enrolment began.
#[tokio::test]
async fn started_authenticator_can_be_verified_for_an_hour() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = start_enrolment(&ada).await;
    app.advance(HOUR);
    verify(&ada, &authenticator, (-1, 0)).await.assert_error(404, NOT_FOUND);
    let authenticator = start_enrolment(&ada).await;
    app.advance(HOUR.saturating_sub(Duration::from_micros(1)));
    verify(&ada, &authenticator, (-1, 0)).await.ok();
}

#[tokio::test]
async fn started_authenticator_can_be_deleted_and_changes_nothing() {
    let setup = setup().await;
    setup.ada.make_backup_codes().await;
    let new = start_enrolment(&setup.ada).await;
    setup.ada.post(&format!("/me/authenticator/{}/delete", new.id), &[]).await.ok();
    let me = setup.ada.get("/me").await.ok();
    assert_eq!((&me["backup_codes_left"], &me["second_factor_policy"]), (&json!(12), &json!("enforced")));
    setup.sign_in_fully().await;
}

/// The regression: a mailed token, or a session that was left open, enrols the factor of an attacker who has found it
/// (Keycloak, CVE-2026-37982).
#[tokio::test]
async fn mailed_code_or_link_that_was_used_does_not_enrol() {
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = MAX_AGE).await;
    app.create_user(ADA).await;
    app.verify_all_addresses();
    let browser = app.anonymous();
    let by_link = start_by_mail(&browser, "magic_link").await;
    let link = mailed_link(&app, &by_link);
    browser.get(&link).await.ok();
    app.drain().await;
    let started = start_enrolment(&browser).await;

    app.advance(MAX_AGE);
    for client in [&browser, &app.anonymous()] {
        client.get(&link).await.assert_error(400, "INVALID_MAGIC_LINK");
    }
    for path in ["/me/authenticator", "/me/backup-codes"] {
        browser.post(path, &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    }
    verify(&browser, &started, (-1, 0)).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    assert_eq!(app.count("SELECT COUNT(*) FROM authenticators WHERE verified_at IS NOT NULL"), 0);

    let other = app.anonymous();
    let by_code = start_by_mail(&other, "email_otp").await;
    let code = app.mailed_code(ADA);
    submit(&other, &by_code, &code).await.ok();
    app.advance(MAX_AGE);
    submit(&other, &by_code, &code).await.assert_error(400, ENDED);
    let prove = [("strategy", "email_otp"), ("code", code.as_str())];
    let refused = other.post("/me/reauthenticate", &prove).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    other.post("/me/authenticator", &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    // The password is a proof, as long as there is no second factor.
    other.reauthenticate().await;
    other.add_authenticator().await;
}

#[tokio::test]
async fn guesses_at_the_codes_of_an_enrolment_are_limited() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = start_enrolment(&ada).await;
    for _ in 0..10 {
        verify(&ada, &authenticator, (0, 0)).await.assert_error(400, INVALID);
    }
    verify(&ada, &authenticator, (-1, 0)).await.assert_error(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_mins(15));
    verify(&ada, &authenticator, (-1, 0)).await.ok();
}
