//! Proofs of identity, rate limits, the database and the process.

use vestibule_testbed::Engine;

use super::{MetricsClient, Scraped};
use crate::harness::{PASSWORD, START_TIME, TestApp};

const NORA: &str = "nora@acme.example";

fn authentications(scraped: &Scraped, kind: &str) -> [f64; 3] {
    ["success", "failure", "refused"]
        .map(|outcome| scraped.value("vestibule_authentications_total", &[("kind", kind), ("outcome", outcome)]))
}

fn refusals(scraped: &Scraped, limit: &str) -> f64 {
    scraped.value("vestibule_rate_limit_refusals_total", &[("limit", limit)])
}

#[tokio::test]
async fn counts_sign_ins_by_outcome() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 4).await;
    let client = MetricsClient::new(&app);
    app.create_user(NORA).await;
    let scraped = client.scrape().await;
    assert_eq!(authentications(&scraped, "sign_up"), [1.0, 0.0, 0.0]);
    assert_eq!(authentications(&scraped, "sign_in"), [0.0, 0.0, 0.0]);
    let sign_in =
        async |password| app.anonymous().post("/auth/signin", &[("email", NORA), ("password", password)]).await.status;
    assert_eq!(sign_in(PASSWORD).await, 200);
    for _ in 0..4 {
        sign_in("wrong").await;
    }
    let scraped = client.scrape().await;
    assert_eq!((authentications(&scraped, "sign_in"), refusals(&scraped, "sign_in")), ([1.0, 4.0, 0.0], 0.0));
    for _ in 0..2 {
        assert_eq!(sign_in(PASSWORD).await, 429);
    }
    let scraped = client.scrape().await;
    assert_eq!((authentications(&scraped, "sign_in"), refusals(&scraped, "sign_in")), ([1.0, 4.0, 2.0], 2.0));
}

#[tokio::test]
async fn counts_refusals_by_limit() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits.invitations_per_user = 1;
        settings.rate_limits.organizations_per_user = 1;
    })
    .await;
    let client = MetricsClient::new(&app);
    let (admin, acme) = app.create_organization(NORA).await;
    let list = format!("/organizations/{acme}/invitations");
    admin.post(&list, &[("email", "sam@example.com")]).await.ok();
    admin.post(&list, &[("email", "lin@example.com")]).await.assert_error(429, "TOO_MANY_REQUESTS");
    admin.post("/organizations", &[("name", "Second")]).await.assert_error(429, "TOO_MANY_REQUESTS");
    let scraped = client.scrape().await;
    for (limit, count) in [("invitation", 1.0), ("organization", 1.0), ("recipient", 0.0), ("workspace", 0.0)] {
        assert_eq!(refusals(&scraped, limit), count, "{limit}");
    }
}

#[tokio::test]
async fn shows_the_database_and_the_process() {
    let app = TestApp::start().await;
    let client = MetricsClient::new(&app);
    app.create_organization(NORA).await;
    let scraped = client.scrape().await;
    assert!(scraped.value("vestibule_database_statements_total", &[]) > 10.0);
    let (database, waits) = match Engine::under_test() {
        Engine::Sqlite => ("sqlite", "vestibule_database_writer_wait_seconds_count"),
        Engine::Postgres => ("postgresql", "vestibule_database_pool_wait_seconds_count"),
    };
    assert!(scraped.value(waits, &[]) > 3.0, "{}", scraped.text);
    let version = [("version", env!("CARGO_PKG_VERSION")), ("database", database)];
    assert_eq!(scraped.value("vestibule_build_info", &version), 1.0);
    if Engine::under_test() == Engine::Postgres {
        let pool = |name: &str| scraped.value(&format!("vestibule_database_pool_{name}"), &[]);
        // One of the eight is shared.
        assert_eq!((pool("max_connections"), pool("waiting")), (7.0, 0.0));
        assert!((1.0..=7.0).contains(&pool("open_connections")));
    } else {
        assert_eq!(scraped.value("vestibule_database_writer_queue", &[]), 0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a time has fewer digits than an f64")]
    let started_at = START_TIME.unix_seconds() as f64;
    assert_eq!(scraped.value("process_start_time_seconds", &[]), started_at);
    if cfg!(target_os = "linux") {
        assert!(scraped.value("process_resident_memory_bytes", &[]) > 1e6);
    }
    let pool =
        |name: &str| scraped.value(&format!("vestibule_background_pool_{name}"), &[("pool", "password_hashing")]);
    assert!(pool("max") >= 1.0);
    assert_eq!((pool("busy"), pool("waiting")), (0.0, 0.0));
}
