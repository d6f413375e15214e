//! Attempts that end after the endpoint was changed, or the delivery cancelled and replayed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use vestibule_core::webhook;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{create_endpoint, deliver, only_delivery, start};
use crate::harness::{DAY, TestApp, text};
use crate::platform::PlatformClient;

const ONLY_USERS: &str = "user.created";
const SECOND: Duration = Duration::from_secs(1);

/// Sends everything that is due, while the test goes on. The number of attempts is the result.
fn deliver_meanwhile(app: &TestApp) -> JoinHandle<usize> {
    let service = Arc::clone(&app.inner.service);
    tokio::spawn(async move { webhook::drain(&service).await.unwrap() })
}

#[tokio::test]
async fn what_the_old_url_answers_says_nothing_of_the_new_one() {
    for status in [410, 500] {
        let (app, old, new) = (start().await, Receiver::start().await, Receiver::start().await);
        let backend = PlatformClient::new(&app, "*").await;
        let endpoint = create_endpoint(&backend, &old, &json!({"events": [ONLY_USERS]})).await;
        old.always(Behaviour::HeldStatus(status));
        app.create_user("sam@example.com").await;
        let attempts = deliver_meanwhile(&app);
        old.wait_for(1).await;
        app.advance(SECOND);
        backend.patch(&endpoint, &json!({"url": new.url("/hook")})).await.ok();
        old.release();
        assert_eq!(attempts.await.unwrap(), 1);
        let shown = backend.get(&endpoint).await.ok();
        let seen = (&shown["enabled"], &shown["disabled_reason"], &shown["failing_since"]);
        assert_eq!(seen, (&json!(true), &Value::Null, &Value::Null), "{status}");
        app.advance(DAY);
        assert_eq!(deliver(&app).await, 1);
        assert_eq!((old.received().len(), new.received().len()), (1, 1));
        assert_eq!(only_delivery(&backend, &endpoint).await["state"], "delivered");
    }
}

/// The new URL may be as gone as the old one.
#[tokio::test]
async fn gone_disables_an_endpoint_that_was_changed_before_the_attempt() {
    let (app, old, new) = (start().await, Receiver::start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &old, &json!({"events": [ONLY_USERS]})).await;
    app.advance(SECOND);
    backend.patch(&endpoint, &json!({"url": new.url("/hook")})).await.ok();
    new.always(Behaviour::status(410));
    app.create_user("sam@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    let shown = backend.get(&endpoint).await.ok();
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("gone")));
    assert!(!shown["failing_since"].is_null());
}

#[tokio::test]
async fn an_outcome_from_before_a_replay_does_not_change_the_replayed_delivery() {
    for status in [200, 410, 500] {
        let (app, receiver) = (start().await, Receiver::start().await);
        let backend = PlatformClient::new(&app, "*").await;
        let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
        receiver.next([Behaviour::HeldStatus(status), Behaviour::status(204)]);
        app.create_user("sam@example.com").await;
        let attempts = deliver_meanwhile(&app);
        receiver.wait_for(1).await;
        let delivery = only_delivery(&backend, &endpoint).await;
        let path = format!("{endpoint}/deliveries/{}", text(&delivery["id"]));
        backend.post_empty(&format!("{path}/cancel")).await.ok();
        assert_eq!(backend.post_empty(&format!("{path}/replay")).await.ok()["replayed"], 1);
        receiver.release();
        if status == 410 {
            // The endpoint is gone, but what was replayed waits for it.
            assert_eq!(attempts.await.unwrap(), 1);
            assert_eq!(only_delivery(&backend, &endpoint).await["state"], "waiting");
            backend.patch(&endpoint, &json!({"enabled": true})).await.ok();
            assert_eq!(deliver(&app).await, 1);
        } else {
            assert_eq!(attempts.await.unwrap(), 2, "{status}: the replayed one is due at once");
        }
        let delivery = only_delivery(&backend, &endpoint).await;
        let seen = (&delivery["state"], &delivery["last_status"], &delivery["attempts"]);
        assert_eq!(seen, (&json!("delivered"), &json!(204), &json!(2)), "{status}");
        let numbers: Vec<_> = backend.get(&path).await.ok()["attempt_log"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attempt| (attempt["number"].clone(), attempt["status"].clone()))
            .collect();
        assert_eq!(numbers, [(json!(2), json!(204)), (json!(1), json!(status))], "both attempts are in the log");
    }
}
