//! No label is made from input: hostile requests add no series beyond those of the routes, and none of their text is
//! exported.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method};
use vestibule_web::{PlatformServer, platform_route_list, route_list};

use super::MetricsClient;
use crate::harness::TestApp;

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"];

/// What a client can choose freely. `{}` is a text that differs in each round.
const PATHS: [&str; 12] = [
    "/{}",
    "/%22%7D%0A{}",
    "/organizations/{}/invitations",
    "/organizations/1%22,route=%22{}/invitations",
    "/organizations/{}/members/{}/roles/{}",
    "/workspaces/{}",
    "/users/{}",
    "/users/{}/email-addresses/{}",
    "/images/{}",
    "/invite?token={}",
    "//{}",
    "/session?__dev_session__={}",
];
const REQUEST_METHODS: [&str; 8] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PURGE", "GET{}", "X-{}"];
const HEADERS: [&str; 12] = [
    "user-agent",
    "host",
    "accept",
    "accept-language",
    "authorization",
    "cookie",
    "origin",
    "x-forwarded-for",
    "x-http-method-override",
    "traceparent",
    "baggage",
    "content-type",
];

/// Sends every path to both APIs, with every method, and with every header.
async fn attack(app: &TestApp, platform: &PlatformServer, text: &str) {
    for path in PATHS {
        for method in REQUEST_METHODS {
            // Some headers are refused before the request has a route.
            let headers = if method == "GET" { &HEADERS[..] } else { &HEADERS[..1] };
            for header in headers {
                let request = || request(method, path, header, text);
                let peer = std::net::IpAddr::from([127, 0, 0, 1]);
                app.inner.server.clone().handle(request(), peer).await;
                platform.clone().handle(request(), peer).await;
            }
        }
    }
}

fn request(method: &str, path: &str, header: &'static str, text: &str) -> Request {
    let mut request = Request::new(Body::from(text.to_owned()));
    *request.method_mut() = Method::from_bytes(method.replace("{}", text).as_bytes()).unwrap();
    *request.uri_mut() = path.replace("{}", text).parse().unwrap();
    let value = HeaderValue::from_str(&format!("{text}\t\"}} 1")).unwrap();
    request.headers_mut().insert(HeaderName::from_static(header), value);
    request
}

#[tokio::test]
async fn hostile_requests_make_no_labels() {
    let app = TestApp::start().await;
    let platform = PlatformServer::new(&app.inner.server);
    let client = MetricsClient::with_servers(&app, &app.inner.server, Some(&platform));
    attack(&app, &platform, "hostile-1").await;
    let first = client.scrape().await;
    attack(&app, &platform, "hostile-2").await;
    let second = client.scrape().await;
    assert_eq!(first.series(), second.series(), "other texts make no further series");
    assert!(!second.text.to_lowercase().contains("hostile"), "{}", second.text);

    let routes = route_list().into_iter().chain(platform_route_list());
    let routes: BTreeSet<_> = routes.map(|route| route.path).chain(["none".to_owned()]).collect();
    for sample in second.samples() {
        for (label, value) in &sample.labels {
            match label.as_str() {
                "route" => assert!(routes.contains(value), "{sample:?}"),
                "method" => assert!(METHODS.contains(&value.as_str()), "{sample:?}"),
                "status" => assert!(["1xx", "2xx", "3xx", "4xx", "5xx"].contains(&value.as_str()), "{sample:?}"),
                "le" => assert!(value == "+Inf" || value.parse::<f64>().is_ok(), "{sample:?}"),
                "version" => assert_eq!(value, env!("CARGO_PKG_VERSION")),
                // Of the enums in `vestibule_core::metrics`, of which every value is exported from the start.
                _ => assert!(value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{sample:?}"),
            }
        }
    }
}

#[tokio::test]
async fn all_other_series_exist_from_the_start() {
    let app = TestApp::start().await;
    let client = MetricsClient::new(&app);
    let without_routes = |series: BTreeSet<String>| {
        series.into_iter().filter(|series| !series.starts_with("vestibule_http_")).collect::<BTreeSet<_>>()
    };
    let before = without_routes(client.scrape().await.series());
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    app.create_member(&admin, &acme, "sam@example.com", "").await;
    admin.post("/auth/signin", &[("email", "nora@acme.example"), ("password", "wrong")]).await;
    assert_eq!(without_routes(client.scrape().await.series()), before);
}
