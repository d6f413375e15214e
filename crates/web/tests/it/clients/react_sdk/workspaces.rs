//! Workspaces: create, switch, change, and their members, roles and invitations.

use serde_json::{Value, json};

use super::both_modes;
use super::fields::{
    INVITATION, PAGE, SESSION, WORKSPACE, WORKSPACE_MEMBER, WORKSPACE_MEMBERSHIP, WORKSPACE_ROLE, assert_fields,
    assert_list,
};
use super::sdk::{Sdk, named};
use crate::harness::{TestApp, text};

/// Starts an organization with a workspace. Returns their owner, and the ids of both.
async fn workspace(app: &TestApp) -> (Sdk, String, String) {
    let sdk = Sdk::sign_up(app, "ada@example.com").await;
    let created = sdk.post("/organizations", &[("name", "Acme")]).await.ok();
    let organization = text(&created["organization"]["id"]);
    let fields = [("name", "Lab"), ("description", "Tests"), ("organization_id", &organization)];
    let created = sdk.post("/workspaces", &fields).await.ok();
    assert_fields(&created["workspace"], WORKSPACE);
    assert_eq!(created["membership"]["workspace_id"], created["workspace"]["id"]);
    let workspace = text(&created["workspace"]["id"]);
    (sdk, organization, workspace)
}

#[tokio::test]
async fn creates_switches_changes_and_deletes_workspaces() {
    for app in both_modes(|_| ()).await {
        let (sdk, organization, workspace) = workspace(&app).await;
        let memberships = sdk.get("/me/workspace-memberships").await.ok();
        assert_list(&memberships, WORKSPACE_MEMBERSHIP);
        let membership = &memberships[0];
        assert_eq!(membership["organization"]["id"], organization.as_str());
        assert_eq!(membership["roles"][0]["permissions"], json!(["workspace:admin"]));

        let switched = sdk.post(&format!("/session/switch-workspace?workspace_id={workspace}"), &[]).await.ok();
        assert_fields(&switched, SESSION);
        let active = &switched["active_signin"];
        assert_eq!(active["active_workspace_membership_id"], membership["id"]);
        assert_eq!(active["active_organization_membership_id"], membership["organization_membership_id"]);
        let left = sdk.post("/session/switch-workspace?workspace_id=", &[]).await.ok();
        assert_eq!(left["active_signin"]["active_workspace_membership_id"], Value::Null);

        let path = format!("/workspaces/{workspace}");
        let changes = [
            ("name", "Laboratory"),
            ("description", ""),
            ("enforce_2fa", "false"),
            ("enable_ip_restriction", "false"),
            ("whitelisted_ips", "127.0.0.1"),
            ("whitelisted_ips", "10.0.0.0/8"),
        ];
        let changed = sdk.post(&format!("{path}/update"), &changes).await.ok();
        assert_fields(&changed["workspace"], WORKSPACE);
        assert_eq!(changed["workspace"]["name"], "Laboratory");
        assert_eq!(changed["workspace"]["whitelisted_ips"], json!(["127.0.0.1", "10.0.0.0/8"]));
        assert_eq!(sdk.post(&format!("{path}/delete"), &[]).await.ok()["success"], true);
        assert_eq!(sdk.get("/me/workspace-memberships").await.ok(), json!([]));
    }
}

#[tokio::test]
async fn manages_members_and_roles_of_a_workspace() {
    for app in both_modes(|_| ()).await {
        let (sdk, organization, workspace) = workspace(&app).await;
        let path = format!("/workspaces/{workspace}");
        // Permissions of workspace roles repeat their key.
        let fields = [("name", "Editor"), ("permissions", "workspace:manage"), ("permissions", "workspace:member")];
        let editor = sdk.post(&format!("{path}/roles"), &fields).await.ok();
        assert_fields(&editor, WORKSPACE_ROLE);
        assert_eq!(editor["permissions"], json!(["workspace:manage", "workspace:member"]));
        assert_eq!((&editor["is_deployment_level"], &editor["workspace_id"]), (&json!(false), &json!(workspace)));
        let roles = sdk.get(&format!("{path}/roles")).await.ok();
        assert_list(&roles, WORKSPACE_ROLE);
        assert_eq!(named(&roles, "Admin")["workspace_id"], "0");

        // Invitations to a workspace are the organization's.
        let invitations = format!("/organizations/{organization}/invitations");
        let fields = [("email", "ben@example.com"), ("workspace_id", &workspace), ("workspace_role_id", "")];
        let invited = sdk.post(&invitations, &fields).await.ok();
        assert_fields(&invited, INVITATION);
        assert_eq!(invited["workspace"]["id"], workspace.as_str());
        let listed = sdk.get(&format!("{invitations}?workspace_id={workspace}")).await.ok();
        assert_list(&listed, INVITATION);
        let ben = Sdk::accept(&app, "ben@example.com").await;

        let page = sdk.get(&format!("{path}/members?page=1&limit=10&search=ben")).await.ok();
        assert_list(&page["data"], WORKSPACE_MEMBER);
        assert_fields(&page["meta"], PAGE);
        assert_eq!(page["meta"]["total"], 1);
        let member = format!("{path}/members/{}", text(&page["data"][0]["id"]));
        let role = format!("{member}/roles/{}", text(&editor["id"]));
        assert_eq!(sdk.post(&format!("{role}/add"), &[]).await.ok()["success"], true);
        let delete = format!("{path}/roles/{}/delete", text(&editor["id"]));
        sdk.post(&delete, &[]).await.assert_error(400, "ROLE_IN_USE");
        assert_eq!(sdk.post(&format!("{role}/remove"), &[]).await.ok()["success"], true);
        assert!(sdk.post(&delete, &[]).await.ok()["message"].is_string());

        assert_eq!(sdk.post(&format!("{member}/remove"), &[]).await.ok()["success"], true);
        assert_eq!(ben.get("/me/workspace-memberships").await.ok(), json!([]));
        ben.post(&format!("{path}/leave"), &[]).await.assert_error(403, "FORBIDDEN");
    }
}
