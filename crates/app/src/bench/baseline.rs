//! The baseline server: returns recorded responses from memory, on the same HTTP stack.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// Serves the files of `dir` until it is killed. The first line of a file is the request path, the rest the body.
pub(super) async fn serve(dir: &Path, listen: &str) -> io::Result<()> {
    let mut responses = HashMap::new();
    for file in std::fs::read_dir(dir)? {
        let mut path = std::fs::read(file?.path())?;
        let end = path.iter().position(|byte| *byte == b'\n').unwrap_or(path.len() - 1);
        let body = Bytes::from(path.split_off(end + 1));
        path.pop();
        responses.insert(String::from_utf8_lossy(&path).into_owned(), body);
    }
    let responses = Arc::new(responses);
    let router = Router::new().fallback(move |uri: Uri| {
        let response = respond(&responses, &uri);
        async { response }
    });
    axum::serve(tokio::net::TcpListener::bind(listen).await?, router).await
}

fn respond(responses: &HashMap<String, Bytes>, uri: &Uri) -> Response {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    match responses.get(path) {
        Some(body) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
