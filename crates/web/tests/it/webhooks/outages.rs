//! Receivers and databases that go away while something is delivered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::webhook;
use vestibule_testbed::proxy::{Proxy, ProxyMode};
use vestibule_testbed::receiver::{Behaviour, Receiver};
use vestibule_testbed::{Database, Engine, free_port, server_address};

use super::{LEASE_LIFETIME, allow_this_machine, create_endpoint, deliver, deliveries, only_delivery, start};
use crate::harness::{DAY, HOUR, TestApp, TestAppBuilder, text};
use crate::platform::PlatformClient;

const ONLY_USERS: &str = "user.created";
const DELIVERED: &str = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'delivered'";
const WAITING: &str = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'waiting'";

#[tokio::test]
async fn a_receiver_that_dies_gets_the_event_again() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    // It dies before its response, and in the middle of it, after the status of success.
    for behaviour in [Behaviour::Close, Behaviour::Reset, Behaviour::HalfBody, Behaviour::ResetInBody] {
        receiver.next([behaviour.clone()]);
        assert_eq!(deliver(&app).await, 1);
        let delivery = only_delivery(&backend, &endpoint).await;
        let seen = (&delivery["state"], &delivery["last_status"], &delivery["last_error"]);
        assert_eq!(seen, (&json!("waiting"), &Value::Null, &json!("connection_lost")), "{behaviour:?}");
        app.advance(DAY);
    }
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(only_delivery(&backend, &endpoint).await["state"], "delivered");
    let received = receiver.received();
    assert_eq!(received.len(), 5);
    for request in &received {
        assert_eq!(
            (request.header("webhook-id"), &request.body),
            (received[0].header("webhook-id"), &received[0].body)
        );
        assert_eq!(request.header("webhook-sequence"), "1");
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_gets_the_events_once_it_is() {
    let app = start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let address = format!("127.0.0.1:{}", free_port());
    let fields = json!({"url": format!("http://{address}/hook"), "events": [ONLY_USERS], "ordered": true});
    let created = backend.post("/webhooks/endpoints", &fields).await.ok();
    let endpoint = format!("/webhooks/endpoints/{}", text(&created["id"]));
    for user in ["sam@example.com", "kim@example.com", "ann@example.com"] {
        app.create_user(user).await;
    }
    assert_eq!(deliver(&app).await, 1, "the others wait for the first");
    assert_eq!(deliveries(&backend, &endpoint).await[2]["last_error"], "unreachable");
    let receiver = Receiver::start_on(&address).await;
    app.advance(HOUR);
    assert_eq!(deliver(&app).await, 3);
    let numbers: Vec<_> =
        receiver.received().iter().map(|request| request.header("webhook-sequence").to_owned()).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
}

/// An app on PostgreSQL behind a proxy, which may send to this machine.
async fn start_behind(proxy: &Proxy) -> TestApp {
    TestAppBuilder::new(Database::create_on(Engine::Postgres))
        .with_settings(allow_this_machine)
        .with_proxies(&[proxy])
        .with_database_timeout(Duration::from_millis(1500))
        .build()
        .await
}

async fn wait_for_database(app: &TestApp) {
    while app.anonymous().get("/health/ready").await.status != 200 {}
}

/// Sends everything that is due, also if the first connections are dead ones.
async fn deliver_again(app: &TestApp) -> usize {
    loop {
        if let Ok(count) = webhook::drain(&app.inner.service).await {
            return count;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_while_deliveries_are_under_way_loses_none() {
    let (proxy, receiver) = (Proxy::start(server_address()).await, Receiver::start().await);
    let app = start_behind(&proxy).await;
    let backend = PlatformClient::new(&app, "*").await;
    create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS]})).await;
    let ordered = json!({"url": receiver.url("/ordered"), "events": [ONLY_USERS], "ordered": true});
    create_endpoint(&backend, &receiver, &ordered).await;
    for user in ["sam@example.com", "kim@example.com", "ann@example.com"] {
        app.create_user(user).await;
    }
    receiver.always(Behaviour::Held);
    let service = Arc::clone(&app.inner.service);
    let drained = tokio::spawn(async move { webhook::drain(&service).await });
    // Three of the one endpoint, and the first of the other.
    receiver.wait_for(4).await;
    proxy.set_mode(ProxyMode::Refuse);
    receiver.release();
    drained.await.unwrap().unwrap_err();
    proxy.set_mode(ProxyMode::Forward);
    wait_for_database(&app).await;
    // The receiver has them, but no outcome is stored, so they are sent again, and no sooner than the leases expire.
    assert_eq!((app.count(DELIVERED), app.count(WAITING)), (0, 6));
    app.advance(LEASE_LIFETIME.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(deliver_again(&app).await, 0);
    app.advance(Duration::from_secs(1));
    assert_eq!(deliver_again(&app).await, 6);
    assert_eq!((app.count(DELIVERED), app.count(WAITING)), (6, 0));

    let received = receiver.received();
    assert_eq!(received.len(), 10);
    let ids: BTreeSet<_> = received.iter().map(|request| request.header("webhook-id")).collect();
    assert_eq!(ids.len(), 3, "both endpoints get an event under the same id");
    let ordered = received.iter().filter(|request| request.target == "/ordered");
    let numbers: Vec<_> = ordered.map(|request| request.header("webhook-sequence")).collect();
    assert_eq!(numbers, ["1", "1", "2", "3"]);
}

/// Cuts a connection before each packet of a worker in turn: while it looks for deliveries, claims them, and stores
/// what became of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_at_any_packet_loses_no_delivery() {
    let (proxy, receiver) = (Proxy::start(server_address()).await, Receiver::start().await);
    let app = start_behind(&proxy).await;
    let backend = PlatformClient::new(&app, "*").await;
    create_endpoint(&backend, &receiver, &json!({"events": [ONLY_USERS], "ordered": true})).await;
    let mut users = 0;
    let mut packets = 0;
    loop {
        for _ in 0..2 {
            app.create_user(&format!("user{users}@example.com")).await;
            users += 1;
        }
        proxy.close_after_packets(packets);
        // It may fail, and it may have stored nothing of what it sent.
        let _ = webhook::drain(&app.inner.service).await;
        let has_closed = proxy.has_closed();
        wait_for_database(&app).await;
        for _ in 0..3 {
            app.advance(LEASE_LIFETIME);
            deliver_again(&app).await;
        }
        assert_eq!((app.count(DELIVERED), app.count(WAITING)), (users, 0), "cut before packet {packets}");
        if !has_closed {
            break;
        }
        packets += 1;
    }
    assert!(packets > 4, "{packets} packets are too few for two deliveries");
    let received = receiver.received();
    let bodies: BTreeSet<_> = received.iter().map(|request| (request.header("webhook-id"), &request.body)).collect();
    let ids: BTreeSet<_> = bodies.iter().map(|(id, _)| *id).collect();
    let sent = i64::try_from(ids.len()).unwrap();
    assert_eq!((sent, bodies.len()), (users, ids.len()), "the event of each user has one id");
    let numbers = received.iter().map(|request| request.header("webhook-sequence").parse::<i64>().unwrap());
    assert!(numbers.is_sorted(), "in order");
}
