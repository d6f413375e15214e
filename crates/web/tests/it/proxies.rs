//! The client's address behind proxies: limits, allowlists and the security log use what trusted proxies write.

use serde_json::json;
use vestibule_core::settings::{ForwardedHeader, Settings};

use crate::harness::{PASSWORD, TestApp, TestClient};
use crate::secret_scan::security_events;

fn behind_proxy(settings: &mut Settings, header: ForwardedHeader) {
    settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    settings.forwarded_header = header;
}

/// Returns a client with the same session, whose requests have this forwarding header.
fn forwarded(client: &TestClient, header: ForwardedHeader, value: &str) -> TestClient {
    let mut forwarded = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    forwarded.headers.insert(header.name(), value.parse().unwrap());
    forwarded
}

async fn sign_in_fails(client: &TestClient) -> u16 {
    let fields = [("email", "nobody@example.com"), ("password", PASSWORD)];
    client.post("/auth/signin", &fields).await.status
}

#[tokio::test]
async fn allowlists_read_every_form_of_an_address() {
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let app = TestApp::with_settings(|settings| behind_proxy(settings, header)).await;
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let path = format!("/organizations/{organization}");
        // Even a list with every address does not contain an unknown one.
        let addresses = ["127.0.0.1", "10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32"];
        let ips = json!({"whitelisted_ips": addresses, "enable_ip_restriction": true});
        owner.post_json(&format!("{path}/update"), &ips).await.ok();
        let cases = match header {
            ForwardedHeader::XForwardedFor => [
                ("203.0.113.9:51234", true),
                ("[2001:db8::7]:51234", true),
                ("\"[2001:db8::7]:51234\"", true),
                ("::ffff:203.0.113.9", true),
                ("198.51.100.1, 203.0.113.9:1, 10.1.1.1:443", true),
                ("203.0.113.9, 198.51.100.1:51234", false),
                ("203.0.113.9, unknown", false),
                ("203.0.113.9, no-address", false),
            ],
            ForwardedHeader::Forwarded => [
                ("for=203.0.113.9", true),
                ("FOR=\"203.0.113.9:51234\";proto=https", true),
                ("proto=https;for=\"[2001:db8::7]:51234\"", true),
                ("for=198.51.100.1, for=203.0.113.9, for=10.1.1.1", true),
                ("for=203.0.113.9, for=198.51.100.1", false),
                ("for=203.0.113.9, for=_hidden", false),
                ("for=203.0.113.9, proto=https", false),
                ("203.0.113.9", false),
            ],
        };
        for (value, is_allowed) in cases {
            let response = forwarded(&owner, header, value).get(&format!("{path}/members")).await;
            if is_allowed {
                response.ok();
            } else {
                response.assert_error(403, "ADDRESS_NOT_ALLOWED");
            }
        }
        let everywhere = json!({"whitelisted_ips": ["0.0.0.0/0", "::/0"], "enable_ip_restriction": true});
        owner.post_json(&format!("{path}/update"), &everywhere).await.ok();
        forwarded(&owner, header, cases[0].0).get(&format!("{path}/members")).await.ok();
        let hidden = forwarded(&owner, header, cases[6].0);
        hidden.get(&format!("{path}/members")).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn clients_behind_one_proxy_do_not_share_a_limit_because_of_their_ports() {
    let header = ForwardedHeader::XForwardedFor;
    let app = TestApp::with_settings(|settings| {
        behind_proxy(settings, header);
        settings.passwords.attempts_per_address = 2;
        settings.passwords.attempts_per_account = 1000;
    })
    .await;
    let anonymous = app.anonymous();
    let client = |value: &str| forwarded(&anonymous, header, value);
    // A new port is not a new client.
    assert_eq!(sign_in_fails(&client("203.0.113.9:1001")).await, 401);
    assert_eq!(sign_in_fails(&client("203.0.113.9:1002")).await, 401);
    assert_eq!(sign_in_fails(&client("203.0.113.9:1003")).await, 429);
    assert_eq!(sign_in_fails(&client("198.51.100.1:1001")).await, 401);
    assert_eq!(sign_in_fails(&client("203.0.113.9, 198.51.100.2:1001")).await, 401);
}

#[tokio::test]
async fn unknown_clients_do_not_lock_each_other_out() {
    for (header, value) in
        [(ForwardedHeader::XForwardedFor, "203.0.113.9, unknown"), (ForwardedHeader::Forwarded, "for=_hidden")]
    {
        let app = TestApp::with_settings(|settings| {
            behind_proxy(settings, header);
            settings.passwords.attempts_per_address = 2;
            settings.passwords.attempts_per_account = 5;
        })
        .await;
        let client = forwarded(&app.anonymous(), header, value);
        for _ in 0..5 {
            assert_eq!(sign_in_fails(&client).await, 401);
        }
        // The limit of the account still applies.
        assert_eq!(sign_in_fails(&client).await, 429);
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        client.post("/auth/signup", &fields).await.ok();
        let sign_ins = client.get("/me/signins").await;
        assert_eq!(sign_ins.body["data"][0]["ip_address"], "unknown", "{}", sign_ins.text);
        client.get("/account").await.assert_page(200, "unknown IP address");
        assert!(security_events("unknown").iter().any(|event| event["event"] == "sign_up.succeeded"));
    }
}

#[tokio::test]
async fn a_forwarded_header_that_is_not_in_the_settings_is_ignored() {
    let header = ForwardedHeader::XForwardedFor;
    let app = TestApp::with_settings(|settings| {
        behind_proxy(settings, header);
        settings.docs.allowed_networks = vec!["203.0.113.9/32".parse().unwrap()];
    })
    .await;
    let mut client = forwarded(&app.anonymous(), header, "198.51.100.1");
    client.headers.insert("forwarded", "for=203.0.113.9".parse().unwrap());
    assert_eq!(client.get("/openapi.json").await.status, 404);
    client.headers.insert("x-forwarded-for", "203.0.113.9:80".parse().unwrap());
    client.headers.insert("forwarded", "for=198.51.100.1".parse().unwrap());
    assert_eq!(client.get("/openapi.json").await.status, 200);
}
