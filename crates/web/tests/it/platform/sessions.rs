//! The sign-ins of a user, as an API key sees and ends them.

use serde_json::json;

use super::PlatformClient;
use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const ADA: &str = "ada@example.com";

async fn sign_in(app: &TestApp) -> TestClient {
    let mut client = app.anonymous();
    client.headers.insert("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".parse().unwrap());
    client.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    client
}

/// Returns an app with Ada, who is signed in, and the path of her sign-ins.
async fn setup() -> (TestApp, PlatformClient, TestClient, String) {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "sessions:write").await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    let path = format!("/users/{}/sessions", text(&ada.get("/me").await.ok()["id"]));
    (app, backend, ada, path)
}

#[tokio::test]
async fn lists_sign_ins_newest_first() {
    let (app, backend, _, path) = setup().await;
    sign_in(&app).await;
    sign_in(&app).await;
    let listed = backend.get(&path).await.page();
    assert_eq!(listed.len(), 3);
    assert!(text(&listed[0]["browser"]).contains("Firefox"), "{}", listed[0]);
    for field in
        ["id", "session_id", "user_id", "created_at", "updated_at", "expires_at", "last_active_at", "ip_address"]
    {
        assert!(listed[0][field].is_string(), "{field}");
    }
    for field in ["city", "region", "region_code", "country", "country_code"] {
        assert_eq!(listed[0][field], "", "{field}");
    }
    let ids: Vec<_> = listed.iter().map(|item| text(&item["id"])).collect();
    assert_eq!(backend.get(&path).await.ok()["limit"], 1000, "clients do not look for another page");
    let first = backend.get(&format!("{path}?limit=2")).await.ok();
    assert_eq!((&first["total"], &first["has_more"]), (&json!(3), &json!(true)));
    let cursor = text(&first["next_cursor"]);
    for next in [format!("{path}?limit=2&cursor={cursor}"), format!("{path}?limit=2&offset=2")] {
        let page = backend.get(&next).await.ok();
        assert_eq!((&page["data"][0]["id"], &page["has_more"]), (&json!(ids[2]), &json!(false)), "{next}");
    }
    backend.get(&format!("{path}?cursor=x")).await.assert_error(400, "INVALID_CURSOR");
    for query in ["sort_key=city", "sort_order=asc"] {
        backend.get(&format!("{path}?{query}")).await.assert_error(400, "INVALID_FIELD");
    }
    backend.get(&format!("{path}?include_expired=x")).await.assert_error(400, "INVALID_FIELD");
    app.advance(DAY * 400);
    assert_eq!(backend.get(&path).await.page().len(), 0);
    assert_eq!(backend.get(&format!("{path}?include_expired=true")).await.page().len(), 3);
}

#[tokio::test]
async fn ends_one_sign_in() {
    let (app, backend, first, path) = setup().await;
    let second = sign_in(&app).await;
    let newest = text(&backend.get(&path).await.page()[0]["id"]);
    let revoke = format!("{path}/{newest}/revoke");
    assert_eq!(backend.post_empty(&revoke).await.ok(), json!({}));
    second.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(first.get("/me").await.status, 200);
    assert_eq!(app.mail_count(ADA), 1, "a security notice");
    backend.post_empty(&revoke).await.assert_error(404, "SIGN_IN_NOT_FOUND");
    let other = app.create_user("eve@example.com").await;
    let eve = text(&other.get("/me").await.ok()["id"]);
    let remaining = text(&backend.get(&path).await.page()[0]["id"]);
    backend
        .post_empty(&format!("/users/{eve}/sessions/{remaining}/revoke"))
        .await
        .assert_error(404, "SIGN_IN_NOT_FOUND");
    assert_eq!(first.get("/me").await.status, 200);
}

#[tokio::test]
async fn ends_all_sign_ins() {
    let (app, backend, first, path) = setup().await;
    let second = sign_in(&app).await;
    let all = format!("{path}/revoke-all");
    assert_eq!(backend.post_empty(&all).await.ok(), json!({"revoked": 2}));
    for client in [&first, &second] {
        client.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!(app.mail_count(ADA), 1, "a security notice");
    assert_eq!(backend.post_empty(&all).await.ok(), json!({"revoked": 0}));
    assert_eq!(app.mail_count(ADA), 1);
    backend.post_empty("/users/123/sessions/revoke-all").await.assert_error(404, "USER_NOT_FOUND");
    backend.post_empty("/users/123/sessions/1/revoke").await.assert_error(404, "USER_NOT_FOUND");
    backend.get("/users/123/sessions").await.assert_error(404, "USER_NOT_FOUND");
    let reader = PlatformClient::new(&app, "sessions:read users:write").await;
    reader.post_empty(&all).await.assert_error(403, "SCOPE_MISSING");
    assert_eq!(reader.get(&path).await.page().len(), 0);
}
