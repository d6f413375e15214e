//! Accounts that are locked or disabled, and passkeys that are gone.

use std::time::Duration;

use super::{ADA, BEGIN_SIGN_IN, create_user_with_passkey, disable, sign_in, sign_in_elsewhere, start};
use crate::harness::{PASSWORD, SoftwareAuthenticator, Tamper, TestApp, allow_passkeys};

#[tokio::test]
async fn used_up_password_attempts_do_not_stop_a_passkey() {
    let app = TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.passwords.attempts_per_account = 1;
    })
    .await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let attempt =
        async |password: &str| app.anonymous().post("/auth/signin", &[("email", ADA), ("password", password)]).await;
    attempt("wrong-password").await.assert_error(401, "INVALID_CREDENTIALS");
    attempt(PASSWORD).await.assert_error(429, "TOO_MANY_REQUESTS");
    let session = sign_in_elsewhere(&app, &passkey, &Tamper::default()).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], ADA);
    // A signature is no password: it gives back no attempts at one.
    attempt(PASSWORD).await.assert_error(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_mins(15));
    attempt(PASSWORD).await.ok();
}

/// However many wrong signatures others send, the user can sign in.
#[tokio::test]
async fn wrong_signatures_lock_nobody_out() {
    let app = TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.passwords.attempts_per_account = 1;
    })
    .await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let wrong = Tamper { breaks_signature: true, ..Tamper::default() };
    for _ in 0..8 {
        sign_in_elsewhere(&app, &passkey, &wrong).await.assert_error(400, "INVALID_PASSKEY");
    }
    sign_in_elsewhere(&app, &passkey, &Tamper::default()).await.ok();
    app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
}

#[tokio::test]
async fn one_network_starts_a_limited_number_of_sign_ins_apart_from_its_passwords() {
    let app = TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.passwords.attempts_per_address = 1;
    })
    .await;
    // Ten times as many as attempts at passwords: each sign-in page asks for one.
    for _ in 0..10 {
        app.anonymous().post(BEGIN_SIGN_IN, &[]).await.ok();
    }
    app.anonymous().post(BEGIN_SIGN_IN, &[]).await.assert_error(429, "TOO_MANY_REQUESTS");
    let password = [("email", ADA), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &password).await.assert_error(401, "INVALID_CREDENTIALS");
}

/// WSO2 CVE-2025-10908: a locked account signed in by passkey.
#[tokio::test]
async fn disabled_account_does_not_sign_in_by_passkey() {
    let app = start().await;
    let (ada, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    disable(&app, &ada).await;
    let before = app.count("SELECT COUNT(*) FROM sign_ins");
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let browser = app.anonymous();
    for _ in 0..2 {
        sign_in(&browser, &passkey, &Tamper::default()).await.assert_error(403, "USER_DISABLED");
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM sign_ins"), before);
    // A use that was refused is none.
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys WHERE last_used_at IS NOT NULL"), 0);
}

#[tokio::test]
async fn only_the_owner_of_the_passkey_learns_that_an_account_is_disabled() {
    let app = start().await;
    let (ada, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let wrong = Tamper { breaks_signature: true, ..Tamper::default() };
    let before = sign_in_elsewhere(&app, &passkey, &wrong).await.assert_error(400, "INVALID_PASSKEY");
    disable(&app, &ada).await;
    let after = sign_in_elsewhere(&app, &passkey, &wrong).await.assert_error(400, "INVALID_PASSKEY");
    assert_eq!(before["errors"], after["errors"]);
    let other_device = sign_in_elsewhere(&app, &SoftwareAuthenticator::new(2), &Tamper::default()).await;
    other_device.assert_error(404, "PASSKEY_NOT_FOUND");
}

#[tokio::test]
async fn unknown_credential_is_not_found() {
    let app = start().await;
    let (_, passkey) = create_user_with_passkey(&app, ADA, 1).await;
    let unknown = sign_in_elsewhere(&app, &SoftwareAuthenticator::new(2), &Tamper::default()).await;
    unknown.assert_error(404, "PASSKEY_NOT_FOUND");
    for id in ["AQ".to_owned(), "A".repeat(1364)] {
        let tamper = Tamper { credential_id: Some(id), ..Tamper::default() };
        sign_in_elsewhere(&app, &passkey, &tamper).await.assert_error(404, "PASSKEY_NOT_FOUND");
    }
}
