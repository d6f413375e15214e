//! The fastest that could be on this stack: a bare handler that gives out bytes it has in memory.
//!
//! `limit PORT FILE…`: each file is a whole answer's body under a path, its first line the path and the rest the bytes.
//! benches/run plays the same requests against it as against Vestibule.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Answers = Arc<HashMap<String, Bytes>>;

async fn answer(State(answers): State<Answers>, uri: Uri) -> Response {
    let asked = uri.path_and_query().map_or("", |path| path.as_str());
    match answers.get(asked) {
        Some(body) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap_or_default().parse()?;
    let mut answers = HashMap::new();
    for file in arguments {
        let text = std::fs::read_to_string(file)?;
        let (path, body) = text.split_once('\n').unwrap_or_default();
        answers.insert(path.to_owned(), Bytes::copy_from_slice(body.as_bytes()));
    }
    let router = Router::new().fallback(answer).with_state(Arc::new(answers));
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}
