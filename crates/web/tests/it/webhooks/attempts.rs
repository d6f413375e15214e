//! What is sent, and when again.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::webhook::{MAX_ENDPOINTS_OF_ORGANIZATION, delete_old};
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{create_endpoint, deliver, deliveries, only_delivery, run_worker, start};
use crate::harness::{DAY, HOUR, text};
use crate::platform::PlatformClient;

const ONLY_USERS: &str = "user.created";

#[tokio::test]
async fn an_event_is_sent_once_with_the_stored_bytes() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(deliver(&app).await, 0);
    let received = receiver.received();
    let [request] = received.as_slice() else { panic!("{received:?}") };
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["type"], ONLY_USERS);
    assert_eq!(body["data"]["entity_type"], "user");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("webhook-sequence"), "1");
    assert!(request.header("webhook-signature").starts_with("v1,"));
    let delivery = only_delivery(&backend, &endpoint).await;
    assert_eq!(delivery["message_id"], request.header("webhook-id"));
    assert_eq!((&delivery["state"], &delivery["last_status"]), (&json!("delivered"), &json!(200)));
}

#[tokio::test]
async fn a_failure_is_repeated_on_schedule_with_the_same_id() {
    let (app, receiver) = (start().await, Receiver::start().await);
    receiver.always(Behaviour::status(500));
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    let mut attempts = 0;
    for _ in 0..400 {
        attempts += deliver(&app).await;
        app.advance(Duration::from_mins(15));
    }
    assert_eq!(attempts, 10);
    let received = receiver.received();
    assert!(received.iter().all(|request| request.header("webhook-id") == received[0].header("webhook-id")));
    assert!(received.iter().all(|request| request.body == received[0].body));
    let delivery = only_delivery(&backend, &endpoint).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("failed"), &json!(10)));
    let shown = backend.get(&format!("{endpoint}/deliveries/{}", text(&delivery["id"]))).await.ok();
    assert_eq!(shown["attempt_log"].as_array().unwrap().len(), 10);

    receiver.always(Behaviour::status(204));
    let replay = format!("{endpoint}/deliveries/{}/replay", text(&delivery["id"]));
    assert_eq!(backend.post_empty(&replay).await.ok()["replayed"], 1);
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(deliveries(&backend, &endpoint).await[0]["state"], "delivered");
}

#[tokio::test]
async fn gone_disables_at_once() {
    let (app, receiver) = (start().await, Receiver::start().await);
    receiver.always(Behaviour::status(410));
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    deliver(&app).await;
    let shown = backend.get(&endpoint).await.ok();
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("gone")));
    app.create_user("kim@example.com").await;
    app.advance(DAY);
    assert_eq!(deliver(&app).await, 0);
    // What waited is sent once it is enabled.
    receiver.always(Behaviour::status(200));
    backend.patch(&endpoint, &json!({"enabled": true})).await.ok();
    assert_eq!(deliver(&app).await, 1);
}

#[tokio::test]
async fn five_days_of_failure_disable() {
    let (app, receiver) = (start().await, Receiver::start().await);
    receiver.always(Behaviour::status(500));
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({})).await;
    for day in 0..6 {
        assert_eq!(backend.get(&endpoint).await.ok()["enabled"], json!(true), "{day}");
        backend.post_empty(&format!("{endpoint}/test")).await.ok();
        deliver(&app).await;
        app.advance(DAY);
    }
    let shown = backend.get(&endpoint).await.ok();
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("failing")));
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_queue WHERE action = 'webhook_endpoint.disabled'"), 1);
}

#[tokio::test]
async fn retry_after_pauses_the_endpoint() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    receiver.next([Behaviour::with_header(429, "Retry-After", "3600")]);
    app.create_user("sam@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    app.create_user("kim@example.com").await;
    app.advance(HOUR.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(deliver(&app).await, 0);
    app.advance(Duration::from_secs(1));
    assert_eq!(deliver(&app).await, 2);
    assert!(deliveries(&backend, &endpoint).await.iter().all(|delivery| delivery["state"] == "delivered"));
}

#[tokio::test]
async fn redirects_are_not_followed_and_answers_not_shown() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    receiver.next([
        Behaviour::Reset,
        Behaviour::with_header(302, "Location", "http://169.254.169.254/"),
        Behaviour::Garbage,
        Behaviour::body("x".repeat(1 << 20)),
    ]);
    app.create_user("sam@example.com").await;
    for (status, error) in [(json!(null), json!("connection_lost")), (json!(302), json!(null))] {
        assert_eq!(deliver(&app).await, 1);
        let delivery = only_delivery(&backend, &endpoint).await;
        assert_eq!((&delivery["last_status"], &delivery["last_error"]), (&status, &error));
        app.advance(DAY);
    }
    deliver(&app).await;
    app.advance(DAY);
    deliver(&app).await;
    let delivery = only_delivery(&backend, &endpoint).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(4)));
    let shown = backend.get(&format!("{endpoint}/deliveries/{}", text(&delivery["id"]))).await;
    assert!(!shown.text.contains("xxxx"));
    assert_eq!(app.count("SELECT MAX(LENGTH(answer)) FROM webhook_attempts"), 256);
}

#[tokio::test]
async fn a_rotated_secret_signs_beside_the_new_one_for_a_time() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({})).await;
    let signatures = async |count: usize| {
        deliver(&app).await;
        let received = receiver.received();
        assert_eq!(received.last().unwrap().header("webhook-signature").split(' ').count(), count);
    };
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    signatures(1).await;
    backend.post(&format!("{endpoint}/rotate"), &json!({"grace_hours": 2})).await.ok();
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    signatures(2).await;
    app.advance(HOUR * 2);
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    signatures(1).await;
}

#[tokio::test]
async fn an_ordered_endpoint_waits_for_the_first_delivery() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let fields = json!({"events": [ONLY_USERS], "ordered": true});
    let endpoint = create_endpoint(&backend, &receiver, &fields).await;
    receiver.next([Behaviour::status(500)]);
    for user in ["sam@example.com", "kim@example.com", "ann@example.com"] {
        app.create_user(user).await;
    }
    assert_eq!(deliver(&app).await, 1);
    app.advance(Duration::from_mins(1));
    assert_eq!(deliver(&app).await, 3);
    let numbers: Vec<_> =
        receiver.received().iter().map(|request| request.header("webhook-sequence").to_owned()).collect();
    assert_eq!(numbers, ["1", "1", "2", "3"]);
    // One that is cancelled holds up nothing.
    receiver.next([Behaviour::status(500)]);
    app.create_user("eve@example.com").await;
    app.create_user("bob@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    let waiting = backend.get(&format!("{endpoint}/deliveries?state=waiting")).await.ok();
    let first = text(&waiting["data"].as_array().unwrap().last().unwrap()["id"]);
    backend.post_empty(&format!("{endpoint}/deliveries/{first}/cancel")).await.ok();
    let event = "SELECT COUNT(*) FROM audit_queue WHERE action = 'webhook_endpoint.delivery.cancelled'";
    assert_eq!(app.count(event), 1);
    let again = backend.post_empty(&format!("{endpoint}/deliveries/{first}/cancel")).await;
    again.assert_error(400, "WEBHOOK_DELIVERY_NOT_WAITING");
    assert_eq!(deliver(&app).await, 1);
}

#[tokio::test]
async fn the_last_twenty_attempts_of_a_delivery_are_kept() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    assert_eq!(deliver(&app).await, 1);
    let delivery = format!("{endpoint}/deliveries/{}", text(&only_delivery(&backend, &endpoint).await["id"]));
    for _ in 0..22 {
        backend.post_empty(&format!("{delivery}/replay")).await.ok();
        assert_eq!(deliver(&app).await, 1);
    }
    let shown = backend.get(&delivery).await.ok();
    let numbers: Vec<_> =
        shown["attempt_log"].as_array().unwrap().iter().map(|one| one["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), 20);
    assert_eq!((numbers.iter().min(), numbers.iter().max()), (Some(&4), Some(&23)));
}

#[tokio::test]
async fn a_span_is_replayed_in_order() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({})).await;
    for _ in 0..3 {
        backend.post_empty(&format!("{endpoint}/test")).await.ok();
    }
    deliver(&app).await;
    let before = receiver.received().len();
    let span = json!({"from": "2020-01-01", "to": "2020-01-02"});
    assert_eq!(backend.post(&format!("{endpoint}/replay"), &span).await.ok()["replayed"], 0);
    let failed = json!({"from": "2020-01-01", "only_failed": true});
    assert_eq!(backend.post(&format!("{endpoint}/replay"), &failed).await.ok()["replayed"], 0);
    let replayed = backend.post(&format!("{endpoint}/replay"), &json!({"from": "2020-01-01"})).await.ok();
    let replayed = usize::try_from(replayed["replayed"].as_u64().unwrap()).unwrap();
    assert!(replayed >= 3);
    // The event that says so is sent too.
    assert_eq!(deliver(&app).await, replayed + 1);
    assert_eq!(receiver.received().len(), before + replayed + 1);
    assert_eq!(deliveries(&backend, &endpoint).await[0]["event"], "webhook_endpoint.deliveries.replayed");
}

#[tokio::test]
async fn a_slow_endpoint_delays_no_other() {
    let (app, slow, quick) = (start().await, Receiver::start().await, Receiver::start().await);
    slow.always(Behaviour::Hang);
    let backend = PlatformClient::new(&app, "*").await;
    create_endpoint(&backend, &slow, &json!({"events": [ONLY_USERS]})).await;
    create_endpoint(&backend, &quick, &json!({"events": [ONLY_USERS]})).await;
    for number in 0..5 {
        app.create_user(&format!("user{number}@example.com")).await;
    }
    let worker = run_worker(&app);
    assert_eq!(quick.wait_for(5).await.len(), 5);
    worker.abort();
}

/// More organizations than a claim looks at have endpoints that never answer. They are older than the other one.
#[tokio::test]
async fn many_slow_organizations_delay_no_other() {
    let (app, slow, quick) = (start().await, Receiver::start().await, Receiver::start().await);
    slow.always(Behaviour::Hang);
    let backend = PlatformClient::new(&app, "*").await;
    for number in 0..14 {
        let created = backend.post("/organizations", &json!({"name": format!("Slow {number}")})).await.ok();
        let organization = text(&created["id"]);
        let fields = json!({"organization_id": organization, "events": ["organization.updated"]});
        for _ in 0..MAX_ENDPOINTS_OF_ORGANIZATION {
            create_endpoint(&backend, &slow, &fields).await;
        }
        for change in 0..10 {
            let fields = json!({"name": format!("Slow {number} {change}")});
            backend.patch(&format!("/organizations/{organization}"), &fields).await.ok();
        }
    }
    create_endpoint(&backend, &quick, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    let worker = run_worker(&app);
    assert_eq!(quick.wait_for(1).await.len(), 1);
    worker.abort();
}

/// The receiver's answer and the stop come together: what was delivered must not be sent again after a restart.
#[tokio::test]
async fn a_stop_loses_no_outcome() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    for number in 0..20 {
        app.create_user(&format!("user{number}@example.com")).await;
    }
    let stop = async { drop(receiver.wait_for(20).await) };
    vestibule_core::webhook::run_worker(&app.inner.service, stop).await;
    assert!(deliveries(&backend, &endpoint).await.iter().all(|delivery| delivery["state"] == "delivered"));
    app.advance(HOUR);
    assert_eq!(deliver(&app).await, 0);
}

#[tokio::test]
async fn deliveries_are_deleted_with_their_attempts() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    let rows = |table: &str| app.count(&format!("SELECT COUNT(*) FROM {table}"));
    app.create_user("sam@example.com").await;
    deliver(&app).await;
    app.advance(DAY * 29);
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 0);
    app.create_user("kim@example.com").await;
    deliver(&app).await;
    app.advance(DAY * 2);
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 1);
    assert_eq!((rows("webhook_deliveries"), rows("webhook_attempts")), (1, 1));
    backend.delete(&endpoint).await.ok();
    assert_eq!(delete_old(&app.inner.service).await.unwrap(), 1);
    for table in ["webhook_deliveries", "webhook_attempts", "webhook_endpoint_states"] {
        assert_eq!(rows(table), 0, "{table}");
    }
}
