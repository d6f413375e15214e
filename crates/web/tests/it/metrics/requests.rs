//! Requests by route, and how many of them the caches answered.

use axum::body::Body;
use axum::http::Method;

use super::MetricsClient;
use crate::harness::TestApp;
use crate::platform::PlatformClient;

const REQUESTS: &str = "vestibule_http_requests_total";

#[tokio::test]
async fn counts_requests_by_route_method_and_status() {
    let app = TestApp::start().await;
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    let stranger = app.create_user("sam@example.com").await;
    let list = format!("/organizations/{acme}/invitations");
    for _ in 0..3 {
        admin.get(&list).await.ok();
    }
    stranger.get(&list).await.assert_error(403, "FORBIDDEN");
    app.anonymous().get("/nothing/here").await.assert_error(404, "NOT_FOUND");
    let scraped = MetricsClient::new(&app).scrape().await;
    let route = ("route", "/organizations/{id}/invitations");
    for (status, count) in [("2xx", 3.0), ("4xx", 1.0), ("5xx", 0.0)] {
        let labels = [("api", "frontend"), route, ("method", "GET"), ("status", status)];
        assert_eq!(scraped.value(REQUESTS, &labels), count, "{status}");
    }
    assert_eq!(scraped.value(REQUESTS, &[("route", "none"), ("method", "GET"), ("status", "4xx")]), 1.0);
    // The histogram counts the same requests.
    let labels = [("api", "frontend"), route, ("method", "GET")];
    let name = |suffix| format!("vestibule_http_request_duration_seconds_{suffix}");
    assert_eq!(scraped.value(&name("count"), &labels), 4.0);
    let bucket = |bound| scraped.value(&name("bucket"), &[labels[0], labels[1], labels[2], ("le", bound)]);
    assert_eq!(bucket("+Inf"), 4.0);
    assert!(bucket("0.0005") <= bucket("0.001") && bucket("10") <= bucket("20"), "buckets are cumulative");
    assert!(scraped.value(&name("sum"), &labels) > 0.0);
}

#[tokio::test]
async fn tells_the_apis_apart_and_counts_refused_keys() {
    let app = TestApp::start().await;
    let platform = vestibule_web::PlatformServer::new(&app.inner.server);
    let backend = PlatformClient { server: platform.clone(), ..PlatformClient::new(&app, "users:read").await };
    backend.get("/users").await.ok();
    backend.get("/keys").await.assert_error(403, "SCOPE_MISSING");
    let unknown = PlatformClient { key: "vst_live_sk_unknown".to_owned(), ..backend };
    unknown.get("/users").await.assert_error(401, "API_KEY_INVALID");
    unknown.get("/users").await.assert_error(401, "API_KEY_INVALID");
    let mut public = app.anonymous();
    public.headers.insert("authorization", "Bearer vst_live_sk_unknown".parse().unwrap());
    public.get("/session").await.assert_error(401, "API_KEY_NOT_ACCEPTED");
    let scraped = MetricsClient::with_servers(&app, &app.inner.server, Some(&platform)).scrape().await;
    let requests = |route, status| {
        scraped.value(REQUESTS, &[("api", "platform"), ("route", route), ("method", "GET"), ("status", status)])
    };
    assert_eq!((requests("/users", "2xx"), requests("/keys", "4xx")), (1.0, 1.0));
    assert_eq!(requests("none", "4xx"), 2.0, "a key that is none reaches no route");
    for (reason, count) in
        [("invalid", 2.0), ("scope_missing", 1.0), ("wrong_listener", 1.0), ("exceeds_own", 0.0), ("rate_limited", 0.0)]
    {
        assert_eq!(scraped.value("vestibule_api_key_refusals_total", &[("reason", reason)]), count, "{reason}");
    }
}

#[tokio::test]
async fn counts_unusual_methods_as_one() {
    let app = TestApp::start().await;
    for method in ["PURGE", "QUERY", "X-1", "OPTIONS"] {
        app.anonymous().send(Method::from_bytes(method.as_bytes()).unwrap(), "/session", None, Body::empty()).await;
    }
    let scraped = MetricsClient::new(&app).scrape().await;
    let of = |method| scraped.value(REQUESTS, &[("route", "none"), ("method", method), ("status", "4xx")]);
    assert_eq!((of("OTHER"), of("OPTIONS")), (3.0, 1.0), "{}", scraped.text);
}

#[tokio::test]
async fn counts_what_caches_answer() {
    let app = TestApp::start().await;
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    let (list, client) = (format!("/organizations/{acme}/invitations"), MetricsClient::new(&app));
    let counts = async |cache| {
        let scraped = client.scrape().await;
        ["hits", "misses", "invalidations"]
            .map(|kind| scraped.value(&format!("vestibule_cache_{kind}_total"), &[("cache", cache)]))
    };
    for (cache, path) in [("invitation_lists", list.as_str()), ("sessions", "/session")] {
        admin.get(path).await.ok();
        let [hits, misses, invalidations] = counts(cache).await;
        admin.get(path).await.ok();
        admin.get(path).await.ok();
        assert_eq!(counts(cache).await, [hits + 2.0, misses, invalidations], "{cache}");
        app.invalidate_caches();
        admin.get(path).await.ok();
        assert_eq!(counts(cache).await, [hits + 2.0, misses + 1.0, invalidations + 1.0], "{cache}");
        admin.get(path).await.ok();
        assert_eq!(counts(cache).await, [hits + 3.0, misses + 1.0, invalidations + 1.0], "{cache}");
    }
    assert!(counts("access").await[0] > 0.0, "each use of the list checks the caller's access");
}
