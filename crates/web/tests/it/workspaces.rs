//! Workspaces: access, members, roles, deletion, allowed networks.

use serde_json::{Value, json};
use vestibule_core::Code;
use vestibule_core::names::RoleName;
use vestibule_core::permission::PermissionSet;
use vestibule_core::settings::Settings;
use vestibule_core::workspace::CreateRole;
use vestibule_testbed::invariants;

use crate::harness::{DAY, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    nina: TestClient,
    organization: String,
    workspace: String,
    /// The workspace's path.
    path: String,
    admin_role: String,
}

async fn setup() -> Setup {
    setup_with(|_| ()).await
}

/// Olga's organization with a workspace, and Nina as a member of both.
async fn setup_with(change: fn(&mut Settings)) -> Setup {
    let app = TestApp::with_settings(change).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let nina = app.create_workspace_member(&owner, &organization, &workspace, NINA).await;
    let path = format!("/workspaces/{workspace}");
    let admin = owner.admin_role(&path).await;
    Setup { app, owner, nina, organization, workspace, path, admin_role: admin }
}

impl Setup {
    fn assert_invariants(&self) {
        invariants::assert_hold(&self.app.inner.database, &[]);
    }

    async fn user_id(&self, client: &TestClient) -> String {
        text(&client.get("/me").await.ok()["id"])
    }
}

#[tokio::test]
async fn shows_workspace_to_members_and_organization_admins() {
    let setup = setup().await;
    let body = setup.nina.get(&setup.path).await.ok();
    assert_eq!(body["workspace"]["name"], "Lab");
    assert_eq!(body["membership"]["workspace_id"], setup.workspace.as_str());
    let fields = [("organization_id", setup.organization.as_str()), ("name", "Ninas own")];
    let workspace = text(&setup.nina.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let body = setup.owner.get(&format!("/workspaces/{workspace}")).await.ok();
    assert_eq!(body["membership"], Value::Null);
    let changed = setup.owner.post(&format!("/workspaces/{workspace}/update"), &[("name", "Everybodys")]).await.ok();
    assert_eq!(changed["workspace"]["name"], "Everybodys");
    setup.owner.post(&format!("/workspaces/{workspace}/leave"), &[]).await.assert_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn setting_denies_organization_admins() {
    let setup = setup_with(|settings| settings.organizations.admins_manage_workspaces = false).await;
    let fields = [("organization_id", setup.organization.as_str()), ("name", "Ninas own")];
    let workspace = text(&setup.nina.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    setup.owner.get(&format!("/workspaces/{workspace}")).await.assert_error(403, "FORBIDDEN");
    setup.owner.get(&setup.path).await.ok();
}

#[tokio::test]
async fn pages_and_searches_workspace_members() {
    let setup = setup().await;
    for number in 0..4 {
        let email = format!("guest{number}@example.com");
        setup.app.create_workspace_member(&setup.owner, &setup.organization, &setup.workspace, &email).await;
    }
    let first = setup.nina.get(&format!("{}/members?limit=4", setup.path)).await.ok();
    assert_eq!(first["meta"], json!({"total": 6, "page": 1, "limit": 4, "has_more": true}));
    assert_eq!(first["data"][0]["user"]["first_name"], "guest3", "newest first");
    assert_eq!(first["data"][0]["roles"][0]["name"], "Member");
    let second = setup.nina.get(&format!("{}/members?limit=4&page=2", setup.path)).await.ok();
    assert_eq!((second["data"].as_array().unwrap().len(), &second["meta"]["has_more"]), (2, &json!(false)));
    let found = setup.nina.get(&format!("{}/members?search=GUEST2", setup.path)).await.ok();
    assert_eq!((&found["meta"]["total"], &found["data"][0]["user"]["first_name"]), (&json!(1), &json!("guest2")));
    let none = setup.nina.get(&format!("{}/members?search=nobody", setup.path)).await.ok();
    assert_eq!(none["data"], json!([]));
}

#[tokio::test]
async fn adds_organization_members_once() {
    let setup = setup().await;
    let members = format!("{}/members", setup.path);
    setup.app.create_user("stranger@example.com").await;
    setup.app.create_member(&setup.owner, &setup.organization, "kim@example.com", "").await;
    let add = async |email: &str| setup.owner.post(&members, &[("email", email)]).await;
    add("stranger@example.com").await.assert_error(404, "MEMBER_NOT_FOUND");
    add("nobody@example.com").await.assert_error(404, "MEMBER_NOT_FOUND");
    add(NINA).await.assert_error(400, "ALREADY_MEMBER");
    add("not an address").await.assert_error(400, "INVALID_EMAIL");
    let unknown_role = [("email", "kim@example.com"), ("role_id", "1")];
    setup.owner.post(&members, &unknown_role).await.assert_error(400, "ROLE_NOT_FOUND");
    assert_eq!(add("Kim@Example.com").await.ok()["membership"]["workspace_id"], setup.workspace.as_str());
    assert_eq!(setup.app.count("SELECT member_count FROM workspaces"), 3);
    setup.assert_invariants();
}

#[tokio::test]
async fn assigns_and_revokes_roles_and_protects_last_admin() {
    let setup = setup().await;
    let (olga, nina) = (setup.user_id(&setup.owner).await, setup.user_id(&setup.nina).await);
    let role = |user: &str, verb: &str| format!("{}/members/{user}/roles/{}/{verb}", setup.path, setup.admin_role);
    setup.nina.post(&role(&nina, "add"), &[]).await.assert_error(403, "FORBIDDEN");
    setup.owner.post(&role(&olga, "remove"), &[]).await.assert_error(403, "LAST_ADMIN");
    setup.owner.post(&format!("{}/leave", setup.path), &[]).await.assert_error(403, "LAST_ADMIN");
    setup.owner.post(&format!("{}/members/{olga}/remove", setup.path), &[]).await.assert_error(403, "LAST_ADMIN");
    for _ in 0..2 {
        setup.owner.post(&role(&nina, "add"), &[]).await.ok();
    }
    setup.nina.post(&role(&olga, "remove"), &[]).await.ok();
    setup.nina.post(&format!("{}/leave", setup.path), &[]).await.assert_error(403, "LAST_ADMIN");
    setup.nina.post(&role("1", "add"), &[]).await.assert_error(404, "MEMBER_NOT_FOUND");
    let foreign = format!("{}/members/{olga}/roles/1/add", setup.path);
    setup.nina.post(&foreign, &[]).await.assert_error(400, "ROLE_NOT_FOUND");
    setup.assert_invariants();
}

#[tokio::test]
async fn rejects_changes_beyond_managers_permissions() {
    let setup = setup().await;
    let (olga, nina) = (setup.user_id(&setup.owner).await, setup.user_id(&setup.nina).await);
    let body = json!({"name": "Steward", "permissions": ["workspace:manage"]});
    let steward = text(&setup.owner.post_json(&format!("{}/roles", setup.path), &body).await.ok()["id"]);
    setup.owner.post(&format!("{}/members/{nina}/roles/{steward}/add", setup.path), &[]).await.ok();
    let promote = format!("{}/members/{nina}/roles/{}/add", setup.path, setup.admin_role);
    setup.nina.post(&promote, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let remove = format!("{}/members/{olga}/remove", setup.path);
    setup.nina.post(&remove, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let more = json!({"name": "More", "permissions": ["workspace:admin"]});
    setup.nina.post_json(&format!("{}/roles", setup.path), &more).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    setup.nina.post(&format!("{}/update", setup.path), &[("name", "Mine")]).await.assert_error(403, "FORBIDDEN");
    let refused = setup.owner.post(&format!("{}/roles/{steward}/delete", setup.path), &[]).await;
    let message = refused.assert_error(400, "ROLE_IN_USE")["message"].to_string();
    assert!(message.contains("nina"), "the message does not name the holder: {message}");
    setup.owner.post(&format!("{}/members/{nina}/roles/{steward}/remove", setup.path), &[]).await.ok();
    let deleted = setup.owner.post(&format!("{}/roles/{steward}/delete", setup.path), &[]).await.ok();
    assert_eq!(deleted, json!({"message": "Workspace role deleted"}));
    setup
        .owner
        .post(&format!("{}/roles/{}/delete", setup.path, setup.admin_role), &[])
        .await
        .assert_error(403, "ROLE_IS_SHARED");
}

#[tokio::test]
async fn leaving_organization_leaves_workspace_but_not_reverse() {
    let setup = setup().await;
    setup.nina.post(&format!("{}/leave", setup.path), &[]).await.ok();
    setup.nina.get(&setup.path).await.assert_error(403, "FORBIDDEN");
    setup.nina.get(&format!("/organizations/{}/members", setup.organization)).await.ok();
    assert_eq!(setup.app.count("SELECT member_count FROM workspaces"), 1);
    let kim =
        setup.app.create_workspace_member(&setup.owner, &setup.organization, &setup.workspace, "kim@example.com").await;
    kim.post(&format!("/organizations/{}/leave", setup.organization), &[]).await.ok();
    kim.get(&setup.path).await.assert_error(403, "FORBIDDEN");
    assert_eq!(setup.app.count("SELECT member_count FROM workspaces"), 1);
    setup.assert_invariants();
}

#[tokio::test]
async fn deletes_workspace_with_dependent_rows() {
    let setup = setup().await;
    let invitations = format!("/organizations/{}/invitations", setup.organization);
    let update = format!("/organizations/{}/update", setup.organization);
    setup.owner.post(&update, &[("auto_assigned_workspace_id", &setup.workspace)]).await.ok();
    setup.owner.post(&format!("{}/delete", setup.path), &[]).await.assert_error(403, "WORKSPACE_IS_ASSIGNED");
    setup.owner.post(&update, &[("auto_assigned_workspace_id", "0")]).await.ok();
    let body = json!({"name": "Editor", "permissions": ["workspace:write"]});
    setup.owner.post_json(&format!("{}/roles", setup.path), &body).await.ok();
    setup.owner.post(&format!("{}/delete", setup.path), &[]).await.ok();
    setup.owner.get(&setup.path).await.assert_error(403, "FORBIDDEN");
    for table in ["workspaces", "workspace_memberships", "workspace_membership_roles"] {
        assert_eq!(setup.app.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(setup.owner.get_and_check_cache(&invitations).await.ok(), json!([]));
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM workspace_roles WHERE scope <> 0"), 0);
    assert_eq!(setup.nina.get("/me/workspace-memberships").await.ok(), json!([]));
    setup.assert_invariants();
}

#[tokio::test]
async fn deleting_a_workspace_keeps_its_invitations() {
    let setup = setup().await;
    let invitations = format!("/organizations/{}/invitations", setup.organization);
    let invite = async |email: &str, role: &str| {
        let fields = [("email", email), ("workspace_id", setup.workspace.as_str()), ("workspace_role_id", role)];
        setup.owner.post(&invitations, &fields).await.ok();
        setup.app.drain().await;
        setup.app.mailed_token(email)
    };
    let body = json!({"name": "Editor", "permissions": ["workspace:write"]});
    let created = setup.owner.post_json(&format!("{}/roles", setup.path), &body).await.ok();
    let role = text(&created["id"]);
    invite("expired@example.com", &role).await;
    setup.app.advance(31 * DAY);
    setup.owner.reauthenticate().await;
    let expired = setup.app.mailed_token("expired@example.com");
    let renewal = [("token", expired.as_str())];
    setup.app.anonymous().post("/organizations/invitations/renew", &renewal).await.ok();
    let declined = invite("declined@example.com", &role).await;
    setup.app.anonymous().post("/organizations/invitations/decline", &[("token", &declined)]).await.ok();
    let pending = invite("late@example.com", &role).await;
    let elsewhere = [("email", "elsewhere@example.com")];
    setup.owner.post(&invitations, &elsewhere).await.ok();
    let before = setup.owner.get(&format!("{invitations}?status=all")).await.ok();
    assert_eq!(before.as_array().unwrap().len(), 5);

    setup.owner.post(&format!("{}/delete", setup.path), &[]).await.ok();

    let after = setup.owner.get(&format!("{invitations}?status=all")).await.ok();
    let rows = after.as_array().unwrap().iter();
    let rows: Vec<_> = rows.map(|row| (text(&row["email"]), text(&row["status"]), row["workspace"].clone())).collect();
    let expected = [
        ("elsewhere@example.com", "pending"),
        ("late@example.com", "discarded"),
        ("declined@example.com", "declined"),
        ("expired@example.com", "discarded"),
        ("nina@example.com", "accepted"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(email, status)| ((*email).to_owned(), (*status).to_owned(), Value::Null)).collect();
    assert_eq!(rows, expected);
    for (old, new) in before.as_array().unwrap().iter().zip(after.as_array().unwrap()) {
        assert_eq!((&old["id"], &old["created_at"], &old["role"]), (&new["id"], &new["created_at"], &new["role"]));
        // When an invitation was accepted or declined stays known.
        if old["status"] == new["status"] {
            assert_eq!(old["updated_at"], new["updated_at"]);
        }
    }
    assert_eq!(setup.owner.get_and_check_cache(&invitations).await.ok().as_array().unwrap().len(), 1);
    let signed_up = setup.app.create_user("late@example.com").await;
    signed_up
        .post("/organizations/invitations/accept", &[("token", &pending)])
        .await
        .assert_error(400, "INVALID_INVITATION_TOKEN");
    let requests = format!("/organizations/{}/requests", setup.organization);
    assert_eq!(setup.owner.get(&requests).await.ok(), json!([]), "nothing can be renewed any more");
    // The address can be invited again, without the workspace.
    setup.owner.post(&invitations, &[("email", "late@example.com")]).await.ok();
    setup.app.drain().await;
    setup.assert_invariants();
}

#[tokio::test]
async fn enforces_workspace_limit() {
    let setup = setup_with(|settings| settings.organizations.max_workspaces = 2).await;
    let create = async || {
        setup.owner.post("/workspaces", &[("organization_id", &setup.organization), ("name", "Another")]).await
    };
    create().await.ok();
    create().await.assert_error(403, "WORKSPACE_LIMIT");
    setup.owner.post(&format!("{}/delete", setup.path), &[]).await.ok();
    create().await.ok();
}

#[tokio::test]
async fn workspace_has_its_own_allowed_networks() {
    let setup = setup_with(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let ips = json!({"whitelisted_ips": ["127.0.0.1", "203.0.113.0/24"], "enable_ip_restriction": true});
    setup.owner.post_json(&format!("{}/update", setup.path), &ips).await.ok();
    let outside = setup.nina.with_client_address("198.51.100.1");
    outside.get(&setup.path).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    outside.get(&format!("/organizations/{}/members", setup.organization)).await.ok();
    let excluding_caller = json!({"whitelisted_ips": ["198.51.100.0/24"]});
    let refused = setup.owner.post_json(&format!("{}/update", setup.path), &excluding_caller).await;
    refused.assert_error(400, "ADDRESS_LIST_EXCLUDES_YOU");
}

#[tokio::test]
async fn workspace_roles_apply_to_their_workspace_only() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let create_workspace = async |name: &str| {
        let fields = [("organization_id", organization.as_str()), ("name", name)];
        text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"])
    };
    let (lab, shop) = (create_workspace("Lab").await, create_workspace("Shop").await);
    let define = |workspace: &str| CreateRole {
        workspace: workspace.parse().unwrap(),
        name: RoleName::parse("name", "Editor").unwrap(),
        permissions: PermissionSet::new(["workspace:read", "workspace:write"]),
    };
    let editor = app.run(&owner, define(&lab)).await.unwrap().id.to_string();
    assert_eq!(app.run(&owner, define("123456789012345678")).await.unwrap_err().code(), Code::Forbidden);
    let path = format!("/organizations/{organization}/invitations");
    let invite = |workspace| {
        [("email", "nina@example.com"), ("workspace_id", workspace), ("workspace_role_id", editor.as_str())]
    };
    owner.post(&path, &invite(&shop)).await.assert_error(400, "ROLE_NOT_FOUND");
    let invitation = owner.post(&path, &invite(&lab)).await.ok();
    assert_eq!(
        invitation["initial_workspace_role"],
        json!({"id": editor, "name": "Editor", "permissions": ["workspace:read", "workspace:write"]})
    );
    let token = app.mailed_token("nina@example.com");
    let nina = app.create_invited_user("nina@example.com", &token).await;
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let memberships = nina.get(&format!("/me/workspace-memberships?org_id={organization}")).await.ok();
    assert_eq!(
        (&memberships[0]["workspace"]["id"], &memberships[0]["roles"][0]["name"]),
        (&json!(lab), &json!("Editor"))
    );
    assert_eq!(memberships[0]["organization"]["id"], organization);
    assert_eq!(nina.get("/me/workspace-memberships?org_id=123456789012345678").await.ok(), json!([]));
    nina.get("/me/workspace-memberships?org_id=x").await.assert_error(400, "INVALID_ID");
}
