//! The envelope of every answer: `status, message, data, session, errors`, in this order (contract A.2, decision 3).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use vestibule_core::Problem;
use vestibule_core::db::Cost;
use vestibule_core::session::SessionStub;

use crate::api::shape::wire::{Wire, wire};

/// The envelope, key by key.
#[derive(Serialize)]
struct Envelope<'a, T: Serialize> {
    status: u16,
    message: &'a str,
    data: T,
    session: Option<SessionShape>,
    errors: Option<Vec<ErrorShape<'a>>>,
}

wire! {
    /// The caller's session in short.
    #[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
    #[schema(as = SessionInShort)]
    pub(crate) struct SessionShape {
        id: vestibule_core::id::SessionId,
        created_at: vestibule_core::time::Timestamp,
        updated_at: vestibule_core::time::Timestamp,
    }
}

impl From<&SessionStub> for SessionShape {
    fn from(session: &SessionStub) -> Self {
        Self { id: session.id, created_at: session.created_at, updated_at: session.updated_at }
    }
}

#[derive(Serialize)]
struct ErrorShape<'a> {
    code: &'static str,
    message: &'a str,
}

/// What a validation failure has as data: the contract's empty object.
#[derive(Serialize)]
struct Empty {}

/// A success.
pub(crate) fn success(data: &impl Serialize, session: Option<&SessionStub>) -> Response {
    let session = session.map(SessionShape::from);
    write(StatusCode::OK, &Envelope { status: 200, message: "", data, session, errors: None })
}

/// The JSON of a success, to be shown again.
pub(crate) fn success_json(data: &impl Serialize, session: &SessionStub) -> Option<Bytes> {
    let session = Some(SessionShape::from(session));
    let envelope = Envelope { status: 200, message: "", data, session, errors: None };
    serde_json::to_vec(&envelope).ok().map(Bytes::from)
}

/// A success whose JSON is there already, at this cost.
pub(crate) fn again(json: Bytes, cost: Cost) -> Response {
    let mut response = Response::new(Body::from(json));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    at(cost, response)
}

/// The same with what it cost, for the log line and for tests that hold a call to a number. Nothing is not noted.
pub(crate) fn at(cost: Cost, mut response: Response) -> Response {
    if cost != Cost::default() {
        response.extensions_mut().insert(cost);
    }
    response
}

/// A refusal or a failure. What the log should know goes there, and nowhere else.
pub(crate) fn failure(problem: &Problem, session: Option<&SessionStub>) -> Response {
    let code = problem.code();
    if let Some(cause) = problem.cause() {
        tracing::error!(code = code.as_str(), cause, "failed");
    }
    let errors: Vec<_> = problem.errors().map(|(code, message)| ErrorShape { code: code.as_str(), message }).collect();
    let envelope = Envelope {
        status: code.status(),
        message: errors.first().map_or("", |error| error.message),
        data: code.is_about_input().then_some(Empty {}),
        session: session.map(SessionShape::from),
        errors: Some(errors),
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = write(status, &envelope);
    let seconds = problem.retry_after().map(|span| span.as_secs_f64().ceil().max(1.0));
    let seconds = seconds.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(1.0));
    if let Some(value) = seconds.and_then(|seconds| HeaderValue::from_str(&format!("{seconds:.0}")).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// What stands behind the data takes no more.
const BYTES_AFTER: usize = 160;

/// The `data` of a success as JSON already.
#[derive(Clone, Debug)]
pub(crate) struct Json(pub(crate) Bytes);

/// A success with this `data`, at this cost.
pub(crate) fn success_of(data: Json, session: Option<&SessionStub>, cost: Cost) -> Response {
    let before = Bytes::from_static(b"{\"status\":200,\"message\":\"\",\"data\":");
    let mut after = Vec::with_capacity(BYTES_AFTER);
    after.extend_from_slice(b",\"session\":");
    session.map(SessionShape::from).write(&mut after);
    after.extend_from_slice(b",\"errors\":null}");
    let mut response = Response::new(Body::new(Pieces([before, data.0, Bytes::from(after)].map(Some))));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    at(cost, response)
}

/// A body in three pieces, so that nothing is copied to put the session behind the list.
struct Pieces([Option<Bytes>; 3]);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        Poll::Ready(self.0.iter_mut().find_map(Option::take).map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().flatten().map(|piece| piece.len() as u64).sum())
    }
}

/// What every answer is.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn write(status: StatusCode, envelope: &impl Serialize) -> Response {
    match serde_json::to_vec(envelope) {
        Ok(body) => (status, [(header::CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A refusal by a part that does not know the session. It leaves an empty answer with the problem beside it; the server,
/// which knows the session, writes the envelope.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// The problem beside an answer that has no envelope yet.
pub(crate) fn take_refusal(response: &mut Response) -> Option<Arc<Problem>> {
    response.extensions_mut().remove::<Arc<Problem>>()
}
