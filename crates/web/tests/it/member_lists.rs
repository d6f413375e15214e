//! Lists of members: filters, order, cursors and totals.

use serde_json::Value;

use crate::harness::{TestApp, TestClient, TestResponse, text};

pub(crate) struct Setup {
    pub(crate) app: TestApp,
    pub(crate) owner: TestClient,
    pub(crate) organization: String,
    pub(crate) path: String,
}

const PEOPLE: &[(&str, &str, &str)] = &[
    ("zoe@example.com", "Zoë", "Adams"),
    ("bob@other.example", "bob", "Lee"),
    ("ada@example.com", "Ada", "Lovelace"),
    ("egil@example.com", "Égil", "Ørsted"),
    ("carl@other.example", "Carl", "Zimmer"),
];

/// An organization whose owner is called Nina Berg, with five more members.
pub(crate) async fn setup() -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("nina@example.com").await;
    owner.post("/me", &[("first_name", "Nina"), ("last_name", "Berg")]).await.ok();
    for (email, first, last) in PEOPLE {
        let member = app.create_member(&owner, &organization, email, "").await;
        member.post("/me", &[("first_name", first), ("last_name", last)]).await.ok();
    }
    Setup { path: format!("/organizations/{organization}/members"), app, owner, organization }
}

/// The first names of a page.
pub(crate) fn first_names(page: &Value) -> Vec<String> {
    let members = page["data"].as_array().unwrap().iter();
    members.map(|member| text(&member["user"]["first_name"])).collect()
}

/// The path of a link with this relation.
pub(crate) fn link(response: &TestResponse, relation: &str) -> Option<String> {
    let header = response.headers.get("link")?.to_str().unwrap();
    let link = header.split(", ").find(|link| link.contains(&format!("rel=\"{relation}\"")))?;
    let url = link.trim_start_matches('<').split('>').next().unwrap();
    Some(url[url.find("/organizations").unwrap()..].to_owned())
}

impl Setup {
    async fn names(&self, query: &str) -> Vec<String> {
        first_names(&self.owner.get(&format!("{}?limit=100&{query}", self.path)).await.ok())
    }
}

#[tokio::test]
async fn sorts_by_time_and_by_name_without_case_and_accents() {
    let setup = setup().await;
    let by_name = ["Ada", "bob", "Carl", "Égil", "Nina", "Zoë"];
    let joined = ["Nina", "Zoë", "bob", "Ada", "Égil", "Carl"];
    let reversed = |names: [&str; 6]| names.into_iter().rev().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(setup.names("sort=name").await, by_name);
    assert_eq!(setup.names("sort=-name").await, reversed(by_name));
    assert_eq!(setup.names("sort=oldest").await, joined);
    assert_eq!(setup.names("sort=newest").await, reversed(joined));
    setup.owner.get(&format!("{}?sort=age", setup.path)).await.assert_error(400, "INVALID_FIELD");
}

#[tokio::test]
async fn pages_by_cursor_in_both_directions_without_gaps_or_repeats() {
    let setup = setup().await;
    for filter in [
        "sort=newest",
        "sort=oldest",
        "sort=name",
        "sort=-name",
        "search=e&sort=name",
        "search=exa&sort=oldest",
        "joined_after=2020-01-01&sort=name",
    ] {
        let all = setup.names(filter).await;
        let (mut forwards, mut next) = (Vec::new(), Some(format!("{}?limit=2&{filter}", setup.path)));
        let mut last = String::new();
        while let Some(path) = next {
            let response = setup.owner.get(&path).await;
            next = link(&response, "next");
            assert_eq!(link(&response, "prev").is_some(), !forwards.is_empty(), "{path}");
            forwards.extend(first_names(&response.ok()));
            last = path;
        }
        assert_eq!(forwards, all, "{filter}");
        let (mut backwards, mut previous) = (Vec::new(), Some(last));
        while let Some(path) = previous {
            let response = setup.owner.get(&path).await;
            previous = link(&response, "prev");
            let mut names = first_names(&response.ok());
            names.extend(backwards);
            backwards = names;
        }
        assert_eq!(backwards, all, "{filter}");
    }
}

#[tokio::test]
async fn cursor_remains_a_position_when_its_member_leaves() {
    let setup = setup().await;
    let first = setup.owner.get(&format!("{}?limit=2&sort=name", setup.path)).await;
    let next = link(&first, "next").unwrap();
    let bob = text(&first.ok()["data"][1]["id"]);
    setup.owner.post(&format!("{}/{bob}/remove", setup.path), &[]).await.ok();
    assert_eq!(first_names(&setup.owner.get(&next).await.ok()), ["Carl", "Égil"]);
    for cursor in ["x", "0", "7.!", "7.AA"] {
        setup.owner.get(&format!("{}?cursor={cursor}", setup.path)).await.assert_error(400, "INVALID_CURSOR");
    }
}

#[tokio::test]
async fn filters_combine() {
    let setup = setup().await;
    let admin = setup.owner.admin_role(&format!("/organizations/{}", setup.organization)).await;
    let ada = text(&setup.owner.get(&format!("{}?search=lovelace", setup.path)).await.ok()["data"][0]["id"]);
    setup.owner.post(&format!("{}/{ada}/roles/{admin}/add", setup.path), &[]).await.ok();
    assert_eq!(setup.names(&format!("role_id={admin}")).await, ["Ada", "Nina"]);
    assert_eq!(setup.names(&format!("role_id={admin}&sort=oldest")).await, ["Nina", "Ada"]);
    assert_eq!(setup.names(&format!("role_id={admin}&sort=name&search=berg%20ni")).await, ["Nina"]);
    assert_eq!(setup.names("role_id=7").await, Vec::<String>::new());
    assert_eq!(setup.names("joined_before=2020-01-01").await, Vec::<String>::new());
    assert_eq!(setup.names("joined_after=2020-01-01&sort=oldest").await.len(), 6);
    let fields = [("organization_id", setup.organization.as_str()), ("name", "Lab")];
    let workspace = text(&setup.owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let added = format!("/workspaces/{workspace}/members");
    setup.owner.post(&added, &[("email", "carl@other.example")]).await.ok();
    setup.owner.post(&added, &[("email", "ada@example.com")]).await.ok();
    assert_eq!(setup.names(&format!("workspace_id={workspace}&sort=name")).await, ["Ada", "Carl", "Nina"]);
    assert_eq!(setup.names(&format!("workspace_id={workspace}&sort=oldest")).await, ["Nina", "Ada", "Carl"]);
    assert_eq!(setup.names(&format!("workspace_id={workspace}&role_id={admin}")).await, ["Ada", "Nina"]);
    assert_eq!(setup.names(&format!("workspace_id={workspace}&search=zimm")).await, ["Carl"]);
    let page = setup.owner.get(&format!("{}?workspace_id={workspace}&limit=1", setup.path)).await.ok();
    assert_eq!((page["meta"]["total"].as_i64(), page["meta"]["has_more"].as_bool()), (Some(3), Some(true)));
}

#[tokio::test]
async fn members_of_a_workspace_are_hidden_from_those_outside_it() {
    let setup = setup().await;
    let outsider = setup.app.create_member(&setup.owner, &setup.organization, "out@example.com", "").await;
    let fields = [("organization_id", setup.organization.as_str()), ("name", "Lab")];
    let workspace = text(&setup.owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let path = format!("{}?workspace_id={workspace}", setup.path);
    outsider.get(&path).await.assert_error(403, "FORBIDDEN");
    setup.owner.get(&path).await.ok();
    let (other, organization) = setup.app.create_organization("other@example.com").await;
    other
        .get(&format!("/organizations/{organization}/members?workspace_id={workspace}"))
        .await
        .assert_error(403, "FORBIDDEN");
}
