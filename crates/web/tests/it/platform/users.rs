//! Users: creating, listing, changing and deleting them with an API key.

use axum::body::Body;
use axum::http::Method;
use futures_util::future::join_all;
use image::ImageFormat;
use serde_json::{Value, json};
use vestibule_testbed::invariants;

use super::PlatformClient;
use crate::harness::{PASSWORD, TestApp, text};
use crate::images::{encode, fetch};

const WITHOUT_ADDRESS: &str = "a user without an address";

async fn create(backend: &PlatformClient, fields: &[(&str, &str)]) -> Value {
    let names = [("first_name", "Ada"), ("last_name", "Lovelace")];
    backend.send_multipart(Method::POST, "/users", &[&names, fields].concat()).await.ok()
}

async fn details(backend: &PlatformClient, id: &str) -> Value {
    backend.get(&format!("/users/{id}/details")).await.ok()
}

fn emails(page: &[Value]) -> Vec<String> {
    page.iter().map(|user| user["primary_email_address"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn creates_users_from_multipart_and_json() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let email = ("email_address", "Ada@Example.com");
    let created = create(&backend, &[email, ("username", "ada"), ("skip_password_check", "false")]).await;
    assert_eq!(
        (&created["first_name"], &created["username"], &created["primary_email_address"]),
        (&json!("Ada"), &json!("ada"), &json!("ada@example.com"))
    );
    assert_eq!((&created["profile_picture_url"], &created["second_factor_policy"]), (&json!(""), &json!("none")));
    let shown = details(&backend, &text(&created["id"])).await;
    assert_eq!(shown["email_addresses"][0]["verified"], true);
    assert_eq!(shown["email_addresses"][0]["verification_strategy"], "otp");
    assert_eq!(shown["primary_email_address_id"], shown["email_addresses"][0]["id"]);
    for (field, expected) in [
        ("has_password", json!(false)),
        ("disabled", json!(false)),
        ("has_backup_codes", json!(false)),
        ("has_passkeys", json!(false)),
        ("user_authenticator", json!(null)),
        ("second_factor_policy", json!("none")),
        ("availability", json!("available")),
        ("public_metadata", json!({})),
        ("private_metadata", json!({})),
        ("phone_numbers", json!([])),
        ("social_connections", json!([])),
        ("segments", json!([])),
    ] {
        assert_eq!(shown[field], expected, "{field}");
    }
    for field in ["deployment_id", "schema_version", "created_at", "updated_at"] {
        assert!(shown[field].is_string(), "{field}");
    }
    let fields = json!({"first_name": "", "last_name": "", "email_address": "b@example.com", "password": PASSWORD});
    let created = backend.post("/users", &fields).await.ok();
    assert_eq!(created["username"], json!(null));
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", "b@example.com"), ("password", PASSWORD)]).await.ok();
    assert_eq!(client.get("/me").await.ok()["id"], created["id"]);
    assert_eq!(app.mails().len(), 0, "no mail is sent");
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn creating_a_user_costs_few_statements() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let fields = json!({"first_name": "A", "last_name": "B", "email_address": "a@example.com"});
    assert_eq!(
        backend.post("/users", &fields).await.statements,
        6,
        "the key, the user, the address, its domain, the event and its webhooks"
    );
    let fields = json!({"first_name": "A", "last_name": "B"});
    assert_eq!(backend.post("/users", &fields).await.statements, 4);
    invariants::assert_hold(&app.inner.database, &[WITHOUT_ADDRESS]);
}

#[tokio::test]
async fn a_new_user_gets_an_address_that_others_claim_but_not_one_that_they_proved() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let squatter = app.create_user("squatter@example.com").await;
    let claimant = app.create_user("claimant@example.com").await;
    claimant.post("/me/email-addresses", &[("email", "ada@example.com")]).await.ok();
    app.create_user("ada@example.com").await;
    let created = create(&backend, &[("email_address", "ada@example.com")]).await;
    let addresses = details(&backend, &text(&created["id"])).await["email_addresses"].clone();
    assert_eq!((&addresses[0]["email"], &addresses[0]["verified"]), (&json!("ada@example.com"), &json!(true)));
    // The sort key of the account that lost it follows.
    invariants::assert_hold(&app.inner.database, &[WITHOUT_ADDRESS]);
    app.verify_all_addresses();
    let before = app.row_counts();
    let fields =
        json!({"first_name": "A", "last_name": "B", "email_address": "Squatter@example.com", "username": "new"});
    backend.post("/users", &fields).await.assert_error(409, "EMAIL_EXISTS");
    assert_eq!(app.row_counts(), before);
    assert_eq!(squatter.get("/me").await.status, 200);
}

#[tokio::test]
async fn names_that_are_taken_are_conflicts() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    create(&backend, &[("username", "ada"), ("email_address", "ada@example.com")]).await;
    let fields = json!({"first_name": "A", "last_name": "B", "username": "ADA"});
    backend.post("/users", &fields).await.assert_error(409, "USERNAME_EXISTS");
    let fields = json!({"first_name": "A", "last_name": "B", "username": "ada", "email_address": "ada@example.com"});
    let both = backend.post("/users", &fields).await;
    assert_eq!(both.body["errors"][1]["code"], "USERNAME_EXISTS");
    both.assert_error(409, "EMAIL_EXISTS");
    // An unverified address does not count.
    app.create_user("eve@example.com").await;
    let fields = json!({"first_name": "A", "last_name": "B", "username": "ada", "email_address": "eve@example.com"});
    let taken = backend.post("/users", &fields).await;
    assert_eq!(taken.body["errors"].as_array().unwrap().len(), 1);
    taken.assert_error(409, "USERNAME_EXISTS");
}

#[tokio::test]
async fn the_password_policy_applies_unless_it_is_skipped() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let names = json!({"first_name": "Ada", "last_name": "Lovelace", "email_address": "ada@example.com"});
    let with = |password: &str, skip: bool| {
        let mut fields = names.clone();
        fields["password"] = json!(password);
        fields["skip_password_check"] = json!(skip);
        fields
    };
    for weak in ["short", "12345678", "password", "lovelace example"] {
        backend.post("/users", &with(weak, false)).await.assert_error(400, "INVALID_PASSWORD");
    }
    for unusable in ["a\tb", &"x".repeat(600), &"x".repeat(2000)] {
        backend.post("/users", &with(unusable, true)).await.assert_error(400, "INVALID_PASSWORD");
    }
    backend.post("/users", &with("pw", true)).await.ok();
    app.anonymous().post("/auth/signin", &[("email", "ada@example.com"), ("password", "pw")]).await.ok();
}

#[tokio::test]
async fn a_password_is_hashed_only_for_keys_that_may_write() {
    let app = TestApp::start().await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    let bound = PlatformClient::bound(&app, "*", Some(&organization)).await;
    let reader = PlatformClient::new(&app, "users:read members:write").await;
    let fields = json!({"first_name": "A", "last_name": "B", "password": PASSWORD});
    bound.post("/users", &fields).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    bound.get("/users").await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    let message = reader.post("/users", &fields).await.assert_error(403, "SCOPE_MISSING");
    assert!(message.contains("users:write"), "{message}");
    let id = text(&reader.get("/users").await.page()[0]["id"]);
    let password = json!({"new_password": PASSWORD});
    reader.patch(&format!("/users/{id}/password"), &password).await.assert_error(403, "SCOPE_MISSING");
    bound.get(&format!("/users/{id}/details")).await.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
    reader.get(&format!("/users/{id}/sessions")).await.assert_error(403, "SCOPE_MISSING");
}

#[tokio::test]
async fn bad_fields_are_named_and_change_nothing() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let id = text(&create(&backend, &[("email_address", "ada@example.com")]).await["id"]);
    let before = app.row_counts();
    for (fields, code) in [
        (json!({"last_name": "B"}), "REQUIRED_FIELD"),
        (json!({"first_name": "A"}), "REQUIRED_FIELD"),
        (json!({"first_name": "A\u{202e}", "last_name": "B"}), "INVALID_FIELD"),
        (json!({"first_name": "A", "last_name": "x".repeat(101)}), "INVALID_FIELD"),
        (json!({"first_name": "A", "last_name": "B", "email_address": "no address"}), "INVALID_EMAIL"),
        (json!({"first_name": "A", "last_name": "B", "username": "-"}), "INVALID_USERNAME"),
        (json!({"first_name": "A", "last_name": "B", "phone_number": "+4912345"}), "PHONES_NOT_SUPPORTED"),
        (json!({"first_name": "A", "last_name": "B", "skip_password_check": "maybe"}), "INVALID_FIELD"),
        (json!({"first_name": "A", "last_name": "B", "emial_address": "a@example.com"}), "UNKNOWN_FIELD"),
    ] {
        backend.post("/users", &fields).await.assert_error(400, code);
    }
    backend.send_multipart(Method::POST, "/users", &[]).await.assert_error(400, "REQUIRED_FIELD");
    let path = format!("/users/{id}");
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    let (deep, large) = (nested(33), format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024)));
    for (name, value, code) in [
        ("public_metadata", "[]", "INVALID_FIELD"),
        ("public_metadata", "{", "INVALID_FIELD"),
        ("private_metadata", deep.as_str(), "INVALID_FIELD"),
        ("private_metadata", large.as_str(), "INVALID_FIELD"),
        ("second_factor_policy", "enforced", "SECOND_FACTOR_MISSING"),
        ("second_factor_policy", "sometimes", "INVALID_FIELD"),
        ("username", "a b", "INVALID_USERNAME"),
        ("disabled", "2", "INVALID_FIELD"),
        ("profile_image", "x", "INVALID_FIELD"),
        ("is_admin", "true", "UNKNOWN_FIELD"),
    ] {
        backend.send_multipart(Method::PATCH, &path, &[(name, value)]).await.assert_error(400, code);
    }
    backend.send_multipart(Method::PATCH, &path, &[]).await.assert_error(400, "REQUIRED_FIELD");
    for path in ["/users/x/details", "/users/0/details"] {
        backend.get(path).await.assert_error(400, "INVALID_ID");
    }
    let fields = json!({"first_name": "A"});
    backend.get("/users/123/details").await.assert_error(404, "USER_NOT_FOUND");
    backend.patch("/users/123", &fields).await.assert_error(404, "USER_NOT_FOUND");
    backend.delete("/users/123").await.assert_error(404, "USER_NOT_FOUND");
    backend.delete("/users/123/password").await.assert_error(404, "USER_NOT_FOUND");
    backend.patch("/users/123/password", &json!({"new_password": PASSWORD})).await.assert_error(404, "USER_NOT_FOUND");
    for query in ["sort_key=age", "sort_order=up", "limit=0", "limit=1001"] {
        backend.get(&format!("/users?{query}")).await.assert_error(400, "INVALID_FIELD");
    }
    backend.get("/users?cursor=x").await.assert_error(400, "INVALID_CURSOR");
    assert_eq!(app.row_counts(), before);
    assert_eq!(details(&backend, &id).await["private_metadata"], json!({}));
}

#[tokio::test]
async fn lists_users_in_each_order_by_offset_and_by_cursor() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    for (first, username, email) in [
        ("Čeněk", "b-user", "d@example.com"),
        ("alma", "", "c@example.com"),
        ("Berta", "C-user", "a@example.com"),
        ("Dora", "a-user", ""),
    ] {
        let fields = json!({"first_name": first, "last_name": "", "username": username, "email_address": email});
        backend.post("/users", &fields).await.ok();
    }
    for (key, ascending) in [
        ("created_at", ["Čeněk", "alma", "Berta", "Dora"]),
        ("phone_number", ["Čeněk", "alma", "Berta", "Dora"]),
        ("name", ["alma", "Berta", "Čeněk", "Dora"]),
        ("username", ["alma", "Dora", "Čeněk", "Berta"]),
        ("email", ["Dora", "Berta", "alma", "Čeněk"]),
    ] {
        for order in ["asc", "desc"] {
            let mut expected = ascending.to_vec();
            if order == "desc" {
                expected.reverse();
            }
            let names = |page: &[Value]| page.iter().map(|user| text(&user["first_name"])).collect::<Vec<_>>();
            for search in ["", "&search=a"] {
                // All but Čeněk and Dora have no word that begins with an a.
                if !search.is_empty() {
                    expected.retain(|name| ["alma", "Berta", "Dora"].contains(name));
                }
                let query = format!("sort_key={key}&sort_order={order}{search}");
                let all = backend.get(&format!("/users?{query}")).await.page();
                assert_eq!(names(&all), expected, "{query}");
                let (mut by_offset, mut by_cursor, mut cursor) = (Vec::new(), Vec::new(), String::new());
                for offset in 0..expected.len() {
                    let page = backend.get(&format!("/users?{query}&limit=1&offset={offset}")).await.ok();
                    assert_eq!(page["has_more"], offset + 1 < expected.len(), "{query}");
                    assert_eq!((&page["limit"], &page["offset"]), (&json!(1), &json!(offset)));
                    assert_eq!(page["total"], expected.len(), "{query}");
                    by_offset.extend(names(page["data"].as_array().unwrap()));
                    let page = backend.get(&format!("/users?{query}&limit=1{cursor}")).await.ok();
                    by_cursor.extend(names(page["data"].as_array().unwrap()));
                    cursor = page["next_cursor"].as_str().map_or(String::new(), |next| format!("&cursor={next}"));
                    assert_eq!(cursor.is_empty(), offset + 1 == expected.len(), "{query}");
                }
                assert_eq!((&by_offset, &by_cursor), (&names(&all), &names(&all)), "{query}");
            }
        }
    }
    assert_eq!(emails(&backend.get("/users").await.page())[0], "", "the newest comes first");
}

#[tokio::test]
async fn search_finds_names_user_names_and_addresses() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let ada = create(&backend, &[("email_address", "countess@example.com"), ("username", "ada.l")]).await;
    let path = format!("/users/{}/emails", text(&ada["id"]));
    backend.post(&path, &json!({"email": "second@work.example", "verified": true})).await.ok();
    backend.post(&path, &json!({"email": "claimed@work.example"})).await.ok();
    backend.post("/users", &json!({"first_name": "Grace", "last_name": "Hopper"})).await.ok();
    for search in [
        "lovelace",
        "LACE%20ADA",
        "Ada.L",
        "countess@",
        "countess@example.com",
        "second@work.example",
        "claimed@work.example",
    ] {
        let found = backend.get(&format!("/users?search={search}")).await.page();
        assert_eq!(found.iter().map(|user| text(&user["first_name"])).collect::<Vec<_>>(), ["Ada"], "{search}");
    }
    for search in ["work.example", "babbage", "%25", "_"] {
        assert_eq!(backend.get(&format!("/users?search={search}")).await.page(), Vec::<Value>::new(), "{search}");
    }
    assert_eq!(backend.get("/users?search=%20").await.page().len(), 2);
}

#[tokio::test]
async fn a_search_compares_a_limited_number_of_users_for_a_page() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:read").await;
    let insert = |first: i64, count: i64, name: &str| {
        app.execute(&format!(
            "INSERT INTO users (id, first_name, last_name, sort_name, created_at, updated_at)
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
             SELECT {first} + i, '{name}', 'Berg', '{name} berg', 0, 0 FROM n"
        ));
    };
    insert(1, 1, "zoe");
    insert(2, 1, "ann");
    insert(1000, 20_000, "ben");
    app.execute(
        "INSERT INTO email_addresses (id, user_id, address, address_key, is_primary, verified_at, created_at, updated_at)
         VALUES (1, 1, 'zoe@example.com', 'zoe@example.com', 1, 0, 0, 0)",
    );
    let found = async |query: &str| {
        let page = backend.get(&format!("/users?{query}")).await.ok();
        let names: Vec<_> = page["data"].as_array().unwrap().iter().map(|user| text(&user["first_name"])).collect();
        assert_eq!(page["has_more"], page["next_cursor"].is_string(), "{query}");
        (names, page["next_cursor"].as_str().map(str::to_owned))
    };
    for (search, name) in [("zoe", "zoe"), ("zoe%20berg", "zoe"), ("ann", "ann")] {
        let (names, next) = found(&format!("search={search}")).await;
        assert_eq!(names, Vec::<String>::new(), "{search}");
        assert_eq!(found(&format!("search={search}&cursor={}", next.unwrap())).await, (vec![name.to_owned()], None));
    }
    assert_eq!(found("search=zoe&sort_order=asc").await.0, ["zoe"]);
    // An address is found by its index, once.
    let (names, next) = found("search=zoe@example.com&limit=1").await;
    assert_eq!(names, ["zoe"]);
    let (names, next) = found(&format!("search=zoe@example.com&limit=1&cursor={}", next.unwrap())).await;
    assert_eq!((names, next), (Vec::new(), None));
}

#[tokio::test]
async fn a_search_of_an_address_finds_all_who_have_it() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:read").await;
    app.execute(
        "INSERT INTO users (id, first_name, last_name, sort_name, created_at, updated_at)
         VALUES (5, 'ada', '', 'ada', 0, 0), (6, 'ben', '', 'ben', 0, 0), (7, 'cyd', '', 'cyd', 0, 0),
                (8, 'dan', '', 'dan', 0, 0)",
    );
    app.execute(
        "INSERT INTO email_addresses (id, user_id, address, address_key, is_primary, verified_at, created_at, updated_at)
         VALUES (1, 6, 'ben@example.com', 'ben@example.com', 1, 0, 0, 0)",
    );
    app.execute(
        "INSERT INTO email_claims (id, user_id, address, address_key, expires_at, created_at, updated_at)
         VALUES (1, 5, 'ben@example.com', 'ben@example.com', 9000000000000000, 0, 0),
                (2, 7, 'ben@example.com', 'ben@example.com', 9000000000000000, 0, 0)",
    );
    for sort in ["", "&sort_order=asc", "&sort_key=name", "&sort_key=name&sort_order=asc"] {
        for limit in 1..=4 {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page =
                    backend.get(&format!("/users?search=ben@example.com&limit={limit}{sort}{cursor}")).await.ok();
                found.extend(page["data"].as_array().unwrap().iter().map(|user| text(&user["first_name"])));
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            found.sort_unstable();
            assert_eq!(found, ["ada", "ben", "cyd"], "{limit}{sort}");
        }
    }
}

#[tokio::test]
async fn changes_names_and_metadata() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let user = app.create_user("ada@example.com").await;
    app.verify_all_addresses();
    let id = text(&user.get("/me").await.ok()["id"]);
    let path = format!("/users/{id}");
    let public = json!({"plan": "pro", "limits": {"seats": [1, 2.5, null]}});
    let fields = [
        ("first_name", "Augusta"),
        ("username", "countess"),
        ("public_metadata", &public.to_string()),
        ("private_metadata", "{\"crm\":\"c-1\"}"),
        ("second_factor_policy", "none"),
    ];
    let updated = backend.send_multipart(Method::PATCH, &path, &fields).await.ok();
    assert_eq!((&updated["first_name"], &updated["last_name"]), (&json!("Augusta"), &json!("Test")));
    assert_eq!(updated["username"], "countess");
    let shown = details(&backend, &id).await;
    assert_eq!(updated, shown, "clients read the details from the response");
    assert_eq!((&shown["public_metadata"], &shown["private_metadata"]), (&public, &json!({"crm": "c-1"})));
    // The user sees the public metadata at once, and the private nowhere.
    let own = user.get("/me").await;
    assert!(!own.text.contains("c-1") && !own.text.contains("crm"), "{}", own.text);
    assert_eq!(own.ok()["public_metadata"], public);
    let session = user.get("/session").await;
    assert!(session.text.contains("Augusta") && !session.text.contains("c-1"), "{}", session.text);
    // A user name opens the account: its owner gets a notice, without the address of the backend.
    let mail = app.mail("ada@example.com");
    assert!(mail.text.contains("countess") && !mail.text.contains("127.0.0.1"), "{}", mail.text);
    // JSON objects replace them as well, each alone.
    backend.patch(&path, &json!({"private_metadata": {"a": {"b": []}}, "username": ""})).await.ok();
    let shown = details(&backend, &id).await;
    assert_eq!((&shown["public_metadata"], &shown["private_metadata"]), (&public, &json!({"a": {"b": []}})));
    assert_eq!(shown["username"], json!(null));
    let largest = format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024 - 8));
    backend.send_multipart(Method::PATCH, &path, &[("private_metadata", &largest)]).await.ok();
    let other = create(&backend, &[("username", "grace")]).await;
    let fields = json!({"username": "Grace"});
    backend.patch(&path, &fields).await.assert_error(409, "USERNAME_EXISTS");
    backend.patch(&format!("/users/{}", text(&other["id"])), &fields).await.ok();
}

#[tokio::test]
async fn disabling_signs_a_user_out_and_enabling_lets_them_in() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let user = app.create_user("ada@example.com").await;
    let path = format!("/users/{}", text(&user.get("/me").await.ok()["id"]));
    backend.send_multipart(Method::PATCH, &path, &[("disabled", "true")]).await.ok();
    user.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let sign_in = [("email", "ada@example.com"), ("password", PASSWORD)];
    app.anonymous().post("/auth/signin", &sign_in).await.assert_error(403, "USER_DISABLED");
    assert_eq!(backend.get(&format!("{path}/details")).await.ok()["disabled"], true);
    backend.patch(&path, &json!({"disabled": false})).await.ok();
    backend.patch(&path, &json!({"disabled": false})).await.ok();
    app.anonymous().post("/auth/signin", &sign_in).await.ok();
}

#[tokio::test]
async fn sets_and_removes_a_picture() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let picture = encode(ImageFormat::Png, 64, 64);
    let multipart = |fields: &str| {
        let mut body = fields.as_bytes().to_vec();
        body.extend_from_slice(
            b"--B\r\nContent-Disposition: form-data; name=\"profile_image\"; filename=\"a.png\"\r\n\r\n",
        );
        body.extend_from_slice(&picture);
        body.extend_from_slice(b"\r\n--B--\r\n");
        Body::from(body)
    };
    let kind = Some("multipart/form-data; boundary=B");
    let names = ["first_name", "last_name"]
        .map(|name| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nAda\r\n"))
        .concat();
    let created = backend.send(Method::POST, "/users", kind, multipart(&names)).await.ok();
    assert_eq!(fetch(&app, &created["profile_picture_url"]).await.status, 200);
    let path = format!("/users/{}", text(&created["id"]));
    assert_eq!(backend.get("/users").await.page()[0]["profile_picture_url"], created["profile_picture_url"]);
    let updated = backend.send(Method::PATCH, &path, kind, multipart("")).await.ok();
    assert_ne!(updated["profile_picture_url"], created["profile_picture_url"]);
    let removed = backend.send_multipart(Method::PATCH, &path, &[("remove_profile_image", "true")]).await.ok();
    assert_eq!(removed["profile_picture_url"], "");
    let reader = PlatformClient::new(&app, "users:read").await;
    reader.send(Method::PATCH, &path, kind, multipart("")).await.assert_error(403, "SCOPE_MISSING");
    invariants::assert_hold(&app.inner.database, &[WITHOUT_ADDRESS]);
}

#[tokio::test]
async fn a_last_admin_cannot_be_deleted() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let member = app.create_member(&owner, &organization, "mia@example.com", "").await;
    app.verify_all_addresses();
    let id_of = async |client: &crate::harness::TestClient| text(&client.get("/me").await.ok()["id"]);
    let (owner_id, member_id) = (id_of(&owner).await, id_of(&member).await);
    let message = backend.delete(&format!("/users/{owner_id}")).await.assert_error(409, "LAST_ADMIN");
    assert!(message.contains("This user is the last admin of Acme"), "{message}");
    let sent = app.mail_count("mia@example.com");
    assert_eq!(backend.delete(&format!("/users/{member_id}")).await.ok(), json!({}));
    assert_eq!(app.mail_count("mia@example.com"), sent + 1, "a security notice");
    member.get("/me").await.assert_error(401, "UNAUTHORIZED");
    backend.get(&format!("/users/{member_id}/details")).await.assert_error(404, "USER_NOT_FOUND");
    backend.delete(&format!("/users/{member_id}")).await.assert_error(404, "USER_NOT_FOUND");
    assert_eq!(owner.get("/me").await.status, 200);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn sets_and_removes_a_password() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let user = app.create_user("ada@example.com").await;
    let path = format!("/users/{}/password", text(&user.get("/me").await.ok()["id"]));
    // Without a proved address they could not sign in any more.
    let message = backend.delete(&path).await.assert_error(409, "NO_ALTERNATIVE_AUTH_METHOD");
    assert!(message.contains("disable them"), "{message}");
    app.verify_all_addresses();
    backend.patch(&path, &json!({"new_password": "example example"})).await.assert_error(400, "INVALID_PASSWORD");
    backend.patch(&path, &json!({})).await.assert_error(400, "REQUIRED_FIELD");
    assert_eq!(user.get("/me").await.status, 200);
    assert_eq!(backend.patch(&path, &json!({"new_password": "open-sesame-43"})).await.ok(), json!({}));
    user.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(app.mail_count("ada@example.com"), 1, "a security notice");
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", "ada@example.com"), ("password", "open-sesame-43")]).await.ok();
    assert_eq!(backend.delete(&path).await.ok(), json!({}));
    client.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(app.mail_count("ada@example.com"), 2);
    backend.patch(&path, &json!({"new_password": "pw", "skip_password_check": true})).await.ok();
    client.post("/auth/signin", &[("email", "ada@example.com"), ("password", "pw")]).await.ok();
}

#[tokio::test]
async fn lists_memberships_with_roles() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "members:read users:read").await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    crate::harness::create_workspace(&owner, &organization).await;
    let id = text(&owner.get("/me").await.ok()["id"]);
    let memberships = backend.get(&format!("/users/{id}/organization-memberships")).await.page();
    assert_eq!(memberships.len(), 1);
    assert_eq!(memberships[0]["organization_id"], organization);
    assert_eq!(memberships[0]["user_id"], id);
    assert_eq!(memberships[0]["organization"]["name"], "Acme");
    assert_eq!(memberships[0]["organization"]["member_count"], 1);
    assert_eq!(memberships[0]["roles"][0]["is_deployment_level"], true);
    assert!(memberships[0]["roles"][0]["permissions"].as_array().unwrap().contains(&json!("organization:admin")));
    let path = format!("/users/{id}/workspace-memberships");
    let memberships = backend.get(&path).await.page();
    assert_eq!(memberships.len(), 1);
    assert_eq!(memberships[0]["organization_id"], organization);
    assert_eq!(memberships[0]["workspace"]["id"], memberships[0]["workspace_id"]);
    assert!(memberships[0]["roles"][0]["permissions"].is_array());
    backend.get("/users/123/organization-memberships").await.assert_error(404, "USER_NOT_FOUND");
    backend.get("/users/123/workspace-memberships").await.assert_error(404, "USER_NOT_FOUND");
    let other = PlatformClient::new(&app, "users:write").await;
    other.get(&path).await.assert_error(403, "SCOPE_MISSING");
    owner.reauthenticate().await;
    owner.post(&format!("/organizations/{organization}/delete"), &[("confirmation", "Acme")]).await.ok();
    assert_eq!(backend.get(&path).await.page(), Vec::<Value>::new(), "the organization is deleted");
}

#[tokio::test]
async fn memberships_have_private_metadata_for_keys_that_may_read_it() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = crate::harness::create_workspace(&owner, &organization).await;
    let private = json!({"private_metadata": {"crm": 7}});
    backend.patch(&format!("/organizations/{organization}"), &private).await.ok();
    backend.patch(&format!("/workspaces/{workspace}"), &private).await.ok();
    let id = text(&owner.get("/me").await.ok()["id"]);
    for (kind, scope) in [("organization", "organizations:read"), ("workspace", "workspaces:read")] {
        let path = format!("/users/{id}/{kind}-memberships");
        for (scopes, expected) in [
            ("members:read".to_owned(), json!({})),
            (format!("members:read {scope}"), private["private_metadata"].clone()),
        ] {
            let listed = PlatformClient::new(&app, &scopes).await.get(&path).await.page();
            assert_eq!(listed[0][kind]["private_metadata"], expected, "{kind} {scopes}");
        }
    }
}

#[tokio::test]
async fn memberships_are_searched_and_sorted() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let user = text(&create(&backend, &[]).await["id"]);
    for name in ["Beta", "alpha", "Gamma"] {
        let organization = super::organizations::create(&backend, name).await;
        backend.post(&format!("{organization}/members"), &json!({"user_id": user, "role_ids": []})).await.ok();
        let workspaces = format!("{organization}/workspaces");
        let workspace = text(&backend.post(&workspaces, &json!({ "name": name })).await.ok()["id"]);
        let members = format!("/workspaces/{workspace}/members");
        backend.post(&members, &json!({"user_id": user, "role_ids": []})).await.ok();
    }
    for kind in ["organization", "workspace"] {
        let path = format!("/users/{user}/{kind}-memberships");
        for (query, expected) in [
            ("", "Gamma alpha Beta"),
            ("?sort_order=asc", "Beta alpha Gamma"),
            ("?sort_key=name", "alpha Beta Gamma"),
            ("?sort_key=name&sort_order=desc&limit=2", "Gamma Beta"),
            ("?search=ALPH", "alpha"),
        ] {
            let listed = backend.get(&format!("{path}{query}")).await.page();
            let names: Vec<_> = listed.iter().map(|membership| text(&membership[kind]["name"])).collect();
            assert_eq!(names.join(" "), expected, "{kind}{query}");
        }
        backend.get(&format!("{path}?sort_key=role")).await.assert_error(400, "INVALID_FIELD");
    }
}

#[tokio::test]
async fn unsupported_features_are_empty_or_have_a_code() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    let id = text(&create(&backend, &[]).await["id"]);
    for list in ["phones", "social-connections"] {
        let page = backend.get(&format!("/users/{id}/{list}")).await.ok();
        assert_eq!(page, json!({"data": [], "total": 0, "limit": 1000, "offset": 0, "has_more": false}));
        backend.get(&format!("/users/123/{list}")).await.assert_error(404, "USER_NOT_FOUND");
        backend.get(&format!("/users/{id}/{list}?sort_key=age")).await.assert_error(400, "INVALID_FIELD");
    }
    for (method, path, status, code) in [
        (Method::POST, "phones", 400, "PHONES_NOT_SUPPORTED"),
        (Method::PATCH, "phones/1", 400, "PHONES_NOT_SUPPORTED"),
        (Method::DELETE, "phones/1", 400, "PHONES_NOT_SUPPORTED"),
        (Method::POST, "phones/1/make-primary", 400, "PHONES_NOT_SUPPORTED"),
        (Method::DELETE, "social-connections/1", 404, "SOCIAL_CONNECTION_NOT_FOUND"),
    ] {
        let body = || Body::from("{\"name\": \"x\"}");
        let answer =
            backend.send(method.clone(), &format!("/users/{id}/{path}"), Some("application/json"), body()).await;
        answer.assert_error(status, code);
        let other = PlatformClient::new(&app, "members:write").await;
        let answer = other.send(method, &format!("/users/{id}/{path}"), Some("application/json"), body()).await;
        answer.assert_error(403, "SCOPE_MISSING");
    }
}

#[tokio::test]
async fn a_repeated_request_creates_one_user() {
    let app = TestApp::start().await;
    let mut backend = PlatformClient::new(&app, "users:write").await;
    backend.headers.insert("idempotency-key", "contract-7".parse().unwrap());
    let created = create(&backend, &[("email_address", "ada@example.com"), ("password", PASSWORD)]).await;
    let again = create(&backend, &[("email_address", "ada@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(created, again);
    backend.headers.clear();
    assert_eq!(backend.get("/users").await.page().len(), 1);
}

#[tokio::test]
async fn of_concurrent_users_one_gets_the_address() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "users:write").await;
    app.create_user("ada@example.com").await;
    let create = async |number: usize| {
        let fields = json!({"first_name": format!("{number}"), "last_name": "", "email_address": "ada@example.com"});
        backend.post("/users", &fields).await.status
    };
    let mut statuses = join_all((0..6).map(create)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    invariants::assert_hold(&app.inner.database, &[WITHOUT_ADDRESS]);
}
