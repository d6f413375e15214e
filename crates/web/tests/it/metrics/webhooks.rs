//! What waits for endpoints of webhooks, and for how long it has been due.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::webhook;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{MetricsClient, Scraped};
use crate::harness::{HOUR, TestApp, allow_this_machine, text};
use crate::platform::PlatformClient;

/// The deliveries that wait, and the age of the oldest due one in seconds.
fn backlog(scraped: &Scraped) -> (f64, f64) {
    let value = |name: &str| scraped.value(name, &[]);
    (value("vestibule_webhook_waiting_deliveries"), value("vestibule_webhook_oldest_due_age_seconds"))
}

/// Creates an endpoint that gets nothing but tests. Returns its path.
async fn create_endpoint(backend: &PlatformClient, url: &str, fields: &Value) -> String {
    let mut body = json!({"url": url, "events": ["user.deleted"]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    format!("/webhooks/endpoints/{}", text(&backend.post("/webhooks/endpoints", &body).await.ok()["id"]))
}

async fn send_tests(backend: &PlatformClient, endpoint: &str, count: usize) {
    for _ in 0..count {
        backend.post_empty(&format!("{endpoint}/test")).await.ok();
    }
}

#[tokio::test]
async fn shows_what_waits_for_enabled_endpoints_and_since_when_it_is_due() {
    let (app, receiver) = (TestApp::with_settings(allow_this_machine).await, Receiver::start().await);
    let (client, backend) = (MetricsClient::new(&app), PlatformClient::new(&app, "*").await);
    let disabled = create_endpoint(&backend, &receiver.url("/disabled"), &json!({})).await;
    let enabled = create_endpoint(&backend, &receiver.url("/enabled"), &json!({})).await;
    assert_eq!(backlog(&client.scrape().await), (0.0, 0.0));
    send_tests(&backend, &disabled, 3).await;
    backend.patch(&disabled, &json!({"enabled": false})).await.ok();
    app.advance(HOUR);
    assert_eq!(backlog(&client.scrape().await), (0.0, 0.0), "nothing is sent to a disabled endpoint");
    send_tests(&backend, &enabled, 2).await;
    app.advance(Duration::from_secs(90));
    send_tests(&backend, &enabled, 1).await;
    app.advance(Duration::from_secs(10));
    assert_eq!(backlog(&client.scrape().await), (3.0, 100.0));

    receiver.always(Behaviour::status(500));
    webhook::drain(&app.inner.service).await.unwrap();
    app.advance(Duration::from_secs(2));
    assert_eq!(backlog(&client.scrape().await), (3.0, 0.0), "the next attempts are not due");
    receiver.always(Behaviour::status(200));
    app.advance(HOUR);
    let (waiting, age) = backlog(&client.scrape().await);
    assert!(waiting == 3.0 && (3590.0..3600.0).contains(&age), "{waiting} {age}");
    webhook::drain(&app.inner.service).await.unwrap();
    app.advance(Duration::from_secs(2));
    assert_eq!(backlog(&client.scrape().await), (0.0, 0.0));
    // What waited for the other one is due once it is enabled.
    backend.patch(&disabled, &json!({"enabled": true})).await.ok();
    app.advance(Duration::from_secs(2));
    let (waiting, age) = backlog(&client.scrape().await);
    assert!(waiting == 3.0 && age > 7200.0, "{waiting} {age}");
}

#[tokio::test]
async fn what_a_pause_or_an_ordered_endpoint_holds_up_is_not_due() {
    let (app, receiver) = (TestApp::with_settings(allow_this_machine).await, Receiver::start().await);
    let (client, backend) = (MetricsClient::new(&app), PlatformClient::new(&app, "*").await);
    let paused = create_endpoint(&backend, &receiver.url("/paused"), &json!({})).await;
    receiver.next([Behaviour::with_header(429, "Retry-After", "3600")]);
    send_tests(&backend, &paused, 1).await;
    webhook::drain(&app.inner.service).await.unwrap();
    send_tests(&backend, &paused, 1).await;
    let ordered = create_endpoint(&backend, &receiver.url("/ordered"), &json!({"ordered": true})).await;
    receiver.next([Behaviour::status(500)]);
    send_tests(&backend, &ordered, 2).await;
    webhook::drain(&app.inner.service).await.unwrap();
    app.advance(Duration::from_secs(2));
    assert_eq!(backlog(&client.scrape().await), (4.0, 0.0));
}
