//! Changes of the factors: who may make them, which sign-ins they end, and which mails they send.

use std::time::Duration;

use serde_json::json;

use super::{
    ADA, APP, BACKUP, ENDED, EVE, Setup, WRONG, assert_signed_in, reauthenticate_with, setup, setup_with,
    start_enrolment, verify, verify_with,
};
use crate::harness::{PASSWORD, TestClient, allow_passkeys, text};
use crate::security_notices::verify_address;

const MAX_AGE: Duration = Duration::from_mins(10);
const NOT_PROVED: &str = "REAUTHENTICATION_REQUIRED";
const WORK: &str = "ada@work.example";

/// Every change of Ada's factors: path and fields.
fn changes(setup: &Setup) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    vec![
        (format!("/me/authenticator/{}/delete", setup.authenticator.id), vec![]),
        ("/me/authenticator".to_owned(), vec![]),
        (
            "/me/authenticator/attempt-verification".to_owned(),
            vec![("authenticator_id", "1"), ("codes", "000000,000001")],
        ),
        ("/me/backup-codes".to_owned(), vec![]),
        ("/me/backup-codes/regenerate".to_owned(), vec![]),
        ("/me/passkeys/register/begin".to_owned(), vec![]),
        ("/me".to_owned(), vec![("second_factor_policy", "none")]),
        ("/me".to_owned(), vec![("second_factor_policy", "optional")]),
    ]
}

async fn assert_all_refused(setup: &Setup, client: &TestClient, methods: &[&str]) {
    let before = setup.app.row_counts();
    for (path, fields) in &changes(setup) {
        let refused = client.post(path, fields).await.assert_error(403, NOT_PROVED);
        assert_eq!(refused["data"]["methods"], json!(methods), "{path}");
    }
    assert_eq!(setup.app.row_counts(), before);
}

/// The regression: an attacker who has found an open browser, and knows the password, removes the factor that would have
/// kept them out.
#[tokio::test]
async fn borrowed_session_and_the_password_do_not_change_the_factors() {
    let setup = setup_with(|settings| {
        allow_passkeys(settings);
        settings.reauthentication.max_age = MAX_AGE;
    })
    .await;
    setup.ada.make_backup_codes().await;
    setup.app.advance(MAX_AGE);
    assert_all_refused(&setup, &setup.ada, &[APP, BACKUP]).await;
    setup.ada.reauthenticate().await;
    assert_all_refused(&setup, &setup.ada, &[APP, BACKUP]).await;
    // The password is proof enough for what has nothing to do with the factors.
    setup.ada.post("/me", &[("username", "ada.l")]).await.ok();
    reauthenticate_with(&setup.ada, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    assert_all_refused(&setup, &setup.ada, &[APP, BACKUP]).await;

    reauthenticate_with(&setup.ada, APP, &setup.code(0)).await.ok();
    setup.app.advance(MAX_AGE.saturating_sub(Duration::from_micros(1)));
    let codes = setup.ada.post("/me/backup-codes/regenerate", &[]).await.ok();
    setup.app.advance(Duration::from_micros(1));
    assert_all_refused(&setup, &setup.ada, &[APP, BACKUP]).await;
    reauthenticate_with(&setup.ada, BACKUP, &text(&codes[0])).await.ok();
    setup.ada.post(&format!("/me/authenticator/{}/delete", setup.authenticator.id), &[]).await.ok();
}

/// The regression: a sign-in that was not asked for the second factor counts as a recent proof.
#[tokio::test]
async fn sign_in_with_one_factor_does_not_change_the_factors() {
    let setup = setup_with(allow_passkeys).await;
    setup.ada.post("/me", &[("second_factor_policy", "optional")]).await.ok();
    let browser = setup.app.anonymous();
    assert_signed_in(&browser.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok());
    let before = setup.app.row_counts();
    for (path, fields) in &changes(&setup) {
        if fields.contains(&("second_factor_policy", "optional")) {
            continue;
        }
        let refused = browser.post(path, fields).await.assert_error(403, NOT_PROVED);
        assert_eq!(refused["data"]["methods"], json!([APP]), "{path}");
    }
    browser.post("/me", &[("second_factor_policy", "enforced")]).await.assert_error(403, NOT_PROVED);
    assert_eq!(setup.app.row_counts(), before);
    reauthenticate_with(&browser, APP, &setup.code(0)).await.ok();
    browser.post("/me", &[("second_factor_policy", "enforced")]).await.ok();
    setup.ada.wait_for_next_code();
    setup.sign_in_fully().await;
}

#[tokio::test]
async fn policy_decides_whether_a_sign_in_needs_a_second_factor() {
    let setup = setup_with(|settings| settings.reauthentication.max_age = MAX_AGE).await;
    for (policy, is_asked) in [("none", false), ("optional", false), ("enforced", true)] {
        let changed = setup.ada.post("/me", &[("second_factor_policy", policy)]).await.ok();
        assert_eq!(changed["second_factor_policy"], policy);
        let session = setup.app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
        assert_eq!(session["active_signin"].is_null(), is_asked, "{policy}");
    }
    // Clients send the whole account back: that is no change, needs no proof, and mails nothing.
    setup.app.advance(MAX_AGE);
    let mails = setup.app.mail_count(ADA);
    let fields = [("first_name", "Ada"), ("second_factor_policy", "enforced")];
    setup.ada.post("/me", &fields).await.ok();
    assert_eq!(setup.app.mail_count(ADA), mails);
    setup.ada.post("/me", &[("second_factor_policy", "none")]).await.assert_error(403, NOT_PROVED);
    for unknown in ["Enforced", "sms", "0", "true"] {
        setup.ada.post("/me", &[("second_factor_policy", unknown)]).await.assert_error(400, "INVALID_FIELD");
    }
}

/// Also a sign-in that waits: its first factor was proved before the policy was changed.
#[tokio::test]
async fn changes_end_sign_ins_that_wait() {
    let setup = setup().await;
    for (path, fields) in [
        ("/me/backup-codes", vec![]),
        ("/me/backup-codes/regenerate", vec![]),
        ("/me", vec![("second_factor_policy", "optional")]),
    ] {
        let (half, attempt) = setup.sign_in().await;
        setup.ada.post(path, &fields).await.ok();
        half.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(400, ENDED);
    }
}

#[tokio::test]
async fn other_sign_ins_end_if_the_person_says_so() {
    let setup = setup().await;
    let other = setup.sign_in_fully().await;
    let new = start_enrolment(&setup.ada).await;
    verify(&setup.ada, &new, (-1, 0)).await.ok();
    other.get("/me").await.ok();

    let new = start_enrolment(&setup.ada).await;
    let wrong = verify_with(&setup.ada, &new, (0, 0), &[("sign_out_others", "true")]).await;
    wrong.assert_error(400, "INVALID_AUTHENTICATOR_CODES");
    other.get("/me").await.ok();
    verify_with(&setup.ada, &new, (-1, 0), &[("sign_out_others", "true")]).await.ok();
    assert_eq!(other.get_and_check_cache("/session").await.ok()["signins"], json!([]));
    other.get("/me").await.assert_error(401, "UNAUTHORIZED");
    setup.ada.get("/me").await.ok();
}

#[tokio::test]
async fn other_sign_ins_end_with_the_authenticator_if_the_person_says_so() {
    for (sign_out_others, status) in [("", 200), ("false", 200), ("true", 401)] {
        let setup = setup().await;
        let other = setup.sign_in_fully().await;
        let delete = format!("/me/authenticator/{}/delete", setup.authenticator.id);
        let refused = setup.ada.post(&delete, &[("sign_out_others", "perhaps")]).await;
        refused.assert_error(400, "INVALID_FIELD");
        setup.ada.post(&delete, &[("sign_out_others", sign_out_others)]).await.ok();
        assert_eq!(other.get("/me").await.status, status, "{sign_out_others:?}");
        setup.ada.get("/me").await.ok();
    }
}

/// The regression: the notice goes to the primary address only, which the attacker has just made theirs.
#[tokio::test]
async fn every_change_is_mailed_to_every_verified_address() {
    let setup = setup().await;
    verify_address(&setup.app, &setup.ada, WORK).await;
    setup.ada.post("/me/email-addresses", &[("email", EVE)]).await.ok();
    let unverified = setup.app.mail_count(EVE);
    let assert_mailed = |subject: &str| {
        for address in [ADA, WORK] {
            assert_eq!(setup.app.mail(address).subject, subject);
        }
    };
    let new = start_enrolment(&setup.ada).await;
    let mails = setup.app.mails().len();
    verify(&setup.ada, &new, (0, 0)).await.assert_error(400, "INVALID_AUTHENTICATOR_CODES");
    assert_eq!(setup.app.mails().len(), mails, "nothing has changed");
    verify(&setup.ada, &new, (-1, 0)).await.ok();
    assert_mailed("An authenticator app was added to your account on Vestibule");
    let codes = setup.ada.make_backup_codes().await;
    assert_mailed("New backup codes for your account on Vestibule");
    reauthenticate_with(&setup.ada, BACKUP, &codes[0]).await.ok();
    assert_mailed("A backup code of your account on Vestibule was used");
    let codes = setup.ada.post("/me/backup-codes/regenerate", &[]).await.ok();
    assert_mailed("New backup codes for your account on Vestibule");
    setup.ada.post("/me", &[("second_factor_policy", "optional")]).await.ok();
    assert_mailed("Two-factor authentication of your account on Vestibule was changed");
    setup.ada.post(&format!("/me/authenticator/{}/delete", new.id), &[]).await.ok();
    assert_mailed("The authenticator app of your account on Vestibule was removed");
    assert_eq!(setup.app.mail_count(EVE), unverified);
    // No mail has a code or the secret in it.
    let codes: Vec<_> = codes.as_array().unwrap().iter().map(text).collect();
    for mail in setup.app.mails() {
        assert!(!codes.iter().any(|code| mail.text.contains(code) || mail.html.contains(code)), "{}", mail.text);
    }
}
