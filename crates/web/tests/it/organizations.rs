//! Organizations: updates, limits, allowed networks, deletion, restoring and erasing.

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_core::cleanup;
use vestibule_core::organization::erase_deleted;
use vestibule_testbed::invariants;

use crate::harness::{DAY, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

async fn app_behind_proxy() -> TestApp {
    TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await
}

#[tokio::test]
async fn updates_only_given_fields() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let changed = owner.post(&format!("{path}/update"), &[("name", "Acme Corp"), ("description", "Anvils")]).await.ok();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Acme Corp"), &json!("Anvils")));
    let ips = json!({"whitelisted_ips": ["192.168.1.0/24", "127.0.0.1"], "enable_ip_restriction": true});
    let changed = owner.post_json(&format!("{path}/update"), &ips).await.ok();
    assert_eq!(changed["whitelisted_ips"], json!(["192.168.1.0/24", "127.0.0.1"]));
    assert_eq!((&changed["name"], &changed["enable_ip_restriction"]), (&json!("Acme Corp"), &json!(true)));
    let emptied = owner.post(&format!("{path}/update"), &[("whitelisted_ips", ""), ("description", "")]).await.ok();
    assert_eq!((&emptied["whitelisted_ips"], &emptied["description"]), (&json!([]), &json!("")));
    let memberships = owner.get("/me/organization-memberships").await.ok();
    assert_eq!(memberships[0]["organization"]["name"], "Acme Corp");
}

#[tokio::test]
async fn rejects_invalid_updates() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (other, other_organization) = app.create_organization("otto@example.com").await;
    let fields = [("organization_id", other_organization.as_str()), ("name", "Theirs")];
    let foreign_workspace = text(&other.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/organizations/{organization}/update");
    let before = owner.get("/me/organization-memberships").await.ok();
    for (body, code) in [
        (json!({"name": ""}), "REQUIRED_FIELD"),
        (json!({"name": "x".repeat(101)}), "INVALID_FIELD"),
        (json!({"description": "x".repeat(1001)}), "INVALID_FIELD"),
        (json!({"name": "Acme", "whitelisted_ips": ["10.0.0.0/33"]}), "INVALID_FIELD"),
        (json!({"whitelisted_ips": ["evil.example"]}), "INVALID_FIELD"),
        (json!({"whitelisted_ips": vec!["10.0.0.1"; 101]}), "INVALID_FIELD"),
        (json!({"whitelisted_ips": [1]}), "INVALID_FIELD"),
        (json!({"enable_ip_restriction": "yes"}), "INVALID_FIELD"),
        (json!({"minimum_assurance": "one_factor"}), "INVALID_FIELD"),
        (json!({"mfa_grace_days": 91}), "INVALID_FIELD"),
        (json!({"auto_assigned_workspace_id": "1"}), "WORKSPACE_NOT_FOUND"),
        (json!({"auto_assigned_workspace_id": foreign_workspace}), "WORKSPACE_NOT_FOUND"),
        (json!({"whitelisted_ips": ["203.0.113.0/24"], "enable_ip_restriction": true}), "ADDRESS_LIST_EXCLUDES_YOU"),
        (json!({"image": "x"}), "INVALID_FIELD"),
        (json!({"nane": "Acme"}), "UNKNOWN_FIELD"),
    ] {
        owner.post_json(&path, &body).await.assert_error(400, code);
    }
    assert_eq!(owner.get("/me/organization-memberships").await.ok(), before);
}

#[tokio::test]
async fn refuses_addresses_outside_allowed_networks() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let ips = json!({"whitelisted_ips": ["127.0.0.1", "203.0.113.0/24"], "enable_ip_restriction": true});
    owner.post_json(&format!("{path}/update"), &ips).await.ok();
    for (address, is_allowed) in [("203.0.113.9", true), ("198.51.100.1", false), ("2001:db8::1", false)] {
        let client = owner.with_client_address(address);
        for call in ["members", "roles", "invitations"] {
            let response = client.get(&format!("{path}/{call}")).await;
            if is_allowed {
                response.ok();
            } else {
                response.assert_error(403, "ADDRESS_NOT_ALLOWED");
            }
        }
        // The caller's own data is not restricted by an organization.
        client.get("/me").await.ok();
        let memberships = client.get("/me/organization-memberships").await.ok();
        let kind = if is_allowed { "none" } else { "ip_not_allowed" };
        assert_eq!(memberships[0]["eligibility_restriction"]["type"], kind);
    }
    // Only the entry that the trusted proxy appended counts, not those that the client sent.
    let forged = owner.with_client_address("203.0.113.9, 198.51.100.1");
    forged.get(&format!("{path}/members")).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    let stranger = app.create_user("stranger@example.com").await;
    stranger.get(&format!("{path}/members")).await.assert_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn deleted_organization_is_inaccessible_and_restorable() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    nina.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    let token = app.mailed_token("kim@example.com");
    let kim = app.create_invited_user("kim@example.com", &token).await;
    let before = owner.get(&format!("{path}/members")).await.ok();
    nina.post(&format!("{path}/delete"), &[]).await.assert_error(403, "FORBIDDEN");

    owner.post(&format!("{path}/delete"), &[]).await.ok();
    for client in [&owner, &nina] {
        client.get(&format!("{path}/members")).await.assert_error(403, "FORBIDDEN");
        assert_eq!(client.get("/me/organization-memberships").await.ok(), json!([]));
        assert!(!client.get_and_check_cache("/session").await.ok().to_string().contains(&organization));
        let switch = [("organization_id", organization.as_str())];
        client.post("/session/switch-organization", &switch).await.assert_error(400, "NOT_A_MEMBER");
    }
    assert_eq!(kim.get("/me/invitations").await.ok(), json!([]));
    let accept = [("token", token.as_str())];
    kim.post("/organizations/invitations/accept", &accept).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    owner.post(&format!("{path}/delete"), &[]).await.assert_error(403, "FORBIDDEN");
    nina.post(&format!("{path}/restore"), &[]).await.assert_error(404, "NOTHING_TO_RESTORE");
    assert_eq!(nina.get("/me/deleted-organizations").await.ok(), json!([]));
    let deleted = owner.get("/me/deleted-organizations").await.ok();
    assert_eq!((&deleted[0]["id"], &deleted[0]["name"]), (&json!(organization), &json!("Acme")));
    assert_eq!(deleted[0]["erased_at"], "2026-02-14T10:30:00Z");

    app.advance(DAY * 29);
    assert_eq!(erase_deleted(&app.inner.service).await.unwrap(), 0);
    owner.post(&format!("{path}/restore"), &[]).await.ok();
    let after = owner.get(&format!("{path}/members")).await.ok();
    assert_eq!(after["data"].as_array().unwrap().len(), before["data"].as_array().unwrap().len());
    owner.post(&format!("{path}/restore"), &[]).await.assert_error(404, "NOTHING_TO_RESTORE");
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn erasing_deletes_all_rows_of_organization() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (other, other_organization) = app.create_organization("otto@example.com").await;
    let path = format!("/organizations/{organization}");
    let before: Vec<_> = app.row_counts();
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let role = [("name", "Buyer"), ("permissions", "purchases:write")];
    let role = text(&owner.post(&format!("{path}/roles"), &role).await.ok()["id"]);
    app.create_member(&owner, &organization, NINA, &role).await;
    let fields = [("email", "kim@example.com"), ("role_id", role.as_str()), ("workspace_id", workspace.as_str())];
    owner.post(&format!("{path}/invitations"), &fields).await.ok();
    owner.post(&format!("{path}/delete"), &[]).await.ok();
    app.advance(DAY * 30);
    owner.post(&format!("{path}/restore"), &[]).await.assert_error(404, "NOTHING_TO_RESTORE");
    assert_eq!(erase_deleted(&app.inner.service).await.unwrap(), 1);
    let remaining =
        |table: &str| app.count(&format!("SELECT COUNT(*) FROM {table} WHERE organization_id = {organization}"));
    for table in ["organization_memberships", "organization_roles", "workspaces", "invitations", "outbox"] {
        assert_eq!(remaining(table), 0, "{table}");
    }
    let count = |rows: &[(String, i64)], table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    let after = app.row_counts();
    for table in ["organizations", "organization_memberships", "organization_membership_roles"] {
        assert_eq!(count(&after, table), count(&before, table) - 1, "{table}");
    }
    assert_eq!(count(&after, "users"), count(&before, "users") + 1, "users are not erased");
    other.get(&format!("/organizations/{other_organization}/members")).await.ok();
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn zero_grace_days_prevent_restoring() {
    let app = TestApp::with_settings(|settings| settings.organizations.deletion_grace_days = 0).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    owner.post(&format!("/organizations/{organization}/restore"), &[]).await.assert_error(404, "NOTHING_TO_RESTORE");
}

/// Without a wake-up the cleanup worker sleeps for an hour.
#[tokio::test(flavor = "multi_thread")]
async fn zero_grace_days_wake_cleanup() {
    let app = TestApp::with_settings(|settings| settings.organizations.deletion_grace_days = 0).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = Arc::clone(&app.inner.service);
    let worker = tokio::spawn(async move { cleanup::run_worker(&service, async { drop(stopped.await) }).await });
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    while app.count("SELECT COUNT(*) FROM organizations") > 0 {
        tokio::task::yield_now().await;
    }
    drop(stop);
    worker.await.unwrap();
}

/// More rows than one transaction erases.
#[tokio::test]
async fn erases_large_organization_in_batches() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let changed = app.inner.database.execute(&format!(
        "INSERT INTO organization_roles (id, organization_id, scope, name, permissions, grants_admin, created_at, updated_at)
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
         SELECT n, {organization}, {organization}, 'Role ' || n, '[]', 0, 0, 0 FROM numbers"
    ));
    assert_eq!(changed, 1200);
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    app.advance(DAY * 30);
    assert_eq!(erase_deleted(&app.inner.service).await.unwrap(), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_roles WHERE scope <> 0"), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations"), 0);
}

#[tokio::test]
async fn enforces_organization_limit_per_user() {
    let app = TestApp::with_settings(|settings| settings.organizations.max_per_user = 2).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post("/organizations", &[("name", "Second")]).await.ok();
    owner.post("/organizations", &[("name", "Third")]).await.assert_error(403, "ORGANIZATION_LIMIT");
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    owner.post("/organizations", &[("name", "Third")]).await.ok();
    app.create_user("nina@example.com").await.post("/organizations", &[("name", "Hers")]).await.ok();
}

#[tokio::test]
async fn new_members_join_assigned_workspace() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_workspace = 2).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let update = format!("/organizations/{organization}/update");
    let changed = owner.post(&update, &[("auto_assigned_workspace_id", &workspace)]).await.ok();
    assert_eq!(changed["auto_assigned_workspace_id"], workspace.as_str());
    let workspaces = async |client: &TestClient| -> Value { client.get("/me/workspace-memberships").await.ok() };
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    assert_eq!(workspaces(&nina).await[0]["workspace"]["name"], "Lobby");
    let kim = app.create_member(&owner, &organization, "kim@example.com", "").await;
    assert_eq!(workspaces(&kim).await, json!([]), "a full workspace does not prevent joining the organization");
    let none = owner.post(&update, &[("auto_assigned_workspace_id", "0")]).await.ok();
    assert_eq!(none["auto_assigned_workspace_id"], Value::Null);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn explains_permissions_and_their_role() {
    let app = app_behind_proxy().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    let explain =
        async |client: &TestClient, action: &str| client.get(&format!("{path}/explain?action={action}")).await;
    let by_role = explain(&owner, "invite").await.ok();
    assert_eq!((&by_role["allowed"], &by_role["by"][0]["name"]), (&json!(true), &json!("Admin")));
    let lacks = explain(&nina, "invite").await.ok();
    assert_eq!(
        lacks,
        json!({
            "action": "invite", "allowed": false, "by": [], "missing": "organization:manage_members",
            "code": "FORBIDDEN", "message": "You have no permission to do this."
        })
    );
    nina.get(&format!("{path}/invitations")).await.assert_error(403, "FORBIDDEN");
    assert_eq!(explain(&nina, "list_members").await.ok()["allowed"], true);
    assert_eq!(explain(&nina, "leave").await.ok()["allowed"], true);
    let last = explain(&owner, "leave").await.ok();
    assert_eq!((&last["allowed"], &last["code"]), (&json!(false), &json!("LAST_ADMIN")));
    explain(&owner, "fly").await.assert_error(400, "INVALID_FIELD");
    owner.get(&format!("{path}/explain")).await.assert_error(400, "REQUIRED_FIELD");
}

#[tokio::test]
async fn seats_header_reports_usage_when_limited() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_organization = 4).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    app.create_member(&owner, &organization, NINA, "").await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    for list in ["members", "invitations"] {
        let response = owner.get(&format!("{path}/{list}")).await;
        assert_eq!(response.headers["seats"], "used=2, held=1, free=1", "{list}");
    }
    app.advance(DAY * 8);
    assert_eq!(owner.get(&format!("{path}/members")).await.headers["seats"], "used=2, held=0, free=2");
    let unbounded = TestApp::start().await;
    let (owner, organization) = unbounded.create_organization("olga@example.com").await;
    assert!(!owner.get(&format!("/organizations/{organization}/members")).await.headers.contains_key("seats"));
}
