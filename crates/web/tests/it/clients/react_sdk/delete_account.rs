//! Deleting the account. The SDK's form has no field for the password and sends an empty one.

use std::time::Duration;

use serde_json::{Value, json};

use super::both_modes;
use super::sdk::Sdk;
use crate::harness::PASSWORD;

const ADA: &str = "ada@example.com";
const MAX_AGE: Duration = Duration::from_mins(10);

#[tokio::test]
async fn account_is_deleted_without_a_password_after_a_recent_proof() {
    for app in both_modes(|settings| settings.reauthentication.max_age = MAX_AGE).await {
        // The sign-in is the proof.
        let ada = Sdk::sign_up(&app, ADA).await;
        app.advance(MAX_AGE.checked_sub(Duration::from_secs(1)).unwrap());
        assert!(ada.post("/me/account/delete", &[("password", "")]).await.ok()["message"].is_string());
        assert_eq!(ada.session().await["active_signin"], Value::Null);

        // Later, the person proves again who they are.
        let ada = Sdk::sign_up(&app, ADA).await;
        app.advance(MAX_AGE);
        let before = app.row_counts();
        for body in [&[("password", "")][..], &[]] {
            let refused = ada.post("/me/account/delete", body).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
            assert_eq!(refused["data"], json!({"methods": ["password"]}));
        }
        let wrong = [("password", "another-password")];
        ada.post("/me/account/delete", &wrong).await.assert_error(400, "PASSWORD_WRONG");
        assert_eq!(app.row_counts(), before);
        ada.post("/me/reauthenticate", &[("password", PASSWORD)]).await.ok();
        ada.post("/me/account/delete", &wrong).await.assert_error(400, "PASSWORD_WRONG");
        ada.post("/me/account/delete", &[("password", "")]).await.ok();
        assert_eq!(app.count("SELECT COUNT(*) FROM users"), 0);
    }
}

/// The proof belongs to one user: that of another account in the same browser does not count.
#[tokio::test]
async fn proof_of_another_account_in_the_session_does_not_delete_this_one() {
    for app in both_modes(|settings| settings.reauthentication.max_age = MAX_AGE).await {
        let sdk = Sdk::sign_up(&app, ADA).await;
        let ada = sdk.session().await["active_signin_id"].as_str().unwrap().to_owned();
        app.advance(MAX_AGE);
        let fields = [("email", "ben@example.com"), ("password", PASSWORD)];
        sdk.post("/auth/signup", &fields).await.ok();
        sdk.post(&format!("/session/switch-sign-in?sign_in_id={ada}"), &[]).await.ok();
        let refused = sdk.post("/me/account/delete", &[("password", "")]).await;
        refused.assert_error(403, "REAUTHENTICATION_REQUIRED");
        // The right password is a proof by itself.
        sdk.post("/me/account/delete", &[("password", PASSWORD)]).await.ok();
        assert_eq!(sdk.active_address().await, "");
    }
}
