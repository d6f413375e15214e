//! The JSON envelope of every API response. Its keys are, in this order: `status`, `message`, `data`, `session`,
//! `errors`.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use vestibule_core::Problem;
use vestibule_core::assurance::{Assurance, RequiredAssurance, SecondFactorMethod};
use vestibule_core::caller::SessionStub;
use vestibule_core::id::ConnectionId;
use vestibule_core::password_refusal::PasswordRefusal;
use vestibule_core::proof::ProofMethod;
use vestibule_db::QueryStats;

use crate::api::response::fast_json::{FastJson, fast_json};

#[derive(Serialize)]
struct Envelope<'a, T: Serialize> {
    status: u16,
    message: &'a str,
    data: T,
    session: Option<SessionStubResponse>,
    errors: Option<Vec<ErrorResponse<'a>>>,
}

fast_json! {
    /// The caller's session.
    #[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
    #[schema(as = SessionInShort)]
    pub(crate) struct SessionStubResponse {
        id: vestibule_core::id::SessionId,
        created_at: vestibule_core::time::Timestamp,
        updated_at: vestibule_core::time::Timestamp,
    }
}

impl From<&SessionStub> for SessionStubResponse {
    fn from(session: &SessionStub) -> Self {
        Self { id: session.id, created_at: session.created_at, updated_at: session.updated_at }
    }
}

#[derive(Serialize)]
struct ErrorResponse<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The `data` of a failure, unless it is `null`.
#[derive(Serialize)]
#[serde(untagged)]
enum FailureData<'a> {
    /// Of a validation failure: `{}`.
    Empty {},
    /// Of `MFA_REQUIRED`.
    Assurance {
        /// The same for all, for clients of the Frontend API.
        code: &'static str,
        minimum_assurance: Assurance,
        methods: &'a [SecondFactorMethod],
    },
    /// Of `SSO_REQUIRED`.
    Connection {
        /// The same for all, for clients of the Frontend API.
        code: &'static str,
        connection_id: ConnectionId,
    },
    /// Of `REAUTHENTICATION_REQUIRED`.
    Proof {
        methods: &'a [ProofMethod],
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<&'a str>,
    },
}

impl<'a> FailureData<'a> {
    fn new(problem: &'a Problem) -> Option<Self> {
        if let Some(required) = problem.required_assurance() {
            let RequiredAssurance { minimum, methods } = required;
            return Some(Self::Assurance { code: "mfa_required", minimum_assurance: *minimum, methods });
        }
        if let Some(connection_id) = problem.required_connection() {
            return Some(Self::Connection { code: "sso_required", connection_id });
        }
        match problem.required_proof() {
            Some(proof) => Some(Self::Proof { methods: &proof.methods, address: proof.address.as_deref() }),
            None => problem.code().is_validation_error().then_some(Self::Empty {}),
        }
    }
}

pub(crate) fn success(data: &impl Serialize, session: Option<&SessionStub>) -> Response {
    let session = session.map(SessionStubResponse::from);
    write(StatusCode::OK, &Envelope { status: 200, message: "", data, session, errors: None })
}

/// Serializes a success, for a response cache.
pub(crate) fn success_body(data: &impl Serialize, session: &SessionStub) -> Option<Bytes> {
    let session = Some(SessionStubResponse::from(session));
    let envelope = Envelope { status: 200, message: "", data, session, errors: None };
    serde_json::to_vec(&envelope).ok().map(Bytes::from)
}

/// Returns a success with a body from [`success_body`].
pub(crate) fn success_from_body(body: Bytes, stats: QueryStats) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    with_query_stats(stats, response)
}

/// Attaches the database statistics of a request, for the log line and for tests that limit a call's statements. Empty
/// statistics are not attached.
pub(crate) fn with_query_stats(stats: QueryStats, mut response: Response) -> Response {
    if stats != QueryStats::default() {
        response.extensions_mut().insert(stats);
    }
    response
}

/// Returns the error response of a problem. Its cause is logged and not part of the response.
pub(crate) fn failure(problem: &Problem, session: Option<&SessionStub>) -> Response {
    failure_response(problem, session, NoFields {})
}

/// Like [`failure`] without a session, with the fields of a struct besides those of the envelope. It attaches the
/// problem.
pub(crate) fn failure_with_fields(problem: Problem, fields: impl Serialize) -> Response {
    let response = failure_response(&problem, None, fields);
    with_problem(problem, true, response)
}

#[derive(Serialize)]
struct NoFields {}

/// An envelope, and other fields beside it.
#[derive(Serialize)]
struct Extended<'a, T: Serialize, F: Serialize> {
    #[serde(flatten)]
    envelope: Envelope<'a, T>,
    #[serde(flatten)]
    fields: F,
}

fn failure_response(problem: &Problem, session: Option<&SessionStub>, fields: impl Serialize) -> Response {
    let code = problem.code();
    if let Some(cause) = problem.cause() {
        tracing::error!(code = code.as_str(), cause, "request failed");
    }
    let reason = problem.password_refusal().map(PasswordRefusal::as_str);
    let errors: Vec<_> =
        problem.errors().map(|(code, message)| ErrorResponse { code: code.as_str(), message, reason }).collect();
    let envelope = Envelope {
        status: code.status(),
        message: errors.first().map_or("", |error| error.message),
        data: FailureData::new(problem),
        session: session.map(SessionStubResponse::from),
        errors: Some(errors),
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = write(status, &Extended { envelope, fields });
    if let Some(value) = retry_after(problem) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// Returns the value of `Retry-After`: the time that the problem lasts, or a second if the server is unavailable.
pub(crate) fn retry_after(problem: &Problem) -> Option<HeaderValue> {
    let seconds = problem.retry_after().map(|delay| delay.as_secs_f64().ceil().max(1.0));
    let seconds = seconds.or((problem.code().status() == 503).then_some(1.0));
    seconds.and_then(|seconds| HeaderValue::from_str(&format!("{seconds:.0}")).ok())
}

/// Upper bound of the envelope's bytes after `data`.
const SUFFIX_CAPACITY: usize = 160;

/// The serialized `data` of a success.
#[derive(Clone, Debug)]
pub(crate) struct DataJson(pub(crate) Bytes);

/// Returns a success with serialized `data`, without copying it.
pub(crate) fn success_with_data(data: DataJson, session: Option<&SessionStub>, stats: QueryStats) -> Response {
    let prefix = Bytes::from_static(b"{\"status\":200,\"message\":\"\",\"data\":");
    let mut suffix = Vec::with_capacity(SUFFIX_CAPACITY);
    suffix.extend_from_slice(b",\"session\":");
    session.map(SessionStubResponse::from).write_json(&mut suffix);
    suffix.extend_from_slice(b",\"errors\":null}");
    let mut response = Response::new(Body::new(SegmentedBody([prefix, data.0, Bytes::from(suffix)].map(Some))));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    with_query_stats(stats, response)
}

/// A body in three frames: the envelope's prefix, `data`, and the envelope's suffix.
struct SegmentedBody([Option<Bytes>; 3]);

impl hyper::body::Body for SegmentedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        Poll::Ready(self.0.iter_mut().find_map(Option::take).map(|segment| Ok(Frame::data(segment))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().flatten().map(|segment| segment.len() as u64).sum())
    }
}

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn write(status: StatusCode, envelope: &impl Serialize) -> Response {
    match serde_json::to_vec(envelope) {
        Ok(body) => (status, [(header::CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "response serialization failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An error from code that has not loaded the session, such as an extractor. As a response it is an empty body with the
/// problem as an extension; [`crate::Server`] replaces it by the envelope with the caller's session.
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
        with_problem(self.0, false, response)
    }
}

/// The problem of an error response, as an extension. [`crate::Server`] sends a page about it to browsers.
#[derive(Clone, Debug)]
pub(crate) struct AttachedProblem {
    pub(crate) problem: Problem,
    /// Whether the body is the envelope and the cause is logged. Otherwise the body is empty, and the server does both.
    pub(crate) has_envelope: bool,
}

/// Returns the error response of a problem, which it also attaches.
pub(crate) fn failure_with_problem(problem: Problem, session: &SessionStub) -> Response {
    let response = failure(&problem, Some(session));
    with_problem(problem, true, response)
}

fn with_problem(problem: Problem, has_envelope: bool, mut response: Response) -> Response {
    response.extensions_mut().insert(AttachedProblem { problem, has_envelope });
    response
}

/// Removes and returns the problem of an error response.
pub(crate) fn take_problem(response: &mut Response) -> Option<AttachedProblem> {
    response.extensions_mut().remove()
}
