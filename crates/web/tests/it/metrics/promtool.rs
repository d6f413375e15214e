//! Prometheus itself checks the metrics, the alert rules and the example configuration. `scripts/requirements` installs
//! `promtool`.

use std::io::Write;
use std::process::{Command, Stdio};

use super::MetricsClient;
use super::deploy::path;
use crate::harness::TestApp;
use crate::platform::PlatformClient;

/// Runs `promtool` with this input. Panics if it finds anything.
fn promtool(arguments: &[&str], input: &str) {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap_or_else(|error| panic!("promtool: {error}; run scripts/requirements"));
    running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?}: {printed}");
}

#[tokio::test]
async fn promtool_accepts_the_metrics() {
    let app = TestApp::start().await;
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    app.create_member(&admin, &acme, "sam@example.com", "").await;
    let platform = vestibule_web::PlatformServer::new(&app.inner.server);
    let backend = PlatformClient { server: platform.clone(), ..PlatformClient::new(&app, "*").await };
    backend.get("/keys").await.ok();
    let scraped = MetricsClient::with_servers(&app, &app.inner.server, Some(&platform)).scrape().await;
    promtool(&["check", "metrics"], &scraped.text);
}

#[test]
fn promtool_accepts_the_alerts_and_the_example() {
    let path = |name| path(name).to_str().unwrap().to_owned();
    promtool(&["check", "rules", &path("prometheus/alerts.yml")], "");
    promtool(&["test", "rules", &path("prometheus/alerts_test.yml")], "");
    promtool(&["check", "config", &path("prometheus/prometheus.yml")], "");
}
