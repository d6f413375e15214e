//! What is over is cleared away, and nothing else is.

use std::time::Duration;

use vestibule_core::housekeeping::clear_over;

use crate::harness::{App, DAY, PASSWORD};

async fn rows(app: &App, table: &str) -> i64 {
    clear_over(&app.inner.service).await.unwrap();
    app.count(&format!("SELECT COUNT(*) FROM {table}"))
}

#[tokio::test]
async fn a_session_goes_an_hour_after_its_end_and_its_sign_ins_with_it() {
    let app = App::with(|settings| {
        (settings.sessions.idle_timeout, settings.sessions.max_lifetime) = (DAY * 7, DAY * 10);
    })
    .await;
    let idle = app.person("idle@example.com").await;
    let busy = app.person("busy@example.com").await;
    app.advance(DAY * 6);
    busy.get("/me").await.ok();
    app.advance(DAY);
    idle.get("/me").await.refused(401, "UNAUTHORIZED");
    assert_eq!(rows(&app, "sessions").await, 2, "one that ended a moment ago is still there");
    app.advance(Duration::from_mins(61));
    assert_eq!((rows(&app, "sessions").await, rows(&app, "sign_ins").await), (1, 1));
    busy.get("/me").await.ok();
    app.advance(DAY * 3);
    busy.get("/me").await.refused(401, "UNAUTHORIZED");
    app.advance(Duration::from_mins(61));
    assert_eq!((rows(&app, "sessions").await, rows(&app, "sign_ins").await), (0, 0));
    assert_eq!(rows(&app, "users").await, 2);
}

#[tokio::test]
async fn counters_go_when_their_window_is_over() {
    let app = App::start().await;
    app.person("ada@example.com").await;
    let visitor = app.visitor();
    visitor.post("/auth/signin", &[("email", "ada@example.com"), ("password", "wrong")]).await;
    assert!(rows(&app, "attempt_limits").await > 0);
    app.advance(Duration::from_hours(25));
    assert_eq!(rows(&app, "attempt_limits").await, 0);
    visitor.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await.ok();
}

#[tokio::test]
async fn answers_go_when_nobody_may_ask_again() {
    let app = App::start().await;
    let (mut owner, id) = app.founder("owner@example.com").await;
    owner.headers.insert("idempotency-key", "one".parse().unwrap());
    let body = serde_json::json!({"invitations": ["a@example.com"]});
    owner.post_json(&format!("/organizations/{id}/invitations/bulk"), &body).await.ok();
    app.advance(Duration::from_hours(23));
    assert_eq!(rows(&app, "idempotent_answers").await, 1);
    app.advance(Duration::from_hours(2));
    assert_eq!(rows(&app, "idempotent_answers").await, 0);
}

#[tokio::test]
async fn more_than_a_batch_goes_in_batches() {
    let app = App::start().await;
    let insert = "INSERT INTO sessions (id, token_digest, last_seen_at, expires_at, created_at, updated_at)";
    for number in 1..=450 {
        let digest = format!("{number:064x}");
        let digest = match vestibule_testbed::Engine::of_this_run() {
            vestibule_testbed::Engine::Sqlite => format!("x'{digest}'"),
            vestibule_testbed::Engine::Postgres => format!("'\\x{digest}'"),
        };
        app.inner.database.execute(&format!("{insert} VALUES ({number}, {digest}, 0, {number}, 0, 0)"));
    }
    let cleared = clear_over(&app.inner.service).await.unwrap();
    assert_eq!(cleared, 450);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions"), 0);
}
