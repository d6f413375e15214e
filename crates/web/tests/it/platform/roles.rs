//! The roles of an organization.

use serde_json::json;

use super::PlatformClient;
use super::organizations::{add_admin, create, role, user};
use crate::harness::{TestApp, text};

#[tokio::test]
async fn roles_are_created_listed_changed_and_deleted() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let roles = format!("{path}/roles");
    let fields = json!({"name": "Buyer", "permissions": ["orders:write", "organization:manage_members"]});
    let created = backend.post(&roles, &fields).await.ok();
    let expected = json!({
        "id": created["id"],
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
        "name": "Buyer",
        "permissions": ["orders:write", "organization:manage_members"],
        "is_deployment_level": false,
    });
    assert_eq!(created, expected);
    let list = async |query: &str| {
        let listed = backend.get(&format!("{roles}{query}")).await.page();
        listed.iter().map(|role| text(&role["name"])).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list("").await, "Member Admin Buyer");
    assert_eq!(list("?sort_key=name").await, "Admin Buyer Member");
    assert_eq!(list("?sort_key=created_at&limit=1").await, "Buyer");
    assert_eq!(list("?search=buy").await, "Buyer");
    assert_eq!(list("?offset=2").await, "Buyer");
    backend.get(&format!("{roles}?sort_key=permissions")).await.assert_error(400, "INVALID_FIELD");
    let one = format!("{roles}/{}", text(&created["id"]));
    let renamed = backend.patch(&one, &json!({"name": "Purchaser"})).await.ok();
    assert_eq!((&renamed["name"], &renamed["permissions"]), (&json!("Purchaser"), &expected["permissions"]));
    let emptied = backend.patch(&one, &json!({"permissions": []})).await.ok();
    assert_eq!((&emptied["name"], &emptied["permissions"]), (&json!("Purchaser"), &json!([])));
    assert_eq!(backend.delete(&one).await.ok(), json!({}));
    backend.delete(&one).await.assert_error(404, "ROLE_NOT_FOUND");
    backend.patch(&one, &json!({"name": "Back"})).await.assert_error(404, "ROLE_NOT_FOUND");
}

#[tokio::test]
async fn a_list_without_a_limit_has_every_role() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = format!("{}/roles", create(&backend, "Acme").await);
    for number in 1..=60 {
        let fields = json!({"name": format!("Role {number}"), "permissions": []});
        backend.post(&path, &fields).await.ok();
    }
    let page = backend.get(&path).await.ok();
    assert_eq!((&page["total"], &page["has_more"]), (&json!(62), &json!(false)));
    assert_eq!(page["data"].as_array().unwrap().len(), 62, "clients do not look for another page");
    let page = backend.get(&format!("{path}?limit=50")).await.ok();
    assert_eq!((&page["total"], &page["has_more"]), (&json!(62), &json!(true)));
    assert_eq!(page["data"].as_array().unwrap().len(), 50);
    let next = backend.get(&format!("{path}?limit=50&cursor={}", text(&page["next_cursor"]))).await.ok();
    assert_eq!((next["data"].as_array().unwrap().len(), &next["has_more"]), (12, &json!(false)));
    assert_eq!(next["next_cursor"], json!(null));
    for cursor in ["x", "-1", "100001"] {
        backend.get(&format!("{path}?cursor={cursor}")).await.assert_error(400, "INVALID_CURSOR");
    }
}

#[tokio::test]
async fn a_role_in_use_is_deleted_with_a_replacement() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let fields = json!({"name": "Clerk", "permissions": ["orders:read"]});
    let clerk = text(&backend.post(&format!("{path}/roles"), &fields).await.ok()["id"]);
    let (_, nina) = user(&app, "nina@example.com").await;
    backend.post(&format!("{path}/members"), &json!({"user_id": nina, "role_ids": [clerk]})).await.ok();
    let one = format!("{path}/roles/{clerk}");
    let message = backend.delete(&one).await.assert_error(409, "ROLE_IN_USE");
    assert!(message.contains("nina") && message.contains("replacement_role_id"), "{message}");
    backend.delete(&format!("{one}?replacement_role_id=x")).await.assert_error(400, "INVALID_ID");
    backend.delete(&format!("{one}?replacement_role_id=7")).await.assert_error(404, "ROLE_NOT_FOUND");
    let member = role(&backend, &path, "Member").await;
    backend.delete(&format!("{one}?replacement_role_id={member}")).await.ok();
    let shown = backend.get(&format!("{path}/members/{nina}")).await.ok();
    assert_eq!(shown["roles"][0]["name"], "Member");
}

#[tokio::test]
async fn the_last_admin_keeps_a_role_that_makes_them_one() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let fields = json!({"name": "Owner", "permissions": ["organization:admin"]});
    let owner = text(&backend.post(&format!("{path}/roles"), &fields).await.ok()["id"]);
    let (_, olga) = user(&app, "olga@example.com").await;
    backend.post(&format!("{path}/members"), &json!({"user_id": olga, "role_ids": [owner]})).await.ok();
    let one = format!("{path}/roles/{owner}");
    backend.patch(&one, &json!({"permissions": []})).await.assert_error(409, "LAST_ADMIN");
    let (member, admin) = (role(&backend, &path, "Member").await, role(&backend, &path, "Admin").await);
    backend.delete(&format!("{one}?replacement_role_id={member}")).await.assert_error(409, "LAST_ADMIN");
    backend.delete(&format!("{one}?replacement_role_id={admin}")).await.ok();
    // A role that nobody has makes nobody an admin.
    let spare = text(&backend.post(&format!("{path}/roles"), &fields).await.ok()["id"]);
    backend.delete(&format!("{path}/roles/{spare}")).await.ok();
}

#[tokio::test]
async fn shared_roles_and_those_of_other_organizations_are_out_of_reach() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let (path, other) = (create(&backend, "Acme").await, create(&backend, "Globex").await);
    let foreign = text(&backend.post(&format!("{other}/roles"), &json!({"name": "Clerk"})).await.ok()["id"]);
    backend
        .patch(&format!("{path}/roles/{foreign}"), &json!({"name": "Mine"}))
        .await
        .assert_error(404, "ROLE_NOT_FOUND");
    backend.delete(&format!("{path}/roles/{foreign}")).await.assert_error(404, "ROLE_NOT_FOUND");
    let shared = format!("{path}/roles/{}", role(&backend, &path, "Admin").await);
    backend.patch(&shared, &json!({"name": "Mine"})).await.assert_error(403, "ROLE_IS_SHARED");
    backend.delete(&shared).await.assert_error(403, "ROLE_IS_SHARED");
}

#[tokio::test]
async fn a_key_grants_no_built_in_permission_that_its_scopes_lack() {
    let app = TestApp::start().await;
    let all = PlatformClient::new(&app, "*").await;
    let path = create(&all, "Acme").await;
    let roles = format!("{path}/roles");
    let backend = PlatformClient::new(&app, "roles:write members:write").await;
    for permission in ["organization:admin", "organization:manage_members", "organization:manage_settings"] {
        let fields = json!({"name": "More", "permissions": [permission]});
        backend.post(&roles, &fields).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    }
    let fields =
        json!({"name": "Clerk", "permissions": ["organization:manage_roles", "organization:read", "orders:write"]});
    let clerk = text(&backend.post(&roles, &fields).await.ok()["id"]);
    let raise = json!({"permissions": ["organization:admin"]});
    backend.patch(&format!("{roles}/{clerk}"), &raise).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let (_, id) = user(&app, "nina@example.com").await;
    let admin = role(&all, &path, "Admin").await;
    let fields = json!({"user_id": id, "role_ids": [clerk, admin]});
    backend.post(&format!("{path}/members"), &fields).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    backend.post(&format!("{path}/members"), &json!({"user_id": id, "role_ids": [clerk]})).await.ok();
    let member = format!("{path}/members/{id}");
    backend.post_empty(&format!("{member}/roles/{admin}")).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    backend.patch(&member, &json!({"role_ids": [admin]})).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    // Nor does it take them away.
    let (_, olga) = add_admin(&all, &path, "olga@example.com").await;
    add_admin(&all, &path, "kim@example.com").await;
    backend.delete(&format!("{path}/members/{olga}")).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    backend.delete(&format!("{path}/members/{olga}/roles/{admin}")).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
}

#[tokio::test]
async fn bad_fields_are_named() {
    let app = TestApp::with_settings(|settings| settings.roles.max_per_organization = 1).await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let roles = format!("{path}/roles");
    for (fields, code) in [
        (json!({"permissions": ["orders:read"]}), "REQUIRED_FIELD"),
        (json!({"name": "A", "permissions": []}), "INVALID_FIELD"),
        (json!({"name": "Clerk", "permissions": [1]}), "INVALID_FIELD"),
        (json!({"name": "Clerk", "permissions": {"orders": true}}), "INVALID_FIELD"),
        (json!({"name": "Clerk", "permision": []}), "UNKNOWN_FIELD"),
    ] {
        backend.post(&roles, &fields).await.assert_error(400, code);
    }
    backend.post(&roles, &json!({"name": "Clerk", "permissions": []})).await.ok();
    backend.post(&roles, &json!({"name": "More", "permissions": []})).await.assert_error(409, "ROLE_LIMIT");
}
