//! Which bodies are read, and how much of them: strangers and full queues are refused without reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use image::ImageFormat;
use tokio::sync::Semaphore;
use vestibule_core::settings::Secret;

use crate::access_table::TABLE;
use crate::harness::{TestApp, TestClient, TestResponse};
use crate::images::encode;

const CHUNK: usize = 16 * 1024;
/// The limit for strangers, and the chunk that exceeds it.
const MAX_READ: usize = 64 * 1024 + CHUNK;
const MULTIPART: &str = "multipart/form-data; boundary=part";
const CONTENT_TYPES: [&str; 4] = ["application/x-www-form-urlencoded", "application/json", MULTIPART, "text/csv"];

/// Returns an endless body, and counts the bytes that are read of it.
fn endless_body() -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let chunks = stream::repeat_with(move || {
        counter.fetch_add(CHUNK, Ordering::SeqCst);
        Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; CHUNK]))
    });
    (Body::from_stream(chunks), read)
}

/// Sends an endless body. Returns the response and how many bytes were read.
async fn send_endless(client: &TestClient, method: &str, path: &str, content_type: &str) -> (TestResponse, usize) {
    let (body, read) = endless_body();
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let response = client.send(method, path, Some(content_type), body).await;
    (response, read.load(Ordering::SeqCst))
}

/// Replaces each `{parameter}` of a path.
fn fill_parameters(path: &str, value: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { value } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn with_headers(app: &TestApp, headers: &[(&'static str, &str)]) -> TestClient {
    let mut client = app.anonymous();
    for (name, value) in headers {
        client.headers.insert(*name, value.parse().unwrap());
    }
    client
}

#[tokio::test]
async fn strangers_cannot_make_any_route_read_a_large_body() {
    let app = TestApp::start().await;
    let (anonymous, declared) = (app.anonymous(), with_headers(&app, &[("content-length", "5000000")]));
    for route in vestibule_web::route_list() {
        let (method, path) = (route.method, fill_parameters(&route.path, "1"));
        for content_type in CONTENT_TYPES {
            let (response, read) = send_endless(&anonymous, method, &path, content_type).await;
            assert!(read <= MAX_READ, "{method} {path} {content_type} read {read} bytes");
            assert!(response.status < 500, "{}", response.text);
            let (response, read) = send_endless(&declared, method, &path, content_type).await;
            assert_eq!(read, 0, "{method} {path} {content_type} reads a body that is declared too large");
            assert!(response.status < 500, "{}", response.text);
        }
    }
}

#[tokio::test]
async fn bodies_that_nobody_wants_are_not_read() {
    let app = TestApp::start().await;
    let cross_site = with_headers(&app, &[("sec-fetch-site", "cross-site")]);
    for (client, method, path, status) in [
        (&app.anonymous(), "POST", "/nowhere", 404),
        (&app.anonymous(), "PUT", "/health/live", 404),
        (&app.anonymous(), "POST", "/session", 404),
        (&app.anonymous(), "POST", "/mail/reports", 404),
        (&cross_site, "POST", "/auth/signin", 403),
        (&cross_site, "POST", "/mail/reports", 403),
    ] {
        let (response, read) = send_endless(client, method, path, "application/json").await;
        assert_eq!((response.status, read), (status, 0), "{method} {path}");
    }
}

/// The headers of a delivery report at `timestamp`.
fn report_headers(app: &TestApp, timestamp: i64, signature: &str) -> TestClient {
    let timestamp = timestamp.to_string();
    let headers =
        [("webhook-id", "msg_1"), ("webhook-timestamp", timestamp.as_str()), ("webhook-signature", signature)];
    with_headers(app, &headers)
}

#[tokio::test]
async fn mail_report_is_read_only_with_plausible_headers_and_up_to_64_kib() {
    let secret = Secret::new("a-shared-secret".to_owned());
    let app = TestApp::with_settings(|settings| settings.mail.bounce_secret = Some(secret)).await;
    let now = app.inner.service.now().unix_seconds();
    let signature = format!("v1,{}", STANDARD.encode([7; 32]));
    for (name, client) in [
        ("without headers", app.anonymous()),
        ("too old", report_headers(&app, now - 301, &signature)),
        ("from the future", report_headers(&app, now + 301, &signature)),
        ("without a signature", report_headers(&app, now, "")),
        ("with another version", report_headers(&app, now, "v2,AAAA")),
        ("with a short signature", report_headers(&app, now, "v1,AAAA")),
        (
            "with the signature after many others",
            report_headers(&app, now, &format!("{}{signature}", "v1,AAAA ".repeat(9))),
        ),
    ] {
        let (response, read) = send_endless(&client, "POST", "/mail/reports", "application/json").await;
        response.assert_error(401, "INVALID_SIGNATURE");
        assert_eq!(read, 0, "{name}");
    }
    let mut plausible = report_headers(&app, now, &signature);
    let (response, read) = send_endless(&plausible, "POST", "/mail/reports", "application/json").await;
    response.assert_error(413, "BODY_TOO_LARGE");
    assert!(read <= MAX_READ, "{read}");
    plausible.headers.insert(header::CONTENT_LENGTH, "70000".parse().unwrap());
    let (response, read) = send_endless(&plausible, "POST", "/mail/reports", "application/json").await;
    response.assert_error(413, "BODY_TOO_LARGE");
    assert_eq!(read, 0);
}

#[tokio::test]
async fn mail_reports_are_read_with_bounded_concurrency() {
    let secret = Secret::new("a-shared-secret".to_owned());
    let app = TestApp::with_settings(|settings| settings.mail.bounce_secret = Some(secret)).await;
    let now = app.inner.service.now().unix_seconds();
    let client = report_headers(&app, now, &format!("v1,{}", STANDARD.encode([7; 32])));
    let gate = Arc::new(Gate::default());
    let reports =
        (0..70).map(|_| client.send(Method::POST, "/mail/reports", None, gate.body(Bytes::from_static(b"{}"))));
    let responses = run_until_blocked(&gate, reports, 64).await;
    let statuses = |status| responses.iter().filter(|response| response.status == status).count();
    assert_eq!((statuses(401), statuses(503)), (64, 6));
}

/// Holds bodies back until it is opened, and counts those of which something was read.
struct Gate {
    admitted: AtomicUsize,
    open: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { admitted: AtomicUsize::new(0), open: Semaphore::new(0) }
    }
}

impl Gate {
    fn body(self: &Arc<Self>, content: Bytes) -> Body {
        let gate = Arc::clone(self);
        Body::from_stream(stream::once(async move {
            gate.admitted.fetch_add(1, Ordering::SeqCst);
            drop(gate.open.acquire().await.unwrap());
            Ok::<_, std::io::Error>(content)
        }))
    }
}

/// Runs requests at once, and opens the gate when `admitted` bodies are being read and all other requests are answered.
async fn run_until_blocked(
    gate: &Arc<Gate>,
    requests: impl Iterator<Item = impl Future<Output = TestResponse>>,
    admitted: usize,
) -> Vec<TestResponse> {
    let mut running: stream::FuturesUnordered<_> = requests.collect();
    let refused = running.len() - admitted;
    let mut responses = Vec::new();
    while responses.len() < refused {
        responses.push(running.next().await.unwrap());
    }
    gate.open.add_permits(admitted);
    responses.extend(running.collect::<Vec<_>>().await);
    responses
}

fn image_form() -> Bytes {
    let mut body = b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.png\"\r\n\r\n".to_vec();
    body.extend(encode(ImageFormat::Png, 8, 8));
    body.extend_from_slice(b"\r\n--part--\r\n");
    body.into()
}

#[tokio::test]
async fn uploads_are_refused_before_their_body_is_read_while_too_many_are_in_progress() {
    let app = TestApp::start().await;
    let mut users = Vec::new();
    for number in 0..20 {
        users.push(app.create_user(&format!("user{number}@example.com")).await);
    }
    let gate = Arc::new(Gate::default());
    let upload =
        |user| TestClient::send(user, Method::POST, "/me/profile-picture", Some(MULTIPART), gate.body(image_form()));
    let responses = run_until_blocked(&gate, users.iter().map(upload), 16).await;
    let (refused, admitted): (Vec<_>, Vec<_>) = responses.into_iter().partition(|response| response.status == 503);
    assert_eq!((refused.len(), gate.admitted.load(Ordering::SeqCst)), (4, 16));
    for response in refused {
        assert!(response.headers.contains_key(header::RETRY_AFTER));
        response.assert_error(503, "BUSY");
    }
    for response in admitted {
        response.ok();
    }
    // All permits are free again.
    for user in &users {
        assert_eq!(upload(user).await.status, 200);
    }
}

#[tokio::test]
async fn one_user_has_at_most_two_large_bodies_in_progress() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let other = app.create_user("other@example.com").await;
    let bulk = format!("/organizations/{organization}/invitations/bulk?dry_run=true");
    let gate = Arc::new(Gate::default());
    let list = || gate.body(Bytes::from_static(b"email\nnina@example.com\n"));
    let send = |number: usize| match number % 2 {
        0 => owner.send(Method::POST, "/me/profile-picture", Some(MULTIPART), gate.body(image_form())),
        _ => owner.send(Method::POST, &bulk, Some("text/csv"), list()),
    };
    let responses = run_until_blocked(&gate, (0..6).map(send), 2).await;
    assert_eq!(responses.iter().filter(|response| response.status == 503).count(), 4);
    assert_eq!(gate.admitted.load(Ordering::SeqCst), 2);
    // The bound of one user does not concern another.
    let upload = other.send(Method::POST, "/me/profile-picture", Some(MULTIPART), image_form().into());
    assert_eq!(upload.await.status, 200);
    // A short list with a declared length needs no permit.
    assert_eq!(owner.send(Method::POST, &bulk, Some("text/csv"), list()).await.status, 200);
}

#[tokio::test]
async fn aborted_upload_releases_its_permit() {
    let app = TestApp::start().await;
    let user = app.create_user("user@example.com").await;
    for _ in 0..5 {
        let broken = stream::iter([Ok(Bytes::from_static(b"--part\r\n")), Err(std::io::Error::other("reset"))]);
        let upload = user.send(Method::POST, "/me/profile-picture", Some(MULTIPART), Body::from_stream(broken));
        upload.await.assert_error(400, "BAD_REQUEST_BODY");
    }
    let upload = user.send(Method::POST, "/me/profile-picture", Some(MULTIPART), image_form().into());
    assert_eq!(upload.await.status, 200);
}

/// The statements that a stranger can cause with one request. A form of a page looks for the session up to five times: for
/// its header, for the account that it was made for, for a proof, and in the command.
const MAX_STATEMENTS_OF_STRANGERS: u64 = 5;
/// The same, for the calls that are for strangers. Each counts an attempt of the client address before it does anything
/// else, so that few such requests succeed.
const MAX_STATEMENTS_OF_COUNTED_CALLS: u64 = 16;
const COUNTED_CALLS: [&str; 6] =
    ["/auth/signup", "/auth/signin", "/auth/forgot-password", "/sign-up", "/sign-in", "/reset"];

#[tokio::test]
async fn strangers_cause_few_statements_on_every_route() {
    let setup = crate::access_table::setup().await;
    let statements = || setup.app.inner.service.statement_count.load(Ordering::Relaxed);
    let unknown_session = "A".repeat(43);
    let mut cost = Vec::new();
    for route in vestibule_web::route_list() {
        let path = fill_parameters(&route.path, &setup.organization);
        // The fields of a call that succeeds for other callers, so that it is not refused for a missing one.
        let is_route = |row: &&crate::access_table::Row| {
            row.0 == route.method && row.1.split('?').next() == Some(route.path.as_str())
        };
        let fields = TABLE.iter().find(is_route).map_or(&[][..], |row| row.2);
        let fresh = format!("stranger{}@example.com", cost.len());
        let fields = fields.iter().map(|(name, value)| (*name, value.replace("FRESH", &fresh)));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        for cookie in [None, Some(unknown_session.clone())] {
            let stranger = setup.app.client_with_cookie(cookie.clone());
            let before = statements();
            let form = Body::from(form.clone());
            let response = stranger.send_only(method.clone(), &path, Some(CONTENT_TYPES[0]), form).await;
            let is_counted = COUNTED_CALLS.contains(&route.path.as_str());
            let max = if is_counted { MAX_STATEMENTS_OF_COUNTED_CALLS } else { MAX_STATEMENTS_OF_STRANGERS };
            let session = if cookie.is_some() { ", unknown session" } else { "" };
            cost.push((statements() - before, max, format!("{method} {path}{session}: {}", response.status)));
        }
    }
    setup.app.drain().await;
    assert!(cost.len() > 300, "every route is called");
    let expensive: Vec<_> = cost.iter().filter(|(statements, max, _)| statements > max).collect();
    assert!(expensive.is_empty(), "{expensive:#?}");
}
