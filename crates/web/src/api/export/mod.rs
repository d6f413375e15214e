//! `GET /organizations/{id}/members.csv`, `/organizations/{id}/invitations.csv` and those of the audit log: lists as files.
//!
//! The filters are those of the list. A file is sent in batches of 500 rows, so an export of any size takes the memory
//! of one batch. If a later batch fails, the body ends with an error, and browsers report an incomplete download.

mod audit_log;
mod csv;
mod invitations;
mod members;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use vestibule_core::Problem;
use vestibule_core::execution::{Caller, Query};

use self::csv::Csv;
use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/members.csv", members::export)
        .get("/organizations/{id}/invitations.csv", invitations::export)
        .get("/organizations/{id}/audit-log.csv", audit_log::csv)
        .get("/organizations/{id}/audit-log.jsonl", audit_log::json_lines)
}

/// A file with rows of a list.
struct File<Q: Query> {
    name: &'static str,
    columns: &'static [&'static str],
    /// Writes the rows of a batch, and returns the query of the next one.
    write: fn(&mut Csv, &Q, &Q::Out) -> Option<Q>,
}

/// Sends the batches from the first one on. It decides about the status.
async fn respond<Q: Query + Clone + 'static>(app: App, caller: Arc<Caller>, first: Q, file: File<Q>) -> Response {
    let File { name, columns, write } = file;
    let start = Some((first, Csv::with_header(columns)));
    let batches = stream::try_unfold(start, move |state| {
        let (app, caller) = (app.clone(), Arc::clone(&caller));
        async move {
            let Some((query, mut csv)) = state else {
                return Ok(None);
            };
            let batch = app.query(&caller, query.clone()).await.result?;
            let next = write(&mut csv, &query, &batch);
            Ok(Some((csv.into_bytes(), next.map(|next| (next, Csv::without_header())))))
        }
    });
    stream_file(batches, name, "text/csv; charset=utf-8").await
}

/// Sends a file whose parts are read while it is sent. The first one decides about the status.
async fn stream_file(
    parts: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static,
    name: &str,
    content_type: &'static str,
) -> Response {
    let mut batches = Box::pin(parts);
    let first: Bytes = match batches.next().await {
        Some(Ok(first)) => first,
        Some(Err(problem)) => return Refusal(problem).into_response(),
        None => Bytes::new(),
    };
    let rest = batches.map(|batch| batch.map_err(|problem| std::io::Error::other(problem.to_string())));
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(rest));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
