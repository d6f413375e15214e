//! Invitations: send, list, resend, discard, and accept in each of the ways that the SDK has a page for.

use serde_json::{Value, json};

use super::both_modes;
use super::fields::{INVITATION, assert_fields, assert_list};
use super::sdk::{Sdk, active_organization, named};
use crate::harness::{PASSWORD, text};

const BEN: &str = "ben@example.com";

/// Starts an organization. Returns its owner and its path.
async fn organization(app: &crate::harness::TestApp) -> (Sdk, String) {
    let sdk = Sdk::sign_up(app, "ada@example.com").await;
    let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
    let path = format!("/organizations/{}", text(&created["organization"]["id"]));
    (sdk, path)
}

#[tokio::test]
async fn invites_resends_and_discards() {
    for app in both_modes(|_| ()).await {
        let (sdk, path) = organization(&app).await;
        let roles = sdk.get(&format!("{path}/roles")).await.ok();
        let role = text(&named(&roles, "Member")["id"]);
        // The dialog always sends a role, and empty fields for what was not chosen.
        let fields =
            [("email", "Ben@example.com "), ("role_id", &role), ("workspace_id", ""), ("workspace_role_id", "")];
        let invited = sdk.post(&format!("{path}/invitations"), &fields).await.ok();
        assert_fields(&invited, INVITATION);
        assert_eq!((&invited["email"], &invited["expired"]), (&json!(BEN), &json!(false)));
        assert_eq!(invited["initial_organization_role"]["name"], "Member");
        sdk.post(&format!("{path}/invitations"), &fields).await.assert_error(400, "INVITATION_EXISTS");
        let listed = sdk.get(&format!("{path}/invitations")).await.ok();
        assert_list(&listed, INVITATION);

        let first = app.mailed_token(BEN);
        let one = format!("{path}/invitations/{}", text(&invited["id"]));
        let resent = sdk.post(&format!("{one}/resend"), &[]).await.ok();
        assert_fields(&resent, INVITATION);
        assert_eq!(resent["id"], invited["id"]);
        let second = app.mailed_token(BEN);
        assert_ne!(first, second);
        let ben = Sdk::open(&app).await;
        let old = ben.get(&format!("/deployment/invitations/validate?token={first}")).await.ok();
        assert_eq!((&old["valid"], &old["error_code"]), (&json!(false), &json!("INVALID_INVITATION_TOKEN")));

        assert_eq!(sdk.post(&format!("{one}/discard"), &[]).await.ok()["success"], true);
        assert_eq!(sdk.get(&format!("{path}/invitations")).await.ok(), json!([]));
        let accept = [("token", second.as_str())];
        ben.post("/organizations/invitations/accept", &accept).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
}

#[tokio::test]
async fn user_signs_in_and_accepts() {
    for app in both_modes(|_| ()).await {
        let (sdk, path) = organization(&app).await;
        Sdk::sign_up(&app, BEN).await;
        sdk.post(&format!("{path}/invitations"), &[("email", BEN)]).await.ok();
        let token = app.mailed_token(BEN);
        let accept = [("token", token.as_str())];
        let ben = Sdk::open(&app).await;
        let refused = ben.post("/organizations/invitations/accept", &accept).await.ok();
        assert_eq!((&refused["requires_signin"], &refused["invited_email"]), (&json!(true), &json!(BEN)));
        assert_eq!(refused["error_code"], "INVITATION_REQUIRES_SIGNIN");
        // With an organization, the SDK would show that the invitation was accepted.
        assert!(refused.get("organization").is_none());
        assert!(refused["message"].is_string());

        // Somebody else is signed in.
        let fields = [("email", "eve@example.com"), ("password", PASSWORD)];
        ben.post("/auth/signup", &fields).await.ok();
        let mismatch = ben.post("/organizations/invitations/accept", &accept).await.ok();
        assert_eq!(
            (&mismatch["requires_signin"], &mismatch["error_code"]),
            (&json!(true), &json!("INVITATION_EMAIL_MISMATCH"))
        );

        let fields = [("strategy", "plain_email"), ("email", BEN), ("password", PASSWORD)];
        ben.post("/auth/signin", &fields).await.ok();
        let accepted = ben.post("/organizations/invitations/accept", &accept).await.ok();
        assert_eq!(accepted["organization"]["name"], "Acme");
        assert!(accepted.get("requires_signin").is_none() && accepted.get("error_code").is_none(), "{accepted}");
        let sign_in = text(&accepted["signin_id"]);
        ben.post(&format!("/session/switch-sign-in?sign_in_id={sign_in}"), &[]).await.ok();
        let id = text(&accepted["organization"]["id"]);
        ben.post(&format!("/session/switch-organization?organization_id={id}"), &[]).await.ok();
        let memberships = ben.get("/me/organization-memberships").await.ok();
        assert_eq!(active_organization(&ben).await, memberships[0]["id"].as_str().map(str::to_owned));
        // The link was used.
        ben.post("/organizations/invitations/accept", &accept).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    }
}

#[tokio::test]
async fn stranger_signs_up_and_accepts() {
    for app in both_modes(|_| ()).await {
        let (sdk, path) = organization(&app).await;
        sdk.post(&format!("{path}/invitations"), &[("email", BEN)]).await.ok();
        let token = app.mailed_token(BEN);
        let ben = Sdk::open(&app).await;
        let refused = ben.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!(
            (&refused["requires_signin"], &refused["error_code"]),
            (&json!(true), &json!("INVITATION_REQUIRES_SIGNUP"))
        );
        let valid = ben.get(&format!("/deployment/invitations/validate?token={token}")).await.ok();
        for (name, expected) in
            [("valid", json!(true)), ("email", json!(BEN)), ("first_name", json!("")), ("last_name", json!(""))]
        {
            assert_eq!(valid[name], expected, "{valid}");
        }
        let fields = [("email", BEN), ("password", PASSWORD), ("first_name", "Ben"), ("invite_token", &token)];
        ben.post("/auth/signup", &fields).await.ok();
        let accepted = ben.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!(accepted["organization"]["name"], "Acme");
        assert_eq!(accepted.get("workspace"), None);
    }
}

#[tokio::test]
async fn expired_invitation_shows_its_page_until_it_is_resent() {
    for app in both_modes(|_| ()).await {
        let (sdk, path) = organization(&app).await;
        let invited = sdk.post(&format!("{path}/invitations"), &[("email", BEN)]).await.ok();
        let token = app.mailed_token(BEN);
        app.advance(crate::harness::DAY * 7);
        let ben = Sdk::open(&app).await;
        let expired = ben.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!((&expired["error_code"], expired.get("organization")), (&json!("INVITATION_EXPIRED"), None));
        let listed = sdk.get(&format!("{path}/invitations")).await.ok();
        assert_eq!(listed[0]["expired"], true);
        sdk.post(&format!("{path}/invitations/{}/resend", text(&invited["id"])), &[]).await.ok();
        assert_eq!(sdk.get(&format!("{path}/invitations")).await.ok()[0]["expired"], false);
        let ben = Sdk::sign_up(&app, BEN).await;
        let accepted = ben.post("/organizations/invitations/accept", &[("token", &app.mailed_token(BEN))]).await.ok();
        assert_ne!(accepted["signin_id"], Value::Null);
    }
}
