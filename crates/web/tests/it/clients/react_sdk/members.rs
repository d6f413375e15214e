//! Members of an organization: list, search, roles, removal.

use serde_json::json;

use super::both_modes;
use super::fields::{ORGANIZATION_MEMBERSHIP, ORGANIZATION_ROLE, PAGE, assert_fields, assert_list};
use super::sdk::{Sdk, named};
use crate::harness::text;

#[tokio::test]
async fn lists_members_and_changes_their_roles() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, "ada@example.com").await;
        let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
        let id = text(&created["organization"]["id"]);
        let path = format!("/organizations/{id}");
        let ben = sdk.join(&path, "ben@example.com").await;
        let page = sdk.get(&format!("{path}/members?page=1&limit=10")).await.ok();
        assert_list(&page["data"], ORGANIZATION_MEMBERSHIP);
        assert_fields(&page["meta"], PAGE);
        assert_eq!(page["meta"], json!({"total": 2, "page": 1, "limit": 10, "has_more": false}));
        let found = sdk.get(&format!("{path}/members?page=1&limit=1&search=ben")).await.ok();
        assert_eq!(found["meta"]["total"], 1);
        let member = &found["data"][0];
        assert_eq!(member["user"]["primary_email_address"]["email"], "ben@example.com");
        let member_path = format!("{path}/members/{}", text(&member["id"]));

        let roles = sdk.get(&format!("{path}/roles")).await.ok();
        assert_list(&roles, ORGANIZATION_ROLE);
        let admin = named(&roles, "Admin");
        assert_eq!((&admin["is_deployment_level"], &admin["organization_id"]), (&json!(true), &json!("0")));
        let role_path = format!("{member_path}/roles/{}", text(&admin["id"]));
        assert_eq!(sdk.post(&format!("{role_path}/add"), &[]).await.ok()["success"], true);
        assert_eq!(sdk.post(&format!("{role_path}/add"), &[]).await.ok()["success"], true);
        ben.get(&format!("{path}/invitations")).await.ok();
        assert_eq!(sdk.post(&format!("{role_path}/remove"), &[]).await.ok()["success"], true);
        ben.get(&format!("{path}/invitations")).await.assert_error(403, "FORBIDDEN");

        assert_eq!(sdk.post(&format!("{member_path}/remove"), &[]).await.ok()["success"], true);
        assert_eq!(ben.get("/me/organization-memberships").await.ok(), json!([]));
        assert_eq!(sdk.get(&format!("{path}/members?page=1&limit=10")).await.ok()["meta"]["total"], 1);
    }
}

#[tokio::test]
async fn creates_and_removes_roles() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, "ada@example.com").await;
        let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
        let id = text(&created["organization"]["id"]);
        // Permissions of organization roles have indexed keys.
        let fields = [
            ("name", "Buyer"),
            ("permissions[0]", "organization:manage_members"),
            ("permissions[1]", "organization:member"),
        ];
        let role = sdk.post(&format!("/organizations/{id}/roles"), &fields).await.ok();
        assert_fields(&role, ORGANIZATION_ROLE);
        assert_eq!(role["permissions"], json!(["organization:manage_members", "organization:member"]));
        // What the SDK calls editable.
        assert_eq!((&role["is_deployment_level"], &role["organization_id"]), (&json!(false), &json!(id)));
        let remove = format!("/organizations/{id}/roles/{}/remove", text(&role["id"]));
        assert_eq!(sdk.post(&remove, &[]).await.ok()["success"], true);
        let roles = sdk.get(&format!("/organizations/{id}/roles")).await.ok();
        assert!(roles.as_array().unwrap().iter().all(|one| one["id"] != role["id"]));
    }
}

#[tokio::test]
async fn member_leaves_the_organization() {
    for app in both_modes(|_| ()).await {
        let sdk = Sdk::sign_up(&app, "ada@example.com").await;
        let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
        let path = format!("/organizations/{}", text(&created["organization"]["id"]));
        let ben = sdk.join(&path, "ben@example.com").await;
        assert_eq!(ben.post(&format!("{path}/leave"), &[]).await.ok()["success"], true);
        assert_eq!(ben.get("/me/organization-memberships").await.ok(), json!([]));
        ben.get(&format!("{path}/members?page=1&limit=10")).await.assert_error(403, "FORBIDDEN");
    }
}
