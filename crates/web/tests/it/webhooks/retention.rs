//! How long deliveries and replaced secrets are kept.

use std::time::Duration;

use serde_json::json;
use vestibule_core::webhook::delete_old;
use vestibule_testbed::receiver::Receiver;

use super::{allow_this_machine, create_endpoint, deliver, only_delivery, start};
use crate::harness::{DAY, HOUR, TestApp, text};
use crate::platform::PlatformClient;

const ONLY_USERS: &str = "user.created";
const SECOND: Duration = Duration::from_secs(1);

async fn start_with(retention_days: u16) -> TestApp {
    TestApp::with_settings(move |settings| {
        allow_this_machine(settings);
        settings.webhooks.retention_days = retention_days;
    })
    .await
}

#[tokio::test]
async fn finished_deliveries_are_kept_as_long_as_the_setting_says_and_waiting_ones_for_thirty_days() {
    let (app, receiver) = (start_with(2).await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let finished = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    let disabled = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    backend.patch(&disabled, &json!({"enabled": false})).await.ok();
    assert_eq!(deliver(&app).await, 1);
    let rows = |table: &str| app.count(&format!("SELECT COUNT(*) FROM {table}"));
    app.advance((DAY * 2).checked_sub(SECOND).unwrap());
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 0);
    app.advance(SECOND * 2);
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 1);
    assert_eq!((rows("webhook_deliveries"), rows("webhook_attempts")), (1, 0));
    assert_eq!(only_delivery(&backend, &disabled).await["state"], "waiting");
    assert_eq!(backend.get(&format!("{finished}/deliveries")).await.ok()["data"], json!([]));
    app.advance(DAY * 28);
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 1);
    assert_eq!(rows("webhook_deliveries"), 0);
}

#[tokio::test]
async fn a_delivery_that_is_kept_longer_can_be_replayed_as_long() {
    let (app, receiver) = (start_with(90).await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    app.advance(DAY * 80);
    let replay = format!("{endpoint}/deliveries/{}/replay", text(&only_delivery(&backend, &endpoint).await["id"]));
    assert_eq!(backend.post_empty(&replay).await.ok()["replayed"], 1);
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 0, "it waits, and is not too old");
    assert_eq!(deliver(&app).await, 1);
    app.advance(DAY * 11);
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 1);
}

#[tokio::test]
async fn a_replaced_secret_is_forgotten_after_its_grace_period() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    let stored = || app.count("SELECT COUNT(*) FROM webhook_endpoints WHERE previous_secret IS NOT NULL");
    backend.post(&format!("{endpoint}/rotate"), &json!({"grace_hours": 2})).await.ok();
    app.advance(HOUR);
    delete_old(&app.inner.service).await.unwrap();
    assert_eq!(stored(), 1, "it still signs");
    app.advance(HOUR);
    delete_old(&app.inner.service).await.unwrap();
    assert_eq!(stored(), 0);
    assert!(backend.get(&endpoint).await.ok()["previous_secret_until"].is_null());
    app.create_user("sam@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(receiver.received()[0].header("webhook-signature").split(' ').count(), 1);
}
