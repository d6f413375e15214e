//! Who may add a passkey: the signed-in user, with a recent proof, of the second factor if they have one.

use std::time::Duration;

use serde_json::json;

use super::{
    ADA, BEGIN_PROOF, BEGIN_REGISTRATION, BEN, FINISH_REGISTRATION, begin, create_user_with_passkey, list,
    only_passkey, prove, register, sign_in, start,
};
use crate::harness::{PASSWORD, SoftwareAuthenticator, Tamper, TestApp, allow_passkeys};

const MAX_AGE: Duration = Duration::from_mins(10);
const ALMOST_MAX_AGE: Duration = Duration::from_mins(9);

/// An app in which a proof of identity is recent for ten minutes.
async fn start_with_max_age() -> TestApp {
    TestApp::with_settings(|settings| {
        allow_passkeys(settings);
        settings.reauthentication.max_age = MAX_AGE;
    })
    .await
}

#[tokio::test]
async fn passkey_is_not_added_from_an_anonymous_or_half_signed_in_session() {
    let app = start().await;
    let ada = app.create_user(ADA).await;
    let authenticator = ada.add_authenticator().await;
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    let credential = SoftwareAuthenticator::new(1).register(&options, &Tamper::default());
    let half = app.anonymous();
    half.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let attempt = half.pending_attempt().await;
    for client in [&app.anonymous(), &half] {
        client.post(BEGIN_REGISTRATION, &[]).await.assert_error(401, "UNAUTHORIZED");
        client.post_json(FINISH_REGISTRATION, &credential).await.assert_error(401, "UNAUTHORIZED");
        client.post(BEGIN_PROOF, &[]).await.assert_error(401, "UNAUTHORIZED");
        client.get("/me/passkeys").await.assert_error(401, "UNAUTHORIZED");
    }
    assert!(list(&ada).await.is_empty());
    // The challenge of the whole sign-in is not used up by that, and does not become one of the other session.
    half.attempt_second_factor(&attempt, "authenticator", &half.code_of(&authenticator)).await.ok();
    half.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
    ada.post_json(FINISH_REGISTRATION, &credential).await.ok();
}

#[tokio::test]
async fn stale_proof_starts_no_registration_and_finishes_none() {
    let app = start_with_max_age().await;
    let ada = app.create_user(ADA).await;
    app.advance(ALMOST_MAX_AGE);
    let options = begin(&ada, BEGIN_REGISTRATION).await;
    app.advance(Duration::from_mins(1));
    let refused = ada.post(BEGIN_REGISTRATION, &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    assert_eq!(refused["data"]["methods"], json!(["password"]));
    let credential = SoftwareAuthenticator::new(1).register(&options, &Tamper::default());
    ada.post_json(FINISH_REGISTRATION, &credential).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    assert!(list(&ada).await.is_empty());
    ada.reauthenticate().await;
    register(&ada, &SoftwareAuthenticator::new(1), &Tamper::default()).await.ok();
}

/// An attacker who knows the password must not get around the second factor by changing it.
#[tokio::test]
async fn password_alone_changes_no_factor_of_an_account_that_has_one() {
    let app = start_with_max_age().await;
    let (ada, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let path = only_passkey(&ada).await;
    // The policy does not ask for the passkey, so the password signs in.
    let thief = app.anonymous();
    thief.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let removal = format!("{path}/delete");
    for _ in 0..2 {
        for call in [BEGIN_REGISTRATION, "/me/authenticator", "/me/backup-codes", &removal] {
            let refused = thief.post(call, &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
            assert_eq!(refused["data"]["methods"], json!(["passkey"]), "{call}");
        }
        thief.reauthenticate().await;
    }
    prove(&thief, &SoftwareAuthenticator::new(2), &Tamper::default()).await.assert_error(404, "PASSKEY_NOT_FOUND");
    assert_eq!(list(&ada).await.len(), 1);

    app.advance(MAX_AGE);
    ada.post(BEGIN_REGISTRATION, &[]).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    prove(&ada, &authenticator, &Tamper::default()).await.ok();
    register(&ada, &SoftwareAuthenticator::new(2), &Tamper::default()).await.ok();
}

#[tokio::test]
async fn registration_counts_as_a_proof_of_the_new_passkey() {
    let app = start_with_max_age().await;
    let ada = app.create_user(ADA).await;
    app.advance(ALMOST_MAX_AGE);
    register(&ada, &SoftwareAuthenticator::new(1), &Tamper::default()).await.ok();
    app.advance(ALMOST_MAX_AGE);
    ada.post("/me/backup-codes", &[]).await.ok();
    register(&ada, &SoftwareAuthenticator::new(2), &Tamper::default()).await.ok();
}

#[tokio::test]
async fn registration_of_one_user_does_not_become_one_of_the_next_user_of_the_session() {
    let app = start().await;
    let browser = app.create_user(ADA).await;
    app.create_user(BEN).await;
    let of_ada = begin(&browser, BEGIN_REGISTRATION).await;
    browser.post("/auth/signin", &[("email", BEN), ("password", PASSWORD)]).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], BEN);
    let credential = SoftwareAuthenticator::new(1).register(&of_ada, &Tamper::default());
    browser.post_json(FINISH_REGISTRATION, &credential).await.assert_error(400, "PASSKEY_CHALLENGE_EXPIRED");
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys"), 0);
}

#[tokio::test]
async fn sign_in_by_passkey_is_proof_enough_for_the_next_one() {
    let app = start_with_max_age().await;
    let (_, authenticator) = create_user_with_passkey(&app, ADA, 1).await;
    let browser = app.anonymous();
    sign_in(&browser, &authenticator, &Tamper::default()).await.ok();
    register(&browser, &SoftwareAuthenticator::new(2), &Tamper::default()).await.ok();
    assert_eq!(list(&browser).await.len(), 2);
}
