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
            ("origin", "http://vestibule.test", true),
            ("origin", "https://app.example.com", true),
            ("sec-fetch-site", "same-origin", true),
        ] {
            // Also without a cookie: signing a visitor in to the attacker's account is an attack too.
            let cookie = ada.cookie.lock().unwrap().clone();
            for mut client in [app.client_with_cookie(cookie), app.anonymous()] {
                client.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                let form = Some("application/x-www-form-urlencoded");
                let response = client.send(method.clone(), &path, form, Body::from("nonsense=1")).await;
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
