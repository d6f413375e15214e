//! Receivers that answer without end, in bad HTTP, or with too much: each costs a bounded time and memory, and gets the
//! event again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::webhook;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{create_endpoint, deliver, only_delivery, start};
use crate::harness::{DAY, TestApp, text};
use crate::platform::PlatformClient;

const ONLY_USERS: &str = "user.created";
/// The time until a response is complete.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// A receiver with an endpoint of its own.
struct Hostile {
    behaviour: Behaviour,
    receiver: Receiver,
    endpoint: String,
    /// The status, or the kind of failure.
    expected: Result<u16, &'static str>,
}

/// Starts receivers that behave once in this way and then well, and makes an event.
async fn start_hostile(
    app: &TestApp,
    backend: &PlatformClient,
    behaviours: Vec<(Behaviour, Result<u16, &'static str>)>,
) -> Vec<Hostile> {
    let mut all = Vec::new();
    for (behaviour, expected) in behaviours {
        let receiver = Receiver::start().await;
        receiver.next([behaviour.clone()]);
        let endpoint = create_endpoint(backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
        all.push(Hostile { behaviour, receiver, endpoint, expected });
    }
    app.create_user("sam@example.com").await;
    all
}

/// Checks the first attempts, then that the others succeed.
async fn check(app: &TestApp, backend: &PlatformClient, all: &[Hostile]) {
    for Hostile { behaviour, receiver, endpoint, expected } in all {
        let delivery = only_delivery(backend, endpoint).await;
        let (state, status, error) = match expected {
            Ok(status) => ("delivered", json!(status), Value::Null),
            Err(kind) => ("waiting", Value::Null, json!(kind)),
        };
        let seen = (&delivery["state"], &delivery["last_status"], &delivery["last_error"]);
        assert_eq!(seen, (&json!(state), &status, &error), "{behaviour:?}");
        assert!(receiver.bytes_sent() < 64 << 20, "{behaviour:?}: {} bytes", receiver.bytes_sent());
        assert_eq!(receiver.received().len(), 1, "{behaviour:?}");
        let shown = backend.get(&format!("{endpoint}/deliveries/{}", text(&delivery["id"]))).await;
        assert!(!shown.text.contains("xxx") && !shown.text.contains("Filler"), "{behaviour:?}: {}", shown.text);
    }
    assert!(app.count("SELECT MAX(LENGTH(answer)) FROM webhook_attempts") <= 256);
    app.advance(DAY);
    assert_eq!(deliver(app).await, all.iter().filter(|hostile| hostile.expected.is_err()).count());
    for Hostile { behaviour, receiver, endpoint, expected } in all {
        assert_eq!(only_delivery(backend, endpoint).await["state"], "delivered", "{behaviour:?}");
        // The connection of the first attempt is not used again.
        assert_eq!(receiver.connections(), if expected.is_err() { 2 } else { 1 }, "{behaviour:?}");
    }
}

#[tokio::test]
async fn receivers_that_answer_with_too_much_or_no_http_cost_little() {
    let app = start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let behaviours = vec![
        // The status is enough.
        (Behaviour::Gigabytes, Ok(200)),
        (Behaviour::Endless, Ok(200)),
        (Behaviour::EndlessHeaders, Err("too_large")),
        (Behaviour::ManyHeaders(10_000), Err("too_large")),
        (Behaviour::with_header(200, "X-Filler", &"x".repeat(1 << 20)), Err("too_large")),
        // Beside the one that every response has.
        (Behaviour::with_header(200, "Content-Length", "5"), Err("invalid_response")),
        (Behaviour::Garbage, Err("invalid_response")),
    ];
    let all = start_hostile(&app, &backend, behaviours).await;
    assert_eq!(deliver(&app).await, all.len());
    check(&app, &backend, &all).await;
}

#[tokio::test]
async fn receivers_that_never_end_cost_no_more_than_the_time_of_an_attempt() {
    let app = start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let behaviours =
        [Behaviour::Hang, Behaviour::HangInBody, Behaviour::Drip, Behaviour::DripHeaders, Behaviour::EndlessHints];
    let behaviours = behaviours.map(|behaviour| (behaviour, Err("timeout"))).to_vec();
    let all = start_hostile(&app, &backend, behaviours).await;
    let service = Arc::clone(&app.inner.service);
    let drained = tokio::spawn(async move { webhook::drain(&service).await });
    for hostile in &all {
        hostile.receiver.wait_for(1).await;
    }
    // All attempts are under way, and nothing else waits for the time.
    assert!(!drained.is_finished());
    tokio::time::pause();
    tokio::time::advance(SEND_TIMEOUT).await;
    tokio::time::resume();
    assert_eq!(drained.await.unwrap().unwrap(), all.len());
    check(&app, &backend, &all).await;
}
