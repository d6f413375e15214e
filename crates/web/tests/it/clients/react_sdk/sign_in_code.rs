//! Signing in with a mailed code.

use serde_json::{Value, json};

use super::both_modes;
use super::fields::{SESSION, assert_fields};
use super::sdk::{Sdk, last, prepare, verify};
use super::sign_in_password::assert_signed_in;

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn sign_in_with_a_code_goes_through_every_step() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        let started = sdk.post("/auth/signin", &[("strategy", "email_otp"), ("email", ADA)]).await.ok();
        assert_fields(&started, SESSION);
        let attempt = last(&started, "signin_attempts");
        assert_eq!((&attempt["completed"], &attempt["user_id"]), (&json!(false), &Value::Null));
        assert_eq!(attempt["current_step"], "verify_email_otp");
        assert_eq!(attempt["remaining_steps"], json!(["verify_email_otp"]));
        assert_eq!(started["active_signin"], Value::Null);

        assert_eq!(sdk.post(&prepare(attempt, "signin", "email_otp"), &[]).await.ok(), Value::Null);
        let code = app.mailed_code(ADA);
        let wrong = [("verification_code", "12345x")];
        sdk.post(&verify(attempt, "signin"), &wrong).await.assert_error(400, "INVALID_VERIFICATION_CODE");
        let right = [("verification_code", code.as_str())];
        let session = sdk.post(&verify(attempt, "signin"), &right).await.ok();
        assert_signed_in(&session, "email_otp", ADA);
        assert_eq!(last(&session, "signin_attempts")["id"], attempt["id"]);
        sdk.post(&verify(attempt, "signin"), &right).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
        assert_eq!(sdk.session().await["signin_attempts"], json!([]));
    }
}

/// A started attempt of a stranger looks like one of a user.
#[tokio::test]
async fn started_attempt_is_the_same_for_an_unknown_address() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let mut shapes = Vec::new();
        for email in [ADA, "eve@example.com"] {
            let sdk = Sdk::open(&app).await;
            let started = sdk.post("/auth/signin", &[("strategy", "email_otp"), ("email", email)]).await.ok();
            let mut attempt = last(&started, "signin_attempts").clone();
            for name in ["id", "session_id", "email"] {
                attempt[name] = Value::Null;
            }
            shapes.push(attempt);
        }
        assert_eq!(shapes[0], shapes[1]);
    }
}
