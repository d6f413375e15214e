//! Signing up: at once, with a code, and with an invitation.

use serde_json::{Value, json};

use super::fields::{SESSION, SIGN_UP_ATTEMPT, assert_fields};
use super::sdk::{Sdk, last, prepare, verify};
use super::{both_modes, fields::Field};
use crate::harness::{PASSWORD, text};

const ADA: &str = "ada@example.com";

/// Asserts that the person is in: the sign-up form waits for the last attempt to be completed.
#[track_caller]
pub(super) fn assert_signed_up(session: &Value, email: &str) {
    assert_fields(session, SESSION);
    let attempt = last(session, "signup_attempts");
    assert_fields(attempt, SIGN_UP_ATTEMPT);
    assert_eq!(attempt["completed"], true);
    assert_eq!((&attempt["email"], &attempt["remaining_steps"]), (&json!(email), &json!([])));
    assert_eq!(attempt["session_id"], session["id"]);
    assert!(attempt.get("password").is_none());
    assert_eq!(session["active_signin"]["user"]["primary_email_address"]["email"], email);
    assert_eq!(session["active_signin"]["browser"], "Firefox");
    assert_eq!(session["active_signin"]["device"], "Linux");
}

#[tokio::test]
async fn sign_up_ends_with_a_completed_attempt() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::open(&app).await;
        assert_eq!(sdk.session().await["active_signin"], Value::Null);
        let fields = [
            ("email", "Ada@example.com"),
            ("password", PASSWORD),
            ("first_name", "Ada"),
            ("last_name", "Berg"),
            ("username", "ada.b"),
            ("phone_number", ""),
        ];
        let session = sdk.post("/auth/signup", &fields).await.ok();
        assert_signed_up(&session, ADA);
        let attempt = last(&session, "signup_attempts");
        let names = ["first_name", "last_name", "username"].map(|name| text(&attempt[name]));
        assert_eq!(names, ["Ada", "Berg", "ada.b"]);
        // The attempt is part of that response only.
        let polled = sdk.session().await;
        assert_eq!(polled["signup_attempts"], json!([]));
        assert_eq!(polled["active_signin"], session["active_signin"]);
    }
}

#[tokio::test]
async fn sign_up_with_a_code_goes_through_every_step() {
    const OPEN: &[Field] = SIGN_UP_ATTEMPT;
    for app in both_modes(|settings| settings.verify_addresses = true).await {
        let sdk = Sdk::open(&app).await;
        let fields = [("email", ADA), ("password", PASSWORD), ("first_name", "Ada"), ("last_name", "Berg")];
        let started = sdk.post("/auth/signup", &fields).await.ok();
        assert_fields(&started, SESSION);
        let attempt = last(&started, "signup_attempts");
        assert_fields(attempt, OPEN);
        assert_eq!((&attempt["completed"], &attempt["current_step"]), (&json!(false), &json!("verify_email")));
        assert_eq!(attempt["remaining_steps"], json!(["verify_email"]));
        assert_eq!(started["active_signin"], Value::Null);
        assert_eq!(sdk.session().await["signup_attempts"], started["signup_attempts"]);

        assert_eq!(sdk.post(&prepare(attempt, "signup", "email_otp"), &[]).await.ok(), Value::Null);
        let code = app.mailed_code(ADA);
        let wrong = [("verification_code", "x")];
        sdk.post(&verify(attempt, "signup"), &wrong).await.assert_error(400, "INVALID_VERIFICATION_CODE");
        let session = sdk.post(&verify(attempt, "signup"), &[("verification_code", &code)]).await.ok();
        assert_signed_up(&session, ADA);
        assert_eq!(last(&session, "signup_attempts")["id"], attempt["id"]);
        assert_eq!(sdk.session().await["signup_attempts"], json!([]));
    }
}

#[tokio::test]
async fn sign_up_with_an_invitation_ends_with_a_completed_attempt() {
    for app in both_modes(|settings| settings.verify_addresses = true).await {
        let (owner, organization) = {
            let owner = app.anonymous();
            let fields = [("email", "olga@example.com"), ("password", PASSWORD)];
            let started = owner.post("/auth/signup", &fields).await.ok();
            let attempt = last(&started, "signup_attempts");
            owner.post(&prepare(attempt, "signup", "email_otp"), &[]).await.ok();
            let code = app.mailed_code("olga@example.com");
            owner.post(&verify(attempt, "signup"), &[("verification_code", &code)]).await.ok();
            let created = owner.post("/organizations", &[("name", "Acme")]).await.ok();
            (owner, text(&created["organization"]["id"]))
        };
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
        let token = app.mailed_token(ADA);
        let sdk = Sdk::open(&app).await;
        let valid = sdk.get(&format!("/deployment/invitations/validate?token={token}")).await.ok();
        for (name, expected) in
            [("valid", json!(true)), ("email", json!(ADA)), ("message", json!("organization_invitation"))]
        {
            assert_eq!(valid[name], expected, "{valid}");
        }
        let fields = [("email", ADA), ("password", PASSWORD), ("first_name", "Ada"), ("invite_token", &token)];
        let session = sdk.post("/auth/signup", &fields).await.ok();
        assert_signed_up(&session, ADA);
        assert_eq!(session["active_signin"]["user"]["primary_email_address"]["verified"], true);
    }
}
