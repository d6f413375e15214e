//! Several accounts in one browser: the switcher, the list of sign-ins, and signing out.

use serde_json::{Value, json};

use super::both_modes;
use super::fields::{OWN_SIGN_IN, SESSION, assert_fields, assert_list};
use super::sdk::Sdk;
use crate::harness::{PASSWORD, text};

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";

#[tokio::test]
async fn switches_between_accounts_and_signs_them_out() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::sign_up(&app, BEN).await;
        let ada = [("strategy", "plain_email"), ("email", ADA), ("password", PASSWORD)];
        sdk.post("/auth/signin", &ada).await.ok();
        sdk.post("/auth/signin", &ada).await.assert_error(400, "USER_ALREADY_SIGNED_IN");
        let session = sdk.session().await;
        let accounts: Vec<_> = session["signins"].as_array().unwrap().iter().collect();
        let addresses: Vec<_> =
            accounts.iter().map(|account| text(&account["user"]["primary_email_address"]["email"])).collect();
        assert_eq!(addresses, [BEN, ADA]);
        assert_eq!(sdk.active_address().await, ADA);

        let ben = text(&accounts[0]["id"]);
        let switched = sdk.post(&format!("/session/switch-sign-in?sign_in_id={ben}"), &[]).await.ok();
        assert_fields(&switched, SESSION);
        assert_eq!(switched["active_signin_id"], ben.as_str());
        assert_eq!(sdk.active_address().await, BEN);
        assert_eq!(sdk.get("/me").await.ok()["email"], BEN);
        sdk.post("/session/switch-sign-in?sign_in_id=1", &[]).await.assert_error(400, "SIGN_IN_NOT_FOUND");

        let left = sdk.post(&format!("/session/sign-out?sign_in_id={ben}"), &[]).await.ok();
        assert_fields(&left, SESSION);
        assert_eq!((&left["active_signin"], left["signins"].as_array().unwrap().len()), (&Value::Null, 1));
        let ada = text(&left["signins"][0]["id"]);
        sdk.post(&format!("/session/switch-sign-in?sign_in_id={ada}"), &[]).await.ok();
        assert_eq!(sdk.active_address().await, ADA);
        let out = sdk.post("/session/sign-out", &[]).await.ok();
        assert_eq!((&out["active_signin"], &out["signins"]), (&Value::Null, &json!([])));
        sdk.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn lists_and_ends_sign_ins_of_other_browsers() {
    for app in both_modes(|_| ()).await {
        let here = Sdk::sign_up(&app, ADA).await;
        let there = Sdk::open(&app).await;
        there.post("/auth/signin", &[("strategy", "plain_email"), ("email", ADA), ("password", PASSWORD)]).await.ok();
        let sign_ins = here.get("/me/signins").await.ok();
        assert_list(&sign_ins, OWN_SIGN_IN);
        assert_eq!((&sign_ins[0]["browser"], &sign_ins[0]["device"]), (&json!("Firefox"), &json!("Linux")));
        let other = sign_ins.as_array().unwrap().iter().find(|sign_in| sign_in["current"] == false).unwrap();
        let end = format!("/me/signins/{}/signout", text(&other["id"]));
        assert_eq!(here.post(&end, &[]).await.ok(), Value::Null);
        assert_eq!(there.session().await["active_signin"], Value::Null);
        assert_eq!(here.active_address().await, ADA);
    }
}

#[tokio::test]
async fn session_token_is_issued_for_the_active_organization() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::open(&app).await;
        sdk.get("/session/token").await.assert_error(401, "UNAUTHORIZED");
        let sdk = Sdk::sign_up(&app, ADA).await;
        sdk.post("/organizations", &[("name", "Acme")]).await.ok();
        for path in ["/session/token", "/session/token?template=default"] {
            let issued = sdk.get(path).await.ok();
            assert_eq!(text(&issued["token"]).split('.').count(), 3);
            // In milliseconds.
            let expires = issued["expires"].as_i64().unwrap();
            assert_eq!(expires, app.inner.service.now().as_microseconds() / 1000 + 30_000);
        }
        sdk.get("/session/token?template=hasura").await.assert_error(404, "TEMPLATE_NOT_FOUND");
    }
}
