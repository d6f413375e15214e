//! Custom roles of an organization: creation, replacement, removal, archived permissions.

use serde_json::json;

use vestibule_core::Code;
use vestibule_core::id::MemberId;
use vestibule_core::membership::{AssignRole, RevokeRole};
use vestibule_core::names::RoleName;
use vestibule_core::organization::CreateRole;
use vestibule_core::permission::PermissionSet;
use vestibule_core::settings::Settings;

use crate::harness::{TestApp, TestAppBuilder, TestClient, text};

async fn create_role(client: &TestClient, path: &str, name: &str, permissions: &[&str]) -> String {
    let body = json!({"name": name, "permissions": permissions});
    text(&client.post_json(&format!("{path}/roles"), &body).await.ok()["id"])
}

#[tokio::test]
async fn creates_and_lists_role() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/roles");
    let form =
        [("name", "Project Manager"), ("permissions[0]", "organization:read"), ("permissions[1]", "plans:write")];
    let created = owner.post(&path, &form).await.ok();
    assert_eq!(created["permissions"], json!(["organization:read", "plans:write"]));
    assert_eq!(
        (&created["organization_id"], &created["is_deployment_level"], &created["is_system_role"]),
        (&json!(organization), &json!(false), &json!(false))
    );
    let listed = owner.get(&path).await.ok();
    assert_eq!(listed.as_array().unwrap().last().unwrap(), &created);
    assert_eq!(owner.post(&path, &[("name", "Nothing")]).await.ok()["permissions"], json!([]));
}

#[tokio::test]
async fn rejects_invalid_roles() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (path, before) = (format!("/organizations/{organization}/roles"), app.row_counts());
    let many: Vec<_> = (0..10_000).map(|number| format!("p{number}")).collect();
    for (body, code) in [
        (json!({}), "REQUIRED_FIELD"),
        (json!({"name": "x"}), "INVALID_FIELD"),
        (json!({"name": "x".repeat(101)}), "INVALID_FIELD"),
        (json!({"name": "a\u{7}b"}), "INVALID_FIELD"),
        (json!({"name": "Role", "permissions": ["a b"]}), "INVALID_FIELD"),
        (json!({"name": "Role", "permissions": ["a\u{0}"]}), "INVALID_FIELD"),
        (json!({"name": "Role", "permissions": ["x".repeat(101)]}), "INVALID_FIELD"),
        (json!({"name": "Role", "permissions": [1]}), "INVALID_FIELD"),
        (json!({"name": "Role", "permissions": [["a"]]}), "INVALID_FIELD"),
        (json!({"name": "Role", "permissions": {"a": 1}}), "INVALID_FIELD"),
        (json!({"name": "Role", "permisions": ["a"]}), "UNKNOWN_FIELD"),
    ] {
        owner.post_json(&path, &body).await.assert_error(400, code);
    }
    assert!(owner.post_json(&path, &json!({"name": "Role", "permissions": many})).await.status >= 400);
    assert_eq!(app.row_counts(), before);
}

#[tokio::test]
async fn role_in_use_is_removed_only_with_replacement() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let buyer = create_role(&owner, &path, "Buyer", &["purchases:write"]).await;
    let reader = create_role(&owner, &path, "Reader", &["purchases:read"]).await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", &buyer).await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com"), ("role_id", &buyer)]).await.ok();
    let remove = format!("{path}/roles/{buyer}/remove");
    let refused = owner.post(&remove, &[]).await.assert_error(400, "ROLE_IN_USE");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("nina") && message.contains("a pending invitation"), "{message}");
    owner.post(&remove, &[("replacement_role_id", "1")]).await.assert_error(400, "ROLE_NOT_FOUND");
    owner.post(&remove, &[("replacement_role_id", &buyer)]).await.assert_error(400, "ROLE_IN_USE");
    owner.post(&remove, &[("replacement_role_id", &reader)]).await.ok();

    let mine = nina.get("/me/organization-memberships").await.ok();
    assert_eq!((mine[0]["roles"].as_array().unwrap().len(), &mine[0]["roles"][0]["name"]), (1, &json!("Reader")));
    let listed = owner.get_and_check_cache(&format!("{path}/invitations")).await.ok();
    assert_eq!(listed[0]["initial_organization_role"]["name"], "Reader");
    let accepted = owner.get(&format!("{path}/invitations?status=accepted")).await.ok();
    assert_eq!(accepted[0]["initial_organization_role"]["name"], "Buyer", "an accepted invitation keeps its role");
    // A removed role is not listed and cannot be assigned.
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    assert!(!roles.to_string().contains(&buyer));
    let with_removed_role = [("email", "late@example.com"), ("role_id", buyer.as_str())];
    owner.post(&format!("{path}/invitations"), &with_removed_role).await.assert_error(400, "ROLE_NOT_FOUND");
    owner.post(&remove, &[]).await.assert_error(400, "ROLE_NOT_FOUND");
}

#[tokio::test]
async fn rejects_removing_shared_role_or_role_of_last_admin() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    let [admin, member] = ["Admin", "Member"]
        .map(|name| text(&roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap()["id"]));
    owner.post(&format!("{path}/roles/{admin}/remove"), &[]).await.assert_error(403, "ROLE_IS_SHARED");
    // A custom role is the only one that makes Olga an admin.
    let boss = create_role(&owner, &path, "Boss", &["organization:admin"]).await;
    let mine = text(&owner.get("/me/organization-memberships").await.ok()[0]["id"]);
    owner.post(&format!("{path}/members/{mine}/roles/{boss}/add"), &[]).await.ok();
    owner.post(&format!("{path}/members/{mine}/roles/{admin}/remove"), &[]).await.ok();
    let before = app.row_counts();
    let remove = format!("{path}/roles/{boss}/remove");
    owner.post(&remove, &[("replacement_role_id", &member)]).await.assert_error(403, "LAST_ADMIN");
    assert_eq!(app.row_counts(), before);
    owner.post(&remove, &[("replacement_role_id", &admin)]).await.ok();
}

#[tokio::test]
async fn rejects_roles_beyond_callers_permissions() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let clerk = create_role(&owner, &path, "Clerk", &["organization:manage_roles", "purchases:read"]).await;
    let buyer = create_role(&owner, &path, "Buyer", &["purchases:write"]).await;
    let kim = app.create_member(&owner, &organization, "kim@example.com", &clerk).await;
    let body = json!({"name": "More", "permissions": ["purchases:write"]});
    kim.post_json(&format!("{path}/roles"), &body).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&format!("{path}/roles/{buyer}/remove"), &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let reader = create_role(&kim, &path, "Reader", &["purchases:read"]).await;
    kim.post(&format!("{path}/roles/{reader}/remove"), &[]).await.ok();
}

#[tokio::test]
async fn rejects_permissions_outside_catalog() {
    let app = TestApp::with_settings(|settings| settings.roles.permissions = vec!["plans:read".to_owned()]).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    create_role(&owner, &path, "Reader", &["plans:read", "organization:read"]).await;
    let body = json!({"name": "Writer", "permissions": ["plans:write"]});
    owner.post_json(&format!("{path}/roles"), &body).await.assert_error(400, "PERMISSION_UNKNOWN");
}

#[tokio::test]
async fn archived_permission_stays_assigned_but_is_not_assignable() {
    let database = std::sync::Arc::new(vestibule_testbed::Database::create());
    let before = TestAppBuilder::with_shared_database(std::sync::Arc::clone(&database)).build().await;
    let (owner, organization) = before.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let legacy = create_role(&owner, &path, "Legacy", &["plans:legacy"]).await;
    let nina = before.create_member(&owner, &organization, "nina@example.com", &legacy).await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com"), ("role_id", &legacy)]).await.ok();
    let token = before.mailed_token("kim@example.com");
    let cookies = [&owner, &nina].map(|client| client.cookie.lock().unwrap().clone());
    drop((owner, nina, before));

    // The operator archives the permission and restarts the server.
    let archive = |settings: &mut Settings| settings.roles.archived_permissions = vec!["plans:legacy".to_owned()];
    let app = TestAppBuilder::with_shared_database(database).with_seed(9).with_settings(archive).build().await;
    let [owner, nina] = cookies.map(|cookie| app.client_with_cookie(cookie));
    assert_eq!(nina.get("/me/organization-memberships").await.ok()[0]["roles"][0]["name"], "Legacy");
    let body = json!({"name": "Again", "permissions": ["plans:legacy"]});
    owner.post_json(&format!("{path}/roles"), &body).await.assert_error(400, "PERMISSION_ARCHIVED");
    let mine = text(&owner.get("/me").await.ok()["id"]);
    let assign = format!("{path}/members/{mine}/roles/{legacy}/add");
    owner.post(&assign, &[]).await.assert_error(400, "PERMISSION_ARCHIVED");
    let invite = [("email", "late@example.com"), ("role_id", legacy.as_str())];
    owner.post(&format!("{path}/invitations"), &invite).await.assert_error(400, "PERMISSION_ARCHIVED");
    let kim = app.create_invited_user("kim@example.com", &token).await;
    let joined = kim.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], organization, "earlier invitations keep an archived permission");
}

#[tokio::test]
async fn lists_deployment_and_organization_roles() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (other, other_organization) = app.create_organization("otto@example.com").await;
    let define = |organization: &str, name: &str, permissions: &[&str]| CreateRole {
        organization: organization.parse().unwrap(),
        name: RoleName::parse("name", name).unwrap(),
        permissions: PermissionSet::new(permissions.iter().copied()),
    };
    let permissions = ["organization:manage_members", "organization:manage_roles"];
    let lead = app.run(&owner, define(&organization, "Lead", &permissions)).await.unwrap().id;
    app.run(&other, define(&other_organization, "Theirs", &[])).await.unwrap();
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let listed: Vec<_> = roles
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (text(&role["name"]), role["is_system_role"] == true, text(&role["organization_id"])))
        .collect();
    let expected = [("Member", true, "0"), ("Admin", true, "0"), ("Lead", false, organization.as_str())];
    assert_eq!(listed, expected.map(|(name, system, of)| (name.to_owned(), system, of.to_owned())));

    let member = app.create_member(&owner, &organization, "mara@example.com", &lead.to_string()).await;
    let refused = app.run(&member, define(&organization, "More", &["organization:admin"])).await.unwrap_err();
    assert_eq!(refused.code(), Code::RoleExceedsYours);
    let admin = text(&roles[1]["id"]).parse().unwrap();
    let owner_membership: MemberId =
        text(&owner.get("/me/organization-memberships").await.ok()[0]["id"]).parse().unwrap();
    let organization_id = organization.parse().unwrap();
    let revoke = |membership, role| RevokeRole { organization: organization_id, member: membership, role };
    assert_eq!(app.run(&owner, revoke(owner_membership, admin)).await.unwrap_err().code(), Code::LastAdmin);
    assert_eq!(app.run(&member, revoke(owner_membership, admin)).await.unwrap_err().code(), Code::RoleExceedsYours);
    app.run(&owner, revoke(owner_membership, lead)).await.unwrap();
    let assign = |membership| AssignRole { organization: organization_id, member: membership, role: admin };
    assert_eq!(app.run(&owner, assign(1.into())).await.unwrap_err().code(), Code::MemberNotFound);
    assert_eq!(app.run(&other, assign(owner_membership)).await.unwrap_err().code(), Code::Forbidden);
    // With a second admin, the first one can be demoted.
    let member_membership: MemberId =
        text(&member.get("/me/organization-memberships").await.ok()[0]["id"]).parse().unwrap();
    app.run(&owner, assign(member_membership)).await.unwrap();
    app.run(&owner, revoke(owner_membership, admin)).await.unwrap();
    owner.get(&format!("/organizations/{organization}/invitations")).await.assert_error(403, "FORBIDDEN");
}
