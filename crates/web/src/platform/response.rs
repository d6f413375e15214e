//! The response of a handler: the bare object, or 204 without one.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use vestibule_core::caller::CurrentApiKey;
use vestibule_core::execution::Reply;
use vestibule_db::QueryStats;

use crate::envelope::{self, Refusal};

/// The outcome of a call.
#[derive(Debug)]
pub(crate) struct PlatformResponse<T>(Reply<T>);

/// An empty object: the body of calls that have nothing to answer. Clients decode one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Empty)]
pub(crate) struct Empty {}

/// A stored JSON object as a field. Invalid JSON becomes an empty object, so that it does not fail the whole response.
pub(super) fn stored_json(stored: String) -> Box<RawValue> {
    RawValue::from_string(stored)
        .or_else(|_| RawValue::from_string("{}".to_owned()))
        .unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A response extension: the API key that the call was run with.
#[derive(Clone, Debug)]
pub(super) struct UsedKey(pub(super) CurrentApiKey);

/// A success with a JSON body that was serialized before.
pub(super) fn success_from_body(body: Bytes, key: CurrentApiKey, stats: QueryStats) -> Response {
    let mut response = envelope::success_from_body(body, stats);
    response.extensions_mut().insert(UsedKey(key));
    response
}

impl<T> From<Reply<T>> for PlatformResponse<T> {
    fn from(reply: Reply<T>) -> Self {
        Self(reply)
    }
}

impl<T: Serialize> PlatformResponse<T> {
    /// Makes a response, and passes the body of a success to a response cache.
    pub(super) fn into_cached_response(self, cache: impl FnOnce(Bytes)) -> Response {
        let (Ok(content), Some(key)) = (&self.0.result, &self.0.api_key) else { return self.into_response() };
        let Ok(body) = serde_json::to_vec(content).map(Bytes::from) else { return self.into_response() };
        cache(body.clone());
        success_from_body(body, key.clone(), self.0.stats)
    }
}

impl<T: Serialize> IntoResponse for PlatformResponse<T> {
    fn into_response(self) -> Response {
        let Reply { api_key, result, stats, .. } = self.0;
        let mut response = match result {
            Ok(body) => (StatusCode::OK, Json(body)).into_response(),
            Err(problem) => Refusal(problem).into_response(),
        };
        if let Some(key) = api_key {
            response.extensions_mut().insert(UsedKey(key));
        }
        envelope::with_query_stats(stats, response)
    }
}
