//! Roles of an organization's own: defined, replaced, removed.

use serde_json::json;

use vestibule_core::settings::Settings;

use crate::harness::{App, Client, Start, text};

async fn define(client: &Client, path: &str, name: &str, permissions: &[&str]) -> String {
    let body = json!({"name": name, "permissions": permissions});
    text(&client.post_json(&format!("{path}/roles"), &body).await.ok()["id"])
}

#[tokio::test]
async fn a_role_is_defined_and_shown_like_any_other() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}/roles");
    let form =
        [("name", "Project Manager"), ("permissions[0]", "organization:read"), ("permissions[1]", "plans:write")];
    let made = owner.post(&path, &form).await.ok();
    assert_eq!(made["permissions"], json!(["organization:read", "plans:write"]));
    assert_eq!(
        (&made["organization_id"], &made["is_deployment_level"], &made["is_system_role"]),
        (&json!(organization), &json!(false), &json!(false))
    );
    let listed = owner.get(&path).await.ok();
    assert_eq!(listed.as_array().unwrap().last().unwrap(), &made);
    assert_eq!(owner.post(&path, &[("name", "Nothing")]).await.ok()["permissions"], json!([]));
}

#[tokio::test]
async fn what_is_no_role_is_refused_and_changes_nothing() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let (path, before) = (format!("/organizations/{organization}/roles"), app.rows());
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
        owner.post_json(&path, &body).await.refused(400, code);
    }
    assert!(owner.post_json(&path, &json!({"name": "Role", "permissions": many})).await.status >= 400);
    assert_eq!(app.rows(), before);
}

#[tokio::test]
async fn a_role_in_use_goes_only_with_a_replacement() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let buyer = define(&owner, &path, "Buyer", &["purchases:write"]).await;
    let reader = define(&owner, &path, "Reader", &["purchases:read"]).await;
    let nina = app.member(&owner, &organization, "nina@example.com", &buyer).await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com"), ("role_id", &buyer)]).await.ok();
    let remove = format!("{path}/roles/{buyer}/remove");
    let refused = owner.post(&remove, &[]).await.refused(400, "ROLE_IN_USE");
    let words = refused["errors"][0]["message"].as_str().unwrap();
    assert!(words.contains("nina") && words.contains("invited"), "{words}");
    owner.post(&remove, &[("replacement_role_id", "1")]).await.refused(400, "ROLE_NOT_FOUND");
    owner.post(&remove, &[("replacement_role_id", &buyer)]).await.refused(400, "ROLE_IN_USE");
    owner.post(&remove, &[("replacement_role_id", &reader)]).await.ok();

    let mine = nina.get("/me/organization-memberships").await.ok();
    assert_eq!((mine[0]["roles"].as_array().unwrap().len(), &mine[0]["roles"][0]["name"]), (1, &json!("Reader")));
    let listed = owner.get(&format!("{path}/invitations")).await.ok();
    assert_eq!(listed[0]["initial_organization_role"]["name"], "Reader");
    let accepted = owner.get(&format!("{path}/invitations?status=accepted")).await.ok();
    assert_eq!(accepted[0]["initial_organization_role"]["name"], "Buyer", "what was, was");
    // It can be given no more, and is shown no more.
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    assert!(!roles.to_string().contains(&buyer));
    let again = [("email", "late@example.com"), ("role_id", buyer.as_str())];
    owner.post(&format!("{path}/invitations"), &again).await.refused(400, "ROLE_NOT_FOUND");
    owner.post(&remove, &[]).await.refused(400, "ROLE_NOT_FOUND");
}

#[tokio::test]
async fn shared_roles_and_the_last_admins_stay() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    let [admin, member] = ["Admin", "Member"]
        .map(|name| text(&roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap()["id"]));
    owner.post(&format!("{path}/roles/{admin}/remove"), &[]).await.refused(403, "ROLE_IS_SHARED");
    // Olga is an admin by a role of the organization's own alone.
    let boss = define(&owner, &path, "Boss", &["organization:admin"]).await;
    let mine = text(&owner.get("/me/organization-memberships").await.ok()[0]["id"]);
    owner.post(&format!("{path}/members/{mine}/roles/{boss}/add"), &[]).await.ok();
    owner.post(&format!("{path}/members/{mine}/roles/{admin}/remove"), &[]).await.ok();
    let before = app.rows();
    let remove = format!("{path}/roles/{boss}/remove");
    owner.post(&remove, &[("replacement_role_id", &member)]).await.refused(403, "LAST_ADMIN");
    assert_eq!(app.rows(), before);
    owner.post(&remove, &[("replacement_role_id", &admin)]).await.ok();
}

#[tokio::test]
async fn nobody_defines_or_removes_more_than_they_hold() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let clerk = define(&owner, &path, "Clerk", &["organization:manage_roles", "purchases:read"]).await;
    let buyer = define(&owner, &path, "Buyer", &["purchases:write"]).await;
    let kim = app.member(&owner, &organization, "kim@example.com", &clerk).await;
    let body = json!({"name": "More", "permissions": ["purchases:write"]});
    kim.post_json(&format!("{path}/roles"), &body).await.refused(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&format!("{path}/roles/{buyer}/remove"), &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    let reader = define(&kim, &path, "Reader", &["purchases:read"]).await;
    kim.post(&format!("{path}/roles/{reader}/remove"), &[]).await.ok();
}

#[tokio::test]
async fn roles_are_made_of_what_is_in_the_catalogue() {
    let app = App::with(|settings| settings.roles.permissions = vec!["plans:read".to_owned()]).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    define(&owner, &path, "Reader", &["plans:read", "organization:read"]).await;
    let body = json!({"name": "Writer", "permissions": ["plans:write"]});
    owner.post_json(&format!("{path}/roles"), &body).await.refused(400, "PERMISSION_UNKNOWN");
}

#[tokio::test]
async fn an_archived_permission_stays_where_it_is_and_goes_to_nobody_new() {
    let database = std::sync::Arc::new(vestibule_testbed::Database::fresh());
    let before = Start::on_shared(std::sync::Arc::clone(&database)).app().await;
    let (owner, organization) = before.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let legacy = define(&owner, &path, "Legacy", &["plans:legacy"]).await;
    let nina = before.member(&owner, &organization, "nina@example.com", &legacy).await;
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com"), ("role_id", &legacy)]).await.ok();
    let token = before.mailed_token("kim@example.com");
    let cookies = [&owner, &nina].map(|client| client.cookie.lock().unwrap().clone());
    drop((owner, nina, before));

    // The operator has archived it, and starts the server again.
    let archive = |settings: &mut Settings| settings.roles.archived_permissions = vec!["plans:legacy".to_owned()];
    let app = Start::on_shared(database).seeded(9).changed(archive).app().await;
    let [owner, nina] = cookies.map(|cookie| app.with_cookie(cookie));
    assert_eq!(nina.get("/me/organization-memberships").await.ok()[0]["roles"][0]["name"], "Legacy");
    let body = json!({"name": "Again", "permissions": ["plans:legacy"]});
    owner.post_json(&format!("{path}/roles"), &body).await.refused(400, "PERMISSION_ARCHIVED");
    let mine = text(&owner.get("/me").await.ok()["id"]);
    let give = format!("{path}/members/{mine}/roles/{legacy}/add");
    owner.post(&give, &[]).await.refused(400, "PERMISSION_ARCHIVED");
    let invite = [("email", "late@example.com"), ("role_id", legacy.as_str())];
    owner.post(&format!("{path}/invitations"), &invite).await.refused(400, "PERMISSION_ARCHIVED");
    let kim = app.newcomer("kim@example.com", &token).await;
    let joined = kim.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], organization, "what was promised before is kept");
}
