//! Names, texts and files with markup change nothing but the text of a page, and every form names its account once.

use super::member_pages;
use crate::harness::{TestApp, TestClient, text};

const MARKUP: &str =
    "</form></main>\"><form method=\"post\" action=\"/sign-\" name=\"account\">'&<script>alert(1)</script>";

/// Returns the tags of a page, with the names of their attributes.
fn tags(page: &str) -> Vec<String> {
    let tags = page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
    tags.map(|tag| {
        // Values have no quotation marks.
        let outside = tag.split('"').step_by(2).collect::<Vec<_>>().join("");
        outside.split_whitespace().collect::<Vec<_>>().join(" ")
    })
    .collect()
}

/// Asserts that every form of the content that is sent names the account once. Those that switch the account do not.
fn assert_forms_name_account(path: &str, page: &str, account: &str) {
    let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    for form in main.split("<form ").skip(1) {
        let form = form.split_once("</form>").unwrap().0;
        let tag = form.split_once('>').unwrap().0;
        if !tag.contains("method=\"post\"") || tag.contains("action=\"/sign-") || tag.contains("action=\"/invite") {
            continue;
        }
        let field = form.matches(&format!("<input type=\"hidden\" name=\"account\" value=\"{account}\">")).count();
        let parameter = tag.matches(&format!("?account={account}\"")).count();
        assert_eq!(field + parameter, 1, "{path}: {form}");
    }
}

/// An organization in which everything has this name.
struct Named {
    app: TestApp,
    owner: TestClient,
    organization: String,
    member: String,
    workspace: String,
    role: String,
}

async fn create(name: &str) -> Named {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let api = format!("/organizations/{organization}");
    let settings = [("name", name), ("description", name)];
    owner.post(&format!("{api}/-/settings"), &settings).await.assert_redirect("/");
    let role = text(&owner.post(&format!("{api}/roles"), &[("name", name)]).await.ok()["id"]);
    let lab = [("organization_id", organization.as_str()), ("name", name), ("description", name)];
    let workspace = text(&owner.post("/workspaces", &lab).await.ok()["workspace"]["id"]);
    let nina = app.create_member(&owner, &organization, "nina@example.com", &role).await;
    for client in [&owner, &nina] {
        client.post("/me", &[("first_name", name), ("last_name", "")]).await.ok();
    }
    let member = text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    let invitation =
        [("email", "kim@example.com"), ("role_id", &role), ("workspace_id", &workspace), ("message", name)];
    owner.post(&format!("{api}/invitations"), &invitation).await.ok();
    Named { app, owner, organization, member, workspace, role }
}

impl Named {
    /// Returns the path and the text of every page that shows one of the names.
    async fn pages(&self, name: &str) -> Vec<(String, String)> {
        let Self { app, owner, organization, member, workspace, role } = self;
        let path = |rest: &str| format!("/organizations/{organization}/-/{rest}");
        let mut pages = Vec::new();
        let items = [format!("members/{member}"), format!("workspaces/{workspace}"), format!("roles/{role}")];
        for page in member_pages(organization).into_iter().chain(items.iter().map(|item| path(item))) {
            let reply = owner.get(&page).await;
            pages.push((page, reply.text));
        }
        for search in ["members?search=", "invitations?search=", "workspaces?search="] {
            let query: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            pages.push((search.to_owned(), owner.get(&format!("{}{query}", path(search))).await.text));
        }
        let [remove, hand_over, delete_workspace, delete_role] =
            ["remove", "transfer", "delete", "delete"].map(str::to_owned);
        for (item, action) in items.iter().zip([remove, delete_workspace, delete_role]).chain([(&items[0], hand_over)])
        {
            let page = path(&format!("{item}/{action}"));
            pages.push((page.clone(), owner.post(&page, &[]).await.text));
        }
        let forms: [(&str, &[(&str, &str)]); 6] = [
            ("leave", &[]),
            ("delete", &[("sure", "yes"), ("typed_name", "something else")]),
            ("invitations", &[("emails", name), ("do", "review"), ("message", name)]),
            ("invitations", &[("do", "review"), ("table", name), ("email_column", "9"), ("emails", name)]),
            ("domains", &[("domain", name)]),
            ("workspaces", &[("name", "")]),
        ];
        for (page, fields) in forms {
            pages.push((format!("{page} {fields:?}"), owner.post(&path(page), fields).await.text));
        }
        let visitor = app.anonymous();
        visitor.post("/invite", &[("token", &app.mailed_token("kim@example.com"))]).await.assert_redirect("/invite");
        pages.push(("/invite".to_owned(), visitor.get("/invite").await.text));
        pages
    }
}

#[tokio::test]
async fn markup_in_names_changes_no_tag_of_any_page() {
    let (hostile, plain) = (create(MARKUP).await, create("Plain").await);
    let account = text(&hostile.owner.get("/me").await.ok()["id"]);
    let pages = hostile.pages(MARKUP).await;
    for ((path, page), (_, expected)) in pages.iter().zip(plain.pages("Plain").await) {
        assert_eq!(tags(page), tags(&expected), "{path}");
        if path != "/invite" {
            assert_forms_name_account(path, page, &account);
        }
    }
    assert!(pages.iter().filter(|(_, page)| page.contains("&#60;script&#62;")).count() > 15);
}
