//! Workspaces: shown, changed, entered, left, deleted.

use serde_json::{Value, json};
use vestibule_core::settings::Settings;
use vestibule_testbed::invariants;

use crate::harness::{App, Client, text};

const NINA: &str = "nina@example.com";

struct House {
    app: App,
    owner: Client,
    nina: Client,
    organization: String,
    workspace: String,
    /// Of the workspace.
    path: String,
    admin: String,
}

async fn house() -> House {
    house_with(|_| ()).await
}

/// Olga's organization with her workspace, and Nina in both as a plain member.
async fn house_with(change: fn(&mut Settings)) -> House {
    let app = App::with(change).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let nina = app.roommate(&owner, &organization, &workspace, NINA).await;
    let path = format!("/workspaces/{workspace}");
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    let admin = text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"]);
    House { app, owner, nina, organization, workspace, path, admin }
}

impl House {
    fn invariants(&self) {
        invariants::hold(&self.app.inner.database, &[]);
    }

    async fn user(&self, client: &Client) -> String {
        text(&client.get("/me").await.ok()["id"])
    }
}

#[tokio::test]
async fn members_see_it_with_their_membership_and_admins_of_the_house_without() {
    let house = house().await;
    let shown = house.nina.get(&house.path).await.ok();
    assert_eq!(shown["workspace"]["name"], "Lab");
    assert_eq!(shown["membership"]["workspace_id"], house.workspace.as_str());
    let fields = [("organization_id", house.organization.as_str()), ("name", "Ninas own")];
    let own = text(&house.nina.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let shown = house.owner.get(&format!("/workspaces/{own}")).await.ok();
    assert_eq!(shown["membership"], Value::Null);
    let changed = house.owner.post(&format!("/workspaces/{own}/update"), &[("name", "Everybodys")]).await.ok();
    assert_eq!(changed["workspace"]["name"], "Everybodys");
    house.owner.post(&format!("/workspaces/{own}/leave"), &[]).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_setting_keeps_the_houses_admins_out() {
    let house = house_with(|settings| settings.organizations.admins_manage_workspaces = false).await;
    let fields = [("organization_id", house.organization.as_str()), ("name", "Ninas own")];
    let own = text(&house.nina.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    house.owner.get(&format!("/workspaces/{own}")).await.refused(403, "FORBIDDEN");
    house.owner.get(&house.path).await.ok();
}

#[tokio::test]
async fn members_are_listed_in_pages_and_sought() {
    let house = house().await;
    for number in 0..4 {
        let email = format!("guest{number}@example.com");
        house.app.roommate(&house.owner, &house.organization, &house.workspace, &email).await;
    }
    let first = house.nina.get(&format!("{}/members?limit=4", house.path)).await.ok();
    assert_eq!(first["meta"], json!({"total": 6, "page": 1, "limit": 4, "has_more": true}));
    assert_eq!(first["data"][0]["user"]["first_name"], "guest3", "the newest first");
    assert_eq!(first["data"][0]["roles"][0]["name"], "Member");
    let second = house.nina.get(&format!("{}/members?limit=4&page=2", house.path)).await.ok();
    assert_eq!((second["data"].as_array().unwrap().len(), &second["meta"]["has_more"]), (2, &json!(false)));
    let found = house.nina.get(&format!("{}/members?search=GUEST2", house.path)).await.ok();
    assert_eq!((&found["meta"]["total"], &found["data"][0]["user"]["first_name"]), (&json!(1), &json!("guest2")));
    let nobody = house.nina.get(&format!("{}/members?search=nobody", house.path)).await.ok();
    assert_eq!(nobody["data"], json!([]));
}

#[tokio::test]
async fn only_members_of_the_house_are_added_and_each_once() {
    let house = house().await;
    let members = format!("{}/members", house.path);
    house.app.person("stranger@example.com").await;
    house.app.member(&house.owner, &house.organization, "kim@example.com", "").await;
    let add = async |email: &str| house.owner.post(&members, &[("email", email)]).await;
    add("stranger@example.com").await.refused(404, "MEMBER_NOT_FOUND");
    add("nobody@example.com").await.refused(404, "MEMBER_NOT_FOUND");
    add(NINA).await.refused(400, "ALREADY_MEMBER");
    add("not an address").await.refused(400, "INVALID_EMAIL");
    let unknown = [("email", "kim@example.com"), ("role_id", "1")];
    house.owner.post(&members, &unknown).await.refused(400, "ROLE_NOT_FOUND");
    assert_eq!(add("Kim@Example.com").await.ok()["membership"]["workspace_id"], house.workspace.as_str());
    assert_eq!(house.app.count("SELECT member_count FROM workspaces"), 3);
    house.invariants();
}

#[tokio::test]
async fn roles_are_given_and_taken_within_what_one_holds_and_the_last_admin_stays() {
    let house = house().await;
    let (olga, nina) = (house.user(&house.owner).await, house.user(&house.nina).await);
    let role = |user: &str, verb: &str| format!("{}/members/{user}/roles/{}/{verb}", house.path, house.admin);
    house.nina.post(&role(&nina, "add"), &[]).await.refused(403, "FORBIDDEN");
    house.owner.post(&role(&olga, "remove"), &[]).await.refused(403, "LAST_ADMIN");
    house.owner.post(&format!("{}/leave", house.path), &[]).await.refused(403, "LAST_ADMIN");
    house.owner.post(&format!("{}/members/{olga}/remove", house.path), &[]).await.refused(403, "LAST_ADMIN");
    for _ in 0..2 {
        house.owner.post(&role(&nina, "add"), &[]).await.ok();
    }
    house.nina.post(&role(&olga, "remove"), &[]).await.ok();
    house.nina.post(&format!("{}/leave", house.path), &[]).await.refused(403, "LAST_ADMIN");
    house.nina.post(&role("1", "add"), &[]).await.refused(404, "MEMBER_NOT_FOUND");
    let foreign = format!("{}/members/{olga}/roles/1/add", house.path);
    house.nina.post(&foreign, &[]).await.refused(400, "ROLE_NOT_FOUND");
    house.invariants();
}

#[tokio::test]
async fn a_manager_gives_no_more_than_they_hold() {
    let house = house().await;
    let (olga, nina) = (house.user(&house.owner).await, house.user(&house.nina).await);
    let body = json!({"name": "Steward", "permissions": ["workspace:manage"]});
    let steward = text(&house.owner.post_json(&format!("{}/roles", house.path), &body).await.ok()["id"]);
    house.owner.post(&format!("{}/members/{nina}/roles/{steward}/add", house.path), &[]).await.ok();
    let raise = format!("{}/members/{nina}/roles/{}/add", house.path, house.admin);
    house.nina.post(&raise, &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    let remove = format!("{}/members/{olga}/remove", house.path);
    house.nina.post(&remove, &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    let more = json!({"name": "More", "permissions": ["workspace:admin"]});
    house.nina.post_json(&format!("{}/roles", house.path), &more).await.refused(403, "ROLE_EXCEEDS_YOURS");
    house.nina.post(&format!("{}/update", house.path), &[("name", "Mine")]).await.refused(403, "FORBIDDEN");
    let refused = house.owner.post(&format!("{}/roles/{steward}/delete", house.path), &[]).await;
    let told = refused.refused(400, "ROLE_IN_USE")["message"].to_string();
    assert!(told.contains("nina"), "it names who has it: {told}");
    house.owner.post(&format!("{}/members/{nina}/roles/{steward}/remove", house.path), &[]).await.ok();
    let gone = house.owner.post(&format!("{}/roles/{steward}/delete", house.path), &[]).await.ok();
    assert_eq!(gone, json!({"message": "Workspace role deleted"}));
    house.owner.post(&format!("{}/roles/{}/delete", house.path, house.admin), &[]).await.refused(403, "ROLE_IS_SHARED");
}

#[tokio::test]
async fn whoever_leaves_the_room_stays_in_the_house_and_the_other_way_round_not() {
    let house = house().await;
    house.nina.post(&format!("{}/leave", house.path), &[]).await.ok();
    house.nina.get(&house.path).await.refused(403, "FORBIDDEN");
    house.nina.get(&format!("/organizations/{}/members", house.organization)).await.ok();
    assert_eq!(house.app.count("SELECT member_count FROM workspaces"), 1);
    let kim = house.app.roommate(&house.owner, &house.organization, &house.workspace, "kim@example.com").await;
    kim.post(&format!("/organizations/{}/leave", house.organization), &[]).await.ok();
    kim.get(&house.path).await.refused(403, "FORBIDDEN");
    assert_eq!(house.app.count("SELECT member_count FROM workspaces"), 1);
    house.invariants();
}

#[tokio::test]
async fn a_workspace_goes_with_all_that_hangs_on_it() {
    let house = house().await;
    let invitations = format!("/organizations/{}/invitations", house.organization);
    let fields = [("email", "late@example.com"), ("workspace_id", house.workspace.as_str())];
    house.owner.post(&invitations, &fields).await.ok();
    let update = format!("/organizations/{}/update", house.organization);
    house.owner.post(&update, &[("auto_assigned_workspace_id", &house.workspace)]).await.ok();
    house.owner.post(&format!("{}/delete", house.path), &[]).await.refused(403, "WORKSPACE_IS_ASSIGNED");
    house.owner.post(&update, &[("auto_assigned_workspace_id", "0")]).await.ok();
    let body = json!({"name": "Editor", "permissions": ["workspace:write"]});
    house.owner.post_json(&format!("{}/roles", house.path), &body).await.ok();
    house.owner.post(&format!("{}/delete", house.path), &[]).await.ok();
    house.owner.get(&house.path).await.refused(403, "FORBIDDEN");
    for table in ["workspaces", "workspace_memberships", "workspace_membership_roles"] {
        assert_eq!(house.app.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(house.owner.get(&invitations).await.ok(), json!([]));
    assert_eq!(house.nina.get("/me/workspace-memberships").await.ok(), json!([]));
    house.invariants();
}

#[tokio::test]
async fn an_organization_has_no_more_workspaces_than_it_may() {
    let house = house_with(|settings| settings.organizations.max_workspaces = 2).await;
    let make = async || {
        house.owner.post("/workspaces", &[("organization_id", &house.organization), ("name", "Another")]).await
    };
    make().await.ok();
    make().await.refused(403, "WORKSPACE_LIMIT");
    house.owner.post(&format!("{}/delete", house.path), &[]).await.ok();
    make().await.ok();
}

#[tokio::test]
async fn a_room_has_addresses_of_its_own() {
    let house = house_with(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let ips = json!({"whitelisted_ips": ["127.0.0.1", "203.0.113.0/24"], "enable_ip_restriction": true});
    house.owner.post_json(&format!("{}/update", house.path), &ips).await.ok();
    let mut away = house.app.with_cookie(house.nina.cookie.lock().unwrap().clone());
    away.headers.insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
    away.get(&house.path).await.refused(403, "ADDRESS_NOT_ALLOWED");
    away.get(&format!("/organizations/{}/members", house.organization)).await.ok();
    let wrong = json!({"enforce_2fa": true});
    house.owner.post_json(&format!("{}/update", house.path), &wrong).await.refused(400, "MFA_NOT_AVAILABLE");
    let outside = json!({"whitelisted_ips": ["198.51.100.0/24"]});
    let refused = house.owner.post_json(&format!("{}/update", house.path), &outside).await;
    refused.refused(400, "ADDRESS_LIST_EXCLUDES_YOU");
}
