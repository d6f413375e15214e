//! The least that could be: a handler that gives out bytes from memory, on the same stack.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// Gives out the files of a folder, each a path in its first line and the body after it, until it is killed.
pub(super) async fn serve(folder: &Path, listen: &str) -> io::Result<()> {
    let mut answers = HashMap::new();
    for file in std::fs::read_dir(folder)? {
        let mut path = std::fs::read(file?.path())?;
        let end = path.iter().position(|byte| *byte == b'\n').unwrap_or(path.len() - 1);
        let body = Bytes::from(path.split_off(end + 1));
        path.pop();
        answers.insert(String::from_utf8_lossy(&path).into_owned(), body);
    }
    let answers = Arc::new(answers);
    let router = Router::new().fallback(move |uri: Uri| {
        let answer = answer(&answers, &uri);
        async { answer }
    });
    axum::serve(tokio::net::TcpListener::bind(listen).await?, router).await
}

fn answer(answers: &HashMap<String, Bytes>, uri: &Uri) -> Response {
    let asked = uri.path_and_query().map_or("", |path| path.as_str());
    match answers.get(asked) {
        Some(body) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
