//! Workspaces, their members and roles.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::PlatformClient;
use crate::harness::{TestApp, TestClient, create_role, create_workspace, text};
use crate::images;

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    backend: PlatformClient,
}

impl Setup {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let backend = PlatformClient::new(&app, "*").await;
        Self { app, owner, organization, backend }
    }

    /// Creates a workspace as the backend does. Returns its path.
    async fn create(&self, name: &str) -> String {
        let path = format!("/organizations/{}/workspaces", self.organization);
        let created = self.backend.post(&path, &json!({ "name": name })).await.ok();
        format!("/workspaces/{}", text(&created["id"]))
    }

    /// Creates a member of the organization. Returns the id of the user.
    async fn member(&self, email: &str) -> String {
        let member = self.app.create_member(&self.owner, &self.organization, email, "").await;
        text(&member.get("/me").await.ok()["id"])
    }

    /// Adds a member of the organization to a workspace. Returns the new row.
    async fn add(&self, workspace: &str, user: &str, roles: &[&str]) -> Value {
        let fields = json!({"user_id": user, "role_ids": roles});
        self.backend.post(&format!("{workspace}/members"), &fields).await.ok()
    }

    async fn role(&self, workspace: &str, name: &str) -> String {
        let roles = self.backend.get(&format!("{workspace}/roles")).await.page();
        text(&roles.iter().find(|role| role["name"] == name).unwrap()["id"])
    }
}

fn names(page: &[Value]) -> Vec<String> {
    page.iter().map(|row| text(&row["name"])).collect()
}

fn first_names(page: &[Value]) -> Vec<String> {
    page.iter().map(|row| text(&row["first_name"])).collect()
}

#[tokio::test]
async fn a_workspace_of_a_backend_has_no_member() {
    let setup = Setup::new().await;
    let path = format!("/organizations/{}/workspaces", setup.organization);
    let fields = json!({"name": "Lab", "description": "Upstairs", "public_metadata": {"floor": 2},
                        "private_metadata": {"cost": {"center": "R&D"}}});
    let created = setup.backend.post(&path, &fields).await.ok();
    let id = text(&created["id"]);
    for (field, value) in [
        ("name", json!("Lab")),
        ("description", json!("Upstairs")),
        ("image_url", json!("")),
        ("member_count", json!(0)),
        ("public_metadata", json!({"floor": 2})),
        ("private_metadata", json!({"cost": {"center": "R&D"}})),
    ] {
        assert_eq!(created[field], value, "{field}");
    }
    assert!(created["created_at"].is_string() && created["updated_at"].is_string());
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM workspace_memberships"), 0);

    let details = setup.backend.get(&format!("/workspaces/{id}")).await.ok();
    assert_eq!(
        (&details["organization_id"], &details["organization_name"]),
        (&json!(setup.organization), &json!("Acme"))
    );
    assert_eq!(details["segments"], json!([]));
    assert!(details["roles"].as_array().unwrap().iter().all(|role| role["is_deployment_level"] == true));
    assert_eq!(details["private_metadata"], json!({"cost": {"center": "R&D"}}));
    // The owner of the organization manages it, and does not see what is for backends.
    let seen = setup.owner.get(&format!("/workspaces/{id}")).await.ok();
    assert_eq!((&seen["workspace"]["public_metadata"], &seen["membership"]), (&json!({"floor": 2}), &Value::Null));
    assert_eq!(seen["workspace"]["private_metadata"], json!({}));
}

#[tokio::test]
async fn a_workspace_is_created_and_changed_by_multipart() {
    let setup = Setup::new().await;
    let path = format!("/organizations/{}/workspaces", setup.organization);
    let picture = images::encode(image::ImageFormat::Png, 8, 8);
    let mut body = b"--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nLab\r\n--B\r\nContent-Disposition: \
                     form-data; name=\"public_metadata\"\r\n\r\n{\"a\": 1}\r\n--B\r\nContent-Disposition: form-data; \
                     name=\"workspace_image\"; filename=\"x.png\"\r\n\r\n"
        .to_vec();
    body.extend(&picture);
    body.extend(b"\r\n--B--\r\n");
    let multipart = Some("multipart/form-data; boundary=B");
    let created = setup.backend.send(Method::POST, &path, multipart, Body::from(body)).await.ok();
    assert_eq!((&created["name"], &created["public_metadata"]), (&json!("Lab"), &json!({"a": 1})));
    assert!(text(&created["image_url"]).contains("/images/"), "{created}");

    let workspace = format!("/workspaces/{}", text(&created["id"]));
    let fields = [("name", "Lab 2"), ("private_metadata", "{\"b\": 2}")];
    let changed = setup.backend.send_multipart(Method::PATCH, &workspace, &fields).await.ok();
    assert_eq!((&changed["name"], &changed["private_metadata"]), (&json!("Lab 2"), &json!({"b": 2})));
    assert_eq!((&changed["public_metadata"], &changed["image_url"]), (&json!({"a": 1}), &created["image_url"]));
    let changed = setup.backend.send_multipart(Method::PATCH, &workspace, &[("remove_image", "true")]).await.ok();
    assert_eq!((&changed["image_url"], &changed["private_metadata"]), (&json!(""), &json!({"b": 2})));
    let changed = setup.backend.patch(&workspace, &json!({"public_metadata": {}})).await.ok();
    assert_eq!(changed["public_metadata"], json!({}));
    // As texts in JSON, two objects of 64 KiB are almost twice as long.
    let quotes = json!({"a": "\"".repeat(32_000)});
    let fields = json!({"public_metadata": quotes.to_string(), "private_metadata": quotes.to_string()});
    assert_eq!(setup.backend.patch(&workspace, &fields).await.ok()["private_metadata"], quotes);
    setup.backend.patch(&workspace, &json!({})).await.assert_error(400, "REQUIRED_FIELD");
    setup.backend.send_multipart(Method::PATCH, &workspace, &[]).await.assert_error(400, "REQUIRED_FIELD");
    assert_eq!(setup.backend.get(&workspace).await.ok()["name"], "Lab 2");
}

#[tokio::test]
async fn bad_fields_of_a_workspace_change_nothing() {
    let setup = Setup::new().await;
    let path = format!("/organizations/{}/workspaces", setup.organization);
    let before = setup.app.row_counts();
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024));
    for (fields, code) in [
        (vec![], "REQUIRED_FIELD"),
        (vec![("name", "")], "REQUIRED_FIELD"),
        (vec![("name", "Lab"), ("public_metadata", "[1]")], "INVALID_FIELD"),
        (vec![("name", "Lab"), ("private_metadata", &nested(33))], "INVALID_FIELD"),
        (vec![("name", "Lab"), ("private_metadata", &large)], "INVALID_FIELD"),
        (vec![("name", "Lab"), ("workspace_image", "text")], "INVALID_FIELD"),
        (vec![("name", "Lab"), ("nome", "x")], "UNKNOWN_FIELD"),
    ] {
        setup.backend.send_multipart(Method::POST, &path, &fields).await.assert_error(400, code);
    }
    setup.backend.post("/organizations/x/workspaces", &json!({"name": "Lab"})).await.assert_error(400, "INVALID_ID");
    let unknown = setup.backend.post("/organizations/123/workspaces", &json!({"name": "Lab"})).await;
    unknown.assert_error(404, "ORGANIZATION_NOT_FOUND");
    assert_eq!(setup.app.row_counts(), before);
}

#[tokio::test]
async fn a_backend_deletes_workspaces_without_a_password() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let assigned = create_workspace(&setup.owner, &setup.organization).await;
    let path = format!("/organizations/{}/update", setup.organization);
    setup.owner.post(&path, &[("auto_assigned_workspace_id", &assigned)]).await.ok();
    assert_eq!(setup.backend.delete(&workspace).await.ok(), json!({}));
    setup.backend.get(&workspace).await.assert_error(404, "WORKSPACE_NOT_FOUND");
    setup.backend.delete(&workspace).await.assert_error(404, "WORKSPACE_NOT_FOUND");
    setup.backend.delete(&format!("/workspaces/{assigned}")).await.assert_error(409, "WORKSPACE_IS_ASSIGNED");
    setup.backend.patch(&workspace, &json!({"name": "X"})).await.assert_error(404, "WORKSPACE_NOT_FOUND");
}

#[tokio::test]
async fn address_lists_do_not_apply_to_backends() {
    let setup = Setup::new().await;
    let workspace = create_workspace(&setup.owner, &setup.organization).await;
    setup.app.execute("UPDATE workspaces SET enable_ip_restriction = 1, whitelisted_ips = '[\"203.0.113.0/24\"]'");
    let path = format!("/workspaces/{workspace}");
    setup.owner.get(&path).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    assert_eq!(setup.backend.get(&path).await.ok()["name"], "Lobby");
    assert_eq!(setup.backend.patch(&path, &json!({"name": "Lab"})).await.ok()["name"], "Lab");
}

#[tokio::test]
async fn workspaces_of_all_organizations_are_listed() {
    let setup = Setup::new().await;
    for name in ["beta", "Alpha", "Gamma"] {
        setup.create(name).await;
    }
    let (ada, globex) = setup.app.create_organization("ada@globex.example").await;
    ada.post("/workspaces", &[("organization_id", &globex), ("name", "Älpha")]).await.ok();
    ada.post(&format!("/organizations/{globex}/update"), &[("name", "Globex")]).await.ok();
    let list = async |query: &str| setup.backend.get(&format!("/workspaces?{query}")).await.page();
    let all = list("").await;
    assert_eq!(names(&all), ["Älpha", "Gamma", "Alpha", "beta"]);
    assert_eq!((&all[0]["organization_name"], &all[0]["organization_id"]), (&json!("Globex"), &json!(globex)));
    assert_eq!((&all[0]["member_count"], &all[1]["member_count"]), (&json!(1), &json!(0)));
    assert_eq!(names(&list("sort_key=created_at&sort_order=asc").await), ["beta", "Alpha", "Gamma", "Älpha"]);
    assert_eq!(names(&list("sort_key=name").await), ["Alpha", "Älpha", "beta", "Gamma"]);
    assert_eq!(names(&list("sort_key=name&sort_order=desc").await), ["Gamma", "beta", "Älpha", "Alpha"]);
    assert_eq!(names(&list("search=ALPHA&sort_key=name").await), ["Alpha", "Älpha"]);
    assert_eq!(names(&list("search=alpha&limit=1").await), ["Älpha"]);
    assert_eq!(names(&list("search=alpha&limit=1&offset=1").await), ["Alpha"]);
    assert_eq!(names(&list("limit=2&offset=1").await), ["Gamma", "Alpha"]);
    for sort in ["", "sort_order=asc", "sort_key=name", "sort_key=name&sort_order=desc", "search=a"] {
        assert_eq!(
            walk(&setup.backend, &format!("/workspaces?limit=1&{sort}")).await,
            names(&list(sort).await),
            "{sort}"
        );
    }
    let page = setup.backend.get("/workspaces?limit=3").await.ok();
    assert_eq!((&page["total"], &page["has_more"], &page["limit"]), (&json!(4), &json!(true), &json!(3)));
    for query in ["sort_key=member_count", "sort_order=up", "limit=0", "offset=100001"] {
        setup.backend.get(&format!("/workspaces?{query}")).await.assert_error(400, "INVALID_FIELD");
    }
    setup.backend.get("/workspaces?cursor=x").await.assert_error(400, "INVALID_CURSOR");

    // A key for one organization sees its workspaces only.
    let bound = PlatformClient::bound(&setup.app, "workspaces:read", Some(&setup.organization)).await;
    assert_eq!(names(&bound.get("/workspaces").await.page()), ["Gamma", "Alpha", "beta"]);
    assert_eq!(names(&bound.get("/workspaces?sort_key=name&offset=1").await.page()), ["beta", "Gamma"]);
    assert_eq!(names(&bound.get("/workspaces?search=AMM").await.page()), ["Gamma"]);
    assert_eq!(walk(&bound, "/workspaces?limit=1&sort_key=name").await, ["Alpha", "beta", "Gamma"]);
    assert_eq!(walk(&bound, "/workspaces?limit=2&sort_order=asc").await, ["beta", "Alpha", "Gamma"]);
    bound.get(&format!("/workspaces/{}", text(&all[0]["id"]))).await.assert_error(404, "WORKSPACE_NOT_FOUND");

    // Those of a deleted organization are gone.
    ada.reauthenticate().await;
    ada.post(&format!("/organizations/{globex}/delete"), &[]).await.ok();
    assert_eq!(names(&list("").await), ["Gamma", "Alpha", "beta"]);
    setup.backend.get(&format!("/workspaces/{}", text(&all[0]["id"]))).await.assert_error(404, "WORKSPACE_NOT_FOUND");
}

/// Follows the cursors of a list of workspaces or members. Returns the names.
async fn walk(backend: &PlatformClient, path: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = backend.get(&format!("{path}&cursor={cursor}")).await.ok();
        let rows = page["data"].as_array().unwrap();
        found.extend(
            rows.iter().map(|row| text(if row["name"].is_string() { &row["name"] } else { &row["first_name"] })),
        );
        assert_eq!(page["has_more"], page["next_cursor"].is_string());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}

#[tokio::test]
async fn members_of_the_organization_are_added() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let mara = setup.member("mara@example.com").await;
    let custom = create_role(&setup.owner, &workspace, &["lab:open", "workspace:read"]).await;
    let admin = setup.role(&workspace, "Admin").await;
    let added = setup.add(&workspace, &mara, &[&custom, &admin, &custom]).await;
    for (field, value) in [
        ("workspace_id", json!(workspace.trim_start_matches("/workspaces/"))),
        ("user_id", json!(mara)),
        ("first_name", json!("mara")),
        ("primary_email_address", json!("mara@example.com")),
        ("public_metadata", json!({})),
    ] {
        assert_eq!(added[field], value, "{field}");
    }
    assert!(["id", "created_at", "updated_at", "user_created_at"].iter().all(|field| added[field].is_string()));
    assert!(added.get("username").is_none() && added.get("primary_phone_number").is_none());
    assert_eq!(added["roles"].as_array().unwrap().len(), 2);
    let listed = setup.backend.get(&format!("{workspace}/members")).await.page();
    assert_eq!(listed, [added]);
    assert_eq!(setup.backend.get(&workspace).await.ok()["member_count"], 1);

    let path = format!("{workspace}/members");
    let again = setup.backend.post(&path, &json!({"user_id": mara, "role_ids": []})).await;
    again.assert_error(409, "ALREADY_MEMBER");
    let stranger = setup.app.create_user("eve@example.com").await;
    let stranger = text(&stranger.get("/me").await.ok()["id"]);
    for user in [stranger.as_str(), "123"] {
        let fields = json!({"user_id": user, "role_ids": [custom]});
        setup.backend.post(&path, &fields).await.assert_error(404, "MEMBER_NOT_FOUND");
    }
    let fields = json!({"user_id": mara, "role_ids": ["123"]});
    setup.backend.post(&path, &fields).await.assert_error(404, "ROLE_NOT_FOUND");
    setup.backend.post(&path, &json!({"role_ids": []})).await.assert_error(400, "REQUIRED_FIELD");
    let max = TestApp::with_settings(|settings| settings.roles.max_per_member = 1).await;
    let (owner, organization) = max.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&max, "*").await;
    let lab = format!("/workspaces/{}", create_workspace(&owner, &organization).await);
    let roles = backend.get(&format!("{lab}/roles")).await.page();
    let fields = json!({"user_id": "123", "role_ids": [roles[0]["id"], roles[1]["id"]]});
    backend.post(&format!("{lab}/members"), &fields).await.assert_error(409, "ROLES_PER_MEMBER");
}

#[tokio::test]
async fn members_are_changed_and_removed() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let (mara, nils) = (setup.member("mara@example.com").await, setup.member("nils@example.com").await);
    let (admin, member) = (setup.role(&workspace, "Admin").await, setup.role(&workspace, "Member").await);
    let added = setup.add(&workspace, &mara, &[]).await;
    assert_eq!(added["roles"][0]["id"], member);
    let path = format!("{workspace}/members/{}", text(&added["id"]));
    let show = async || setup.backend.get(&format!("{workspace}/members?search=mara")).await.page()[0].clone();

    let fields = json!({"role_ids": [admin], "public_metadata": {"desk": [1, {"a": null}]}});
    assert_eq!(setup.backend.patch(&path, &fields).await.ok(), json!({}));
    assert_eq!(
        (&show().await["roles"][0]["id"], &show().await["public_metadata"]),
        (&json!(admin), &fields["public_metadata"])
    );
    assert_eq!(setup.backend.patch(&path, &json!({})).await.ok(), json!({}));
    setup.backend.patch(&path, &json!({"role_ids": []})).await.assert_error(400, "INVALID_FIELD");
    setup.backend.patch(&path, &json!({"public_metadata": 1})).await.assert_error(400, "INVALID_FIELD");
    let large = json!({"public_metadata": {"a": "x".repeat(100_000)}});
    let message = setup.backend.patch(&path, &large).await.assert_error(400, "INVALID_FIELD");
    assert!(message.contains("public_metadata"), "{message}");
    let unknown = format!("{workspace}/members/123");
    setup.backend.patch(&unknown, &json!({})).await.assert_error(404, "MEMBER_NOT_FOUND");

    let assign = format!("{path}/roles/{member}");
    for _ in 0..2 {
        assert_eq!(setup.backend.post_empty(&assign).await.ok(), json!({}));
    }
    assert_eq!(show().await["roles"].as_array().unwrap().len(), 2);
    for _ in 0..2 {
        assert_eq!(setup.backend.delete(&assign).await.ok(), json!({}));
    }
    // The last admin stays one.
    setup.backend.delete(&format!("{path}/roles/{admin}")).await.assert_error(409, "LAST_ADMIN");
    setup.backend.patch(&path, &json!({"role_ids": [member]})).await.assert_error(409, "LAST_ADMIN");
    setup.backend.delete(&path).await.assert_error(409, "LAST_ADMIN");
    setup.add(&workspace, &nils, &[&admin]).await;
    assert_eq!(setup.backend.delete(&path).await.ok(), json!({}));
    setup.backend.delete(&path).await.assert_error(404, "MEMBER_NOT_FOUND");
    assert_eq!(setup.backend.get(&workspace).await.ok()["member_count"], 1);
}

#[tokio::test]
async fn a_workspace_without_an_admin_can_lose_its_members() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let custom = create_role(&setup.owner, &workspace, &["lab:open"]).await;
    let mara = setup.member("mara@example.com").await;
    let member = setup.role(&workspace, "Member").await;
    let added = setup.add(&workspace, &mara, &[&member, &custom]).await;
    let path = format!("{workspace}/members/{}", text(&added["id"]));
    assert_eq!(setup.backend.delete(&format!("{path}/roles/{custom}")).await.ok(), json!({}));
    assert_eq!(setup.backend.delete(&path).await.ok(), json!({}));
    assert_eq!(setup.backend.get(&format!("{workspace}/members")).await.page().len(), 0);
}

#[tokio::test]
async fn members_are_sorted_searched_and_walked() {
    let setup = Setup::new().await;
    let (workspace, other) = (setup.create("Lab").await, setup.create("Attic").await);
    let mut users = Vec::new();
    for name in ["carl", "anna", "bert"] {
        users.push(setup.member(&format!("{name}@example.com")).await);
    }
    // In another order than they joined the organization.
    for user in [2, 0, 1] {
        setup.add(&workspace, &users[user], &[]).await;
    }
    setup.add(&other, &users[0], &[]).await;
    let list = async |query: &str| setup.backend.get(&format!("{workspace}/members?{query}")).await.page();
    assert_eq!(first_names(&list("").await), ["anna", "carl", "bert"]);
    assert_eq!(first_names(&list("sort_order=asc").await), ["bert", "carl", "anna"]);
    assert_eq!(first_names(&list("sort_key=name").await), ["anna", "bert", "carl"]);
    assert_eq!(first_names(&list("sort_key=name&sort_order=desc").await), ["carl", "bert", "anna"]);
    assert_eq!(first_names(&list("search=example.com").await), ["anna", "carl", "bert"]);
    assert_eq!(first_names(&list("search=example.com&sort_key=name&offset=1&limit=1").await), ["bert"]);
    assert_eq!(first_names(&list("search=bert").await), ["bert"]);
    for (query, expected) in
        [("limit=2&offset=1", ["carl", "bert"]), ("limit=2&offset=1&sort_key=name", ["bert", "carl"])]
    {
        assert_eq!(first_names(&list(query).await), expected, "{query}");
    }
    assert_eq!(first_names(&list("limit=2&offset=2&sort_key=name").await), ["carl"]);
    assert_eq!(list("limit=2&offset=9&sort_key=name").await.len(), 0);
    for sort in ["", "sort_order=asc", "sort_key=name", "sort_key=name&sort_order=desc", "search=example.com"] {
        let path = format!("{workspace}/members?limit=1&{sort}");
        assert_eq!(walk(&setup.backend, &path).await, first_names(&list(sort).await), "{sort}");
    }
    let page = setup.backend.get(&format!("{workspace}/members?limit=2")).await.ok();
    assert_eq!((&page["total"], &page["has_more"]), (&json!(3), &json!(true)));
    setup.backend.get(&format!("{workspace}/members?sort_key=email")).await.assert_error(400, "INVALID_FIELD");
    setup.backend.get(&format!("{workspace}/members?cursor=x")).await.assert_error(400, "INVALID_CURSOR");
}

#[tokio::test]
async fn roles_are_created_changed_and_deleted() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let path = format!("{workspace}/roles");
    let fields = json!({"name": "Keyholder", "permissions": ["lab:open", "workspace:admin"]});
    let created = setup.backend.post(&path, &fields).await.ok();
    assert_eq!((&created["name"], &created["permissions"]), (&fields["name"], &fields["permissions"]));
    assert_eq!(created["is_deployment_level"], false);
    assert!(created["created_at"].is_string() && created["updated_at"].is_string());
    assert!(setup.backend.get(&path).await.page().contains(&created));
    assert_eq!(names(&setup.backend.get(&format!("{path}?search=keyh")).await.page()), ["Keyholder"]);
    let sorted = setup.backend.get(&format!("{path}?sort_key=name&sort_order=desc")).await.page();
    assert_eq!(names(&sorted), ["Member", "Keyholder", "Admin"]);
    setup.backend.get(&format!("{path}?sort_key=permissions")).await.assert_error(400, "INVALID_FIELD");
    let role = format!("{path}/{}", text(&created["id"]));
    let changed = setup.backend.patch(&role, &json!({"permissions": ["lab:open"]})).await.ok();
    assert_eq!((&changed["name"], &changed["permissions"]), (&json!("Keyholder"), &json!(["lab:open"])));
    let changed = setup.backend.patch(&role, &json!({"name": "Porter"})).await.ok();
    assert_eq!((&changed["name"], &changed["permissions"]), (&json!("Porter"), &json!(["lab:open"])));

    let mara = setup.member("mara@example.com").await;
    let added = setup.add(&workspace, &mara, &[&text(&created["id"])]).await;
    setup.backend.delete(&role).await.assert_error(409, "ROLE_IN_USE");
    setup.backend.delete(&format!("{workspace}/members/{}", text(&added["id"]))).await.ok();
    assert_eq!(setup.backend.delete(&role).await.ok(), json!({}));
    setup.backend.delete(&role).await.assert_error(404, "ROLE_NOT_FOUND");
    setup.backend.patch(&role, &json!({"name": "Gone"})).await.assert_error(404, "ROLE_NOT_FOUND");
    let shared = format!("{path}/{}", setup.role(&workspace, "Admin").await);
    setup.backend.delete(&shared).await.assert_error(403, "ROLE_IS_SHARED");
    setup.backend.patch(&shared, &json!({"name": "Boss"})).await.assert_error(403, "ROLE_IS_SHARED");
}

#[tokio::test]
async fn a_key_grants_no_more_than_its_scopes() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let (mara, admin) = (setup.member("mara@example.com").await, setup.role(&workspace, "Admin").await);
    let backend = PlatformClient::new(&setup.app, "members:write roles:write").await;
    let fields = json!({"name": "Boss", "permissions": ["workspace:manage"]});
    backend.post(&format!("{workspace}/roles"), &fields).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    // What means something to the product only is not the service's to judge.
    let fields = json!({"name": "Porter", "permissions": ["lab:open"]});
    let porter = text(&backend.post(&format!("{workspace}/roles"), &fields).await.ok()["id"]);
    let path = format!("{workspace}/members");
    let fields = json!({"user_id": mara, "role_ids": [admin]});
    backend.post(&path, &fields).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let added = backend.post(&path, &json!({"user_id": mara, "role_ids": [porter]})).await.ok();
    let member = format!("{path}/{}", text(&added["id"]));
    backend.post_empty(&format!("{member}/roles/{admin}")).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    backend.patch(&member, &json!({"role_ids": [admin]})).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    setup.backend.post_empty(&format!("{member}/roles/{admin}")).await.ok();
    backend.delete(&member).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
}

#[tokio::test]
async fn each_call_names_the_scope_that_is_missing() {
    let setup = Setup::new().await;
    let workspace = setup.create("Lab").await;
    let other = PlatformClient::new(&setup.app, "users:write invitations:write").await;
    let foreign =
        PlatformClient::bound(&setup.app, "*", Some(&setup.app.create_organization("ada@x.example").await.1)).await;
    let (create, body) = (format!("/organizations/{}/workspaces", setup.organization), json!({"name": "Lab"}));
    for (method, path, scope) in [
        (Method::GET, "/workspaces".to_owned(), "workspaces:read"),
        (Method::POST, create, "workspaces:write"),
        (Method::GET, workspace.clone(), "workspaces:read"),
        (Method::PATCH, workspace.clone(), "workspaces:write"),
        (Method::DELETE, workspace.clone(), "workspaces:write"),
        (Method::GET, format!("{workspace}/members"), "members:read"),
        (Method::PATCH, format!("{workspace}/members/1"), "members:write"),
        (Method::DELETE, format!("{workspace}/members/1"), "members:write"),
        (Method::POST, format!("{workspace}/members/1/roles/1"), "members:write"),
        (Method::DELETE, format!("{workspace}/members/1/roles/1"), "members:write"),
        (Method::GET, format!("{workspace}/roles"), "roles:read"),
        (Method::DELETE, format!("{workspace}/roles/1"), "roles:write"),
    ] {
        let has_body =
            (method == Method::POST && path.ends_with("/workspaces")) || (method == Method::PATCH && path == workspace);
        let content = has_body.then_some("application/json");
        let send = async |backend: &PlatformClient| {
            let sent = if has_body { Body::from(body.to_string()) } else { Body::empty() };
            backend.send(method.clone(), &path, content, sent).await
        };
        let message = send(&other).await.assert_error(403, "SCOPE_MISSING");
        assert!(message.contains(scope), "{method} {path}: {message}");
        // A key for another organization does not learn that there is such a workspace.
        if path.contains(workspace.as_str()) {
            send(&foreign).await.assert_error(404, "WORKSPACE_NOT_FOUND");
        }
    }
    assert_eq!(setup.backend.get(&workspace).await.ok()["name"], "Lab");
}

#[tokio::test]
async fn workspaces_of_a_backend_count_against_the_limit() {
    let app = TestApp::with_settings(|settings| settings.organizations.max_workspaces = 1).await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "workspaces:write").await;
    let path = format!("/organizations/{organization}/workspaces");
    backend.post(&path, &json!({"name": "Lab"})).await.ok();
    backend.post(&path, &json!({"name": "Attic"})).await.assert_error(409, "WORKSPACE_LIMIT");
    assert_eq!(backend.get("/workspaces").await.page().len(), 1);
}
