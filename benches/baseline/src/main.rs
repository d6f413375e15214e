//! The baseline of `benches/run`: a bare handler that returns bodies from memory, the least that a request can cost on
//! this stack. `benches/run` replays the same requests against this server and against Vestibule.
//!
//! `vestibule-baseline PORT FILE…`: the first line of each file is a path with its query, the rest the body to return.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Bodies = Arc<HashMap<String, Bytes>>;

async fn respond(State(bodies): State<Bodies>, uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    match bodies.get(path) {
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
    let mut bodies = HashMap::new();
    for file in arguments {
        let text = std::fs::read_to_string(file)?;
        let (path, body) = text.split_once('\n').unwrap_or_default();
        bodies.insert(path.to_owned(), Bytes::copy_from_slice(body.as_bytes()));
    }
    let router = Router::new().fallback(respond).with_state(Arc::new(bodies));
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}
