//! Other sites: what their pages may have a browser do here.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, header};

use crate::harness::{App, PASSWORD};

fn state_changing() -> Vec<(Method, String)> {
    let description = serde_json::to_value(vestibule_web::openapi_document()).unwrap();
    let calls = description["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let path = path.replace("{id}", "123456789012345678").replace("{invitationId}", "123456789012345678");
        let methods: Vec<_> = methods.as_object().unwrap().keys().filter(|method| *method != "get").cloned().collect();
        methods.into_iter().map(move |method| (method.to_uppercase().parse().unwrap(), path.clone()))
    });
    calls.collect()
}

#[tokio::test]
async fn no_other_site_changes_anything() {
    let app = App::with(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    let ada = app.person("ada@example.com").await;
    let before = app.rows();
    let calls = state_changing();
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
            // With a cookie and without one: signing a visitor in as somebody else is an attack too.
            let cookie = ada.cookie.lock().unwrap().clone();
            for mut client in [app.with_cookie(cookie), app.visitor()] {
                client.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                let form = Some("application/x-www-form-urlencoded");
                let answer = client.send(method.clone(), &path, form, Body::from("nonsense=1")).await;
                let refused = answer.body["errors"][0]["code"] == "CROSS_SITE_REQUEST";
                assert_eq!(refused, !passes, "{method} {path} {name}: {value}: {}", answer.text);
                if passes && path == "/session/sign-out" {
                    client.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
                }
            }
        }
    }
    let after = app.rows();
    let count = |rows: &[(String, i64)], table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    for table in ["users", "organizations", "invitations", "workspaces"] {
        assert_eq!(count(&after, table), count(&before, table), "{table}");
    }
}

#[tokio::test]
async fn only_configured_origins_may_read_answers() {
    let app = App::with(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    for (origin, allowed) in [("https://app.example.com", true), ("https://evil.example", false), ("null", false)] {
        let mut visitor = app.visitor();
        visitor.headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        let answer = visitor.get("/session").await;
        assert_eq!(answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
        if allowed {
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        }
        visitor.headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        let preflight = visitor.send(Method::OPTIONS, "/auth/signin", None, Body::empty()).await;
        assert_eq!(preflight.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
    }
}
