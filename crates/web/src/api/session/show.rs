//! `GET /session`
//!
//! The response is cached by session token; see [`crate::response_cache`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use vestibule_core::execution::Caller;
use vestibule_core::session::{SessionDetails, ShowCacheable};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope;
use crate::openapi::Enveloped;

/// Returns the caller's session with its sign-ins.
///
/// Without a session, the response has a placeholder with the id "0". A session is stored when the caller signs in or
/// up.
#[utoipa::path(get, path = "/session", operation_id = "get_session", tag = "Session",
    responses((status = 200, description = "The session", body = Enveloped<SessionResponse>)))]
pub(crate) async fn show(State(app): State<App>, CurrentCaller(caller): CurrentCaller) -> Response {
    if let Some(token) = &caller.token {
        let metrics = &app.session_cache().metrics;
        match app.session_cache().get(token) {
            Some(cached) => {
                if let Some(stats) = app.service().revalidate(&cached).await {
                    metrics.hits.increment();
                    return envelope::success_from_body(cached.value.clone(), stats);
                }
                metrics.outdated();
            }
            None => metrics.misses.increment(),
        }
    }
    // Boxed, because the uncached path would enlarge the future of the cached one.
    Box::pin(uncached(app, caller)).await
}

/// Loads the session and caches the response if it is cacheable.
async fn uncached(app: App, caller: Arc<Caller>) -> Response {
    let reply = app.query(&caller, ShowCacheable).await;
    if let (Some(token), Some(stub), Ok((Some(session), Some(validity)))) =
        (&caller.token, &reply.session, &reply.result)
        && let Some(body) = envelope::success_body(&SessionResponse::new(session, app.response_context()), stub)
    {
        app.session_cache().insert(token, body.clone(), *validity);
        return envelope::success_from_body(body, reply.stats);
    }
    let now = app.service().now();
    let response = |(session, _): (Option<SessionDetails>, _)| match session {
        Some(session) => SessionResponse::new(&session, app.response_context()),
        None => SessionResponse::anonymous(now),
    };
    ApiResponse::from(reply.map(response)).into_response()
}
