//! Who gets the metrics, and in which format.

use axum::http::{Method, header};
use vestibule_web::{Engine as FamilyEngine, FAMILIES, Kind, Peer};

use super::MetricsClient;
use crate::harness::TestApp;
use crate::platform::PlatformClient;
use vestibule_testbed::Engine;

#[tokio::test]
async fn serves_only_get_metrics() {
    let app = TestApp::start().await;
    let client = MetricsClient::new(&app);
    for (method, path, status) in [
        (Method::GET, "/metrics", 200),
        (Method::HEAD, "/metrics", 200),
        (Method::GET, "/metrics?name=up", 200),
        (Method::POST, "/metrics", 404),
        (Method::GET, "/metrics/", 404),
        (Method::GET, "/", 404),
        (Method::GET, "/health/live", 404),
        (Method::GET, "/session", 404),
    ] {
        let response = client.send(method.clone(), path).await;
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.headers[header::CACHE_CONTROL], "no-store", "{method} {path}");
        assert_eq!(response.body.is_empty(), status != 200, "{method} {path}");
    }
    // They are at no other address.
    app.anonymous().get("/metrics").await.assert_error(404, "NOT_FOUND");
    let backend = PlatformClient::new(&app, "*").await;
    backend.get("/metrics").await.assert_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn clients_outside_of_the_allowed_networks_find_nothing() {
    let app =
        TestApp::with_settings(|settings| settings.metrics.allowed_networks = vec!["10.0.0.0/8".parse().unwrap()])
            .await;
    let mut client = MetricsClient::new(&app);
    for (peer, status) in [("127.0.0.1", 404), ("10.1.2.3", 200), ("::ffff:10.1.2.3", 200), ("2001:db8::1", 404)] {
        client.peer = Peer::Ip(peer.parse().unwrap());
        assert_eq!(client.send(Method::GET, "/metrics").await.status, status, "{peer}");
    }
    // The address of a client of the socket is not known. A header from an untrusted client changes nothing.
    client.peer = Peer::Unix;
    client.headers.insert("x-forwarded-for", "10.1.2.3".parse().unwrap());
    assert_eq!(client.send(Method::GET, "/metrics").await.status, 404);
}

#[tokio::test]
async fn exports_every_family_with_help_and_type() {
    let app = TestApp::start().await;
    app.anonymous().get("/session").await.ok();
    let scraped = MetricsClient::new(&app).scrape().await;
    let is_exported = |engine| match engine {
        FamilyEngine::Any => true,
        FamilyEngine::Sqlite => Engine::under_test() == Engine::Sqlite,
        FamilyEngine::Postgres => Engine::under_test() == Engine::Postgres,
    };
    let families = || FAMILIES.iter().filter(|family| is_exported(family.engine));
    assert_eq!(scraped.types.len(), families().count(), "{}", scraped.text);
    for family in families() {
        let name = family.name();
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge | Kind::Info => "gauge",
            Kind::Histogram => "histogram",
        };
        assert_eq!(scraped.types.get(&name).map(String::as_str), Some(kind), "{name}");
        assert_eq!(scraped.help.get(&name).map(String::as_str), Some(family.help), "{name}");
        assert!(family.help.ends_with('.'), "{name}: {}", family.help);
    }
    // Every sample has the labels of its family, none of them empty.
    for sample in scraped.samples() {
        let family = families().find(|family| {
            let rest = sample.name.strip_prefix(&family.name());
            rest.is_some_and(|rest| rest.is_empty() || (family.kind == Kind::Histogram && rest.starts_with('_')))
        });
        let family = family.unwrap_or_else(|| panic!("{sample:?}"));
        let mut labels: Vec<_> = sample.labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
        let mut expected = family.labels.to_vec();
        labels.sort_unstable();
        expected.sort_unstable();
        assert_eq!(labels, expected, "{sample:?}");
        assert!(sample.labels.values().all(|value| !value.is_empty()), "{sample:?}");
    }
}

#[tokio::test]
async fn speaks_open_metrics_with_units() {
    let app = TestApp::start().await;
    app.anonymous().get("/session").await.ok();
    let mut client = MetricsClient::new(&app);
    // What Prometheus sends.
    let accepted = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    client.headers.insert(header::ACCEPT, accepted.parse().unwrap());
    let response = client.send(Method::GET, "/metrics").await;
    assert_eq!(response.headers[header::CONTENT_TYPE], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for line in [
        "# TYPE vestibule_http_requests counter",
        "# UNIT vestibule_http_request_duration_seconds seconds",
        "# UNIT process_start_time_seconds seconds",
    ] {
        assert!(response.body.lines().any(|found| found == line), "{line}: {}", response.body);
    }
    assert!(response.body.ends_with("# EOF\n"));
}
