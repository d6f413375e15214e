//! The workspaces tab: the list, and the members of a workspace with a picker of new ones.

use crate::harness::{TestApp, TestClient};

struct Fixture {
    app: TestApp,
    owner: TestClient,
    organization: String,
    list: String,
    /// The path of a workspace called Cellar.
    path: String,
}

async fn setup() -> Fixture {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    owner.post("/me", &[("first_name", "Olga"), ("last_name", "Berg")]).await.ok();
    let list = format!("/organizations/{organization}/-/workspaces");
    let path = owner.post(&list, &[("name", "Cellar")]).await.assert_redirect(&format!("{list}/"));
    owner.get(&path).await.assert_page(200, "Workspace created.");
    Fixture { app, owner, organization, list, path }
}

impl Fixture {
    async fn create_member(&self, email: &str, first_name: &str) -> TestClient {
        let member = self.app.create_member(&self.owner, &self.organization, email, "").await;
        member.post("/me", &[("first_name", first_name), ("last_name", "")]).await.ok();
        member
    }

    /// Adds a member through the picker.
    async fn pick(&self, name: &str) {
        let search = format!("{}?pick={name}", self.path);
        let page = self.owner.get(&search).await.assert_page(200, &format!("aria-label=\"Add {name}\""));
        let id = button_value(&page, "add");
        self.owner.post(&search, &[("add", &id)]).await.assert_redirect(&search);
        self.owner.get(&search).await.assert_page(200, "Already a member");
    }
}

/// The value of the last button with this name.
fn button_value(page: &str, name: &str) -> String {
    let rest = page.rsplit_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn lists_and_searches_workspaces() {
    let fixture = setup().await;
    for name in ["Warehouse", "Office"] {
        fixture.owner.post(&fixture.list, &[("name", name)]).await.assert_redirect(&fixture.list);
    }
    let page = fixture.owner.get(&fixture.list).await.assert_page(200, "3 workspaces");
    assert!(page.contains("<bdi>Cellar</bdi>") && page.contains("data-label=\"Your roles\">Admin"), "{page}");
    let page = fixture.owner.get(&format!("{}?search=ware", fixture.list)).await.assert_page(200, "1 workspace<");
    assert!(page.contains("Warehouse") && !page.contains("Office"), "{page}");
    fixture.owner.get(&format!("{}?search=zzz", fixture.list)).await.assert_page(200, "Clear filters");
    let long = "x".repeat(300);
    fixture.owner.post(&fixture.list, &[("name", &long)]).await.assert_page(400, &format!("value=\"{long}\""));
}

#[tokio::test]
async fn admins_see_all_workspaces_and_members_their_own() {
    let fixture = setup().await;
    let nina = fixture.create_member("nina@example.com", "Nina").await;
    let attic = nina.post(&fixture.list, &[("name", "Attic")]).await.assert_redirect(&format!("{}/", fixture.list));
    let page = fixture.owner.get(&fixture.list).await.assert_page(200, "2 workspaces");
    assert!(page.find("<bdi>Attic") < page.find("<bdi>Cellar"), "newest first: {page}");
    assert!(page.contains("<td data-label=\"Your roles\"></td>"), "the owner has no role in Attic: {page}");
    fixture.owner.get(&attic).await.assert_page(200, "Attic");
    let page = nina.get(&fixture.list).await.assert_page(200, "1 workspace<");
    assert!(page.contains("<bdi>Attic") && !page.contains("Cellar"), "{page}");
    // A workspace that does not admit the caller's address shows its name only.
    fixture.app.execute("UPDATE workspaces SET enable_ip_restriction = 1, whitelisted_ips = '[\"192.0.2.1/32\"]', description = 'Hidden'");
    let page = nina.get(&fixture.list).await.assert_page(200, "<bdi>Attic");
    assert!(!page.contains("Hidden") && page.contains("<td data-label=\"Your roles\"></td>"), "{page}");
}

#[tokio::test]
async fn pages_of_workspaces_go_on_and_back_in_every_order() {
    let fixture = setup().await;
    fixture.app.execute(&format!(
        "INSERT INTO workspaces (id, organization_id, name, description, member_count, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
         SELECT i, {}, 'Place ' || (200 - i), 'The stock of spare parts and tools of this place, and what is on loan', 0, 0, 0 FROM n",
        fixture.organization
    ));
    let names = |page: &str| -> Vec<String> {
        page.split("<bdi>").skip(1).map(|rest| rest.split("</bdi>").next().unwrap().to_owned()).collect()
    };
    for query in ["", "?sort=oldest", "?sort=name", "?sort=-name", "?search=place&sort=name", "?search=place"] {
        let first = fixture.owner.get(&format!("{}{query}", fixture.list)).await.assert_page(200, " workspaces");
        assert!(first.len() < 40_000, "{} bytes", first.len());
        let all = names(&first);
        assert_eq!(all.len(), 50, "{query}");
        let next = link(&first, "next");
        let second = fixture.owner.get(&next).await.assert_page(200, "<span class=\"off\">Next</span>");
        let count = if query.contains("search") { 60 } else { 61 };
        let both: std::collections::BTreeSet<String> = all.iter().cloned().chain(names(&second)).collect();
        assert_eq!((both.len(), names(&second).len()), (count, count - 50), "{query}");
        let back =
            fixture.owner.get(&link(&second, "prev")).await.assert_page(200, "<span class=\"off\">Previous</span>");
        assert_eq!(names(&back), all, "{query}");
        let mut sorted = all.clone();
        sorted.sort();
        if query.contains("sort=-name") {
            sorted.reverse();
        }
        assert!(!query.contains("name") || sorted == all, "{query}: {all:?}");
    }
}

fn link(page: &str, rel: &str) -> String {
    let start = format!("rel=\"{rel}\" href=\"");
    page.split_once(&start).unwrap().1.split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn picks_members_of_the_organization() {
    let fixture = setup().await;
    let nina = fixture.create_member("nina@example.com", "Nina").await;
    nina.get(&fixture.path).await.assert_page(403, "have access");
    fixture.owner.get(&format!("{}?pick=zzz", fixture.path)).await.assert_page(200, "No members match.");
    fixture.pick("Nina").await;
    let page = nina.get(&fixture.path).await.assert_page(200, "2 members");
    assert!(
        !page.contains("name=\"pick\"") && !page.contains("name=\"remove\"") && page.contains("Leave Cellar"),
        "{page}"
    );
    let found = fixture.owner.get(&format!("{}?search=nina", fixture.path)).await.assert_page(200, "1 member<");
    assert!(!found.contains("<bdi>Olga"), "{found}");
    nina.post(&format!("{}/leave", fixture.path), &[]).await.assert_page(200, "<h1>Leave Cellar?</h1>");
    let location =
        nina.post(&format!("{}/leave", fixture.path), &[("sure", "yes")]).await.assert_redirect(&fixture.list);
    nina.get(&location).await.assert_page(200, "You left the workspace.");
}

#[tokio::test]
async fn changes_a_role_in_the_row_and_removes_by_name() {
    let fixture = setup().await;
    fixture.create_member("nina@example.com", "Nina").await;
    fixture.pick("Nina").await;
    let page = fixture.owner.get(&fixture.path).await.assert_page(200, "<small>Only admin</small>");
    let nina = button_value(&page, "save");
    let admin = [("save", nina.as_str()), (&format!("role.{nina}"), "Admin")];
    let page = fixture.owner.post(&fixture.path, &admin).await.assert_page(200, "<h1>Make Nina an admin?</h1>");
    let role = button_value(&page, "role");
    let action = format!("{}/members/{nina}/roles", fixture.path);
    assert!(page.contains(&format!("action=\"{action}\"")), "{page}");
    fixture.owner.post(&action, &[("role", &role), ("sure", "yes")]).await.assert_redirect(&fixture.path);
    let page = fixture.owner.get(&fixture.path).await.assert_page(200, "Nina&#39;s role is now Admin.");
    let previous = page.split_once("name=\"role\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    fixture.owner.post(&action, &[("role", &previous)]).await.assert_redirect(&fixture.path);
    fixture.owner.get(&fixture.path).await.assert_page(200, "Nina&#39;s role is now Member.");

    let page = fixture.owner.post(&fixture.path, &[("remove", &nina)]).await.assert_page(200, "<h1>Remove Nina?</h1>");
    assert!(page.contains("stay in the organization"), "{page}");
    let sure = [("remove", nina.as_str()), ("sure", "yes")];
    fixture.owner.post(&fixture.path, &sure).await.assert_redirect(&fixture.path);
    fixture.owner.get(&fixture.path).await.assert_page(200, "Member removed from the workspace.");
    fixture.owner.post(&fixture.path, &sure).await.assert_page(404, "Page not available");
}

#[tokio::test]
async fn renames_and_deletes_by_name() {
    let fixture = setup().await;
    fixture.owner.post(&format!("{}/rename", fixture.path), &[("name", "Vault")]).await.assert_redirect(&fixture.path);
    fixture.owner.get(&fixture.path).await.assert_page(200, "<h1><bdi>Vault</bdi></h1>");
    fixture.owner.post(&format!("{}/leave", fixture.path), &[("sure", "yes")]).await.assert_page(403, "role=\"alert\"");
    let delete = format!("{}/delete", fixture.path);
    let page = fixture.owner.post(&delete, &[]).await.assert_page(200, "<h1>Delete Vault?</h1>");
    assert!(page.contains("1 member loses access immediately.") && page.contains("cannot be undone"), "{page}");
    fixture.owner.post(&delete, &[("sure", "yes")]).await.assert_redirect(&fixture.list);
    fixture.owner.get(&fixture.list).await.assert_page(200, "Workspace deleted.");
}

#[tokio::test]
async fn workspace_of_another_organization_is_not_found() {
    let fixture = setup().await;
    let other = fixture.owner.post("/organizations", &[("name", "Other")]).await.ok();
    let other = crate::harness::text(&other["organization"]["id"]);
    let path = fixture.path.replace(&fixture.organization, &other);
    for page in [path.clone(), format!("{path}/roles")] {
        fixture.owner.get(&page).await.assert_page(400, "This workspace no longer exists.");
    }
    for action in ["leave", "delete"] {
        let response = fixture.owner.post(&format!("{path}/{action}"), &[("sure", "yes")]).await;
        response.assert_page(400, "This workspace no longer exists.");
    }
    fixture.owner.get(&fixture.path).await.assert_page(200, "Cellar");
}

#[tokio::test]
async fn unknown_role_in_a_row_changes_nothing() {
    let fixture = setup().await;
    fixture.create_member("nina@example.com", "Nina").await;
    fixture.pick("Nina").await;
    let nina = button_value(&fixture.owner.get(&fixture.path).await.text, "save");
    let fields = [("save", nina.as_str()), (&format!("role.{nina}"), "Boss")];
    fixture.owner.post(&fixture.path, &fields).await.assert_page(400, "This role no longer exists.");
    fixture.owner.get(&fixture.path).await.assert_page(200, " selected>Member");
}

#[tokio::test]
async fn forms_of_a_page_with_an_error_post_to_the_workspace() {
    let fixture = setup().await;
    fixture.create_member("nina@example.com", "Nina").await;
    fixture.pick("Nina").await;
    let (delete, leave) = (format!("{}/delete", fixture.path), format!("{}/leave", fixture.path));
    let rename = format!("{}/rename", fixture.path);
    let page = fixture.owner.post(&rename, &[("name", "")]).await.assert_page(400, "role=\"alert\"");
    let forms: Vec<_> = page.split("<form").skip(1).map(|form| form.split('>').next().unwrap()).collect();
    let rows = format!(" method=\"post\" action=\"{}\" data-ajax", fixture.path);
    assert!(forms.contains(&rows.as_str()), "{forms:?}");
    assert!(forms.iter().all(|form| form.contains(" action=\"")), "{forms:?}");
    let others = forms.iter().filter(|form| form.contains(&delete) || form.contains(&leave)).count();
    assert_eq!(others, 2, "{forms:?}");
    // On the page itself, the search and the picker stay.
    let page = fixture.owner.get(&format!("{}?search=n&pick=Nina", fixture.path)).await.assert_page(200, "Nina");
    assert!(page.contains(&format!("action=\"{}?search=n&#38;pick=Nina\"", fixture.path)), "{page}");
}

#[tokio::test]
async fn page_of_a_member_names_shared_workspaces() {
    let fixture = setup().await;
    fixture.create_member("nina@example.com", "Nina").await;
    fixture.pick("Nina").await;
    let page = fixture.owner.get(&format!("{}?pick=Nina", fixture.path)).await.text;
    assert!(page.contains("Already a member"), "{page}");
    let members = format!("/organizations/{}/-/members", fixture.organization);
    let page = fixture.owner.get(&format!("{members}?search=nina")).await.assert_page(200, "Nina");
    let nina = button_value(&page, "save");
    let page = fixture.owner.get(&format!("{members}/{nina}")).await.assert_page(200, "<h2>Workspaces</h2>");
    assert!(page.contains(&format!("href=\"{}\"><bdi>Cellar</bdi></a> <small>Member</small>", fixture.path)), "{page}");
}
