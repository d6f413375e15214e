//! Snapshots of response bodies, including the order of keys. Clock, ids and randomness are injected, so that the
//! bodies are the same in every run.

use crate::harness::{PASSWORD, TestApp, TestResponse, text};

/// Returns the body with one line per key.
fn lines(response: &TestResponse) -> String {
    assert_eq!(response.status, 200, "{}", response.text);
    response.text.replace("{\"", "{\n\"").replace(",\"", ",\n\"").replace("},{", "},\n{")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "inline snapshots")]
async fn read_responses() {
    let app = TestApp::start().await;
    let ada = app.anonymous();
    let fields = [
        ("email", "Ada@Example.com"),
        ("password", PASSWORD),
        ("first_name", "Ada"),
        ("last_name", "Lindgren"),
        ("username", "ada"),
    ];
    insta::assert_snapshot!("sign_up", lines(&ada.post("/auth/signup", &fields).await));
    let created = ada.post("/organizations", &[("name", "Lindgren Tea"), ("description", "Good leaves")]).await;
    insta::assert_snapshot!(lines(&created), @r#"
{
"status":200,
"message":"",
"data":{
"organization":{
"id":"137503545753604107",
"deployment_id":"137503545753604100",
"name":"Lindgren Tea",
"description":"Good leaves",
"image_url":"",
"member_count":1,
"whitelisted_ips":[],
"enable_ip_restriction":false,
"enforce_mfa":false,
"minimum_assurance":null,
"mfa_enforced_from":null,
"auto_assigned_workspace_id":null,
"public_metadata":{},
"private_metadata":{},
"segments":[],
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"membership":{
"id":"137503545753604109",
"organization_id":"137503545753604107",
"user_id":"137503545753604101",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"}},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let organization = text(&created.body["data"]["organization"]["id"]);
    let created = ada.post("/workspaces", &[("organization_id", &organization), ("name", "Warehouse")]).await;
    insta::assert_snapshot!(lines(&created), @r#"
{
"status":200,
"message":"",
"data":{
"workspace":{
"id":"137503545753604111",
"organization_id":"137503545753604107",
"name":"Warehouse",
"description":"",
"image_url":"",
"whitelisted_ips":[],
"enable_ip_restriction":false,
"enforce_mfa":false,
"enforce_2fa":false,
"minimum_assurance":null,
"mfa_enforced_from":null,
"member_count":1,
"public_metadata":{},
"private_metadata":{},
"segments":[],
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"membership":{
"id":"137503545753604112",
"workspace_id":"137503545753604111",
"organization_membership_id":"137503545753604109",
"user_id":"137503545753604101",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"}},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let workspace = text(&created.body["data"]["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    let invited = ada.post(&path, &[("email", "nina@example.com"), ("workspace_id", &workspace)]).await;
    insta::assert_snapshot!("invite", lines(&invited));
    insta::assert_snapshot!("invitations", lines(&ada.get(&path).await));
    insta::assert_snapshot!("session", lines(&ada.get("/session").await));
    insta::assert_snapshot!("me", lines(&ada.get("/me").await));
    insta::assert_snapshot!("my_organizations", lines(&ada.get("/me/organization-memberships").await));
    insta::assert_snapshot!("my_workspaces", lines(&ada.get("/me/workspace-memberships").await));
    insta::assert_snapshot!("members", lines(&ada.get(&format!("/organizations/{organization}/members")).await));
    insta::assert_snapshot!(lines(&ada.get(&format!("/organizations/{organization}/roles")).await), @r#"
{
"status":200,
"message":"",
"data":[{
"id":"137503545753604097",
"organization_id":"0",
"name":"Member",
"permissions":["organization:member"],
"is_system_role":true,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":true},
{
"id":"137503545753604096",
"organization_id":"0",
"name":"Admin",
"permissions":["organization:admin"],
"is_system_role":true,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":true}],
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);

    let token = app.mailed_token("nina@example.com");
    let bare_token = token.split_once('.').unwrap().0;
    let validated = app.anonymous().get(&format!("/deployment/invitations/validate?token={bare_token}")).await;
    insta::assert_snapshot!(lines(&validated), @r#"
{
"status":200,
"message":"",
"data":{
"valid":true,
"type":"workspace",
"organization":{
"id":"137503545753604107",
"name":"Lindgren Tea"},
"workspace":{
"id":"137503545753604111",
"name":"Warehouse"},
"inviter":{
"first_name":"Ada",
"last_name":"Lindgren",
"email":""},
"email":"nina@example.com",
"first_name":"",
"last_name":"",
"enforce_mfa":false,
"message":"organization_invitation"},
"session":null,
"errors":null}
"#);
    let nina = app.create_invited_user("nina@example.com", &token).await;
    insta::assert_snapshot!(lines(&nina.get("/me/invitations").await), @r#"
{
"status":200,
"message":"",
"data":[{
"id":"137503545753604115",
"organization_id":"137503545753604107",
"email":"nina@example.com",
"token":"inv_AeiCvxAAEBOsjY1ycJ8yitjbcN1v50IWziEXiUhaEFw",
"status":"pending",
"expires_at":"2026-01-22T10:30:00Z",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"expired":false,
"enforce_mfa":false,
"minimum_assurance":null,
"mfa_enforced_from":null,
"organization":{
"id":"137503545753604107",
"name":"Lindgren Tea",
"image_url":""},
"role":{
"id":"137503545753604097",
"name":"Member"},
"workspace":{
"id":"137503545753604111",
"name":"Warehouse"},
"inviter":{
"first_name":"Ada",
"last_name":"Lindgren",
"email":""}}],
"session":{
"id":"137503545753604121",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    insta::assert_snapshot!(lines(&nina.post("/organizations/invitations/accept", &[("token", &token)]).await), @r#"
{
"status":200,
"message":"",
"data":{
"organization":{
"id":"137503545753604107",
"name":"Lindgren Tea"},
"workspace":{
"id":"137503545753604111",
"name":"Warehouse"},
"signin_id":"137503545753604122",
"message":"Welcome to Lindgren Tea."},
"session":{
"id":"137503545753604121",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "inline snapshots")]
async fn write_responses() {
    let app = TestApp::start().await;
    let (ada, organization) = app.create_organization("ada@example.com").await;
    let nina = app.create_member(&ada, &organization, "nina@example.com", "").await;
    let path = format!("/organizations/{organization}");
    let changes = [("description", "Good leaves"), ("whitelisted_ips", "127.0.0.1")];
    insta::assert_snapshot!(lines(&ada.post(&format!("{path}/update"), &changes).await), @r#"
{
"status":200,
"message":"",
"data":{
"id":"137503545753604107",
"deployment_id":"137503545753604100",
"name":"Acme",
"description":"Good leaves",
"image_url":"",
"member_count":2,
"whitelisted_ips":["127.0.0.1"],
"enable_ip_restriction":false,
"enforce_mfa":false,
"minimum_assurance":null,
"mfa_enforced_from":null,
"auto_assigned_workspace_id":null,
"public_metadata":{},
"private_metadata":{},
"segments":[],
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let role = [("name", "Buyer"), ("permissions[0]", "purchases:write")];
    let created = ada.post(&format!("{path}/roles"), &role).await;
    insta::assert_snapshot!(lines(&created), @r#"
{
"status":200,
"message":"",
"data":{
"id":"137503545753604124",
"organization_id":"137503545753604107",
"name":"Buyer",
"permissions":["purchases:write"],
"is_system_role":false,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":false},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let role = text(&created.body["data"]["id"]);
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&ada.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let workspace_path = format!("/workspaces/{workspace}");
    insta::assert_snapshot!(lines(&ada.post(&format!("{workspace_path}/update"), &[("name", "Barn")]).await), @r#"
{
"status":200,
"message":"",
"data":{
"workspace":{
"id":"137503545753604126",
"organization_id":"137503545753604107",
"name":"Barn",
"description":"",
"image_url":"",
"whitelisted_ips":[],
"enable_ip_restriction":false,
"enforce_mfa":false,
"enforce_2fa":false,
"minimum_assurance":null,
"mfa_enforced_from":null,
"member_count":1,
"public_metadata":{},
"private_metadata":{},
"segments":[],
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"}},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let added = ada.post(&format!("{workspace_path}/members"), &[("email", "nina@example.com")]).await;
    insta::assert_snapshot!(lines(&added), @r#"
{
"status":200,
"message":"",
"data":{
"membership":{
"id":"137503545753604131",
"workspace_id":"137503545753604126",
"organization_membership_id":"137503545753604120",
"user_id":"137503545753604114",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"}},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    insta::assert_snapshot!("workspace_members", lines(&ada.get(&format!("{workspace_path}/members")).await));
    let fields = [("name", "Keeper"), ("permissions", "files:write")];
    let created = ada.post(&format!("{workspace_path}/roles"), &fields).await;
    insta::assert_snapshot!(lines(&created), @r#"
{
"status":200,
"message":"",
"data":{
"id":"137503545753604133",
"workspace_id":"137503545753604126",
"name":"Keeper",
"permissions":["files:write"],
"is_system_role":false,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":false},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    insta::assert_snapshot!(lines(&ada.get(&format!("{workspace_path}/roles")).await), @r#"
{
"status":200,
"message":"",
"data":[{
"id":"137503545753604099",
"workspace_id":"0",
"name":"Member",
"permissions":["workspace:member"],
"is_system_role":true,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":true},
{
"id":"137503545753604098",
"workspace_id":"0",
"name":"Admin",
"permissions":["workspace:admin"],
"is_system_role":true,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":true},
{
"id":"137503545753604133",
"workspace_id":"137503545753604126",
"name":"Keeper",
"permissions":["files:write"],
"is_system_role":false,
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z",
"is_deployment_level":false}],
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let workspace_role = text(&created.body["data"]["id"]);
    let removed = ada.post(&format!("{workspace_path}/roles/{workspace_role}/delete"), &[]).await;
    insta::assert_snapshot!(lines(&removed), @r#"
{
"status":200,
"message":"",
"data":{
"message":"Workspace role deleted"},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    insta::assert_snapshot!(lines(&nina.get(&format!("{path}/explain?action=invite")).await), @r#"
{
"status":200,
"message":"",
"data":{
"action":"invite",
"allowed":false,
"by":[],
"missing":"organization:manage_members",
"code":"FORBIDDEN",
"message":"You have no permission to do this."},
"session":{
"id":"137503545753604117",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    let member = text(&nina.get("/me").await.ok()["id"]);
    let offered = ada.post(&format!("{path}/handover"), &[("member_id", &member)]).await;
    insta::assert_snapshot!(lines(&offered), @r#"
{
"status":200,
"message":"",
"data":{
"success":true},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    insta::assert_snapshot!(lines(&nina.get("/me/handovers").await), @r#"
{
"status":200,
"message":"",
"data":[{
"organization":{
"id":"137503545753604107",
"name":"Acme"},
"giver":{
"id":"137503545753604101",
"first_name":"ada",
"last_name":"Test"},
"expires_at":"2026-01-22T10:30:00Z",
"created_at":"2026-01-15T10:30:00Z"}],
"session":{
"id":"137503545753604117",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    for path in [
        format!("{path}/handover/withdraw"),
        format!("{path}/members/{member}/roles/{role}/add"),
        format!("{path}/members/{member}/roles/{role}/remove"),
        format!("{path}/roles/{role}/remove"),
        format!("{workspace_path}/members/{member}/remove"),
        format!("{path}/members/{member}/remove"),
        format!("{workspace_path}/delete"),
        format!("{path}/delete"),
    ] {
        assert_eq!(ada.post(&path, &[]).await.ok(), serde_json::json!({"success": true}), "{path}");
    }
    insta::assert_snapshot!(lines(&ada.get("/me/deleted-organizations").await), @r#"
{
"status":200,
"message":"",
"data":[{
"id":"137503545753604107",
"name":"Acme",
"deleted_at":"2026-01-15T10:30:00Z",
"erased_at":"2026-02-14T10:30:00Z"}],
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
    insta::assert_snapshot!(lines(&ada.post(&format!("{path}/restore"), &[]).await), @r#"
{
"status":200,
"message":"",
"data":{
"id":"137503545753604107",
"deployment_id":"137503545753604100",
"name":"Acme",
"description":"Good leaves",
"image_url":"",
"member_count":1,
"whitelisted_ips":["127.0.0.1"],
"enable_ip_restriction":false,
"enforce_mfa":false,
"minimum_assurance":null,
"mfa_enforced_from":null,
"auto_assigned_workspace_id":null,
"public_metadata":{},
"private_metadata":{},
"segments":[],
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"session":{
"id":"137503545753604104",
"created_at":"2026-01-15T10:30:00Z",
"updated_at":"2026-01-15T10:30:00Z"},
"errors":null}
"#);
}
