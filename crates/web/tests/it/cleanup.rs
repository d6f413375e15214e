//! The cleanup worker deletes expired rows, and only those.

use std::time::Duration;

use vestibule_core::cleanup::delete_expired;

use crate::harness::{DAY, PASSWORD, TestApp};

async fn clean_up_and_count(app: &TestApp, table: &str) -> i64 {
    delete_expired(&app.inner.service).await.unwrap();
    app.count(&format!("SELECT COUNT(*) FROM {table}"))
}

#[tokio::test]
async fn deletes_sessions_one_hour_after_expiry() {
    let app = TestApp::with_settings(|settings| {
        (settings.sessions.idle_timeout, settings.sessions.max_lifetime) = (DAY * 7, DAY * 10);
    })
    .await;
    let idle = app.create_user("idle@example.com").await;
    let busy = app.create_user("busy@example.com").await;
    app.advance(DAY * 6);
    busy.get("/me").await.ok();
    app.advance(DAY);
    idle.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(clean_up_and_count(&app, "sessions").await, 2, "a session that has just expired is still stored");
    app.advance(Duration::from_mins(61));
    assert_eq!((clean_up_and_count(&app, "sessions").await, clean_up_and_count(&app, "sign_ins").await), (1, 1));
    busy.get("/me").await.ok();
    app.advance(DAY * 3);
    busy.get("/me").await.assert_error(401, "UNAUTHORIZED");
    app.advance(Duration::from_mins(61));
    assert_eq!((clean_up_and_count(&app, "sessions").await, clean_up_and_count(&app, "sign_ins").await), (0, 0));
    assert_eq!(clean_up_and_count(&app, "users").await, 2);
}

#[tokio::test]
async fn deletes_expired_rate_limit_counters() {
    let app = TestApp::start().await;
    app.create_user("ada@example.com").await;
    let anonymous = app.anonymous();
    anonymous.post("/auth/signin", &[("email", "ada@example.com"), ("password", "wrong")]).await;
    assert!(clean_up_and_count(&app, "attempt_limits").await > 0);
    app.advance(Duration::from_hours(25));
    assert_eq!(clean_up_and_count(&app, "attempt_limits").await, 0);
    anonymous.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await.ok();
}

#[tokio::test]
async fn deletes_expired_idempotency_records() {
    let app = TestApp::start().await;
    let (mut owner, id) = app.create_organization("owner@example.com").await;
    owner.headers.insert("idempotency-key", "one".parse().unwrap());
    let body = serde_json::json!({"invitations": ["a@example.com"]});
    owner.post_json(&format!("/organizations/{id}/invitations/bulk"), &body).await.ok();
    app.advance(Duration::from_hours(23));
    assert_eq!(clean_up_and_count(&app, "idempotent_answers").await, 1);
    app.advance(Duration::from_hours(2));
    assert_eq!(clean_up_and_count(&app, "idempotent_answers").await, 0);
}

#[tokio::test]
async fn deletes_in_batches() {
    let app = TestApp::start().await;
    let insert = "INSERT INTO sessions (id, token_digest, last_seen_at, expires_at, created_at, updated_at)";
    for number in 1..=450 {
        let digest = format!("{number:064x}");
        let digest = match vestibule_testbed::Engine::under_test() {
            vestibule_testbed::Engine::Sqlite => format!("x'{digest}'"),
            vestibule_testbed::Engine::Postgres => format!("'\\x{digest}'"),
        };
        app.inner.database.execute(&format!("{insert} VALUES ({number}, {digest}, 0, {number}, 0, 0)"));
    }
    let cleared = delete_expired(&app.inner.service).await.unwrap();
    assert_eq!(cleared, 450);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions"), 0);
}
