//! Bounds on roles: of an organization, of a workspace, and of a member.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use vestibule_testbed::Engine;

use super::{insert_roles, membership_of};
use crate::harness::{TestApp, TestClient, create_role, create_workspace, text};

#[tokio::test]
async fn many_roles_do_not_stop_the_server_and_stay_readable() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (path, membership) = (format!("/organizations/{organization}"), membership_of(&owner).await);
    // As they could be created before there was a limit. A quadratic union took 35 s for each of the requests below.
    insert_roles(&app, &organization, &membership, 1000, 100);
    let memberships = owner.get("/me/organization-memberships").await.ok();
    assert_eq!(memberships[0]["roles"].as_array().unwrap().len(), 1001);
    owner.get(&format!("{path}/domains")).await.ok();
    owner.get(&format!("{path}/invitations")).await.ok();
    let members = owner.get(&format!("{path}/members")).await.ok();
    assert!(members.to_string().contains("billing:1999:99"));
    assert_eq!(owner.get(&format!("{path}/roles")).await.ok().as_array().unwrap().len(), 1002);
    let granted =
        json!({"name": "All", "permissions": (0..100).map(|n| format!("billing:1500:{n}")).collect::<Vec<_>>()});
    owner.post_json(&format!("{path}/roles"), &granted).await.assert_error(403, "ROLE_LIMIT");
    // Roles above the limit can be taken away, but none can be added.
    let role = |role: &str, verb: &str| format!("{path}/members/{membership}/roles/{role}/{verb}");
    owner.post(&role("1000", "remove"), &[]).await.ok();
    owner.post(&role("1000", "add"), &[]).await.assert_error(403, "ROLES_PER_MEMBER");
    owner.post(&role("1001", "add"), &[]).await.ok();
    owner.post(&format!("{path}/roles/1000/remove"), &[]).await.ok();
}

#[tokio::test]
async fn organization_has_a_hundred_roles_and_workspace_as_many() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    for (path, remove) in
        [(format!("/organizations/{organization}"), "remove"), (format!("/workspaces/{workspace}"), "delete")]
    {
        let mut last = String::new();
        for _ in 0..100 {
            last = create_role(&owner, &path, &["orders:read"]).await;
        }
        let before = app.row_counts();
        let role = [("name", "Role")];
        owner.post(&format!("{path}/roles"), &role).await.assert_error(403, "ROLE_LIMIT");
        assert_eq!(app.row_counts(), before);
        // A removed role does not count, although its row remains.
        owner.post(&format!("{path}/roles/{last}/{remove}"), &[]).await.ok();
        owner.post(&format!("{path}/roles"), &role).await.ok();
        owner.post(&format!("{path}/roles"), &role).await.assert_error(403, "ROLE_LIMIT");
    }
}

#[tokio::test]
async fn role_has_a_hundred_permissions_of_a_hundred_bytes() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let permission = |number: usize| format!("{number:0100}");
    for path in [format!("/organizations/{organization}/roles"), format!("/workspaces/{workspace}/roles")] {
        let body =
            |count: usize| json!({"name": "Role", "permissions": (0..count).map(permission).collect::<Vec<_>>()});
        owner.post_json(&path, &body(100)).await.ok();
        owner.post_json(&path, &body(101)).await.assert_error(400, "INVALID_FIELD");
        let long = json!({"name": "Role", "permissions": [format!("x{}", permission(1))]});
        owner.post_json(&path, &long).await.assert_error(400, "INVALID_FIELD");
    }
}

#[tokio::test]
async fn member_has_twenty_roles_in_organization_and_workspace() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let membership = membership_of(&owner).await;
    for path in [format!("/organizations/{organization}"), format!("/workspaces/{workspace}")] {
        let assign = |role: &str| format!("{path}/members/{membership}/roles/{role}/add");
        let mut last = String::new();
        for _ in 0..19 {
            last = create_role(&owner, &path, &["orders:read"]).await;
            owner.post(&assign(&last), &[]).await.ok();
        }
        let another = create_role(&owner, &path, &["orders:read"]).await;
        let before = app.row_counts();
        owner.post(&assign(&another), &[]).await.assert_error(403, "ROLES_PER_MEMBER");
        assert_eq!(app.row_counts(), before);
        owner.post(&assign(&last), &[]).await.ok();
        owner.post(&format!("{path}/members/{membership}/roles/{last}/remove"), &[]).await.ok();
        owner.post(&assign(&another), &[]).await.ok();
        owner.post(&assign(&last), &[]).await.assert_error(403, "ROLES_PER_MEMBER");
    }
}

#[tokio::test]
async fn ownership_transfer_and_replaced_role_do_not_exceed_roles_of_member() {
    let app = TestApp::with_settings(|settings| settings.roles.max_per_member = 2).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let membership = membership_of(&nina).await;
    let buyer = create_role(&owner, &path, &["purchases:write"]).await;
    let reader = create_role(&owner, &path, &["purchases:read"]).await;
    owner.post(&format!("{path}/members/{membership}/roles/{buyer}/add"), &[]).await.ok();
    owner.post(&format!("{path}/handover"), &[("member_id", &membership)]).await.ok();
    let before = app.row_counts();
    nina.post(&format!("{path}/handover/accept"), &[]).await.assert_error(403, "ROLES_PER_MEMBER");
    assert_eq!(app.row_counts(), before, "the offer stays open");
    // The replacement takes the place of the removed role.
    owner.post(&format!("{path}/roles/{buyer}/remove"), &[("replacement_role_id", &reader)]).await.ok();
    let roles = |memberships: serde_json::Value| memberships[0]["roles"].as_array().unwrap().len();
    assert_eq!(roles(nina.get("/me/organization-memberships").await.ok()), 2);
    owner.post(&format!("{path}/members/{membership}/roles/{reader}/remove"), &[]).await.ok();
    nina.post(&format!("{path}/handover/accept"), &[]).await.ok();
    assert_eq!(roles(nina.get("/me/organization-memberships").await.ok()), 2);
    assert_eq!(roles(owner.get("/me/organization-memberships").await.ok()), 1);
}

#[tokio::test]
async fn invitation_gives_a_member_no_role_past_the_limit() {
    let app = TestApp::with_settings(|settings| settings.roles.max_per_member = 1).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let nina = app.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let memberships = nina.get("/me/organization-memberships").await.ok();
    assert_eq!(memberships[0]["roles"].as_array().unwrap().len(), 1);
    // Nina joins a second workspace by an invitation whose organization role she does not get: she is a member already.
    let second = create_workspace(&owner, &organization).await;
    let role = create_role(&owner, &format!("/organizations/{organization}"), &["orders:read"]).await;
    let fields = [("email", "nina@example.com"), ("workspace_id", &second), ("role_id", &role)];
    owner.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
    let token = app.mailed_token("nina@example.com");
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let memberships = nina.get("/me/organization-memberships").await.ok();
    assert_eq!(memberships[0]["roles"].as_array().unwrap().len(), 1);
    assert_eq!(nina.get("/me/workspace-memberships").await.ok().as_array().unwrap().len(), 2);
}

/// Sends each path as a POST from its own task, in turn to two processes on PostgreSQL. Returns how many succeeded; the
/// others must have this code.
async fn race(app: &TestApp, client: &TestClient, paths: Vec<String>, fields: &[(&str, &str)], code: &str) -> usize {
    let second = match app.inner.database.engine() {
        Engine::Postgres => app.second_instance().await,
        Engine::Sqlite => app.clone(),
    };
    let cookie = client.cookie.lock().unwrap().clone();
    let clients = [app, &second].map(|app| Arc::new(app.client_with_cookie(cookie.clone())));
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let tasks = paths.into_iter().enumerate().map(|(number, path)| {
        let (client, fields) = (Arc::clone(&clients[number % 2]), fields.clone());
        tokio::spawn(async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            client.post(&path, &fields).await
        })
    });
    let mut succeeded = 0;
    for response in join_all(tasks.collect::<Vec<_>>()).await {
        let response = response.unwrap();
        if response.status == 200 {
            succeeded += 1;
        } else {
            response.assert_error(403, code);
        }
    }
    succeeded
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_do_not_exceed_role_limits() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization).await;
    let membership = membership_of(&owner).await;
    for path in [format!("/organizations/{organization}"), format!("/workspaces/{workspace}")] {
        let mut roles = Vec::new();
        for _ in 0..97 {
            roles.push(create_role(&owner, &path, &["orders:read"]).await);
        }
        let creations = vec![format!("{path}/roles"); 12];
        assert_eq!(race(&app, &owner, creations, &[("name", "Role")], "ROLE_LIMIT").await, 3, "{path}");
        for role in &roles[..17] {
            owner.post(&format!("{path}/members/{membership}/roles/{role}/add"), &[]).await.ok();
        }
        let assignments = roles[20..32].iter().map(|role| format!("{path}/members/{membership}/roles/{role}/add"));
        assert_eq!(race(&app, &owner, assignments.collect(), &[], "ROLES_PER_MEMBER").await, 2, "{path}");
    }
    let own = text(&owner.get("/me").await.ok()["id"]);
    assert_eq!(
        app.count(&format!(
            "SELECT COUNT(*) FROM organization_membership_roles r
               JOIN organization_memberships m ON m.id = r.membership_id WHERE m.user_id = {own}"
        )),
        20
    );
    assert_eq!(app.count("SELECT COUNT(*) FROM workspace_membership_roles"), 20);
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_roles WHERE organization_id IS NOT NULL"), 100);
    assert_eq!(app.count("SELECT COUNT(*) FROM workspace_roles WHERE workspace_id IS NOT NULL"), 100);
}
