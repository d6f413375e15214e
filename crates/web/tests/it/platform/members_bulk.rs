//! Adding a list of users to an organization.

use axum::http::HeaderName;
use serde_json::{Value, json};
use vestibule_testbed::invariants;

use super::PlatformClient;
use super::organizations::{create, role, user};
use crate::harness::{TestApp, text};

/// The status, or the code, of each row.
fn results(body: &Value) -> Vec<&str> {
    let rows = body["results"].as_array().unwrap();
    rows.iter().map(|row| row["code"].as_str().unwrap_or_else(|| row["status"].as_str().unwrap())).collect()
}

/// Inserts users with the ids from `first`.
fn insert_users(app: &TestApp, first: i64, count: usize) {
    let rows = format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})");
    app.execute(&format!(
        "INSERT INTO users (id, first_name, last_name, sort_name, created_at, updated_at)
         {rows} SELECT {first} + i, 'Ann' || i, 'Berg', 'ann' || i || ' berg', 0, 0 FROM n"
    ));
    app.execute(&format!(
        "INSERT INTO email_addresses (id, user_id, address, address_key, is_primary, verified_at, created_at, updated_at)
         {rows} SELECT {first} + i, {first} + i, 'm' || i || '@large.example', 'm' || i || '@large.example', 1, 0, 0, 0 FROM n"
    ));
}

#[tokio::test]
async fn every_row_has_its_own_result() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let (bulk, admin) = (format!("{path}/members/bulk"), role(&backend, &path, "Admin").await);
    let ((olga_client, olga), (_, nina), (_, kim)) = (
        user(&app, "olga@example.com").await,
        user(&app, "nina@example.com").await,
        user(&app, "kim@example.com").await,
    );
    backend.post(&format!("{path}/members"), &json!({"user_id": kim})).await.ok();
    let members = json!([
        {"user_id": olga, "role_ids": [admin]},
        {"user_id": nina},
        {"user_id": nina, "role_ids": [admin]},
        {"user_id": kim},
        {"user_id": "7"},
        {"user_id": "x"},
        {"role_ids": [admin]},
        {"user_id": olga, "role": "Admin"},
    ]);
    let expected = |valid: &'static str| {
        let refused =
            ["DUPLICATE_ROW", "ALREADY_MEMBER", "USER_NOT_FOUND", "INVALID_ID", "REQUIRED_FIELD", "UNKNOWN_FIELD"];
        [&[valid, valid], refused.as_slice()].concat()
    };
    let before = app.row_counts();
    let dry = backend.post(&bulk, &json!({"members": members, "dry_run": true})).await.ok();
    assert_eq!(results(&dry), expected("good"));
    assert_eq!((&dry["done"], &dry["dry_run"], &dry["mode"]), (&json!(false), &json!(true), &json!("each")));
    assert_eq!((&dry["rows"], &dry["good"], &dry["failed"]), (&json!(8), &json!(2), &json!(6)));
    let all = backend.post(&bulk, &json!({"members": members, "mode": "all"})).await.ok();
    assert_eq!((results(&all), &all["done"]), (expected("good"), &json!(false)));
    assert_eq!(app.row_counts(), before);
    let done = backend.post(&bulk, &json!({"members": members})).await.ok();
    assert_eq!((results(&done), &done["done"]), (expected("added"), &json!(true)));
    let rows = done["results"].as_array().unwrap();
    assert_eq!((&rows[1]["row"], &rows[1]["user_id"]), (&json!(2), &json!(nina)));
    assert_eq!((&rows[5]["user_id"], &rows[4]["message"]), (&json!(null), &json!("There is no such user.")));
    assert!(rows[2]["message"].is_string() && rows[2]["membership_id"].is_null());
    let shown = backend.get(&format!("{path}/members/{}", text(&rows[0]["membership_id"]))).await.ok();
    assert_eq!((&shown["user_id"], &shown["permissions"]), (&json!(olga), &json!(["organization:admin"])));
    olga_client.post(&format!("{path}/update"), &[("name", "Acme Corp")]).await.ok();
    assert_eq!(backend.get(&path).await.ok()["member_count"], 3);
    invariants::assert_hold(&app.inner.database, &[]);
    let again = backend.post(&bulk, &json!({"members": [{"user_id": nina}], "mode": "all"})).await.ok();
    assert_eq!((results(&again), &again["done"]), (vec!["ALREADY_MEMBER"], &json!(false)));
}

#[tokio::test]
async fn a_thousand_rows_are_added_at_once_and_listed() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let bulk = format!("{path}/members/bulk");
    insert_users(&app, 5_000_000, 1001);
    let rows = |count: i64| (0..count).map(|i| json!({"user_id": (5_000_000 + i).to_string()})).collect::<Vec<_>>();
    backend.post(&bulk, &json!({"members": rows(1001)})).await.assert_error(400, "TOO_MANY_ROWS");
    let response = backend.post(&bulk, &json!({"members": rows(1000)})).await;
    // One of them is the revision of each user's sessions.
    assert!(response.statements < 1040, "{}", response.statements);
    let done = response.ok();
    assert_eq!((&done["good"], &done["failed"]), (&json!(1000), &json!(0)));
    let page = backend.get(&format!("{path}/members?limit=1000&sort_key=name")).await.ok();
    assert_eq!((&page["total"], page["data"].as_array().unwrap().len()), (&json!(1000), 1000));
    assert!(page["data"].as_array().unwrap().iter().all(|member| member["roles"][0]["name"] == "Member"));
    let newest = backend.get(&format!("{path}/members?limit=1000")).await.page();
    assert_eq!((newest.len(), &newest[0]["first_name"]), (1000, &json!("Ann999")));
}

#[tokio::test]
async fn seats_are_counted_row_by_row() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_organization = 2).await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    insert_users(&app, 5_000_000, 3);
    let members = json!([{"user_id": 5_000_000}, {"user_id": 5_000_001}, {"user_id": 5_000_002}]);
    let done = backend.post(&format!("{path}/members/bulk"), &json!({"members": members})).await.ok();
    assert_eq!(results(&done), ["added", "added", "ORGANIZATION_FULL"]);
    assert_eq!(backend.get(&path).await.ok()["member_count"], 2);
}

#[tokio::test]
async fn a_repeated_list_gets_the_first_answer() {
    let app = TestApp::start().await;
    let mut backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    insert_users(&app, 5_000_000, 2);
    let body = json!({"members": [{"user_id": "5000000"}, {"user_id": "5000001"}]});
    backend.headers.insert(HeaderName::from_static("idempotency-key"), "list".parse().unwrap());
    let first = backend.post(&format!("{path}/members/bulk"), &body).await.ok();
    assert_eq!(backend.post(&format!("{path}/members/bulk"), &body).await.ok(), first);
    assert_eq!(results(&first), ["added", "added"]);
}

#[tokio::test]
async fn rejects_malformed_lists() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let bulk = format!("{}/members/bulk", create(&backend, "Acme").await);
    for (body, code) in [
        (json!({}), "REQUIRED_FIELD"),
        (json!({"members": []}), "REQUIRED_FIELD"),
        (json!({"members": "1"}), "INVALID_FIELD"),
        (json!({"members": ["1"]}), "INVALID_FIELD"),
        (json!({"members": [{"user_id": "1"}], "mode": "some"}), "INVALID_FIELD"),
        (json!({"members": [{"user_id": "1"}], "dry_run": "perhaps"}), "INVALID_FIELD"),
        (json!({"members": [{"user_id": "1"}], "role_ids": []}), "UNKNOWN_FIELD"),
    ] {
        backend.post(&bulk, &body).await.assert_error(400, code);
    }
    backend
        .post("/organizations/7/members/bulk", &json!({"members": [{"user_id": "1"}]}))
        .await
        .assert_error(404, "ORGANIZATION_NOT_FOUND");
}
