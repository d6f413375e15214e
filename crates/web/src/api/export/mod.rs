//! `GET /organizations/{id}/members.csv` and `/organizations/{id}/invitations.csv`: lists as files for spreadsheets.
//!
//! The filters are those of the list. A file is sent in batches of 500 rows, so an export of any size takes the memory
//! of one batch. If a later batch fails, the body ends with an error, and browsers report an incomplete download.

mod csv;
mod invitations;
mod members;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use vestibule_core::execution::{Caller, Query};

use self::csv::Csv;
use crate::app::App;
use crate::envelope::Refusal;
use crate::routes::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/members.csv", members::export)
        .get("/organizations/{id}/invitations.csv", invitations::export)
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
    let mut batches = Box::pin(batches);
    let first: Bytes = match batches.next().await {
        Some(Ok(first)) => first,
        Some(Err(problem)) => return Refusal(problem).into_response(),
        None => Bytes::new(),
    };
    let rest = batches.map(|batch| batch.map_err(|problem| std::io::Error::other(problem.to_string())));
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(rest));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
