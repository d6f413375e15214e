//! `GET /organizations/{id}/members.csv` and `/organizations/{id}/invitations.csv`: lists as files for spreadsheets.
//!
//! The filters are those of the list. A file is sent in batches of 500 rows, so an export of any size takes the memory
//! of one batch. If a later batch fails, the body ends with an error, and browsers report an incomplete download.

mod csv;
mod invitations;
mod members;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use vestibule_core::Problem;

use crate::envelope::Refusal;
use crate::routes::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/members.csv", members::export)
        .get("/organizations/{id}/invitations.csv", invitations::export)
}

/// The response with a file. The first batch decides about the status.
async fn respond(file_name: &str, batches: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static) -> Response {
    let mut batches = Box::pin(batches);
    let first = match batches.next().await {
        Some(Ok(first)) => first,
        Some(Err(problem)) => return Refusal(problem).into_response(),
        None => Bytes::new(),
    };
    let rest = batches.map(|batch| batch.map_err(|problem| std::io::Error::other(problem.to_string())));
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(rest));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{file_name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
