//! Endpoints that lead into the operator's network: by their URL, by DNS, by a redirect.

use std::net::IpAddr;

use serde_json::{Value, json};
use vestibule_core::permission::parse_network;
use vestibule_core::settings::{Mode, PublicUrl, TrustedCertificates};
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{create_endpoint, deliver, only_delivery, start};
use crate::harness::{DAY, HOUR, TestApp, TestClient, text};
use crate::platform::PlatformClient;
use crate::secret_scan::log_lines;

/// A name that only this test looks up, so that its lines are found in the log.
const HOST: &str = "rebinding.example";
const ONLY_UPDATES: &str = "organization.updated";

/// An app as in production, to which 127.0.0.1 and no other address of this machine is public.
async fn start_in_production(receiver: &Receiver) -> TestApp {
    TestApp::with_settings(|settings| {
        settings.http_client.allowed_networks = vec![parse_network("127.0.0.1").unwrap()];
        settings.http_client.certificates = TrustedCertificates::parse_pem(receiver.authority().as_bytes()).unwrap();
    })
    .await
}

fn set_addresses(app: &TestApp, addresses: &[&str]) {
    let parsed: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    app.inner.dns.addresses.lock().unwrap().insert(HOST.to_owned(), parsed);
}

/// Sends a test to an endpoint of an organization. Returns the path of the delivery.
async fn send_test(app: &TestApp, admin: &TestClient, endpoint: &str) -> String {
    let delivery = admin.post(&format!("{endpoint}/test"), &[]).await.ok();
    assert_eq!(deliver(app).await, 1);
    format!("{endpoint}/deliveries/{}", text(&delivery["id"]))
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_later_is_not_connected_to() {
    let receiver = Receiver::start_tls(HOST).await;
    // The same port, so that the answer of DNS alone makes the difference.
    let internal = Receiver::start_on(&format!("127.0.0.2:{}", receiver.address().port())).await;
    // No connection is used again, so each attempt looks the name up.
    receiver.always(Behaviour::RespondAndClose);
    let app = start_in_production(&receiver).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    set_addresses(&app, &["127.0.0.1"]);
    let path = format!("/organizations/{organization}/webhooks");
    let fields = json!({"url": receiver.https_url(HOST, "/hook"), "events": [ONLY_UPDATES]});
    let endpoint = format!("{path}/{}", text(&owner.post_json(&path, &fields).await.ok()["id"]));
    let delivery = send_test(&app, &owner, &endpoint).await;
    assert_eq!(owner.get(&delivery).await.ok()["state"], "delivered");
    assert_eq!(receiver.received().len(), 1);
    let connections = receiver.connections();

    let mut blocked = Vec::new();
    for addresses in [
        &["127.0.0.2"] as &[&str],
        &["::1"],
        &["10.0.0.1"],
        &["192.168.1.1"],
        &["169.254.169.254"],
        &["fd00:ec2::254"],
        &["64:ff9b::a9fe:a9fe"],
        &["64:ff9b:1::7f00:1"],
        &["::ffff:127.0.0.1"],
        &["::ffff:169.254.169.254"],
        // A public address beside one that is not public is not used either.
        &["93.184.215.14", "127.0.0.2"],
        &["127.0.0.2", "127.0.0.1"],
        &["2606:4700::1111", "64:ff9b::7f00:2"],
    ] {
        set_addresses(&app, addresses);
        let delivery = send_test(&app, &owner, &endpoint).await;
        let response = owner.get(&delivery).await;
        // The response does not show its managers where it leads. The log shows it to the operator.
        let names_an_address = addresses.iter().any(|address| response.text.contains(address));
        assert!(!names_an_address, "{addresses:?}: {}", response.text);
        let shown = response.ok();
        assert_eq!((&shown["state"], &shown["last_status"]), (&json!("waiting"), &Value::Null), "{addresses:?}");
        assert_eq!(shown["last_error"], "blocked_address", "{addresses:?}");
        let attempts = shown["attempt_log"].as_array().unwrap();
        assert_eq!((attempts.len(), &attempts[0]["error"]), (1, &json!("blocked_address")), "{addresses:?}");
        blocked.push((delivery, addresses));
    }
    let logged = log_lines(HOST);
    for (_, addresses) in &blocked {
        let is_logged = |address: &&str| logged.iter().any(|line| line.contains(*address));
        assert!(addresses.iter().any(is_logged), "{addresses:?}");
    }
    assert_eq!((receiver.connections(), internal.connections()), (connections, 0));

    // Nothing is lost meanwhile.
    set_addresses(&app, &["127.0.0.1"]);
    app.advance(HOUR);
    assert_eq!(deliver(&app).await, blocked.len());
    for (delivery, _) in blocked {
        assert_eq!(owner.get(&delivery).await.ok()["state"], "delivered");
    }
    assert_eq!(internal.connections(), 0);
    app.drain().await;
}

#[tokio::test]
async fn an_address_is_refused_in_every_spelling() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "webhooks:write").await;
    let path = format!("/organizations/{organization}/webhooks");
    let url = "https://hooks.example/";
    let created = backend.post("/webhooks/endpoints", &json!({"url": url})).await.ok();
    let endpoint = format!("/webhooks/endpoints/{}", text(&created["id"]));
    let own = format!("{path}/{}", text(&owner.post_json(&path, &json!({"url": url})).await.ok()["id"]));
    for host in [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "2852039166",
        "0251.0376.0251.0376",
        "0xa9.0xfe.0xa9.0xfe",
        "169.254.43518",
        "169.254.169.254.",
        "169。254。169。254",
        "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
        "user@169.254.169.254",
        "hooks.example@169.254.169.254",
        "169.254.169.254@hooks.example",
        "[::1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::ffff:169.254.169.254]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "[fd00:ec2::254]",
        "localhost",
        "localhost.",
        "hooks.localhost",
    ] {
        let fields = json!({"url": format!("https://{host}/hook")});
        for message in [
            backend.post("/webhooks/endpoints", &fields).await.assert_error(400, "INVALID_FIELD"),
            backend.patch(&endpoint, &fields).await.assert_error(400, "INVALID_FIELD"),
        ] {
            // No hint at what is there.
            assert!(!["loopback", "link-local", "metadata"].iter().any(|kind| message.contains(kind)), "{message}");
        }
        owner.post_json(&path, &fields).await.assert_error(400, "INVALID_FIELD");
        owner.post_json(&format!("{own}/update"), &fields).await.assert_error(400, "INVALID_FIELD");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_endpoints"), 2);
    assert_eq!(backend.get(&endpoint).await.ok()["url"], url);
    assert_eq!(owner.get(&own).await.ok()["url"], url);
}

/// An endpoint of this machine was allowed while the installation was set up.
#[tokio::test]
async fn a_stored_url_that_the_settings_no_longer_allow_is_not_connected_to() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_UPDATES]})).await;
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    // As if the settings had allowed this network before.
    app.execute("UPDATE webhook_endpoints SET url = REPLACE(url, '127.0.0.1', '10.0.0.1')");
    assert_eq!(deliver(&app).await, 1);
    let delivery = only_delivery(&backend, &endpoint).await;
    assert_eq!((&delivery["last_status"], &delivery["last_error"]), (&Value::Null, &json!("url_not_allowed")));
    assert_eq!(receiver.connections(), 0);
}

/// The server is public, so any user could send requests to the other servers of its machine.
#[tokio::test]
async fn staging_that_others_can_reach_sends_nothing_to_its_own_machine() {
    let receiver = Receiver::start().await;
    let app = TestApp::with_settings(|settings| settings.mode = Mode::Staging).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/webhooks");
    let port = receiver.address().port();
    for host in ["127.0.0.1", "localhost", "app.localhost", "[::1]"] {
        for scheme in ["http", "https"] {
            let fields = json!({"url": format!("{scheme}://{host}:{port}/hook")});
            owner.post_json(&path, &fields).await.assert_error(400, "INVALID_FIELD");
        }
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_server_that_only_its_own_machine_reaches_sends_to_it_during_development() {
    let receiver = Receiver::start().await;
    let app = TestApp::with_settings(|settings| {
        settings.mode = Mode::Staging;
        settings.public_url = PublicUrl::parse("http://localhost:8080").unwrap();
    })
    .await;
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_UPDATES]})).await;
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(only_delivery(&backend, &endpoint).await["state"], "delivered");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (app, receiver, other) = (start().await, Receiver::start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let endpoint = create_endpoint(&backend, &receiver, &json!({"events": [ONLY_UPDATES]})).await;
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    let metadata = "http://169.254.169.254/latest/meta-data/".to_owned();
    let redirects = [(301, metadata), (303, other.url("/")), (307, other.url("/")), (308, "/elsewhere".to_owned())];
    for (status, location) in redirects {
        receiver.next([Behaviour::with_header(status, "Location", &location)]);
        assert_eq!(deliver(&app).await, 1, "{status}");
        let delivery = only_delivery(&backend, &endpoint).await;
        let seen = (&delivery["state"], &delivery["last_status"]);
        assert_eq!(seen, (&json!("waiting"), &json!(status)), "{location}");
        app.advance(DAY);
    }
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(only_delivery(&backend, &endpoint).await["state"], "delivered");
    assert!(receiver.received().iter().all(|request| request.target == "/hook"));
    assert_eq!((receiver.received().len(), other.connections()), (5, 0));
}
