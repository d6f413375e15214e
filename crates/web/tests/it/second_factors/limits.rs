//! Guessing codes: who is stopped, and who cannot be locked out.

use std::time::Duration;

use serde_json::json;

use super::{
    APP, BACKUP, ENDED, EVE, Setup, WRONG, assert_signed_in, reauthenticate_with, setup, setup_with, verify, waiting,
};
use crate::harness::{SoftwareAuthenticator, allow_passkeys};

const LOCKED: &str = "TOO_MANY_REQUESTS";
/// No backup code of these tests.
const WRONG_BACKUP_CODE: &str = "2222-2222";
const WINDOW: Duration = Duration::from_mins(15);

/// Uses up the attempts of the user, in two sign-ins.
async fn lock(setup: &Setup) {
    for _ in 0..2 {
        let (browser, attempt) = setup.sign_in().await;
        for _ in 0..5 {
            browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
        }
    }
}

#[tokio::test]
async fn five_wrong_codes_end_the_attempt() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    let (browser, attempt) = setup.sign_in().await;
    for (method, code) in [(APP, setup.wrong_code()), (BACKUP, WRONG_BACKUP_CODE.to_owned())] {
        browser.attempt_second_factor(&attempt, method, &code).await.assert_error(400, WRONG);
        browser.attempt_second_factor(&attempt, method, &code).await.assert_error(400, WRONG);
    }
    browser.attempt_second_factor(&attempt, APP, "").await.assert_error(400, "REQUIRED_FIELD");
    browser.attempt_second_factor(&attempt, APP, "not a code").await.assert_error(400, WRONG);
    for (method, code) in [(APP, setup.code(0)), (BACKUP, codes[0].clone())] {
        browser.attempt_second_factor(&attempt, method, &code).await.assert_error(400, ENDED);
    }
    // What was refused was not used up.
    let (browser, attempt) = setup.sign_in().await;
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok());
    assert_eq!(setup.ada.get("/me").await.ok()["backup_codes_left"], 12);
}

/// Nothing shows or prepares it any more.
#[tokio::test]
async fn attempt_is_over_after_the_fifth_wrong_code() {
    let setup = setup().await;
    let (browser, attempt) = setup.sign_in().await;
    let prepare = format!(
        "/auth/prepare-verification?attempt_identifier={attempt}&identifier_type=signin&strategy=authenticator"
    );
    for _ in 0..5 {
        browser.post(&prepare, &[]).await.ok();
        waiting(&browser.get_and_check_cache("/session").await.ok());
        browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    }
    browser.post(&prepare, &[]).await.assert_error(400, ENDED);
    assert_eq!(browser.get_and_check_cache("/session").await.ok()["signin_attempts"], json!([]));
    super::submit(&browser, &attempt, &setup.code(0)).await.assert_error(400, ENDED);
}

#[tokio::test]
async fn fifth_code_may_be_the_right_one() {
    let setup = setup().await;
    let (browser, attempt) = setup.sign_in().await;
    for _ in 0..4 {
        browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    }
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok());
}

/// The regressions: no limit on the second factor at all (ZITADEL, CVE-2024-32868), and a newer call or another method
/// that has a count of its own, or none (ZITADEL again, CVE-2025-64102).
#[tokio::test]
async fn limit_of_the_user_holds_over_attempts_methods_and_calls() {
    let setup = setup().await;
    let codes = setup.ada.make_backup_codes().await;
    for _ in 0..4 {
        // The password, which the attacker knows, gives no more guesses.
        let (browser, attempt) = setup.sign_in().await;
        browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
        browser.attempt_second_factor(&attempt, BACKUP, WRONG_BACKUP_CODE).await.assert_error(400, WRONG);
    }
    reauthenticate_with(&setup.ada, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    reauthenticate_with(&setup.ada, BACKUP, WRONG_BACKUP_CODE).await.assert_error(400, WRONG);

    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(429, LOCKED);
    browser.attempt_second_factor(&attempt, BACKUP, &codes[0]).await.assert_error(429, LOCKED);
    super::submit(&browser, &attempt, &setup.code(0)).await.assert_error(429, LOCKED);
    reauthenticate_with(&setup.ada, APP, &setup.code(0)).await.assert_error(429, LOCKED);
    reauthenticate_with(&setup.ada, BACKUP, &codes[0]).await.assert_error(429, LOCKED);
    let new = super::start_enrolment(&setup.ada).await;
    verify(&setup.ada, &new, (-1, 0)).await.assert_error(429, LOCKED);
    // A signed-in person goes on with what needs no new proof.
    setup.ada.get("/me").await.ok();

    setup.app.advance(WINDOW);
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, BACKUP, &codes[0]).await.ok();
    verify(&setup.ada, &new, (-1, 0)).await.ok();
}

fn notices(setup: &Setup) -> Vec<String> {
    let mails =
        setup.app.mails().into_iter().filter(|mail| mail.subject == "Wrong codes for your account on Vestibule");
    mails.map(|mail| mail.text).collect()
}

/// These tries need the password. The requests fail, and the notice of them is stored all the same.
#[tokio::test]
async fn used_up_tries_are_mailed_to_the_user() {
    let setup = setup().await;
    let (mut browser, attempt) = setup.sign_in().await;
    browser.headers.insert("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".parse().unwrap());
    for mailed in [0, 0, 0, 0, 1] {
        browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
        assert_eq!(notices(&setup).len(), mailed);
    }
    browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, ENDED);
    let notice = notices(&setup).remove(0);
    assert!(notice.contains("somebody entered the password of your account on Vestibule"), "{notice}");
    assert!(notice.contains("When: ") && notice.contains("From: 127.0.0.1, Firefox, Linux"), "{notice}");

    // The limit of the user is reached in the next attempts, the last time with a factor that they do not have.
    for _ in 0..2 {
        let (browser, attempt) = setup.sign_in().await;
        for _ in 0..2 {
            browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
        }
    }
    assert_eq!(notices(&setup).len(), 1);
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, BACKUP, WRONG_BACKUP_CODE).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    assert_eq!(notices(&setup).len(), 2);
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(429, LOCKED);
    assert_eq!(notices(&setup).len(), 2);
}

#[tokio::test]
async fn used_up_tries_of_a_confirmation_are_mailed_to_the_user() {
    let setup = setup().await;
    for mailed in [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] {
        reauthenticate_with(&setup.ada, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
        assert_eq!(notices(&setup).len(), mailed);
    }
    let notice = notices(&setup).remove(0);
    assert!(notice.contains("in a browser that is signed in to your account"), "{notice}");
    reauthenticate_with(&setup.ada, APP, &setup.code(0)).await.assert_error(429, LOCKED);
    assert_eq!(notices(&setup).len(), 1);
}

#[tokio::test]
async fn right_code_at_the_last_try_is_not_mailed() {
    let setup = setup().await;
    let (browser, attempt) = setup.sign_in().await;
    for _ in 0..4 {
        browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
    }
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
    assert_eq!(notices(&setup), Vec::<String>::new());
}

#[tokio::test]
async fn right_code_clears_the_count() {
    let setup = setup().await;
    for _ in 0..3 {
        let (browser, attempt) = setup.sign_in().await;
        for _ in 0..4 {
            browser.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, WRONG);
        }
        browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok();
        setup.ada.wait_for_next_code();
    }
    lock(&setup).await;
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(429, LOCKED);
}

/// The regression: the lock-out becomes a way to lock people out.
#[tokio::test]
async fn attempts_without_the_password_do_not_lock_the_user_out() {
    let setup = setup().await;
    let eve = setup.app.create_user(EVE).await;
    eve.add_authenticator().await;
    let (browser, attempt) = setup.sign_in().await;
    let stranger = setup.app.anonymous();
    for _ in 0..10 {
        for client in [&stranger, &eve] {
            client.attempt_second_factor(&attempt, APP, &setup.wrong_code()).await.assert_error(400, ENDED);
            client.attempt_second_factor(&attempt, BACKUP, WRONG_BACKUP_CODE).await.assert_error(400, ENDED);
        }
        let guess = [("email", super::ADA), ("password", "wrong"), ("verification_code", "000000")];
        assert_ne!(stranger.post("/auth/signin", &guess).await.status, 200);
        reauthenticate_with(&stranger, APP, "000000").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_signed_in(&browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.ok());
    // Eve's guesses at her own code are hers.
    for _ in 0..10 {
        reauthenticate_with(&eve, APP, "not a code").await.assert_error(400, WRONG);
    }
    reauthenticate_with(&eve, APP, "not a code").await.assert_error(429, LOCKED);
    setup.ada.wait_for_next_code();
    reauthenticate_with(&setup.ada, APP, &setup.code(0)).await.ok();
}

#[tokio::test]
async fn passkey_signs_in_while_codes_are_locked() {
    let setup = setup_with(allow_passkeys).await;
    let passkey = SoftwareAuthenticator::new(1);
    setup.ada.add_passkey(&passkey).await;
    lock(&setup).await;
    let (browser, attempt) = setup.sign_in().await;
    browser.attempt_second_factor(&attempt, APP, &setup.code(0)).await.assert_error(429, LOCKED);
    assert_signed_in(&browser.sign_in_with_passkey(&passkey).await);
    assert_signed_in(&setup.app.anonymous().sign_in_with_passkey(&passkey).await);
}
