//! The generated documents (`docs/openapi.json`, `docs/errors.md`) and the pages that show them.
//!
//! `VESTIBULE_WRITE_DOCS=1 cargo test -p vestibule-web --test it up_to_date` writes every generated document.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use axum::http::{HeaderValue, header};
use serde_json::{Value, json};
use vestibule_core::Code;
use vestibule_core::event::EventType;
use vestibule_core::settings::PublicUrl;
use vestibule_testbed::Engine;

use crate::harness::TestApp;
use crate::openapi_examples::add_examples;

fn document_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// Asserts that a document in `docs/` equals the generated one. Writes it instead if `VESTIBULE_WRITE_DOCS` is set.
pub(crate) fn assert_up_to_date(name: &str, generated: &str) {
    let path = document_path(name);
    if std::env::var_os("VESTIBULE_WRITE_DOCS").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/{name} is out of date: VESTIBULE_WRITE_DOCS=1 cargo test -p vestibule-web --test it up_to_date"
    );
}

#[tokio::test]
async fn openapi_json_is_up_to_date() {
    // The examples have times and numbers of one run, which can differ between the engines.
    if Engine::under_test() != Engine::Sqlite {
        return;
    }
    let mut document = serde_json::to_value(vestibule_web::generate_openapi_document().unwrap()).unwrap();
    add_examples(&mut document).await;
    let document: vestibule_web::Document = serde_json::from_value(document).unwrap();
    assert_up_to_date("openapi.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
}

#[test]
fn errors_md_is_up_to_date() {
    let mut document = "# Error codes\n\nGenerated from `crates/core/src/error.rs`. The meaning of a code never changes; its message may.\n\n\
                    | Code | Status | Default message |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        writeln!(document, "| `{}` | {} | {} |", code.as_str(), code.status(), code.message()).unwrap();
    }
    assert_up_to_date("errors.md", &document);
}

#[test]
fn events_md_is_up_to_date() {
    assert_up_to_date("events.md", &EventType::document());
}

/// Returns an OpenAPI document of `docs/`.
pub(crate) fn committed_document(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(document_path(name)).unwrap()).unwrap()
}

#[tokio::test]
async fn serves_openapi_document() {
    let app = TestApp::start().await;
    let served = app.anonymous().get("/openapi.json").await;
    assert_eq!(served.status, 200);
    assert_eq!(served.headers[header::CONTENT_TYPE], "application/json");
    // Not `assert_eq!`, which would print both documents.
    let mut expected = committed_document("openapi.json");
    expected["servers"] = json!([{"url": "http://vestibule.test", "description": "This server"}]);
    assert!(served.body == expected, "the server serves an openapi.json that is out of date: run `just docs`");
    assert!(!served.text.contains("http://127.0.0.1"));
}

#[tokio::test]
async fn served_document_has_the_servers_own_url_and_cookie() {
    let app = TestApp::with_settings(|settings| {
        settings.public_url = PublicUrl::parse("https://join.example.com").unwrap();
    })
    .await;
    for _ in 0..2 {
        let document = app.anonymous().get("/openapi.json").await.body;
        assert_eq!(document["servers"][0]["url"], "https://join.example.com");
        assert_eq!(document["components"]["securitySchemes"]["session"]["name"], "__Host-session_id");
    }
}

#[tokio::test]
async fn docs_page_loads_nothing_from_other_hosts() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let redirect = anonymous.get("/docs").await;
    assert_eq!((redirect.status, &redirect.headers[header::LOCATION]), (303, &"/docs/".parse().unwrap()));
    let page = anonymous.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("http"),
        "{policy}"
    );
    let links = page.text.split(['"', '\'']).filter_map(|link| link.strip_prefix("./"));
    let assets: Vec<_> = links.filter(|link| link.contains('.')).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    for asset in assets {
        assert_eq!(anonymous.get(&format!("/docs/{asset}")).await.status, 200, "{asset}");
    }
    assert!(page.text.contains(r#"href="../sign-in?return_to=%2Fdocs%2F""#), "the page says how to sign in");
    assert!(!page.text.contains("//"), "the page refers to another host: {}", page.text);
    let script = anonymous.get("/docs/begin.js").await;
    assert!(script.text.contains("/openapi.json") && !script.text.contains("http"), "{}", script.text);
}

const OPERATOR_PATHS: [(&str, bool); 10] = [
    ("/docs", true),
    ("/docs/", true),
    ("/docs/begin.js", true),
    ("/docs/swagger-ui-bundle.js", true),
    ("/docs/swagger-ui.css", true),
    ("/docs/guides.css", true),
    ("/docs/quickstart", true),
    ("/openapi.json", true),
    ("/health/live", false),
    ("/health/ready", false),
];

#[tokio::test]
async fn hides_documentation_and_health_from_strangers() {
    let app = TestApp::with_settings(|settings| {
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        settings.docs.allowed_networks = vec!["10.1.0.0/16".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        settings.health.allowed_networks = vec!["10.2.0.0/16".parse().unwrap()];
    })
    .await;
    let unknown = app.anonymous().get("/nope").await;
    for (forwarded, sees_docs, sees_health) in [
        (&b"10.1.2.3"[..], true, false),
        (b"10.2.3.4", false, true),
        (b"2001:db8::1", true, false),
        (b"::ffff:10.1.2.3", true, false),
        (b"203.0.113.9", false, false),
        // What a client claims to be does not count, whatever it writes.
        (b"10.1.2.3, 203.0.113.9", false, false),
        (b"\xff, 10.1.2.3", true, false),
        (b"10.2.3.4, nonsense", false, false),
        (b"", false, false),
    ] {
        let mut client = app.anonymous();
        client.headers.insert("x-forwarded-for", HeaderValue::from_bytes(forwarded).unwrap());
        for (path, is_documentation) in OPERATOR_PATHS {
            let response = client.get(path).await;
            if if is_documentation { sees_docs } else { sees_health } {
                assert!(matches!(response.status, 200 | 303), "{forwarded:?} {path}: {}", response.status);
            } else {
                // Like a path that does not exist.
                assert_eq!((response.status, &response.text), (404, &unknown.text), "{forwarded:?} {path}");
            }
        }
        assert_eq!(client.get("/session").await.status, 200);
    }
}

#[tokio::test]
async fn shows_documentation_and_health_to_everyone_by_default() {
    let app = TestApp::start().await;
    for (path, _) in OPERATOR_PATHS {
        assert!(matches!(app.anonymous().get(path).await.status, 200 | 303), "{path}");
    }
}
