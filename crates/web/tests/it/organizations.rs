//! Organizations: changed, limited, kept to their addresses, deleted, and brought back.

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_core::housekeeping;
use vestibule_core::organization::erase_due;
use vestibule_testbed::invariants;

use crate::harness::{App, Client, DAY, text};

const NINA: &str = "nina@example.com";

/// Somebody who comes from this address, as a trusted proxy tells.
fn from_address(client: &Client, address: &str) -> Client {
    let mut there = client.app.with_cookie(client.cookie.lock().unwrap().clone());
    there.headers.insert("x-forwarded-for", address.parse().unwrap());
    there
}

async fn app() -> App {
    App::with(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await
}

#[tokio::test]
async fn only_what_is_given_is_changed() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let changed = owner.post(&format!("{path}/update"), &[("name", "Acme Corp"), ("description", "Anvils")]).await.ok();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Acme Corp"), &json!("Anvils")));
    let ips = json!({"whitelisted_ips": ["192.168.1.0/24", "127.0.0.1"], "enable_ip_restriction": true});
    let changed = owner.post_json(&format!("{path}/update"), &ips).await.ok();
    assert_eq!(changed["whitelisted_ips"], json!(["192.168.1.0/24", "127.0.0.1"]));
    assert_eq!((&changed["name"], &changed["enable_ip_restriction"]), (&json!("Acme Corp"), &json!(true)));
    let emptied = owner.post(&format!("{path}/update"), &[("whitelisted_ips", ""), ("description", "")]).await.ok();
    assert_eq!((&emptied["whitelisted_ips"], &emptied["description"]), (&json!([]), &json!("")));
    let mine = owner.get("/me/organization-memberships").await.ok();
    assert_eq!(mine[0]["organization"]["name"], "Acme Corp");
}

#[tokio::test]
async fn what_is_no_change_is_refused_and_changes_nothing() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let (other, elsewhere) = app.founder("otto@example.com").await;
    let fields = [("organization_id", elsewhere.as_str()), ("name", "Theirs")];
    let theirs = text(&other.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
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
        (json!({"name": "Acme", "enforce_mfa": true}), "MFA_NOT_AVAILABLE"),
        (json!({"auto_assigned_workspace_id": "1"}), "WORKSPACE_NOT_FOUND"),
        (json!({"auto_assigned_workspace_id": theirs}), "WORKSPACE_NOT_FOUND"),
        (json!({"whitelisted_ips": ["203.0.113.0/24"], "enable_ip_restriction": true}), "ADDRESS_LIST_EXCLUDES_YOU"),
        (json!({"image": "x"}), "INVALID_FIELD"),
        (json!({"nane": "Acme"}), "UNKNOWN_FIELD"),
    ] {
        owner.post_json(&path, &body).await.refused(400, code);
    }
    assert_eq!(owner.get("/me/organization-memberships").await.ok(), before);
}

#[tokio::test]
async fn members_come_in_from_where_the_organization_says() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let ips = json!({"whitelisted_ips": ["127.0.0.1", "203.0.113.0/24"], "enable_ip_restriction": true});
    owner.post_json(&format!("{path}/update"), &ips).await.ok();
    for (address, comes_in) in [("203.0.113.9", true), ("198.51.100.1", false), ("2001:db8::1", false)] {
        let there = from_address(&owner, address);
        for call in ["members", "roles", "invitations"] {
            let answer = there.get(&format!("{path}/{call}")).await;
            if comes_in {
                answer.ok();
            } else {
                answer.refused(403, "ADDRESS_NOT_ALLOWED");
            }
        }
        // What is one's own is not the organization's to keep.
        there.get("/me").await.ok();
        let own = there.get("/me/organization-memberships").await.ok();
        let kind = if comes_in { "none" } else { "ip_not_allowed" };
        assert_eq!(own[0]["eligibility_restriction"]["type"], kind);
    }
    // What a client writes itself is not believed: only the trusted proxy's own entry counts.
    let forged = from_address(&owner, "203.0.113.9, 198.51.100.1");
    forged.get(&format!("{path}/members")).await.refused(403, "ADDRESS_NOT_ALLOWED");
    let stranger = app.person("stranger@example.com").await;
    stranger.get(&format!("{path}/members")).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_deleted_organization_is_gone_for_everybody_and_can_come_back_whole() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let nina = app.member(&owner, &organization, NINA, "").await;
    nina.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    let token = app.mailed_token("kim@example.com");
    let kim = app.newcomer("kim@example.com", &token).await;
    let before = owner.get(&format!("{path}/members")).await.ok();
    nina.post(&format!("{path}/delete"), &[]).await.refused(403, "FORBIDDEN");

    owner.post(&format!("{path}/delete"), &[]).await.ok();
    for client in [&owner, &nina] {
        client.get(&format!("{path}/members")).await.refused(403, "FORBIDDEN");
        assert_eq!(client.get("/me/organization-memberships").await.ok(), json!([]));
        assert!(!client.get("/session").await.ok().to_string().contains(&organization));
        let switch = [("organization_id", organization.as_str())];
        client.post("/session/switch-organization", &switch).await.refused(400, "NOT_A_MEMBER");
    }
    assert_eq!(kim.get("/me/invitations").await.ok(), json!([]));
    let accept = [("token", token.as_str())];
    kim.post("/organizations/invitations/accept", &accept).await.refused(400, "INVALID_INVITATION_TOKEN");
    owner.post(&format!("{path}/delete"), &[]).await.refused(403, "FORBIDDEN");
    nina.post(&format!("{path}/restore"), &[]).await.refused(404, "NOTHING_TO_RESTORE");
    assert_eq!(nina.get("/me/deleted-organizations").await.ok(), json!([]));
    let deleted = owner.get("/me/deleted-organizations").await.ok();
    assert_eq!((&deleted[0]["id"], &deleted[0]["name"]), (&json!(organization), &json!("Acme")));
    assert_eq!(deleted[0]["erased_at"], "2026-02-14T10:30:00Z");

    app.advance(DAY * 29);
    assert_eq!(erase_due(&app.inner.service).await.unwrap(), 0);
    owner.post(&format!("{path}/restore"), &[]).await.ok();
    let after = owner.get(&format!("{path}/members")).await.ok();
    assert_eq!(after["data"].as_array().unwrap().len(), before["data"].as_array().unwrap().len());
    owner.post(&format!("{path}/restore"), &[]).await.refused(404, "NOTHING_TO_RESTORE");
    invariants::hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn what_is_erased_leaves_nothing_behind() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let (other, kept) = app.founder("otto@example.com").await;
    let path = format!("/organizations/{organization}");
    let before: Vec<_> = app.rows();
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let role = [("name", "Buyer"), ("permissions", "purchases:write")];
    let role = text(&owner.post(&format!("{path}/roles"), &role).await.ok()["id"]);
    app.member(&owner, &organization, NINA, &role).await;
    let fields = [("email", "kim@example.com"), ("role_id", role.as_str()), ("workspace_id", workspace.as_str())];
    owner.post(&format!("{path}/invitations"), &fields).await.ok();
    owner.post(&format!("{path}/delete"), &[]).await.ok();
    app.advance(DAY * 30);
    owner.post(&format!("{path}/restore"), &[]).await.refused(404, "NOTHING_TO_RESTORE");
    assert_eq!(erase_due(&app.inner.service).await.unwrap(), 1);
    let left = |table: &str| app.count(&format!("SELECT COUNT(*) FROM {table} WHERE organization_id = {organization}"));
    for table in ["organization_memberships", "organization_roles", "workspaces", "invitations", "outbox"] {
        assert_eq!(left(table), 0, "{table}");
    }
    let of = |rows: &[(String, i64)], table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    let after = app.rows();
    for table in ["organizations", "organization_memberships", "organization_membership_roles"] {
        assert_eq!(of(&after, table), of(&before, table) - 1, "{table}");
    }
    assert_eq!(of(&after, "users"), of(&before, "users") + 1, "people stay");
    other.get(&format!("/organizations/{kept}/members")).await.ok();
    invariants::hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn without_days_nothing_can_be_restored() {
    let app = App::with(|settings| settings.organizations.deletion_grace_days = 0).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    owner.post(&format!("/organizations/{organization}/restore"), &[]).await.refused(404, "NOTHING_TO_RESTORE");
}

/// Housekeeping rests for an hour, unless somebody wakes it.
#[tokio::test(flavor = "multi_thread")]
async fn without_days_housekeeping_is_woken() {
    let app = App::with(|settings| settings.organizations.deletion_grace_days = 0).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = Arc::clone(&app.inner.service);
    let work = tokio::spawn(async move { housekeeping::work(&service, async { drop(stopped.await) }).await });
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    while app.count("SELECT COUNT(*) FROM organizations") > 0 {
        tokio::task::yield_now().await;
    }
    drop(stop);
    work.await.unwrap();
}

/// More rows than go at once; with everything, in as many transactions as it takes.
#[tokio::test]
async fn a_large_organization_is_erased_piece_by_piece() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let changed = app.inner.database.execute(&format!(
        "INSERT INTO organization_roles (id, organization_id, scope, name, permissions, grants_admin, created_at, updated_at)
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
         SELECT n, {organization}, {organization}, 'Role ' || n, '[]', 0, 0, 0 FROM numbers"
    ));
    assert_eq!(changed, 1200);
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    app.advance(DAY * 30);
    assert_eq!(erase_due(&app.inner.service).await.unwrap(), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_roles WHERE scope <> 0"), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations"), 0);
}

#[tokio::test]
async fn nobody_founds_more_than_the_settings_allow() {
    let app = App::with(|settings| settings.organizations.max_per_user = 2).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    owner.post("/organizations", &[("name", "Second")]).await.ok();
    owner.post("/organizations", &[("name", "Third")]).await.refused(403, "ORGANIZATION_LIMIT");
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    owner.post("/organizations", &[("name", "Third")]).await.ok();
    app.person("nina@example.com").await.post("/organizations", &[("name", "Hers")]).await.ok();
}

#[tokio::test]
async fn new_members_come_into_the_assigned_workspace_as_well() {
    let app = App::with(|settings| settings.seats.max_per_workspace = 2).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let update = format!("/organizations/{organization}/update");
    let changed = owner.post(&update, &[("auto_assigned_workspace_id", &workspace)]).await.ok();
    assert_eq!(changed["auto_assigned_workspace_id"], workspace.as_str());
    let rooms = async |client: &Client| -> Value { client.get("/me/workspace-memberships").await.ok() };
    let nina = app.member(&owner, &organization, NINA, "").await;
    assert_eq!(rooms(&nina).await[0]["workspace"]["name"], "Lobby");
    let kim = app.member(&owner, &organization, "kim@example.com", "").await;
    assert_eq!(rooms(&kim).await, json!([]), "a full lobby keeps nobody out of the house");
    let none = owner.post(&update, &[("auto_assigned_workspace_id", "0")]).await.ok();
    assert_eq!(none["auto_assigned_workspace_id"], Value::Null);
    invariants::hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn it_explains_to_members_what_they_may_and_by_which_role() {
    let app = app().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let nina = app.member(&owner, &organization, NINA, "").await;
    let explain = async |client: &Client, action: &str| client.get(&format!("{path}/explain?action={action}")).await;
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
    nina.get(&format!("{path}/invitations")).await.refused(403, "FORBIDDEN");
    assert_eq!(explain(&nina, "list_members").await.ok()["allowed"], true);
    assert_eq!(explain(&nina, "leave").await.ok()["allowed"], true);
    let last = explain(&owner, "leave").await.ok();
    assert_eq!((&last["allowed"], &last["code"]), (&json!(false), &json!("LAST_ADMIN")));
    explain(&owner, "fly").await.refused(400, "INVALID_FIELD");
    owner.get(&format!("{path}/explain")).await.refused(400, "REQUIRED_FIELD");
}

#[tokio::test]
async fn lists_count_the_seats_where_those_are_bounded() {
    let app = App::with(|settings| settings.seats.max_per_organization = 4).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    app.member(&owner, &organization, NINA, "").await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    for list in ["members", "invitations"] {
        let answer = owner.get(&format!("{path}/{list}")).await;
        assert_eq!(answer.headers["seats"], "used=2, held=1, free=1", "{list}");
    }
    app.advance(DAY * 8);
    assert_eq!(owner.get(&format!("{path}/members")).await.headers["seats"], "used=2, held=0, free=2");
    let unbounded = App::start().await;
    let (owner, organization) = unbounded.founder("olga@example.com").await;
    assert!(!owner.get(&format!("/organizations/{organization}/members")).await.headers.contains_key("seats"));
}
