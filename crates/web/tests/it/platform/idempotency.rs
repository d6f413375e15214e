//! `Idempotency-Key`.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, header};
use serde_json::json;
use vestibule_testbed::Database;

use super::PlatformClient;
use crate::harness::{DAY, HOUR, TestApp, TestAppBuilder, text};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

async fn backend(app: &TestApp, key: &str) -> PlatformClient {
    let mut backend = PlatformClient::new(app, "*").await;
    backend.headers.insert(IDEMPOTENCY_KEY, key.parse().unwrap());
    backend
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let app = TestApp::start().await;
    let backend = backend(&app, "one").await;
    let path = format!("/keys/{}/revoke", PlatformClient::new(&app, "*").await.id);
    let first = backend.post_empty(&path).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let first = first.ok();
    let again = backend.post_empty(&path).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.ok(), first);
    backend.post_empty(&format!("/keys/{}/revoke", backend.id)).await.assert_error(409, "IDEMPOTENCY_KEY_REUSED");
    backend.post(&path, &json!({"suspend_invitations": true})).await.assert_error(409, "IDEMPOTENCY_KEY_REUSED");
    // After a day, it is a new request.
    app.advance(DAY + HOUR);
    backend.post_empty(&path).await.assert_error(404, "API_KEY_NOT_FOUND");
}

#[tokio::test]
async fn the_stored_answer_is_sealed() {
    let app = TestApp::start().await;
    let backend = backend(&app, "sealed").await;
    let fields = json!({"name": "A", "scopes": ["keys:read"]});
    let created = backend.post("/keys", &fields).await.ok();
    assert_eq!(backend.post("/keys", &fields).await.ok(), created);
    // Moved to another row, it cannot be opened.
    app.execute("UPDATE api_key_answers SET api_key_id = (SELECT MAX(id) FROM api_keys)");
    let other = PlatformClient::with_key(&app, &text(&created["secret"]));
    assert_eq!(other.get("/keys").await.status, 200);
    let mut other = other;
    other.headers.insert(IDEMPOTENCY_KEY, "sealed".parse().unwrap());
    other.post("/keys", &fields).await.assert_error(409, "IDEMPOTENT_ANSWER_LOST");
}

#[tokio::test]
async fn a_failed_request_can_be_repeated_with_the_same_key() {
    let app = TestApp::start().await;
    let backend = backend(&app, "two").await;
    backend.post("/keys", &json!({"name": ""})).await.assert_error(400, "REQUIRED_FIELD");
    backend.post("/keys", &json!({"name": "A", "scopes": ["keys:read"]})).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM api_key_answers"), 1);
}

#[tokio::test]
async fn idempotency_keys_of_two_api_keys_are_independent() {
    let app = TestApp::start().await;
    let (one, other) = (backend(&app, "same").await, backend(&app, "same").await);
    let fields = json!({"name": "A", "scopes": ["keys:read"]});
    let (first, second) = (one.post("/keys", &fields).await.ok(), other.post("/keys", &fields).await.ok());
    assert_ne!(text(&first["id"]), text(&second["id"]));
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_has_no_second_effect() {
    let app = TestApp::start().await;
    let backend = backend(&app, "lost").await;
    let fields = json!({"name": "A", "scopes": ["keys:read"]});
    backend.post("/keys", &fields).await.ok();
    // As if the process had died between the commit and the answer.
    app.execute("UPDATE api_key_answers SET status = 0");
    backend.post("/keys", &fields).await.assert_error(409, "IDEMPOTENT_ANSWER_LOST");
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys"), 2);
}

#[tokio::test]
async fn concurrent_requests_with_one_key_take_effect_once() {
    let app = TestApp::start().await;
    let backend = backend(&app, "race").await;
    let fields = json!({"name": "A", "scopes": ["keys:read"]});
    let requests = (0..8).map(|_| backend.post("/keys", &fields));
    let statuses: Vec<_> = futures_util::future::join_all(requests).await.iter().map(|answer| answer.status).collect();
    assert!(statuses.contains(&200) && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys"), 2);
}

#[tokio::test]
async fn a_repeated_upload_gets_the_first_answer() {
    let app = TestApp::start().await;
    let backend = backend(&app, "upload").await;
    // Noise, which cannot be compressed to less than a megabyte.
    let mut state = 1_u32;
    let noise = image::RgbImage::from_fn(800, 800, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }))
    });
    let mut picture = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut picture, image::ImageFormat::Png).unwrap();
    assert!(picture.get_ref().len() > 1024 * 1024, "larger than an answer can be");
    let send = async |boundary: &str| {
        let mut body =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAcme\r\n").into_bytes();
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"organization_image\"; ").bytes());
        body.extend(b"filename=\"a.png\"\r\n\r\n");
        body.extend(picture.get_ref());
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        backend.send(Method::POST, "/organizations", Some(&content_type), Body::from(body)).await
    };
    let first = send("first").await.ok();
    let again = send("second").await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.ok(), first);
}

#[tokio::test]
async fn rejects_invalid_idempotency_keys() {
    let app = TestApp::start().await;
    for key in ["", &"k".repeat(256)] {
        let backend = backend(&app, key).await;
        backend.post("/keys", &json!({"name": "A", "scopes": ["keys:read"]})).await.assert_error(400, "INVALID_FIELD");
    }
}

#[tokio::test]
async fn a_large_body_is_read_for_a_valid_key_only() {
    let app = TestApp::start().await;
    let other = TestAppBuilder::new(Database::create()).with_seed(8).build().await;
    let unknown = PlatformClient::new(&other, "*").await.key;
    for (key, status) in [(unknown, 401), (PlatformClient::new(&app, "*").await.key, 413)] {
        let mut client = PlatformClient::with_key(&app, &key);
        client.headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static("large"));
        client.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("100000"));
        let is_read = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&is_read);
        let stream = futures_util::stream::once(async move {
            mark.store(true, Ordering::Relaxed);
            Ok::<_, Infallible>(vec![b' '; 100_000])
        });
        let response = client.send(Method::POST, "/keys", Some("application/json"), Body::from_stream(stream)).await;
        assert_eq!((response.status, is_read.load(Ordering::Relaxed)), (status, status == 413), "{}", response.text);
    }
}
