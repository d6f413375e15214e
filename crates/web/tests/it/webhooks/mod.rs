//! Webhooks: who manages endpoints, what is sent to them, and what happens if they do not accept it.

mod attempts;
mod endpoints;
mod notifications;

use serde_json::{Value, json};
use vestibule_core::settings::Mode;
use vestibule_core::webhook;
use vestibule_testbed::receiver::Receiver;

use crate::harness::{TestApp, text};
use crate::platform::PlatformClient;

/// An app that may send to this machine.
async fn start() -> TestApp {
    TestApp::with_settings(|settings| settings.mode = Mode::Staging).await
}

/// Creates an endpoint of the installation. Returns its path.
async fn create_endpoint(backend: &PlatformClient, receiver: &Receiver, fields: &Value) -> String {
    let mut body = json!({"url": receiver.url("/hook")});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let created = backend.post("/webhooks/endpoints", &body).await.ok();
    format!("/webhooks/endpoints/{}", text(&created["id"]))
}

/// Sends everything that is due.
async fn deliver(app: &TestApp) -> usize {
    webhook::drain(&app.inner.service).await.unwrap()
}

/// The deliveries of an endpoint, newest first.
async fn deliveries(backend: &PlatformClient, endpoint: &str) -> Vec<Value> {
    let page = backend.get(&format!("{endpoint}/deliveries")).await.ok();
    page["data"].as_array().unwrap().clone()
}

/// The only delivery of an endpoint.
async fn only_delivery(backend: &PlatformClient, endpoint: &str) -> Value {
    let mut deliveries = deliveries(backend, endpoint).await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries.remove(0)
}
