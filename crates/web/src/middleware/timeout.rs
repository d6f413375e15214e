//! The timeout of a request. Whether the client or the server was too slow decides about the code.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use hyper::body::{Frame, SizeHint};
use vestibule_core::{Code, Problem};

use crate::envelope::Refusal;

/// For the body and the handler together. A database transaction that was started still finishes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Runs a handler, limits its time and catches its panics. The panic hook logs the panic's location; its message is
/// dropped, because it may contain personal data.
///
/// # Errors
/// `REQUEST_TIMEOUT` if the handler was waiting for the client's body, otherwise `TIMED_OUT`; `INTERNAL`.
pub(crate) async fn run<F: Future<Output = Response>>(
    mut request: Request,
    handler: impl FnOnce(Request) -> F,
) -> Response {
    let is_waiting = if request.body().is_end_stream() {
        None
    } else {
        let is_waiting = Arc::new(AtomicBool::new(false));
        request = request.map(|body| Body::new(WatchedBody { body, is_waiting: Arc::clone(&is_waiting) }));
        Some(is_waiting)
    };
    match tokio::time::timeout(REQUEST_TIMEOUT, AssertUnwindSafe(handler(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Refusal(Problem::internal("a handler panicked")).into_response(),
        Err(_) if is_waiting.is_some_and(|is_waiting| is_waiting.load(Ordering::Relaxed)) => {
            // The rest of the body may still arrive, so the connection cannot be used for another request.
            let close = [(header::CONNECTION, HeaderValue::from_static("close"))];
            (close, Refusal(Code::RequestTimeout.into())).into_response()
        }
        Err(_) => Refusal(Code::TimedOut.into()).into_response(),
    }
}

/// A request's body that records whether its reader is waiting for the client.
struct WatchedBody {
    body: Body,
    is_waiting: Arc<AtomicBool>,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.is_waiting.store(frame.is_pending(), Ordering::Relaxed);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::take_problem;

    fn code(mut response: Response) -> Code {
        take_problem(&mut response).unwrap().problem.code()
    }

    /// A request whose body begins and never ends.
    fn endless_request() -> Request {
        let frames = futures_util::stream::iter([Ok::<_, std::io::Error>("begin")]);
        Request::new(Body::from_stream(futures_util::StreamExt::chain(frames, futures_util::stream::pending())))
    }

    #[tokio::test]
    async fn turns_panics_into_internal_errors_without_the_message() {
        let mut response = run(Request::default(), |_| async { panic!("ada@example.com") }).await;
        let problem = take_problem(&mut response).unwrap().problem;
        assert_eq!((problem.code(), problem.cause()), (Code::Internal, Some("a handler panicked".to_owned())));
        assert_eq!(run(Request::default(), |_| async { "fine".into_response() }).await.status(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn blames_a_slow_body_on_the_client_and_a_slow_handler_on_the_server() {
        let read = |request: Request| async {
            axum::body::to_bytes(request.into_body(), 99).await.map_err(|error| error.to_string()).into_response()
        };
        let slow_body = run(endless_request(), read).await;
        assert_eq!(slow_body.headers()[header::CONNECTION], "close");
        assert_eq!(code(slow_body), Code::RequestTimeout);
        let stuck = |_: Request| async { futures_util::future::pending::<Response>().await };
        assert_eq!(code(run(Request::default(), stuck).await), Code::TimedOut);
        // A handler that ignores the body, or has read all of it, is slow by itself.
        assert_eq!(code(run(endless_request(), stuck).await), Code::TimedOut);
        let read_then_stuck = |request: Request| async {
            let _ = axum::body::to_bytes(request.into_body(), 99).await;
            futures_util::future::pending::<Response>().await
        };
        assert_eq!(code(run(Request::new(Body::from("all")), read_then_stuck).await), Code::TimedOut);
    }
}
