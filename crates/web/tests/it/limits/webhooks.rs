//! Tests and replays of webhooks: nobody can make the service send any number of requests to a URL of their choice.

use serde_json::{Value, json};
use vestibule_core::execution::Caller;
use vestibule_core::webhook::{self, ForBackend};
use vestibule_testbed::receiver::Receiver;

use super::assert_rate_limited;
use crate::harness::{HOUR, TestApp, TestClient, allow_this_machine, text};
use crate::platform::PlatformClient;
use crate::webhooks::deliver;

/// An app with this limit that may send to this machine.
async fn start(max: u32) -> TestApp {
    TestApp::with_settings(move |settings| {
        allow_this_machine(settings);
        settings.rate_limits.webhook_replays_per_organization = max;
    })
    .await
}

/// Creates an endpoint of an organization that gets nothing but tests. Returns its id.
async fn create_endpoint(owner: &TestClient, organization: &str, receiver: &Receiver) -> String {
    let fields = json!({"url": receiver.url("/"), "events": ["organization.deleted"]});
    let path = format!("/organizations/{organization}/webhooks");
    text(&owner.post_json(&path, &fields).await.ok()["id"])
}

#[tokio::test]
async fn tests_and_replays_are_limited_per_organization_in_both_apis() {
    let (app, receiver) = (start(3).await, Receiver::start().await);
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (other_owner, other) = app.create_organization("oskar@example.com").await;
    let endpoint = create_endpoint(&owner, &organization, &receiver).await;
    let second = create_endpoint(&owner, &organization, &receiver).await;
    let path = format!("/organizations/{organization}/webhooks");
    let backend = PlatformClient::bound(&app, "webhooks:write", Some(&organization)).await;

    let delivery = text(&owner.post(&format!("{path}/{endpoint}/test"), &[]).await.ok()["id"]);
    assert_eq!(deliver(&app).await, 1);
    backend.post_empty(&format!("/webhooks/endpoints/{second}/test")).await.ok();
    let replay = format!("{path}/{endpoint}/deliveries/{delivery}/replay");
    assert_eq!(owner.post(&replay, &[]).await.ok()["replayed"], 1);
    assert_eq!(deliver(&app).await, 2);

    // Whatever the endpoint, the call and the API are.
    for refused in [&replay, &format!("{path}/{second}/test")] {
        let response = owner.post(refused, &[]).await;
        let seconds: u64 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(seconds <= HOUR.as_secs(), "{seconds}");
        assert_rate_limited(response);
    }
    let span = json!({"from": "2020-01-01"});
    assert_rate_limited(owner.post_json(&format!("{path}/{endpoint}/replay"), &span).await);
    let backend_path = format!("/webhooks/endpoints/{endpoint}");
    backend.post_empty(&format!("{backend_path}/test")).await.assert_error(429, "TOO_MANY_REQUESTS");
    backend.post(&format!("{backend_path}/replay"), &span).await.assert_error(429, "TOO_MANY_REQUESTS");
    assert_eq!(deliver(&app).await, 0);
    assert_eq!(receiver.received().len(), 3);

    // Others, and the operator, are not affected.
    let foreign = create_endpoint(&other_owner, &other, &receiver).await;
    other_owner.post(&format!("/organizations/{other}/webhooks/{foreign}/test"), &[]).await.ok();
    let test = webhook::Test { access: ForBackend, endpoint: endpoint.parse().unwrap() };
    app.inner.service.run(&Caller::operator(), test).await.result.unwrap();
    app.advance(HOUR);
    owner.post(&format!("{path}/{second}/test"), &[]).await.ok();
}

#[tokio::test]
async fn a_span_sends_as_many_as_the_limit_admits() {
    let (app, receiver) = (start(3).await, Receiver::start().await);
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let endpoint = create_endpoint(&owner, &organization, &receiver).await;
    let path = format!("/organizations/{organization}/webhooks/{endpoint}");
    for _ in 0..2 {
        for _ in 0..3 {
            owner.post(&format!("{path}/test"), &[]).await.ok();
        }
        assert_eq!(deliver(&app).await, 3);
        app.advance(HOUR);
    }
    let span = json!({"from": "2020-01-01"});
    assert_eq!(owner.post_json(&format!("{path}/replay"), &span).await.ok()["replayed"], 3);
    assert_eq!(deliver(&app).await, 3);
    assert_rate_limited(owner.post_json(&format!("{path}/replay"), &span).await);

    // One that does not fit into the rest of the hour changes nothing.
    app.advance(HOUR);
    owner.post(&format!("{path}/test"), &[]).await.ok();
    assert_eq!(deliver(&app).await, 1);
    assert_rate_limited(owner.post_json(&format!("{path}/replay"), &span).await);
    assert_eq!(deliver(&app).await, 0);
    let listed = owner.get(&format!("{path}/deliveries")).await.ok();
    let is_delivered = |delivery: &Value| delivery["state"] == "delivered";
    assert!(listed.as_array().unwrap().iter().all(is_delivered), "{listed}");
}

#[tokio::test]
async fn the_limit_can_be_switched_off() {
    let (app, receiver) = (start(0).await, Receiver::start().await);
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let endpoint = create_endpoint(&owner, &organization, &receiver).await;
    for _ in 0..5 {
        owner.post(&format!("/organizations/{organization}/webhooks/{endpoint}/test"), &[]).await.ok();
    }
    assert_eq!(deliver(&app).await, 5);
}
