//! The deliveries of webhooks.

use std::time::Duration;

use serde_json::json;
use vestibule_core::settings::Mode;
use vestibule_core::webhook;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{MetricsClient, Scraped};
use crate::harness::{DAY, TestApp, text};
use crate::platform::PlatformClient;

/// The due deliveries, and the age of the oldest in seconds.
fn backlog(scraped: &Scraped) -> (f64, f64) {
    let value = |name| scraped.value(name, &[]);
    (value("vestibule_webhook_due_deliveries"), value("vestibule_webhook_oldest_due_age_seconds"))
}

fn attempts(scraped: &Scraped) -> [f64; 2] {
    ["delivered", "failed"].map(|outcome| scraped.value("vestibule_webhook_attempts_total", &[("outcome", outcome)]))
}

#[tokio::test]
async fn only_what_could_be_sent_is_due() {
    let app = TestApp::with_settings(|settings| settings.mode = Mode::Staging).await;
    let (receiver, client) = (Receiver::start().await, MetricsClient::new(&app));
    let backend = PlatformClient::new(&app, "*").await;
    let mut endpoints = Vec::new();
    for ordered in [false, true] {
        let fields = json!({"url": receiver.url("/hook"), "events": ["user.created"], "ordered": ordered});
        endpoints.push(text(&backend.post("/webhooks/endpoints", &fields).await.ok()["id"]));
    }
    for user in ["sam@example.com", "kim@example.com"] {
        app.create_user(user).await;
    }
    app.advance(Duration::from_secs(100));
    let (due, age) = backlog(&client.scrape().await);
    assert_eq!(due, 3.0, "the second one of the ordered endpoint waits for the first");
    assert!((100.0..110.0).contains(&age), "{age}");

    receiver.always(Behaviour::status(500));
    assert_eq!(webhook::drain(&app.inner.service).await.unwrap(), 3);
    app.advance(Duration::from_secs(2));
    let scraped = client.scrape().await;
    assert_eq!((backlog(&scraped), attempts(&scraped)), ((0.0, 0.0), [0.0, 3.0]), "the next attempts are not due");
    for endpoint in endpoints {
        backend.patch(&format!("/webhooks/endpoints/{endpoint}"), &json!({"enabled": false})).await.ok();
    }
    app.advance(DAY);
    assert_eq!(backlog(&client.scrape().await), (0.0, 0.0), "nothing is sent to disabled endpoints");
}
