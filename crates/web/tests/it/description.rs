//! What is written down of the API is what is served.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use axum::http::header;
use vestibule_core::Code;

use crate::harness::App;

/// Where the generated documents are kept.
fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// Compares a generated document with the one that is kept, or keeps it anew when that is asked for.
pub(crate) fn is_kept(name: &str, generated: &str) {
    let file = document(name);
    if std::env::var_os("VESTIBULE_WRITE_DOCS").is_some() {
        std::fs::write(&file, generated).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == generated,
        "docs/{name} is out of date: VESTIBULE_WRITE_DOCS=1 cargo test -p vestibule-web --test it description"
    );
}

#[test]
fn the_description_is_kept() {
    let description = vestibule_web::openapi_document().to_pretty_json().unwrap();
    is_kept("openapi.json", &format!("{description}\n"));
}

#[test]
fn the_table_of_errors_is_kept() {
    let mut page = "# Error codes\n\nGenerated from `crates/core/src/error.rs`. A code never changes its meaning; the words may.\n\n\
                    | Code | Status | What it says when there is nothing more particular to say |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        writeln!(page, "| `{}` | {} | {} |", code.as_str(), code.status(), code.words()).unwrap();
    }
    is_kept("errors.md", &page);
}

#[tokio::test]
async fn what_is_served_is_what_is_kept() {
    let app = App::start().await;
    let served = app.visitor().get("/openapi.json").await;
    assert_eq!(served.status, 200);
    assert_eq!(served.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(served.body, serde_json::to_value(vestibule_web::openapi_document()).unwrap());
}

#[tokio::test]
async fn every_call_says_what_it_takes_and_gives() {
    let description = serde_json::to_value(vestibule_web::openapi_document()).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let call = format!("{method} {path}");
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{call} has no summary");
            let success = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert!(success.is_object(), "{call} does not say what it gives");
            for refusal in ["400", "403", "404", "500", "503"] {
                let schema = &operation["responses"][refusal]["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/ErrorEnvelope", "{call} {refusal}");
            }
            if let Some(body) = operation.get("requestBody") {
                let encodings: Vec<_> = body["content"].as_object().unwrap().keys().collect();
                assert_eq!(
                    encodings,
                    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
                    "{call}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_page_needs_no_other_host() {
    let app = App::start().await;
    let visitor = app.visitor();
    let redirect = visitor.get("/docs").await;
    assert_eq!((redirect.status, &redirect.headers[header::LOCATION]), (303, &"/docs/".parse().unwrap()));
    let page = visitor.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("http"),
        "{policy}"
    );
    let parts = page.text.split(['"', '\'']).filter_map(|part| part.strip_prefix("./"));
    let assets: Vec<_> = parts.filter(|part| part.contains('.')).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    for asset in assets {
        assert_eq!(visitor.get(&format!("/docs/{asset}")).await.status, 200, "{asset}");
    }
    assert!(!page.text.contains("//"), "the page names another host: {}", page.text);
    let begin = visitor.get("/docs/begin.js").await;
    assert!(begin.text.contains("/openapi.json") && !begin.text.contains("http"), "{}", begin.text);
}
