//! `Idempotency-Key`: a repeated POST with the same key, of the same API key, gets the first answer and has no effect.
//!
//! The command inserts the key in its own transaction, so of two requests with one key only one can take effect, also
//! after a crash. The answer is stored when it is known. If the process dies before that, the answer to a repeated
//! request says that the first one took effect.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use vestibule_core::api_key::{FindAnswer, StoreAnswer, StoredAnswer};
use vestibule_core::execution::Caller;
use vestibule_core::{Code, Problem};

use crate::app::App;
use crate::envelope::{JSON, Refusal};
use crate::extract::{Admission, MAX_IMAGE_BODY_BYTES, read_body};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY_LENGTH: usize = 255;
/// Of the answer, which is stored.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Whether the request has a key that counts.
pub(super) fn applies_to(request: &Request) -> bool {
    request.method() == Method::POST && request.headers().contains_key(IDEMPOTENCY_KEY)
}

/// Runs a request at most once.
pub(super) async fn run<F: Future<Output = Response>>(
    app: &App,
    mut caller: Caller,
    request: Request,
    handler: impl FnOnce(Request, Arc<Caller>) -> F,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let key = match parts.headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()) {
        Some(key) if (1..=MAX_KEY_LENGTH).contains(&key.len()) => key.to_owned(),
        _ => return refuse(Problem::field("Idempotency-Key", "use 1 to 255 visible ASCII characters.")),
    };
    parts.extensions.insert(Arc::new(caller.clone()));
    let bytes = match read(app, &parts, body).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    // A multipart boundary differs in each attempt, so the type of a body does not count.
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let content = without_boundary(&bytes, parts.headers.get(header::CONTENT_TYPE));
    caller.idempotency = Some(app.service().idempotency(&key, target, &content));
    let caller = Arc::new(caller);
    match app.query(&caller, FindAnswer).await.result {
        Ok(Some(answer)) => return replay(answer),
        Ok(None) => {}
        Err(problem) => return refuse(problem),
    }
    let response = handler(Request::from_parts(parts, Body::from(bytes)), Arc::clone(&caller)).await;
    if !response.status().is_success() {
        // The transaction was rolled back, and the key with it.
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return refuse(Problem::internal("the body of an answer could not be read"));
    };
    if let Ok(text) = std::str::from_utf8(&body)
        && text.len() <= MAX_ANSWER_BYTES
    {
        let store = StoreAnswer { status: parts.status.as_u16(), answer: text.to_owned() };
        if let Err(problem) = app.run(&caller, store).await.result {
            tracing::warn!(cause = problem.cause(), "could not store the answer of an idempotent request");
        }
    }
    Response::from_parts(parts, Body::from(body))
}

/// Reads the body of any call. A large one needs a valid key and a permit, as it does without an idempotency key.
async fn read(app: &App, parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    // The permit is for the time of reading. The handler gets another one.
    let Admission { limit, permit: _permit } = Admission::large(app, parts, MAX_IMAGE_BODY_BYTES).await?;
    read_body(body, limit).await
}

fn refuse(problem: Problem) -> Response {
    Refusal(problem).into_response()
}

fn replay(answer: StoredAnswer) -> Response {
    let StoredAnswer::Answered { status, answer } = answer else {
        return refuse(Code::IdempotentAnswerLost.into());
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [(header::CONTENT_TYPE, JSON), (REPLAYED, HeaderValue::from_static("true"))];
    (status, headers, answer).into_response()
}

/// The body without the boundary of a multipart body, which clients choose at random.
fn without_boundary(body: &[u8], content_type: Option<&HeaderValue>) -> Vec<u8> {
    let boundary =
        content_type.and_then(|value| value.to_str().ok()).and_then(|text| multer::parse_boundary(text).ok());
    match boundary.filter(|boundary| !boundary.is_empty()) {
        None => body.to_vec(),
        Some(boundary) => {
            let (mut rest, mut kept) = (body, Vec::with_capacity(body.len()));
            while let Some(at) = memchr::memmem::find(rest, boundary.as_bytes()) {
                let (before, after) = rest.split_at(at);
                kept.extend_from_slice(before);
                rest = after.get(boundary.len()..).unwrap_or_default();
            }
            kept.extend_from_slice(rest);
            kept
        }
    }
}
