//! The trace of a request in the log, at each listener.

use axum::http::{HeaderValue, Method};

use super::MetricsClient;
use crate::harness::TestApp;
use crate::platform::PlatformClient;
use crate::secret_scan::log_lines;

const PARENT: &str = "00f067aa0ba902b7";

fn completed(trace: &str) -> Vec<String> {
    log_lines(trace).into_iter().filter(|line| line.contains("request completed")).collect()
}

#[tokio::test]
async fn every_listener_logs_the_trace() {
    let app = TestApp::start().await;
    let header = |trace: &str| HeaderValue::from_str(&format!("00-{trace}-{PARENT}-01")).unwrap();
    let [frontend, platform, metrics] = ["a1", "b2", "c3"].map(|digits| digits.repeat(16));
    let mut client = app.anonymous();
    client.headers.insert("traceparent", header(&frontend));
    client.get("/session").await.ok();
    let mut client = PlatformClient::new(&app, "users:read").await;
    client.headers.insert("traceparent", header(&platform));
    client.get("/users").await.ok();
    let mut client = MetricsClient::new(&app);
    client.headers.insert("traceparent", header(&metrics));
    client.send(Method::GET, "/metrics").await;
    for trace in [frontend, platform, metrics] {
        let lines = completed(&trace);
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(line.contains(&format!("trace_id=\"{trace}\" parent_id=\"{PARENT}\"")), "{line}");
    }
}

#[tokio::test]
async fn an_invalid_trace_is_not_logged() {
    let app = TestApp::start().await;
    let mut client = app.anonymous();
    let trace = "d4".repeat(16);
    for value in [format!("01-{trace}-{PARENT}-01"), format!("00-{trace}-{PARENT}-01-x"), format!("00-{trace}")] {
        client.headers.insert("traceparent", value.parse().unwrap());
        client.get("/session").await.ok();
    }
    assert_eq!(log_lines(&trace), Vec::<String>::new());
}
