//! Changing roles and exchanging the roles of members.

use serde_json::{Value, json};
use vestibule_core::membership::ShowRemovalEffects;

use crate::harness::{TestApp, TestClient, text};

async fn create_role(client: &TestClient, path: &str, name: &str, permissions: &[&str]) -> String {
    let body = json!({"name": name, "permissions": permissions});
    text(&client.post_json(&format!("{path}/roles"), &body).await.ok()["id"])
}

/// Returns the id of a shared role.
async fn shared_role(client: &TestClient, path: &str, name: &str) -> String {
    let roles = client.get(&format!("{path}/roles")).await.ok();
    text(&roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap()["id"])
}

async fn membership(client: &TestClient) -> String {
    text(&client.get("/me/organization-memberships").await.ok()[0]["id"])
}

fn names(roles: &Value) -> Vec<&str> {
    roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn role_change_takes_effect_at_once_for_members_and_invitations() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let role = create_role(&owner, &path, "Buyer", &["purchases:write"]).await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", &role).await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com"), ("role_id", &role)]).await.ok();
    nina.get(&format!("{path}/invitations")).await.assert_error(403, "FORBIDDEN");

    let shown = owner.get(&format!("{path}/roles/{role}")).await.ok();
    assert_eq!((&shown["member_count"], &shown["pending_invitation_count"]), (&json!(1), &json!(1)));
    assert_eq!((&shown["name"], &shown["is_deployment_level"]), (&json!("Buyer"), &json!(false)));
    let body = json!({"name": "Lead", "permissions": ["organization:manage_members"]});
    let updated = owner.post_json(&format!("{path}/roles/{role}/update"), &body).await.ok();
    assert_eq!((&updated["id"], &updated["name"]), (&json!(role), &json!("Lead")));
    nina.get(&format!("{path}/invitations")).await.ok();
    let listed = owner.get_and_check_cache(&format!("{path}/invitations")).await.ok();
    assert_eq!(listed[0]["initial_organization_role"]["name"], "Lead");
    // Absent fields are unchanged.
    let renamed = owner.post(&format!("{path}/roles/{role}/update"), &[("name", "Team lead")]).await.ok();
    assert_eq!(renamed["permissions"], json!(["organization:manage_members"]));
    let emptied = owner.post_json(&format!("{path}/roles/{role}/update"), &json!({"permissions": []})).await.ok();
    assert_eq!((&emptied["name"], &emptied["permissions"]), (&json!("Team lead"), &json!([])));
    nina.get(&format!("{path}/invitations")).await.assert_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn added_permission_that_the_inviter_lacks_suspends_the_invitation() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let manager = create_role(&owner, &path, "Manager", &["organization:manage_members"]).await;
    let reader = create_role(&owner, &path, "Reader", &[]).await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", &manager).await;
    nina.post(&format!("{path}/invitations"), &[("email", "kim@example.com"), ("role_id", &reader)]).await.ok();
    let body = json!({"permissions": ["plans:read"]});
    owner.post_json(&format!("{path}/roles/{reader}/update"), &body).await.ok();
    let listed = owner.get_and_check_cache(&format!("{path}/invitations")).await.ok();
    assert_eq!(listed[0]["suspended"], "role_exceeds_inviter");
}

#[tokio::test]
async fn rejects_changes_of_shared_roles_and_beyond_the_callers_permissions() {
    let app = TestApp::with_settings(|settings| settings.roles.permissions = vec!["plans:read".to_owned()]).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (other, elsewhere) = app.create_organization("otto@example.com").await;
    let path = format!("/organizations/{organization}");
    let shared = shared_role(&owner, &path, "Member").await;
    let rename = [("name", "Mine")];
    owner.post(&format!("{path}/roles/{shared}/update"), &rename).await.assert_error(403, "ROLE_IS_SHARED");
    let reader = create_role(&owner, &path, "Reader", &["plans:read"]).await;
    let clerk = create_role(&owner, &path, "Clerk", &["organization:manage_roles"]).await;
    let theirs = format!("/organizations/{elsewhere}/roles/{reader}");
    other.post(&format!("{theirs}/update"), &rename).await.assert_error(400, "ROLE_NOT_FOUND");
    other.get(&theirs).await.assert_error(400, "ROLE_NOT_FOUND");

    let update = |role: &str| format!("{path}/roles/{role}/update");
    let unknown = json!({"permissions": ["plans:write"]});
    owner.post_json(&update(&reader), &unknown).await.assert_error(400, "PERMISSION_UNKNOWN");
    owner.post(&update(&reader), &[("name", "x")]).await.assert_error(400, "INVALID_FIELD");
    let kim = app.create_member(&owner, &organization, "kim@example.com", &clerk).await;
    kim.post(&update(&reader), &rename).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let more = json!({"permissions": ["organization:manage_roles", "plans:read"]});
    kim.post_json(&update(&clerk), &more).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&update(&clerk), &rename).await.ok();
    assert_eq!(owner.get(&format!("{path}/roles/{reader}")).await.ok()["name"], "Reader");
}

#[tokio::test]
async fn role_of_the_last_admin_keeps_granting_admin() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let shared = shared_role(&owner, &path, "Admin").await;
    let boss = create_role(&owner, &path, "Boss", &["organization:admin"]).await;
    let unused = create_role(&owner, &path, "Unused", &["organization:admin"]).await;
    let mine = membership(&owner).await;
    owner.post_json(&format!("{path}/members/{mine}/roles"), &json!({"role_ids": [boss]})).await.ok();
    let demote = json!({"permissions": ["organization:manage"]});
    owner.post_json(&format!("{path}/roles/{boss}/update"), &demote).await.assert_error(403, "LAST_ADMIN");
    owner.post_json(&format!("{path}/roles/{unused}/update"), &demote).await.ok();
    owner.post(&format!("{path}/roles/{boss}/update"), &[("name", "Chief")]).await.ok();
    let nina = app.create_member(&owner, &organization, "nina@example.com", &shared).await;
    owner.post_json(&format!("{path}/roles/{boss}/update"), &demote).await.ok();
    owner.post(&format!("{path}/delete"), &[]).await.assert_error(403, "FORBIDDEN");
    nina.get(&format!("{path}/invitations")).await.ok();
}

#[tokio::test]
async fn replaces_roles_in_one_step_and_undoes_it() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let buyer = create_role(&owner, &path, "Buyer", &["purchases:write"]).await;
    let reader = create_role(&owner, &path, "Reader", &["purchases:read"]).await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let roles = format!("{path}/members/{}/roles", membership(&nina).await);
    let replaced = owner.post(&roles, &[("role_ids", &buyer), ("role_ids", &reader)]).await.ok();
    assert_eq!(
        (names(&replaced["roles"]), names(&replaced["previous_roles"])),
        (vec!["Buyer", "Reader"], vec!["Member"])
    );
    let mine = nina.get("/me/organization-memberships").await.ok();
    assert_eq!(names(&mine[0]["roles"]), ["Buyer", "Reader"]);
    let undo = json!({"role_ids": [replaced["previous_roles"][0]["id"]]});
    let undone = owner.post_json(&roles, &undo).await.ok();
    assert_eq!((names(&undone["roles"]), names(&undone["previous_roles"])), (vec!["Member"], vec!["Buyer", "Reader"]));
    // The same roles again change nothing.
    assert_eq!(names(&owner.post_json(&roles, &undo).await.ok()["previous_roles"]), ["Member"]);
}

#[tokio::test]
async fn refused_replacement_changes_nothing() {
    let app = TestApp::with_settings(|settings| settings.roles.max_per_member = 2).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let (member, admin) = (shared_role(&owner, &path, "Member").await, shared_role(&owner, &path, "Admin").await);
    let manager = create_role(&owner, &path, "Manager", &["organization:manage_members"]).await;
    let more = create_role(&owner, &path, "More", &[]).await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", &manager).await;
    let (ninas, mine) = (membership(&nina).await, membership(&owner).await);
    let before = app.row_counts();
    let call = |id: &str| format!("{path}/members/{id}/roles");
    for (client, id, roles, status, code) in [
        (&owner, &ninas, json!([]), 400, "REQUIRED_FIELD"),
        (&owner, &ninas, json!(["x"]), 400, "INVALID_ID"),
        (&owner, &ninas, json!([member, "1"]), 400, "ROLE_NOT_FOUND"),
        (&owner, &ninas, json!([member, manager, more]), 403, "ROLES_PER_MEMBER"),
        (&owner, &mine, json!([member]), 403, "LAST_ADMIN"),
        (&nina, &ninas, json!([admin]), 403, "ROLE_EXCEEDS_YOURS"),
        (&nina, &mine, json!([member]), 403, "ROLE_EXCEEDS_YOURS"),
    ] {
        client.post_json(&call(id), &json!({"role_ids": roles})).await.assert_error(status, code);
    }
    owner.post_json(&call("1"), &json!({"role_ids": [member]})).await.assert_error(404, "MEMBER_NOT_FOUND");
    assert_eq!(app.row_counts(), before);
    // A role that the caller could not assign stays if it is among the roles.
    owner.post_json(&call(&ninas), &json!({"role_ids": [manager, admin]})).await.ok();
    owner.post_json(&call(&mine), &json!({"role_ids": [member]})).await.ok();
}

#[tokio::test]
async fn member_with_more_roles_than_the_lowered_maximum_can_be_given_fewer() {
    let app = TestApp::with_settings(|settings| settings.roles.max_per_member = 1).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let (reader, buyer) =
        (create_role(&owner, &path, "Reader", &[]).await, create_role(&owner, &path, "Buyer", &[]).await);
    let (member, admin) = (shared_role(&owner, &path, "Member").await, shared_role(&owner, &path, "Admin").await);
    let nina = app.create_member(&owner, &organization, "nina@example.com", &reader).await;
    let membership = membership(&nina).await;
    // From when the maximum was higher.
    for (scope, role) in [(organization.as_str(), &buyer), ("0", &member)] {
        app.execute(&format!(
            "INSERT INTO organization_membership_roles (role_scope, role_id, organization_id, membership_id)
             VALUES ({scope}, {role}, {organization}, {membership})"
        ));
    }
    let roles = format!("{path}/members/{membership}/roles");
    let exchanged = owner.post_json(&roles, &json!({"role_ids": [reader, admin]})).await;
    exchanged.assert_error(403, "ROLES_PER_MEMBER");
    let replaced = owner.post_json(&roles, &json!({"role_ids": [reader, buyer]})).await.ok();
    assert_eq!(names(&replaced["roles"]), ["Reader", "Buyer"]);
}

#[tokio::test]
async fn changes_and_replaces_workspace_roles() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("/workspaces/{workspace}");
    let nina = app.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let (ninas, mine) = (membership(&nina).await, membership(&owner).await);
    let boss = create_role(&owner, &path, "Boss", &["workspace:admin"]).await;
    let shared = shared_role(&owner, &path, "Member").await;
    owner.post(&format!("{path}/roles/{shared}/update"), &[("name", "Mine")]).await.assert_error(403, "ROLE_IS_SHARED");
    owner.post_json(&format!("{path}/members/{mine}/roles"), &json!({"role_ids": [boss]})).await.ok();
    let demote = json!({"permissions": ["workspace:manage"]});
    owner.post_json(&format!("{path}/roles/{boss}/update"), &demote).await.assert_error(403, "LAST_ADMIN");
    let member = json!({"role_ids": [shared]});
    owner.post_json(&format!("{path}/members/{mine}/roles"), &member).await.assert_error(403, "LAST_ADMIN");

    nina.post(&format!("{path}/update"), &[("name", "Mine")]).await.assert_error(403, "FORBIDDEN");
    let replaced = owner.post_json(&format!("{path}/members/{ninas}/roles"), &json!({"role_ids": [boss]})).await.ok();
    assert_eq!((names(&replaced["roles"]), names(&replaced["previous_roles"])), (vec!["Boss"], vec!["Member"]));
    nina.post(&format!("{path}/update"), &[("name", "Mine")]).await.ok();
    let shown = owner.get(&format!("{path}/roles/{boss}")).await.ok();
    assert_eq!((&shown["member_count"], &shown["pending_invitation_count"]), (&json!(2), &json!(0)));
    let admin = shared_role(&owner, &path, "Admin").await;
    owner.post_json(&format!("{path}/members/{mine}/roles"), &json!({"role_ids": [admin]})).await.ok();
    owner.post_json(&format!("{path}/roles/{boss}/update"), &demote).await.ok();
    nina.post(&format!("{path}/update"), &[("name", "Lab")]).await.assert_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn removal_effects_name_the_only_role_and_the_last_admin() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    owner.post("/workspaces", &[("organization_id", &organization), ("name", "Lab")]).await.ok();
    let effects = async |membership: String| {
        let query =
            ShowRemovalEffects { organization: organization.parse().unwrap(), member: membership.parse().unwrap() };
        app.query(&owner, query).await.unwrap()
    };
    let mine = effects(membership(&owner).await).await;
    assert!(mine.has_one_role && mine.is_last_admin);
    assert_eq!(mine.sole_admin_workspaces, ["Lab"]);
    let ninas = effects(membership(&nina).await).await;
    assert!(ninas.has_one_role && !ninas.is_last_admin && ninas.sole_admin_workspaces.is_empty());
}
