//! Webhooks: who manages endpoints, what is sent to them, and what happens if they do not accept it.

mod attempts;
mod crash;
mod destinations;
mod endpoints;
mod fairness;
mod hostile_receivers;
mod late_outcomes;
mod notifications;
mod outages;
mod packages;
mod retention;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use vestibule_core::webhook;
use vestibule_testbed::receiver::Receiver;

use crate::harness::{TestApp, allow_this_machine, text};
use crate::platform::PlatformClient;

/// After this, another worker takes over what one has claimed.
const LEASE_LIFETIME: Duration = Duration::from_mins(2);

/// An app that may send to this machine.
async fn start() -> TestApp {
    TestApp::with_settings(allow_this_machine).await
}

/// Creates an endpoint of the installation. Returns its path.
async fn create_endpoint(backend: &PlatformClient, receiver: &Receiver, fields: &Value) -> String {
    let mut body = json!({"url": receiver.url("/hook")});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let created = backend.post("/webhooks/endpoints", &body).await.ok();
    format!("/webhooks/endpoints/{}", text(&created["id"]))
}

/// Sends everything that is due. Returns the number of attempts.
pub(super) async fn deliver(app: &TestApp) -> usize {
    webhook::drain(&app.inner.service).await.unwrap()
}

/// Starts a worker that runs until it is aborted.
fn run_worker(app: &TestApp) -> JoinHandle<()> {
    let service = Arc::clone(&app.inner.service);
    tokio::spawn(async move { webhook::run_worker(&service, std::future::pending()).await })
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
