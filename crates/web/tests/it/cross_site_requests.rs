//! Requests that pages of other sites make a browser send, and CORS.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, header};

use crate::harness::{PASSWORD, TestApp};

fn state_changing_calls() -> Vec<(Method, String)> {
    let calls = crate::openapi::routes().into_iter().filter(|(method, _)| method != "GET").map(|(method, path)| {
        let path = path.replace("{id}", "123456789012345678").replace("{invitationId}", "123456789012345678");
        (method.parse().unwrap(), path)
    });
    calls.collect()
}

#[tokio::test]
async fn rejects_state_changing_requests_from_other_origins() {
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    let ada = app.create_user("ada@example.com").await;
    let before = app.row_counts();
    let calls = state_changing_calls();
    assert!(calls.len() > 12);
    for (method, path) in calls {
        for (name, value, passes) in [
            ("origin", "https://evil.example", false),
            ("origin", "null", false),
            ("origin", "http://vestibule.test.evil.example", false),
            ("origin", "https://vestibule.test", false),
            ("sec-fetch-site", "cross-site", false),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "", false),
            ("sec-fetch-site", "Same-Origin", false),
            ("sec-fetch-site", "same-origin, cross-site", false),
            ("origin", "", false),
            ("origin", "http://vestibule.test/", false),
            ("origin", "http://vestibule.test:8080", false),
            ("origin", "http://vestibule.test.", false),
            ("origin", "http://vestibule.test, https://evil.example", false),
            ("origin", "http://vestibule.test https://evil.example", false),
            ("origin", "https://app.example.com@evil.example", false),
            ("origin", "https://sub.app.example.com", false),
            ("origin", "http://app.example.com", false),
            ("sec-fetch-site", "none", true),
            ("origin", "HTTP://Vestibule.Test", true),
            ("origin", "http://vestibule.test", true),
            ("origin", "https://app.example.com", true),
            ("sec-fetch-site", "same-origin", true),
        ] {
            // Also without a cookie: signing a visitor in to the attacker's account is an attack too.
            let cookie = ada.cookie.lock().unwrap().clone();
            for mut client in [app.client_with_cookie(cookie), app.anonymous()] {
                client.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                let form = Some("application/x-www-form-urlencoded");
                let response = client.send(method.clone(), &path, form, Body::from("nonsense=1&password=wrong")).await;
                let refused = response.body["errors"][0]["code"] == "CROSS_SITE_REQUEST";
                assert_eq!(refused, !passes, "{method} {path} {name}: {value}: {}", response.text);
                if passes && path == "/session/sign-out" {
                    client.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
                }
            }
        }
    }
    let after = app.row_counts();
    let count = |rows: &[(String, i64)], table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    for table in ["users", "organizations", "invitations", "workspaces"] {
        assert_eq!(count(&after, table), count(&before, table), "{table}");
    }
}

#[tokio::test]
async fn sends_cors_headers_to_allowed_origins_only() {
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    for (origin, allowed) in [("https://app.example.com", true), ("https://evil.example", false), ("null", false)] {
        let mut anonymous = app.anonymous();
        anonymous.headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        let response = anonymous.get("/session").await;
        assert_eq!(response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
        if allowed {
            assert_eq!(response.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            assert_eq!(response.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        }
        anonymous.headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        let preflight = anonymous.send(Method::OPTIONS, "/auth/signin", None, Body::empty()).await;
        assert_eq!(preflight.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
    }
}

/// Of two lines one reader takes the first and another the last.
#[tokio::test]
async fn rejects_repeated_origins_and_other_single_headers() {
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    let ada = app.create_user("ada@example.com").await;
    let (own, allowed, evil) = ("http://vestibule.test", "https://app.example.com", "https://evil.example");
    for (name, values) in [
        ("origin", [own, evil]),
        ("origin", [evil, own]),
        ("origin", [allowed, evil]),
        ("origin", [own, own]),
        ("origin", ["null", own]),
        ("sec-fetch-site", ["same-origin", "cross-site"]),
        ("host", ["a", "b"]),
        ("content-type", ["application/json", "application/x-www-form-urlencoded"]),
        ("content-length", ["0", "0"]),
        ("authorization", ["Bearer a", "Bearer b"]),
        ("x-development-session", ["a", "b"]),
        ("idempotency-key", ["a", "b"]),
    ] {
        let mut client = app.client_with_cookie(ada.cookie.lock().unwrap().clone());
        values.into_iter().for_each(|value| {
            client.headers.append(name, HeaderValue::from_static(value));
        });
        for (method, path) in [(Method::POST, "/session/sign-out"), (Method::GET, "/me"), (Method::OPTIONS, "/me")] {
            let response = client.send(method.clone(), path, None, Body::empty()).await;
            assert!(response.text.contains(name), "{}", response.text);
            assert!(!response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{method} {values:?}");
            response.assert_error(400, "DUPLICATE_HEADER");
        }
    }
    ada.get("/me").await.ok();
    // Lists may have several lines.
    let mut client = app.client_with_cookie(ada.cookie.lock().unwrap().clone());
    for (name, value) in [("cookie", "a=b"), ("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "1.2.3.5")] {
        client.headers.append(name, HeaderValue::from_static(value));
    }
    client.headers.append("cookie", HeaderValue::from_str(&format!("session_id={}", session(&ada))).unwrap());
    client.get("/me").await.ok();
}

fn session(client: &crate::harness::TestClient) -> String {
    client.cookie.lock().unwrap().clone().unwrap()
}

#[tokio::test]
async fn answers_preflights_of_allowed_origins_completely() {
    let app = TestApp::with_settings(|settings| {
        settings.allowed_origins =
            vec!["https://app.example.com".to_owned(), "https://two.example.com:8443".to_owned()];
    })
    .await;
    let list = |response: &crate::harness::TestResponse, name: header::HeaderName| {
        let values = response.headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap().split(','));
        let mut names: Vec<_> = values.map(|name| name.trim().to_ascii_lowercase()).collect();
        names.sort_unstable();
        names
    };
    let send = async |method: Method, origin: &'static str| {
        let mut client = app.anonymous();
        client.headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        client.headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        client.headers.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-evil"));
        client.send(method, "/session", None, Body::empty()).await
    };
    for origin in ["https://app.example.com", "https://two.example.com:8443"] {
        let preflight = send(Method::OPTIONS, origin).await;
        assert_eq!((preflight.status, &*preflight.text), (200, ""));
        assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        let methods = ["delete", "get", "head", "options", "patch", "post", "put"];
        assert_eq!(list(&preflight, header::ACCESS_CONTROL_ALLOW_METHODS), methods);
        let headers = ["content-type", "idempotency-key", "x-development-session"];
        assert_eq!(list(&preflight, header::ACCESS_CONTROL_ALLOW_HEADERS), headers);
        let response = send(Method::GET, origin).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        let exposed = ["idempotent-replayed", "link", "retry-after", "seats", "x-development-session", "x-request-id"];
        assert_eq!(list(&response, header::ACCESS_CONTROL_EXPOSE_HEADERS), exposed);
        assert!(list(&response, header::VARY).contains(&"origin".to_owned()));
    }
    for origin in [
        "null",
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://app.example.com.",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "https://two.example.com",
        "*",
    ] {
        for method in [Method::OPTIONS, Method::GET] {
            let response = send(method.clone(), origin).await;
            assert!(!response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{method} {origin}");
            // A cache must not give the response to an allowed origin.
            assert!(list(&response, header::VARY).contains(&"origin".to_owned()), "{method} {origin}");
        }
    }
    // Errors are readable too, public keys for everyone, and without a setting nothing is.
    let mut client = app.anonymous();
    client.headers.insert(header::ORIGIN, HeaderValue::from_static("https://app.example.com"));
    let error = client.get("/me").await;
    assert_eq!(
        (error.status, &error.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN]),
        (401, &HeaderValue::from_static("https://app.example.com"))
    );
    client.headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.example"));
    let keys = client.get("/.well-known/jwks.json").await;
    assert_eq!(keys.headers.get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN).iter().collect::<Vec<_>>(), ["*"]);
    let app = TestApp::start().await;
    let mut client = app.anonymous();
    client.headers.insert(header::ORIGIN, HeaderValue::from_static("http://vestibule.test"));
    client.headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
    let preflight = client.send(Method::OPTIONS, "/session", None, Body::empty()).await;
    assert_eq!(preflight.status, 404);
    assert!(!preflight.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}
