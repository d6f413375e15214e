//! Hosted pages: for people who would rather look than call. For now there is one, where a mailed invitation leads.
//!
//! A page holds no secret and knows nobody: it is the same bytes for everyone. What it shows and does, its script asks the
//! API, from the browser of the person who looks.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// Only this server's own files, and no script in the page itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                                       base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /invite`, and the files it needs. Looking at it changes nothing, however often a mail scanner does.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/invite", get(async || file("text/html; charset=utf-8", include_str!("invite.html"))))
        .route("/invite.css", get(async || file("text/css; charset=utf-8", include_str!("invite.css"))))
        .route("/invite.js", get(async || file("text/javascript; charset=utf-8", include_str!("invite.js"))))
}

fn file(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    ];
    (headers, text)
}
