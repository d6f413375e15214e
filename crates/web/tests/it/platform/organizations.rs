//! Organizations: creating, listing, changing and deleting them.

use axum::body::Body;
use axum::http::Method;
use image::ImageFormat;
use serde_json::{Value, json};
use vestibule_core::images::delete_unused;
use vestibule_testbed::invariants;

use super::PlatformClient;
use super::client::PlatformResponse;
use crate::harness::{HOUR, TestApp, TestClient, text};
use crate::images::{encode, fetch};

/// Creates an organization without members. Returns its path.
pub(super) async fn create(backend: &PlatformClient, name: &str) -> String {
    format!("/organizations/{}", text(&backend.post("/organizations", &json!({"name": name})).await.ok()["id"]))
}

/// Returns the id of the role of this name in the organization at this path.
pub(super) async fn role(backend: &PlatformClient, path: &str, name: &str) -> String {
    let roles = backend.get(&format!("{path}/roles")).await.page();
    text(&roles.iter().find(|role| role["name"] == name).unwrap()["id"])
}

/// Signs up a user. Returns their client and id.
pub(super) async fn user(app: &TestApp, email: &str) -> (TestClient, String) {
    let client = app.create_user(email).await;
    let id = text(&client.get("/me").await.ok()["id"]);
    (client, id)
}

/// Signs up a user and makes them an admin of the organization at this path. Returns their client and membership.
pub(super) async fn add_admin(backend: &PlatformClient, path: &str, email: &str) -> (TestClient, String) {
    let (client, user) = user(&backend.app, email).await;
    let admin = role(backend, path, "Admin").await;
    let added = backend.post(&format!("{path}/members"), &json!({"user_id": user, "role_ids": [admin]})).await.ok();
    (client, text(&added["id"]))
}

async fn send_image(
    backend: &PlatformClient,
    method: Method,
    path: &str,
    fields: &[(&str, &str)],
    image: &[u8],
) -> PlatformResponse {
    let parts = fields
        .iter()
        .map(|(name, value)| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let mut body = parts.collect::<String>().into_bytes();
    body.extend_from_slice(
        b"--B\r\nContent-Disposition: form-data; name=\"organization_image\"; filename=\"organization_image.jpg\"\r\n\
          Content-Type: image/jpeg\r\n\r\n",
    );
    body.extend_from_slice(image);
    body.extend_from_slice(b"\r\n--B--\r\n");
    backend.send(method, path, Some("multipart/form-data; boundary=B"), Body::from(body)).await
}

fn names(page: &[Value]) -> Vec<&str> {
    page.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_organization_has_the_fields_that_clients_decode() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let fields = [
        ("name", "Acme"),
        ("description", "Makes everything"),
        ("public_metadata", r#"{"plan": "pro"}"#),
        ("private_metadata", r#"{"crm": [1, null]}"#),
    ];
    let created = backend.send_multipart(Method::POST, "/organizations", &fields).await.ok();
    let expected = json!({
        "id": created["id"],
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
        "name": "Acme",
        "description": "Makes everything",
        "image_url": "",
        "member_count": 0,
        "enforce_mfa": false,
        "minimum_assurance": null,
        "mfa_enforced_from": null,
        "public_metadata": {"plan": "pro"},
        "private_metadata": {"crm": [1, null]},
    });
    assert_eq!(created, expected);
    assert!(created["created_at"].is_string());
    assert_eq!(backend.get("/organizations").await.page(), [expected]);
    let path = format!("/organizations/{}", text(&created["id"]));
    let details = backend.get(&path).await.ok();
    assert_eq!((&details["name"], &details["private_metadata"]), (&created["name"], &created["private_metadata"]));
    assert_eq!((&details["workspaces"], &details["segments"]), (&json!([]), &json!([])));
    let roles = details["roles"].as_array().unwrap();
    assert_eq!(names(roles), ["Member", "Admin"]);
    for role in roles {
        assert_eq!(role["is_deployment_level"], true);
        assert!(role["permissions"].is_array() && role["created_at"].is_string() && role["updated_at"].is_string());
    }
    // As JSON, with objects.
    let body = json!({"name": "Globex", "public_metadata": {"plan": {"seats": 5}}});
    let created = backend.post("/organizations", &body).await.ok();
    assert_eq!(created["public_metadata"], json!({"plan": {"seats": 5}}));
    assert_eq!((&created["description"], &created["private_metadata"]), (&json!(""), &json!({})));
}

#[tokio::test]
async fn the_details_have_the_workspaces() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = crate::harness::create_workspace(&owner, &organization).await;
    let backend = PlatformClient::new(&app, "organizations:read").await;
    let details = backend.get(&format!("/organizations/{organization}")).await.ok();
    let shown = &details["workspaces"][0];
    assert_eq!((&shown["id"], &shown["name"]), (&json!(workspace), &json!("Lobby")));
    for field in ["created_at", "updated_at", "description", "image_url"] {
        assert!(shown[field].is_string(), "{field}");
    }
    assert_eq!((&shown["member_count"], &shown["public_metadata"]), (&json!(1), &json!({})));
    assert_eq!(shown["private_metadata"], json!({}));
}

#[tokio::test]
async fn the_details_have_the_newest_fifty_workspaces() {
    let app = TestApp::with_settings(|settings| settings.organizations.max_workspaces = 0).await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    for index in 0..51 {
        backend.post(&format!("{path}/workspaces"), &json!({"name": format!("Lab {index}")})).await.ok();
    }
    let details = backend.get(&path).await.ok();
    let shown = names(details["workspaces"].as_array().unwrap());
    assert_eq!((shown.len(), shown[0], shown[49]), (50, "Lab 50", "Lab 1"));
    assert_eq!(backend.get("/workspaces?limit=100").await.page().len(), 51);
}

#[tokio::test]
async fn the_first_admin_of_a_new_organization_manages_it() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    // Before there is an admin, nothing refers to one.
    let fields = json!({"name": "Clerk", "permissions": ["orders:read"]});
    let clerk = text(&backend.post(&format!("{path}/roles"), &fields).await.ok()["id"]);
    let (nina, id) = user(&app, "nina@example.com").await;
    let added = backend.post(&format!("{path}/members"), &json!({"user_id": id, "role_ids": [clerk]})).await.ok();
    nina.post(&format!("{path}/update"), &[("name", "Mine")]).await.assert_error(403, "FORBIDDEN");
    backend.delete(&format!("{path}/members/{}", text(&added["id"]))).await.ok();
    backend.delete(&format!("{path}/roles/{clerk}")).await.ok();
    assert_eq!(backend.get(&path).await.ok()["member_count"], 0);

    let (admin, membership) = add_admin(&backend, &path, "olga@example.com").await;
    let memberships = admin.get("/me/organization-memberships").await.ok();
    assert_eq!((&memberships[0]["id"], &memberships[0]["roles"][0]["name"]), (&json!(membership), &json!("Admin")));
    admin.post(&format!("{path}/update"), &[("name", "Acme Corp")]).await.ok();
    admin.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    assert_eq!(backend.get(&path).await.ok()["name"], "Acme Corp");
    invariants::assert_hold(&app.inner.database, &[]);

    // From now on, there is one.
    backend.delete(&format!("{path}/members/{membership}")).await.assert_error(409, "LAST_ADMIN");
    let admin_role = role(&backend, &path, "Admin").await;
    backend.delete(&format!("{path}/members/{membership}/roles/{admin_role}")).await.assert_error(409, "LAST_ADMIN");
    let member_role = role(&backend, &path, "Member").await;
    let change = json!({"role_ids": [member_role]});
    backend.patch(&format!("{path}/members/{membership}"), &change).await.assert_error(409, "LAST_ADMIN");
    admin.post(&format!("{path}/leave"), &[]).await.assert_error(403, "LAST_ADMIN");
}

#[tokio::test]
async fn lists_are_sorted_and_walked_by_offset_and_cursor() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    for name in ["beta", "Émile", "Alpha", "delta", "Gamma"] {
        create(&backend, name).await;
    }
    let deleted = create(&backend, "Zeta").await;
    backend.delete(&deleted).await.ok();
    let list = async |query: &str| backend.get(&format!("/organizations?{query}")).await.ok();
    let listed = async |query: &str| names(list(query).await["data"].as_array().unwrap()).join(" ");
    for (query, expected) in [
        ("", "Gamma delta Alpha Émile beta"),
        ("sort_key=created_at&sort_order=asc", "beta Émile Alpha delta Gamma"),
        ("sort_key=name", "Alpha beta delta Émile Gamma"),
        ("sort_key=name&sort_order=desc", "Gamma Émile delta beta Alpha"),
        ("search=a&sort_key=name", "Alpha"),
        ("search=emi", "Émile"),
        ("search=amm", "Gamma"),
        ("search=zeta", ""),
        ("search=%20&limit=1", "Gamma"),
        ("limit=2&offset=1", "delta Alpha"),
        ("limit=2&offset=3&sort_key=name", "Émile Gamma"),
        ("limit=2&offset=5", ""),
    ] {
        assert_eq!(listed(query).await, expected, "{query}");
    }
    let page = list("limit=2&offset=1").await;
    assert_eq!((&page["total"], &page["limit"], &page["offset"]), (&json!(5), &json!(2), &json!(1)));
    assert_eq!(page["has_more"], true);
    for sort in ["", "&sort_order=asc", "&sort_key=name", "&sort_key=name&sort_order=desc", "&search=a"] {
        let all = list(&format!("limit=1000{sort}")).await;
        assert_eq!((&all["has_more"], all.get("next_cursor")), (&json!(false), None));
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("limit=2{sort}{cursor}")).await;
            walked.extend(page["data"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(walked), all["data"], "{sort}");
    }
    for (query, code) in [
        ("sort_key=member_count", "INVALID_FIELD"),
        ("sort_key=id;", "INVALID_FIELD"),
        ("cursor=x", "INVALID_CURSOR"),
        ("cursor=7&offset=1", "INVALID_FIELD"),
        ("limit=0", "INVALID_FIELD"),
    ] {
        backend.get(&format!("/organizations?{query}")).await.assert_error(400, code);
    }
}

#[tokio::test]
async fn a_search_compares_a_limited_number_of_names_for_a_page() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "organizations:read").await;
    app.execute(
        "INSERT INTO organizations (id, name, sort_name, description, member_count, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 20000)
         SELECT i, CASE WHEN i = 1 THEN 'Zeta' ELSE 'Acme' END, CASE WHEN i = 1 THEN 'zeta' ELSE 'acme' END, '', 0, 0, 0
           FROM n",
    );
    for sort in ["", "&sort_key=name"] {
        let page = backend.get(&format!("/organizations?search=zeta{sort}")).await.ok();
        assert_eq!((&page["data"], &page["has_more"]), (&json!([]), &json!(true)), "{sort}");
        let cursor = text(&page["next_cursor"]);
        let page = backend.get(&format!("/organizations?search=zeta{sort}&cursor={cursor}")).await.ok();
        assert_eq!((names(page["data"].as_array().unwrap()), &page["has_more"]), (vec!["Zeta"], &json!(false)));
    }
    let page = backend.get("/organizations?search=zeta&sort_order=asc&limit=1").await.ok();
    assert_eq!(names(page["data"].as_array().unwrap()), ["Zeta"]);
}

/// Follows the pages of a list, by cursors or by offsets. The path ends with the start of a query. Returns the number
/// of rows of each page.
async fn page_lengths(backend: &PlatformClient, path: &str, uses_offsets: bool) -> Vec<usize> {
    let (mut query, mut lengths) = ("limit=1000".to_owned(), Vec::new());
    loop {
        let page = backend.get(&format!("{path}{query}")).await.ok();
        assert_eq!(page["limit"], 1000);
        lengths.push(page["data"].as_array().unwrap().len());
        if page["has_more"] == json!(false) {
            return lengths;
        }
        query = match page["next_cursor"].as_str() {
            Some(cursor) if !uses_offsets => format!("limit=1000&cursor={cursor}"),
            _ => format!("limit=1000&offset={}", lengths.iter().sum::<usize>()),
        };
    }
}

#[tokio::test]
async fn a_page_with_much_metadata_ends_early() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let workspace = text(&backend.post(&format!("{path}/workspaces"), &json!({"name": "Lab"})).await.ok()["id"]);
    let users = (0..130).map(|index| json!({"email_address": format!("m{index}@example.com")}));
    let created = backend.post("/users/bulk", &json!({"users": users.collect::<Vec<_>>()})).await.ok();
    let rows = created["results"].as_array().unwrap().iter();
    let ids: Vec<_> = rows.map(|row| json!({"user_id": row["user_id"]})).collect();
    backend.post(&format!("{path}/members/bulk"), &json!({"members": ids})).await.ok();
    for member in &ids {
        backend.post(&format!("/workspaces/{workspace}/members"), member).await.ok();
    }
    for index in 0..129 {
        create(&backend, &format!("Globex {index}")).await;
    }
    let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(65_536));
    for table in ["organizations", "organization_memberships", "workspace_memberships"] {
        app.execute(&format!("UPDATE {table} SET public_metadata = '{large}'"));
    }
    for list in ["/organizations", &format!("{path}/members"), &format!("/workspaces/{workspace}/members")] {
        // 63 times 64 KiB, and some bytes each, is less than 4 MiB.
        for (query, uses_offsets) in [("?", false), ("?", true), ("?sort_key=name&", false), ("?sort_key=name&", true)]
        {
            let lengths = page_lengths(&backend, &format!("{list}{query}"), uses_offsets).await;
            assert_eq!(lengths, [63, 63, 4], "{list}{query}");
        }
    }
    for index in 0..70 {
        let other = create(&backend, &format!("Initech {index}")).await;
        backend.post(&format!("{other}/members"), &ids[0]).await.ok();
    }
    app.execute(&format!("UPDATE organization_memberships SET public_metadata = '{large}'"));
    let memberships = format!("/users/{}/organization-memberships?", text(&ids[0]["user_id"]));
    for uses_offsets in [false, true] {
        assert_eq!(page_lengths(&backend, &memberships, uses_offsets).await, [63, 8]);
    }
    assert_eq!(page_lengths(&backend, &format!("{memberships}search=initech&"), false).await, [63, 7]);
}

#[tokio::test]
async fn a_bound_key_sees_and_changes_its_organization_only() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let (own, other) = (create(&backend, "Acme").await, create(&backend, "Globex").await);
    let bound = PlatformClient::bound(&app, "*", own.rsplit('/').next()).await;
    let page = bound.get("/organizations").await.ok();
    assert_eq!((names(page["data"].as_array().unwrap()), &page["total"]), (vec!["Acme"], &json!(1)));
    assert_eq!(bound.get("/organizations?search=acme&sort_key=name").await.page().len(), 1);
    assert_eq!(bound.get("/organizations?search=globex").await.page().len(), 0);
    assert_eq!(bound.get("/organizations?offset=1").await.page().len(), 0);
    bound.get(&own).await.ok();
    bound.patch(&own, &json!({"name": "Acme Corp"})).await.ok();
    let before = app.row_counts();
    bound.post("/organizations", &json!({"name": "More"})).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    let png = encode(ImageFormat::Png, 8, 8);
    let refused = send_image(&bound, Method::POST, "/organizations", &[("name", "More")], &png).await;
    refused.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    bound.get(&other).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    bound.patch(&other, &json!({"name": "Mine"})).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    send_image(&bound, Method::PATCH, &other, &[], &png).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    bound.delete(&other).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    for rest in ["members", "members/1", "roles"] {
        bound.get(&format!("{other}/{rest}")).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    }
    assert_eq!(app.row_counts(), before);
    bound.delete(&own).await.ok();
    assert_eq!(bound.get("/organizations").await.page().len(), 0);
    bound.get(&own).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
}

#[tokio::test]
async fn metadata_is_limited_in_size_and_depth() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let sized = |bytes: usize| json!({"a": "x".repeat(bytes - 8)}).to_string();
    let both = [("public_metadata", sized(65_536)), ("private_metadata", nested(32))];
    let fields: Vec<_> = both.iter().map(|(name, text)| (*name, text.as_str())).collect();
    backend.send_multipart(Method::PATCH, &path, &fields).await.ok();
    let as_json = format!("{{\"private_metadata\":{},\"public_metadata\":{}}}", sized(65_536), nested(32));
    let updated = backend.send(Method::PATCH, &path, Some("application/json"), Body::from(as_json)).await.ok();
    assert_eq!(updated["private_metadata"]["a"].as_str().unwrap().len(), 65_528);
    for (invalid, json_code) in [
        (nested(33), "INVALID_FIELD"),
        (sized(65_537), "INVALID_FIELD"),
        ("[]".to_owned(), "INVALID_FIELD"),
        ("1".to_owned(), "INVALID_FIELD"),
        ("{".to_owned(), "BAD_REQUEST_BODY"),
        ("\"{\"".to_owned(), "INVALID_FIELD"),
        ("[".repeat(5000), "BAD_REQUEST_BODY"),
    ] {
        for field in ["public_metadata", "private_metadata"] {
            for (method, path) in [(Method::POST, "/organizations"), (Method::PATCH, path.as_str())] {
                let fields = [("name", "Changed"), (field, &invalid)];
                let refused = backend.send_multipart(method.clone(), path, &fields).await;
                refused.assert_error(400, "INVALID_FIELD");
                let body = format!("{{\"name\":\"Changed\",\"{field}\":{invalid}}}");
                let refused = backend.send(method, path, Some("application/json"), Body::from(body)).await;
                refused.assert_error(400, json_code);
            }
        }
    }
    let page = backend.get("/organizations").await.page();
    assert_eq!(names(&page), ["Acme"]);
    assert_eq!(page[0]["private_metadata"], updated["private_metadata"], "nothing changed");
}

#[tokio::test]
async fn changes_leave_other_fields_alone_and_members_see_no_private_metadata() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    // Members may connect from one network only; this does not concern a backend.
    let networks = json!({"whitelisted_ips": ["127.0.0.1"], "enable_ip_restriction": true});
    owner.post_json(&format!("{path}/update"), &networks).await.ok();
    let backend = PlatformClient::new(&app, "organizations:write").await;
    let change = json!({"public_metadata": {"plan": "pro"}, "private_metadata": {"crm": 7}});
    backend.patch(&path, &change).await.ok();
    let updated = backend.patch(&path, &json!({"description": "Makes everything"})).await.ok();
    assert_eq!((&updated["name"], &updated["description"]), (&json!("Acme"), &json!("Makes everything")));
    assert_eq!(
        (&updated["public_metadata"], &updated["private_metadata"]),
        (&json!({"plan": "pro"}), &json!({"crm": 7}))
    );
    let seen = &owner.get("/me/organization-memberships").await.ok()[0]["organization"];
    assert_eq!((&seen["public_metadata"], &seen["private_metadata"]), (&json!({"plan": "pro"}), &json!({})));
    assert_eq!(seen["enable_ip_restriction"], true);
    assert!(!owner.get(&format!("{path}/members")).await.text.contains("crm"));
    // Metadata is replaced, not merged. What a member changes leaves it alone.
    let updated = backend.patch(&path, &json!({"private_metadata": {}})).await.ok();
    assert_eq!(updated["private_metadata"], json!({}));
    owner.post(&format!("{path}/update"), &[("name", "Acme Corp")]).await.ok();
    let shown = backend.get(&path).await.ok();
    assert_eq!((&shown["name"], &shown["public_metadata"]), (&json!("Acme Corp"), &json!({"plan": "pro"})));
    for (fields, code) in [
        (json!({"name": ""}), "REQUIRED_FIELD"),
        (json!({"name": "x".repeat(101)}), "INVALID_FIELD"),
        (json!({"nmae": "x"}), "UNKNOWN_FIELD"),
        (json!({"organization_image": "x"}), "INVALID_FIELD"),
        (json!({"remove_image": 1}), "INVALID_FIELD"),
    ] {
        backend.patch(&path, &fields).await.assert_error(400, code);
    }
    backend.patch(&path, &json!({})).await.assert_error(400, "REQUIRED_FIELD");
    backend.send_multipart(Method::PATCH, &path, &[]).await.assert_error(400, "REQUIRED_FIELD");
    backend.post("/organizations", &json!({"description": "x"})).await.assert_error(400, "REQUIRED_FIELD");
    let nothing = backend.send(Method::POST, "/organizations", Some("multipart/form-data; boundary=B"), Body::empty());
    nothing.await.assert_error(400, "REQUIRED_FIELD");
}

#[tokio::test]
async fn an_image_is_stored_replaced_and_removed() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "organizations:write").await;
    let png = encode(ImageFormat::Png, 64, 64);
    let created = send_image(&backend, Method::POST, "/organizations", &[("name", "Acme")], &png).await.ok();
    let path = format!("/organizations/{}", text(&created["id"]));
    assert_eq!(fetch(&app, &created["image_url"]).await.status, 200);
    // Larger than other bodies may be.
    let large = [encode(ImageFormat::Png, 256, 256), vec![0; 300_000]].concat();
    let replaced = send_image(&backend, Method::PATCH, &path, &[("remove_image", "true")], &large).await.ok();
    assert!(replaced["image_url"] != created["image_url"] && replaced["image_url"] != "");
    let kept = backend.send_multipart(Method::PATCH, &path, &[("remove_image", "false")]).await.ok();
    assert_eq!(kept["image_url"], replaced["image_url"]);
    let removed = backend.send_multipart(Method::PATCH, &path, &[("remove_image", "true")]).await.ok();
    assert_eq!(removed["image_url"], "");
    send_image(&backend, Method::PATCH, &path, &[], b"no image").await.assert_error(400, "IMAGE_UNREADABLE");
    let reader = PlatformClient::new(&app, "organizations:read").await;
    let message = send_image(&reader, Method::PATCH, &path, &[], &png).await.assert_error(403, "SCOPE_MISSING");
    assert!(message.contains("organizations:write"), "{message}");
    PlatformClient::with_key(&app, "vst_live_sk_x").get(&path).await.assert_error(401, "API_KEY_INVALID");
    app.advance(HOUR);
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 2);
    invariants::assert_hold(&app.inner.database, &["an organization without an admin"]);
}

#[tokio::test]
async fn the_images_of_a_key_are_limited() {
    let app = TestApp::with_settings(|settings| settings.rate_limits.uploads_per_address = 2).await;
    let (backend, other) = (PlatformClient::new(&app, "*").await, PlatformClient::new(&app, "*").await);
    let path = create(&backend, "Acme").await;
    let png = encode(ImageFormat::Png, 8, 8);
    for _ in 0..2 {
        send_image(&backend, Method::PATCH, &path, &[], &png).await.ok();
    }
    let before = app.row_counts();
    let refused = send_image(&backend, Method::PATCH, &path, &[("name", "More")], &png).await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!((app.row_counts(), &backend.get(&path).await.ok()["name"]), (before, &json!("Acme")));
    backend.patch(&path, &json!({"name": "Acme Corp"})).await.ok();
    send_image(&other, Method::PATCH, &path, &[], &png).await.ok();
    app.advance(HOUR * 2);
    send_image(&backend, Method::PATCH, &path, &[], &png).await.ok();
}

#[tokio::test]
async fn many_small_forms_need_no_permit_for_large_bodies() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "organizations:write").await;
    let send = |index: usize| {
        let name = format!("Company {index}");
        let backend = &backend;
        async move { backend.send_multipart(Method::POST, "/organizations", &[("name", &name)]).await.status }
    };
    let statuses = futures_util::future::join_all((0..20).map(send)).await;
    assert_eq!(statuses, [200; 20]);
}

#[tokio::test]
async fn a_deleted_organization_is_gone_for_keys_and_members() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let (admin, membership) = add_admin(&backend, &path, "olga@example.com").await;
    backend.delete(&path).await.ok();
    for rest in ["", "/members", &format!("/members/{membership}"), "/roles"] {
        backend.get(&format!("{path}{rest}")).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    }
    backend.delete(&path).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    backend.patch(&path, &json!({"name": "Back"})).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    assert_eq!(admin.get("/me/organization-memberships").await.ok(), json!([]));
    // An admin can restore it.
    admin.post(&format!("{path}/restore"), &[]).await.ok();
    assert_eq!(backend.get(&path).await.ok()["member_count"], 1);
}

#[tokio::test]
async fn each_call_needs_its_scope() {
    let app = TestApp::start().await;
    let all = PlatformClient::new(&app, "*").await;
    let path = create(&all, "Acme").await;
    let (_, membership) = add_admin(&all, &path, "olga@example.com").await;
    let none = PlatformClient::new(&app, "keys:read").await;
    let member = format!("{path}/members/{membership}");
    for (method, call, scope) in [
        (Method::GET, "/organizations".to_owned(), "organizations:read"),
        (Method::GET, path.clone(), "organizations:read"),
        (Method::POST, "/organizations".to_owned(), "organizations:write"),
        (Method::PATCH, path.clone(), "organizations:write"),
        (Method::DELETE, path.clone(), "organizations:write"),
        (Method::GET, format!("{path}/mfa"), "members:read"),
        (Method::GET, format!("{path}/members"), "members:read"),
        (Method::GET, member.clone(), "members:read"),
        (Method::POST, format!("{path}/members"), "members:write"),
        (Method::POST, format!("{path}/members/bulk"), "members:write"),
        (Method::PATCH, member.clone(), "members:write"),
        (Method::DELETE, member.clone(), "members:write"),
        (Method::POST, format!("{member}/roles/1"), "members:write"),
        (Method::DELETE, format!("{member}/roles/1"), "members:write"),
        (Method::GET, format!("{path}/roles"), "roles:read"),
        (Method::POST, format!("{path}/roles"), "roles:write"),
        (Method::PATCH, format!("{path}/roles/1"), "roles:write"),
        (Method::DELETE, format!("{path}/roles/1"), "roles:write"),
    ] {
        let body = match (&method, call.as_str()) {
            (&Method::POST, call) if call.ends_with("/members") => json!({"user_id": "1"}),
            (&Method::POST, call) if call.ends_with("/bulk") => json!({"members": [{"user_id": "1"}]}),
            (&Method::POST, call) if call.ends_with("/roles") || call == "/organizations" => json!({"name": "New"}),
            (&Method::PATCH, changed) if changed == path => json!({"name": "New"}),
            _ => json!({}),
        };
        let before = app.row_counts();
        let send = none.send(method, &call, Some("application/json"), Body::from(body.to_string()));
        let message = send.await.assert_error(403, "SCOPE_MISSING");
        assert!(message.contains(scope), "{call}: {message}");
        assert_eq!(app.row_counts(), before);
    }
}

#[tokio::test]
async fn invalid_ids_get_400_and_unknown_ones_404() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    for id in ["0", "-1", "x", "01", "9223372036854775808"] {
        backend.get(&format!("/organizations/{id}")).await.assert_error(400, "INVALID_ID");
        backend.get(&format!("/organizations/{id}/members")).await.assert_error(400, "INVALID_ID");
    }
    let message = backend.get("/organizations/123").await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    assert!(!message.contains("vestibule"), "no command of operators: {message}");
    backend.get("/organizations/123/members/7").await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    backend.post("/organizations/123/roles", &json!({"name": "New"})).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
}
