//! `/docs/{page}`: guides and reference, rendered from the Markdown in `docs/` when the binary is built.

use std::io::Read;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use vestibule_core::{Code, Problem};

use crate::envelope::Refusal;
use crate::restricted::DocsClient;
use crate::routes::Routes;

/// Name and compressed HTML of each page, written by `build/guides.rs`.
const PAGES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/guides.rs"));
const STYLE: &str = include_str!("../assets/guides.css");

const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(crate) fn routes() -> Routes {
    let style = async |_: DocsClient| ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE);
    Routes::default().get("/docs/guides.css", style).get("/docs/{page}", show)
}

/// Serves a page, decompressed: not only browsers load it.
///
/// # Errors
/// `NOT_FOUND` for an unknown page.
async fn show(_: DocsClient, Path(page): Path<String>) -> Response {
    let Some((_, gzipped)) = PAGES.iter().find(|(name, _)| *name == page) else {
        return Refusal(Code::RouteNotFound.into()).into_response();
    };
    let mut html = Vec::new();
    if let Err(error) = GzDecoder::new(*gzipped).read_to_end(&mut html) {
        return Refusal(Problem::internal(error)).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ];
    (headers, html).into_response()
}
