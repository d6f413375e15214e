//! Behaviour while the database is unreachable, unresponsive, disconnected in mid-command, or full.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use futures_util::future::join_all;
use vestibule_core::settings::{RateLimits, Settings};
use vestibule_db::{Db, WriteResult};
use vestibule_testbed::proxy::{Proxy, ProxyMode};
use vestibule_testbed::{Database, Engine, server_address};

use crate::harness::{TestApp, TestAppBuilder, TestClient, TestResponse};

/// Starts an app that connects through the proxy. Returns an organization's owner and the path of its invitations.
async fn setup(proxy: &Proxy, timeout: Duration) -> (TestApp, TestClient, String) {
    setup_with(proxy, timeout, |_| ()).await
}

async fn setup_with(proxy: &Proxy, timeout: Duration, change: fn(&mut Settings)) -> (TestApp, TestClient, String) {
    let builder = TestAppBuilder::new(Database::create_on(Engine::Postgres))
        .with_settings(change)
        .with_proxies(&[proxy])
        .with_database_timeout(timeout);
    let app = builder.build().await;
    let (olga, organization) = app.create_organization("olga@example.com").await;
    (app, olga, format!("/organizations/{organization}/invitations"))
}

fn assert_unavailable(response: TestResponse) {
    assert_eq!(response.headers["retry-after"], "1");
    response.assert_error(503, "UNAVAILABLE");
}

async fn retry_until_ok(mut send: impl AsyncFnMut() -> TestResponse) {
    while send().await.status != 200 {}
}

/// Requests time out while the server is unresponsive, change nothing, and succeed again as soon as it responds.
#[tokio::test(flavor = "multi_thread")]
async fn returns_503_while_database_is_down_and_recovers() {
    let proxy = Proxy::start(server_address()).await;
    let (app, olga, list) = setup(&proxy, Duration::from_millis(1500)).await;
    for mode in [ProxyMode::Refuse, ProxyMode::Stall] {
        olga.get(&list).await.ok();
        proxy.set_mode(mode);
        assert_unavailable(olga.get(&list).await);
        assert_unavailable(olga.post_without_draining(&list, &[("email", "nina@example.com")]).await);
        assert_unavailable(app.anonymous().get("/health/ready").await);
        assert_eq!(app.anonymous().get("/health/live").await.ok()["status"], "live");
        // Concurrent requests fail too, and leave no stuck connection behind.
        join_all((0..40).map(|_| async { assert_unavailable(olga.get(&list).await) })).await;
        proxy.set_mode(ProxyMode::Forward);
        retry_until_ok(async || app.anonymous().get("/health/ready").await).await;
        retry_until_ok(async || olga.get(&list).await).await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations"), 0, "a failed command changed nothing");
    olga.post(&list, &[("email", "nina@example.com")]).await.ok();
}

/// A client with two session cookies, of which only the database knows which is a session.
fn client_with_two_cookies(app: &TestApp) -> TestClient {
    let mut client = app.anonymous();
    let cookies = ["A", "E"].map(|character| format!("session_id={}", character.repeat(43)));
    client.headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_site_and_health_checks_do_not_look_up_sessions() {
    let proxy = Proxy::start(server_address()).await;
    let (app, ..) = setup(&proxy, Duration::from_millis(1500)).await;
    let mut client = client_with_two_cookies(&app);
    proxy.set_mode(ProxyMode::Stall);
    assert_unavailable(client.get("/session").await);
    assert_eq!(client.get("/health/live").await.ok()["status"], "live");
    client.headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.example"));
    client.post_without_draining("/session/sign-out", &[]).await.assert_error(403, "CROSS_SITE_REQUEST");
}

#[tokio::test]
async fn request_timeout_includes_the_lookup_of_the_session() {
    let proxy = Proxy::start(server_address()).await;
    let (app, ..) = setup(&proxy, Duration::from_mins(10)).await;
    let client = client_with_two_cookies(&app);
    proxy.set_mode(ProxyMode::Stall);
    tokio::time::pause();
    client.get("/session").await.assert_error(503, "TIMED_OUT");
}

/// The first of two hosts accepts connections but stops responding. Requests fail over to the second host, and later
/// ones do not wait for the first.
#[tokio::test(flavor = "multi_thread")]
async fn fails_over_from_unresponsive_host() {
    let (first, second) = (Proxy::start(server_address()).await, Proxy::start(server_address()).await);
    let builder = TestAppBuilder::new(Database::create_on(Engine::Postgres)).with_proxies(&[&first, &second]);
    let app = builder.with_database_timeout(Duration::from_millis(1500)).build().await;
    let (olga, organization) = app.create_organization("olga@example.com").await;
    let list = format!("/organizations/{organization}/members");
    // The first command fails, since a transaction is bound to its connection. Single reads may fail over at once.
    first.set_mode(ProxyMode::Stall);
    assert_unavailable(
        olga.post_without_draining(
            &format!("/organizations/{organization}/invitations"),
            &[("email", "nina@example.com")],
        )
        .await,
    );
    retry_until_ok(async || olga.get(&list).await).await;
    second.set_mode(ProxyMode::Stall);
    first.set_mode(ProxyMode::Forward);
    retry_until_ok(async || olga.get(&list).await).await;
}

/// Cuts the connection before each packet of a command in turn. The command is retried on another connection, unless
/// the commit was in flight: then the outcome is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn command_runs_once_when_connection_is_cut_at_any_packet() {
    let proxy = Proxy::start(server_address()).await;
    let (app, olga, list) = setup(&proxy, Duration::from_mins(2)).await;
    let update = list.replace("invitations", "update");
    let mut created = 0;
    // With cached access the command only revalidates it. Without, it also loads access and references.
    for (is_cached, min_packets) in [(true, 2), (false, 4)] {
        let (mut packets, mut unknown) = (0, 0);
        loop {
            let email = |name| format!("{name}{packets}{is_cached}@example.com");
            olga.post_without_draining(&list, &[("email", &email("nina"))]).await.ok();
            if !is_cached {
                olga.post_without_draining(&update, &[("name", &email("Acme"))]).await.ok();
            }
            created += 1;
            proxy.close_after_packets(packets);
            let response = olga.post_without_draining(&list, &[("email", &email("lena"))]).await;
            let has_closed = proxy.has_closed();
            if response.status == 200 {
                created += 1;
            } else {
                response.assert_error(503, "OUTCOME_UNKNOWN");
                unknown += 1;
            }
            assert_eq!(app.count("SELECT COUNT(*) FROM invitations"), created, "cut before packet {packets}");
            if !has_closed {
                break;
            }
            packets += 1;
        }
        assert!(packets >= min_packets, "{packets}");
        assert_eq!(unknown, 1, "only the commit has an unknown outcome, and this one never arrived");
    }
    app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_unknown_outcome_when_commit_response_is_lost() {
    let proxy = Proxy::start(server_address()).await;
    let without_limits = |settings: &mut Settings| {
        settings.rate_limits = RateLimits::all(0);
        settings.invitations.max_pending = 0;
    };
    let (app, olga, list) = setup_with(&proxy, Duration::from_mins(2), without_limits).await;
    let update = list.replace("invitations", "update");
    let nina = "nina@example.com";
    // An update ends with COMMIT. An invitation that nothing counts is a single statement that commits itself.
    for (path, field, last_text, count_query) in [
        (&update, ("name", "Acme Corp"), "COMMIT\0", "SELECT COUNT(*) FROM organizations WHERE name = 'Acme Corp'"),
        (&list, ("email", nina), nina, "SELECT COUNT(*) FROM invitations"),
    ] {
        proxy.set_mode(ProxyMode::CloseAfter(last_text));
        let response = olga.post_without_draining(path, &[field]).await;
        proxy.set_mode(ProxyMode::Forward);
        let refused = response.assert_error(503, "OUTCOME_UNKNOWN");
        assert!(refused["message"].as_str().unwrap().contains("Check whether it was saved"), "{refused}");
        assert_eq!(app.count(count_query), 1, "the command was committed");
        retry_until_ok(async || olga.get(&list).await).await;
    }
    app.drain().await;
}

#[tokio::test]
async fn full_disk_rejects_writes_and_serves_reads() {
    let app = TestAppBuilder::new(Database::create_on(Engine::Sqlite)).build().await;
    let (olga, organization) = app.create_organization("olga@example.com").await;
    let list = format!("/organizations/{organization}/members");
    let pages = app.count("PRAGMA page_count");
    limit_pages(&app, pages + 8).await;
    let description = "x".repeat(1000);
    let create = async || olga.post("/organizations", &[("name", "Acme"), ("description", &description)]).await;
    let mut created = 1;
    let response = loop {
        let response = create().await;
        if response.status != 200 {
            break response;
        }
        created += 1;
    };
    assert!(response.headers.contains_key("retry-after"));
    response.assert_error(503, "STORAGE_FULL");
    olga.get(&list).await.ok();
    app.anonymous().get("/health/ready").await.ok();
    assert_eq!(
        app.count("SELECT COUNT(*) FROM organizations"),
        created,
        "exactly the acknowledged organizations exist"
    );
    assert_eq!(app.inner.database.rows("PRAGMA integrity_check"), [["ok"]]);
    limit_pages(&app, 1_000_000).await;
    create().await.ok();
}

/// Limits the SQLite file to this many pages. SQLite reports a full disk beyond that.
async fn limit_pages(app: &TestApp, pages: i64) {
    let (done, is_done) = tokio::sync::oneshot::channel();
    let Db::Sqlite(sqlite) = app.inner.service.db() else { panic!("this test needs SQLite") };
    sqlite
        .write(move |connection| {
            connection.pragma_update(None, "max_page_count", pages).unwrap();
            WriteResult { commit: true, on_commit: Box::new(|_| done.send(()).unwrap()) }
        })
        .unwrap();
    is_done.await.unwrap();
}
