//! Organizations: create, switch, change, leave and delete.

use image::ImageFormat;
use serde_json::{Value, json};

use super::both_modes;
use super::fields::{ORGANIZATION, ORGANIZATION_MEMBERSHIP, SESSION, assert_fields, assert_list};
use super::sdk::{Sdk, active_organization};
use crate::harness::text;
use crate::images;

#[tokio::test]
async fn creates_and_switches_organizations() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, "ada@example.com").await;
        assert_eq!(active_organization(&sdk).await, None);
        let png = images::encode(ImageFormat::Png, 20, 20);
        let fields = [("name", "Acme"), ("description", "Anvils")];
        let created = sdk.post_image("/organizations", &fields, "image", &png).await.ok();
        assert_fields(&created["organization"], ORGANIZATION);
        let acme = text(&created["membership"]["id"]);
        assert_eq!(active_organization(&sdk).await.as_ref(), Some(&acme));
        let second = sdk.post("/organizations", &[("name", "Beta")]).await.ok();
        let beta = text(&second["membership"]["id"]);
        assert_eq!(active_organization(&sdk).await, Some(beta));

        let memberships = sdk.get("/me/organization-memberships").await.ok();
        assert_list(&memberships, ORGANIZATION_MEMBERSHIP);
        let found = memberships.as_array().unwrap().iter().find(|one| one["id"] == acme.as_str()).unwrap();
        assert_eq!(
            (&found["organization"]["name"], &found["organization"]["description"]),
            (&json!("Acme"), &json!("Anvils"))
        );
        assert!(text(&found["organization"]["image_url"]).starts_with("https://join.example.com/"));
        assert_eq!(found["roles"][0]["permissions"], json!(["organization:admin"]));

        let id = text(&created["organization"]["id"]);
        let switched = sdk.post(&format!("/session/switch-organization?organization_id={id}"), &[]).await.ok();
        assert_fields(&switched, SESSION);
        assert_eq!(active_organization(&sdk).await, Some(acme));
        // The personal account.
        sdk.post("/session/switch-organization", &[]).await.ok();
        assert_eq!(active_organization(&sdk).await, None);
        sdk.post("/session/switch-organization?organization_id=1", &[]).await.assert_error(400, "NOT_A_MEMBER");
    }
}

#[tokio::test]
async fn changes_and_deletes_an_organization() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, "ada@example.com").await;
        let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
        let path = format!("/organizations/{}", text(&created["organization"]["id"]));
        // Lists repeat their key.
        let changes = [
            ("name", "Acme & Söhne"),
            ("description", "Anvils"),
            ("whitelisted_ips", "127.0.0.1"),
            ("whitelisted_ips", "10.0.0.0/8"),
            ("enable_ip_restriction", "true"),
            ("enforce_mfa", "false"),
            ("auto_assigned_workspace_id", ""),
        ];
        let changed = sdk.post(&format!("{path}/update"), &changes).await.ok();
        assert_fields(&changed, ORGANIZATION);
        assert_eq!(changed["whitelisted_ips"], json!(["127.0.0.1", "10.0.0.0/8"]));
        assert_eq!((&changed["name"], &changed["enable_ip_restriction"]), (&json!("Acme & Söhne"), &json!(true)));
        let png = images::encode(ImageFormat::Png, 20, 20);
        let changed = sdk.post_image(&format!("{path}/update"), &[("name", "Acme")], "image", &png).await.ok();
        assert_ne!(changed["image_url"], "");
        assert_eq!(sdk.post(&format!("{path}/update"), &[("image", "null")]).await.ok()["image_url"], "");

        sdk.post(&format!("{path}/leave"), &[]).await.assert_error(403, "LAST_ADMIN");
        assert_eq!(sdk.post(&format!("{path}/delete"), &[]).await.ok()["success"], true);
        assert_eq!(sdk.get("/me/organization-memberships").await.ok(), json!([]));
        assert_eq!(sdk.session().await["active_signin"]["active_organization_membership_id"], Value::Null);
    }
}
