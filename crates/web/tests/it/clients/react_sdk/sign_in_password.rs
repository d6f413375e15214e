//! Signing in with a password, and after a password reset.

use serde_json::{Value, json};

use super::fields::{SESSION, SIGN_IN_ATTEMPT, assert_fields};
use super::sdk::{Sdk, last};
use super::{both_modes, sdk::verify};
use crate::harness::{PASSWORD, text};

const ADA: &str = "ada@example.com";

/// Asserts that the person is in: the sign-in form waits for the last attempt to be completed.
#[track_caller]
pub(super) fn assert_signed_in(session: &Value, method: &str, email: &str) {
    assert_fields(session, SESSION);
    let attempt = last(session, "signin_attempts");
    assert_fields(attempt, SIGN_IN_ATTEMPT);
    assert_eq!(attempt["completed"], true);
    assert_eq!((&attempt["method"], &attempt["email"]), (&json!(method), &json!(email)));
    assert_eq!(attempt["remaining_steps"], json!([]));
    assert_eq!(attempt["first_method_authenticated"], true);
    assert_eq!(attempt["second_method_authentication_required"], false);
    assert_eq!(attempt["user_id"], session["active_signin"]["user_id"]);
    assert_eq!(attempt["session_id"], session["id"]);
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], ADA);
    assert_eq!(session["active_signin_id"], session["active_signin"]["id"]);
}

#[tokio::test]
async fn sign_in_with_a_password_ends_with_a_completed_attempt() {
    for app in both_modes(|_| ()).await {
        let fields = [("email", ADA), ("password", PASSWORD), ("username", "ada.b")];
        app.anonymous().post("/auth/signup", &fields).await.ok();
        let sdk = Sdk::open(&app).await;
        let asked = sdk.post("/auth/identify", &[("identifier", ADA)]).await.ok();
        assert_eq!(asked["strategy"], "password");
        let wrong = [("strategy", "plain_email"), ("email", ADA), ("password", "another-password")];
        let refused = sdk.post("/auth/signin", &wrong).await.assert_error(401, "INVALID_CREDENTIALS");
        assert_eq!(refused["data"], Value::Null);
        let right = [("strategy", "plain_email"), ("email", "ADA@example.com"), ("password", PASSWORD)];
        let session = sdk.post("/auth/signin", &right).await.ok();
        assert_signed_in(&session, "plain_email", ADA);
        assert_eq!(last(&session, "signin_attempts")["current_step"], "verify_password");
        assert_eq!(sdk.session().await["signin_attempts"], json!([]));

        let sdk = Sdk::open(&app).await;
        let by_name = [("strategy", "plain_username"), ("username", "Ada.B"), ("password", PASSWORD)];
        assert_signed_in(&sdk.post("/auth/signin", &by_name).await.ok(), "plain_username", ADA);
    }
}

/// The form ignores earlier attempts that were given up, and those of other tabs.
#[tokio::test]
async fn completed_attempt_is_the_last_one_after_attempts_that_were_given_up() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        let mut started = Vec::new();
        for strategy in ["email_otp", "magic_link", "email_otp"] {
            let session = sdk.post("/auth/signin", &[("strategy", strategy), ("email", ADA)]).await.ok();
            let attempt = last(&session, "signin_attempts");
            assert_eq!((&attempt["method"], &attempt["completed"]), (&json!(strategy), &json!(false)));
            assert!(!started.contains(&attempt["id"]), "{attempt} is an earlier attempt");
            started.push(attempt["id"].clone());
        }
        let right = [("strategy", "plain_email"), ("email", ADA), ("password", PASSWORD)];
        let session = sdk.post("/auth/signin", &right).await.ok();
        assert_signed_in(&session, "plain_email", ADA);
        let ids = |session: &Value| {
            session["signin_attempts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|attempt| attempt["id"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(&session)[..3], started);
        // The session shows what is open, and nothing when the attempts have expired.
        assert_eq!(ids(&sdk.session().await), started);
        app.advance(std::time::Duration::from_mins(10));
        assert_eq!(sdk.session().await["signin_attempts"], json!([]));
    }
}

#[tokio::test]
async fn session_shows_at_most_ten_open_attempts() {
    for app in both_modes(|settings| settings.passwords.attempts_per_account = 100).await {
        let sdk = Sdk::open(&app).await;
        for _ in 0..12 {
            let session = sdk.post("/auth/signin", &[("strategy", "email_otp"), ("email", ADA)]).await.ok();
            let newest = last(&session, "signin_attempts");
            let shown = sdk.session().await;
            assert_eq!(last(&shown, "signin_attempts"), newest);
            assert!(shown["signin_attempts"].as_array().unwrap().len() <= 10);
        }
    }
}

#[tokio::test]
async fn password_reset_ends_with_a_completed_attempt() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        assert_eq!(sdk.post("/auth/forgot-password", &[("email", ADA)]).await.ok(), Value::Null);
        let code = app.mailed_code(ADA);
        let exchanged = sdk.post("/auth/forgot-password", &[("email", ADA), ("otp", &code)]).await.ok();
        let token = text(&exchanged["token"]);
        let reset = [("token", token.as_str()), ("password", "another-sesame-43")];
        let session = sdk.post("/auth/reset-password", &reset).await.ok();
        assert_signed_in(&session, "email_otp", ADA);
        let attempt = last(&session, "signin_attempts");
        let used = [("verification_code", code.as_str())];
        sdk.post(&verify(attempt, "signin"), &used).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    }
}
