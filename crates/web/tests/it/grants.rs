//! Nobody grants a role of which they hold some, but not all, permissions, or one with an archived permission.

use std::sync::Arc;

use serde_json::json;
use vestibule_core::settings::Settings;
use vestibule_testbed::Database;

use crate::harness::{TestApp, TestAppBuilder, create_role, create_workspace, text};

#[tokio::test]
async fn one_of_several_permissions_does_not_cover_a_role() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let manager =
        create_role(&owner, &path, &["organization:manage_members", "organization:manage_roles", "orders:read"]).await;
    // The manager holds the first permission, or the last one.
    let roles = [
        create_role(&owner, &path, &["orders:read", "orders:write"]).await,
        create_role(&owner, &path, &["orders:write", "orders:read"]).await,
    ];
    let mara = app.create_member(&owner, &organization, "mara@example.com", &manager).await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let nina_id = text(&nina.get("/me").await.ok()["id"]);
    for role in &roles {
        let assign = format!("{path}/members/{nina_id}/roles/{role}/add");
        mara.post(&assign, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
        let invite = [("email", "pia@example.com"), ("role_id", role.as_str())];
        mara.post(&format!("{path}/invitations"), &invite).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
        let bulk = json!({"invitations": [{"email": "pia@example.com", "role_id": role}]});
        let bulk = mara.post_json(&format!("{path}/invitations/bulk"), &bulk).await.ok();
        assert!(bulk.to_string().contains("ROLE_EXCEEDS_YOURS"), "{bulk}");
    }
    let body = json!({"name": "More", "permissions": ["orders:read", "orders:write"]});
    mara.post_json(&format!("{path}/roles"), &body).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    // Nor may the manager remove a member who holds more.
    owner.post(&format!("{path}/members/{nina_id}/roles/{}/add", roles[0]), &[]).await.ok();
    let remove = format!("{path}/members/{nina_id}/remove");
    mara.post(&remove, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
}

#[tokio::test]
async fn one_of_several_permissions_does_not_cover_a_workspace_role() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let path = format!("/workspaces/{workspace}");
    let manager = create_role(&owner, &path, &["workspace:manage", "files:read"]).await;
    let roles = [
        create_role(&owner, &path, &["files:read", "files:write"]).await,
        create_role(&owner, &path, &["files:write", "files:read"]).await,
    ];
    let mara = app.create_workspace_member(&owner, &organization, &workspace, "mara@example.com").await;
    let mara_id = text(&mara.get("/me").await.ok()["id"]);
    owner.post(&format!("{path}/members/{mara_id}/roles/{manager}/add"), &[]).await.ok();
    let nina = app.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let nina_id = text(&nina.get("/me").await.ok()["id"]);
    app.create_member(&owner, &organization, "pia@example.com", "").await;
    for role in &roles {
        let assign = format!("{path}/members/{nina_id}/roles/{role}/add");
        mara.post(&assign, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
        let add = [("email", "pia@example.com"), ("role_id", role.as_str())];
        mara.post(&format!("{path}/members"), &add).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    }
    let body = json!({"name": "More", "permissions": ["files:read", "files:write"]});
    mara.post_json(&format!("{path}/roles"), &body).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
}

#[tokio::test]
async fn archived_permission_is_not_granted_in_a_workspace() {
    let database = Arc::new(Database::create());
    let before = TestAppBuilder::with_shared_database(Arc::clone(&database)).build().await;
    let (owner, organization) = before.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let path = format!("/workspaces/{workspace}");
    let legacy = create_role(&owner, &path, &["files:read", "files:legacy"]).await;
    let nina = before.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let nina_id = text(&nina.get("/me").await.ok()["id"]);
    before.create_member(&owner, &organization, "pia@example.com", "").await;
    let cookie = owner.cookie.lock().unwrap().clone();
    drop((owner, nina, before));

    // The operator archives the permission and restarts the server.
    let archive = |settings: &mut Settings| settings.roles.archived_permissions = vec!["files:legacy".to_owned()];
    let app = TestAppBuilder::with_shared_database(database).with_seed(9).with_settings(archive).build().await;
    let owner = app.client_with_cookie(cookie);
    let rows = app.row_counts();
    let assign = format!("{path}/members/{nina_id}/roles/{legacy}/add");
    owner.post(&assign, &[]).await.assert_error(400, "PERMISSION_ARCHIVED");
    let add = [("email", "pia@example.com"), ("role_id", legacy.as_str())];
    owner.post(&format!("{path}/members"), &add).await.assert_error(400, "PERMISSION_ARCHIVED");
    let body = json!({"name": "Again", "permissions": ["files:legacy"]});
    owner.post_json(&format!("{path}/roles"), &body).await.assert_error(400, "PERMISSION_ARCHIVED");
    let invitations = format!("/organizations/{organization}/invitations");
    let invite =
        [("email", "kim@example.com"), ("workspace_id", workspace.as_str()), ("workspace_role_id", legacy.as_str())];
    owner.post(&invitations, &invite).await.assert_error(400, "PERMISSION_ARCHIVED");
    let row = json!({"email": "kim@example.com", "workspace_id": workspace, "workspace_role_id": legacy});
    let bulk = owner.post_json(&format!("{invitations}/bulk"), &json!({"invitations": [row]})).await.ok();
    assert!(bulk.to_string().contains("PERMISSION_ARCHIVED"), "{bulk}");
    assert_eq!(app.row_counts(), rows);
    owner.get(&format!("{path}/roles")).await.ok();
}
