//! The pages of roles: what a role allows in words, and the editor, in an organization and in a workspace.

use std::sync::Arc;

use vestibule_core::settings::Settings;
use vestibule_testbed::Database;

use crate::harness::{TestApp, TestAppBuilder, TestClient, text};

struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
    roles: String,
}

async fn setup(change: impl FnOnce(&mut vestibule_core::settings::Settings)) -> Fixture {
    let app = TestApp::with_settings(change).await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    Fixture { roles: format!("/organizations/{organization}/-/roles"), app, owner, organization }
}

impl Fixture {
    async fn role_id(&self, name: &str) -> String {
        let roles = self.owner.get(&format!("/organizations/{}/roles", self.organization)).await.ok();
        let found = roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap();
        text(&found["id"])
    }

    async fn member_id(&self, email: &str) -> String {
        let members = self.owner.get(&format!("/organizations/{}/members", self.organization)).await.ok();
        let found = members["data"].as_array().unwrap().iter().find(|one| one.to_string().contains(email)).unwrap();
        text(&found["id"])
    }
}

#[tokio::test]
async fn says_in_words_what_a_role_allows() {
    let fixture = setup(|_| {}).await;
    let page = fixture.owner.get(&fixture.roles).await.assert_page(200, "Everything");
    assert!(page.contains("<span class=\"badge\">Built-in</span>") && !page.contains("organization:manage"), "{page}");
    let fields = [("name", "Lead"), ("permission", "organization:manage_members"), ("others", "purchases:write")];
    fixture.owner.post(&fixture.roles, &fields).await.assert_redirect(&fixture.roles);
    let page = fixture.owner.get(&fixture.roles).await.assert_page(200, "Role created.");
    assert!(page.contains("Manage members <code>purchases:write</code>"), "{page}");
    assert!(
        page.contains(">Admin</bdi>") && page.contains("aria-label=\"1 member with the role Admin\">1</a>"),
        "{page}"
    );
    // A member sees the list, and no controls.
    let nina = fixture.app.create_member(&fixture.owner, &fixture.organization, "nina@example.com", "").await;
    let seen = nina.get(&fixture.roles).await.assert_page(200, "Lead");
    assert!(!seen.contains("Create role") && !seen.contains("<details class=\"menu end\"><summary class=\"icon\""));
    nina.post(&fixture.roles, &[("name", "Mine")]).await.assert_page(403, "role=\"alert\"");
}

#[tokio::test]
async fn pages_of_roles_count_the_members_of_each() {
    let fixture = setup(|_| {}).await;
    fixture.app.execute(&format!(
        "INSERT INTO organization_roles (id, organization_id, scope, name, permissions, grants_admin, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)
         SELECT i, {0}, {0}, 'Purchasing department ' || (200 - i), '[\"organization:manage_members\",\"purchases:write\"]', 0, 0, 0 FROM n",
        fixture.organization
    ));
    fixture.app.create_member(&fixture.owner, &fixture.organization, "nina@example.com", "80").await;
    let names = |page: &str| page.matches("<td class=\"main\">").count();
    for sort in ["oldest", "name", "-name"] {
        let first = fixture.owner.get(&format!("{}?sort={sort}", fixture.roles)).await.assert_page(200, "92 roles");
        assert_eq!(names(&first), 50);
        assert!(first.len() < 40_000, "{} bytes", first.len());
        let next = first.split_once("rel=\"next\" href=\"").unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
        let second = fixture.owner.get(&next).await.assert_page(200, "<span class=\"off\">Next</span>");
        assert_eq!(names(&second), 42);
        let both = format!("{first}{second}");
        assert!(both.contains("aria-label=\"1 member with the role Purchasing department 120\">1</a>"), "{sort}");
        assert_eq!(both.matches("aria-label=\"0 members with the role").count(), 90, "{sort}");
    }
    let page = fixture.owner.get(&format!("{}?search=ment%20120", fixture.roles)).await.assert_page(200, "1 role<");
    assert!(page.contains("/80/delete\""), "{page}");
    fixture.owner.get(&format!("{}?search=nothing", fixture.roles)).await.assert_page(200, "No roles match.");
}

#[tokio::test]
async fn editor_has_a_sentence_for_each_permission_and_names_who_is_affected() {
    let fixture = setup(|_| {}).await;
    let page = fixture.owner.get(&format!("{}/new", fixture.roles)).await.assert_page(200, "<h1>Create role</h1>");
    for words in ["Invite and remove members", "Create, change and delete roles", "Administer everything"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // What every member has is no choice.
    assert!(!page.contains("value=\"organization:read\"") && !page.contains("<code>"), "{page}");
    let fields =
        [("name", "Lead"), ("permission", "organization:manage_members"), ("permission", "organization:manage_roles")];
    fixture.owner.post(&fixture.roles, &fields).await.assert_redirect(&fixture.roles);
    let lead = fixture.role_id("Lead").await;
    fixture.app.create_member(&fixture.owner, &fixture.organization, "nina@example.com", &lead).await;
    let invite = [("email", "kim@example.com"), ("role_id", lead.as_str())];
    fixture.owner.post(&format!("/organizations/{}/invitations", fixture.organization), &invite).await.ok();
    let path = format!("{}/{lead}", fixture.roles);
    let page = fixture.owner.get(&path).await.assert_page(200, "1 member and 1 pending invitation have this role.");
    assert!(page.contains("value=\"organization:manage_roles\" checked"), "{page}");
    fixture
        .owner
        .post(&path, &[("name", "Team lead"), ("permission", "organization:manage_members")])
        .await
        .assert_redirect(&fixture.roles);
    fixture.owner.get(&fixture.roles).await.assert_page(200, "Team lead");
    // What was typed stays when it is refused.
    let page = fixture.owner.post(&path, &[("name", ""), ("permission", "organization:manage_settings")]).await;
    let page = page.assert_page(400, "role=\"alert\"");
    assert!(page.contains("value=\"organization:manage_settings\" checked"), "{page}");
    fixture.owner.get(&format!("{}/1", fixture.roles)).await.assert_page(400, "Page not available");
}

#[tokio::test]
async fn permissions_that_one_lacks_are_disabled() {
    let fixture = setup(|settings| settings.roles.permissions = vec!["purchases:write".to_owned()]).await;
    let fields = [("name", "Lead"), ("permission", "organization:manage_roles")];
    fixture.owner.post(&fixture.roles, &fields).await.assert_redirect(&fixture.roles);
    let lead = fixture.role_id("Lead").await;
    let nina = fixture.app.create_member(&fixture.owner, &fixture.organization, "nina@example.com", &lead).await;
    let page =
        nina.get(&format!("{}/new", fixture.roles)).await.assert_page(200, "You don&#39;t have this permission.");
    assert!(
        page.contains("value=\"organization:admin\" disabled")
            && !page.contains("value=\"organization:manage_roles\" disabled"),
        "{page}"
    );
    // The operator's own permissions have no sentence, and there are no others.
    assert!(page.contains("<code>purchases:write</code>") && !page.contains("<textarea"), "{page}");
    nina.post(&fixture.roles, &[("name", "Boss"), ("permission", "organization:admin")])
        .await
        .assert_page(403, "role=\"alert\"");
}

#[tokio::test]
async fn deleting_a_role_gives_its_members_another_one() {
    let fixture = setup(|_| {}).await;
    fixture
        .owner
        .post(&fixture.roles, &[("name", "Lead"), ("permission", "organization:manage_members")])
        .await
        .assert_redirect(&fixture.roles);
    let lead = fixture.role_id("Lead").await;
    let delete = format!("{}/{lead}/delete", fixture.roles);
    let page = fixture.owner.post(&delete, &[]).await.assert_page(200, "<h1>Delete Lead?</h1>");
    assert!(!page.contains("<select"), "nobody has it: {page}");
    fixture.app.create_member(&fixture.owner, &fixture.organization, "nina@example.com", &lead).await;
    let page = fixture.owner.post(&delete, &[]).await.assert_page(200, "1 member and 0 pending invitations");
    let member = fixture.role_id("Member").await;
    assert!(page.contains(&format!("<option value=\"{member}\">Member</option>")), "{page}");
    fixture.owner.post(&delete, &[("sure", "yes")]).await.assert_page(400, "role=\"alert\"");
    fixture.owner.post(&delete, &[("sure", "yes"), ("replacement", &member)]).await.assert_redirect(&fixture.roles);
    let page = fixture.owner.get(&fixture.roles).await.assert_page(200, "Role deleted.");
    assert!(!page.contains("Lead"), "{page}");
    let nina = fixture.member_id("nina@example.com").await;
    let page = fixture.owner.get(&format!("/organizations/{}/-/members/{nina}", fixture.organization)).await;
    page.assert_page(200, &format!("value=\"{member}\" checked"));
}

#[tokio::test]
async fn a_role_with_an_archived_permission_replaces_no_other() {
    let database = Arc::new(Database::create());
    let before = TestAppBuilder::with_shared_database(Arc::clone(&database)).build().await;
    let (owner, organization) = before.create_organization("owner@example.com").await;
    let roles = format!("/organizations/{organization}/roles");
    let mut ids = Vec::new();
    for (name, permission) in [("Lead", "organization:manage_members"), ("Old", "plans:legacy")] {
        let role = owner.post(&roles, &[("name", name), ("permissions", permission)]).await.ok();
        ids.push(text(&role["id"]));
    }
    before.create_member(&owner, &organization, "nina@example.com", &ids[0]).await;
    let cookie = owner.cookie.lock().unwrap().clone();
    drop((owner, before));

    let archive = |settings: &mut Settings| settings.roles.archived_permissions = vec!["plans:legacy".to_owned()];
    let app = TestAppBuilder::with_shared_database(database).with_seed(9).with_settings(archive).build().await;
    let owner = app.client_with_cookie(cookie);
    let delete = format!("/organizations/{organization}/-/roles/{}/delete", ids[0]);
    let page = owner.post(&delete, &[]).await.assert_page(200, ">Member</option>");
    assert!(!page.contains(">Old</option>"), "{page}");
}

#[tokio::test]
async fn a_workspace_has_roles_of_its_own() {
    let fixture = setup(|_| {}).await;
    let workspace = [("organization_id", fixture.organization.as_str()), ("name", "Cellar")];
    let workspace = text(&fixture.owner.post("/workspaces", &workspace).await.ok()["workspace"]["id"]);
    let roles = format!("/organizations/{}/-/workspaces/{workspace}/roles", fixture.organization);
    fixture.owner.get(&roles).await.assert_page(200, "<bdi>Cellar</bdi>");
    let page = fixture.owner.get(&format!("{roles}/new")).await.assert_page(200, "Administer the workspace");
    assert!(!page.contains("organization:manage"), "{page}");
    fixture
        .owner
        .post(&roles, &[("name", "Stocktaker"), ("permission", "workspace:manage")])
        .await
        .assert_redirect(&roles);
    let page = fixture.owner.get(&roles).await.assert_page(200, "Manage members");
    let path = page.split_once(&format!("href=\"{roles}/")).map(|_| ()).and(page.rsplit_once("/delete\"")).unwrap().0;
    let path = &path[path.rfind(&roles).unwrap()..];
    let changed = [("name", "Counter"), ("permission", "workspace:write")];
    fixture.owner.post(path, &changed).await.assert_redirect(&roles);
    fixture.owner.get(path).await.assert_page(200, "value=\"workspace:write\" checked");
    fixture.owner.post(&format!("{path}/delete"), &[]).await.assert_page(200, "<h1>Delete Counter?</h1>");
    fixture.owner.post(&format!("{path}/delete"), &[("sure", "yes")]).await.assert_redirect(&roles);
    let nina = fixture.app.create_member(&fixture.owner, &fixture.organization, "nina@example.com", "").await;
    nina.get(&roles).await.assert_page(403, "have access");
}
