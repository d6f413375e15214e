//! `/docs/`: Swagger UI for the OpenAPI document. All its files are embedded; it loads nothing from other hosts.

use std::io::Read;
use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use vestibule_core::Problem;

use crate::app::App;
use crate::envelope::{JSON, Refusal};
use crate::guides;
use crate::openapi::Document;
use crate::restricted::DocsClient;
use crate::routes::Routes;

/// Swagger UI needs inline styles, but no inline scripts.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vestibule API</title>
<link rel="stylesheet" href="./swagger-ui.css">
<style>.try { box-sizing: border-box; font: 1rem/1.5 sans-serif; margin: 0 auto; max-width: 1460px; padding: 1rem 20px 0; }
.swagger-ui .auth-wrapper { display: none; } .swagger-ui .authorization__btn { pointer-events: none; }</style>
<link rel="icon" href="data:,">
</head>
<body>
<nav class="try" aria-label="Documentation"><a href="./quickstart">Quick start</a> · <a href="./session-tokens">Session
tokens</a> · <a href="./invite-into-your-app">Invitations</a> · <a href="./cookies-and-origins">Cookies and origins</a> ·
<a href="./api">HTTP API</a> ·
<a href="./platform-api">API for backends</a></nav>
<p class="try">Calls run as you if you are signed in: <a href="../sign-in?return_to=%2Fdocs%2F">sign in</a> in this browser, or call
<code>POST /auth/signin</code> below. The browser sends the session cookie with every call.</p>
<div id="viewer"></div>
<script src="./swagger-ui-bundle.js"></script>
<script src="./begin.js"></script>
</body>
</html>
"#;

/// Without `validatorUrl: "none"`, Swagger UI would send the document to a public validator.
const INIT_SCRIPT: &str = r##"SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: "none",
  tryItOutEnabled: true,
  withCredentials: true,
});
"##;

pub(crate) fn routes() -> Routes {
    let script = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"));
    let style = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"));
    Routes::default()
        .get("/docs", async |_: DocsClient| Redirect::to("/docs/"))
        .get("/docs/", async |_: DocsClient| asset("text/html; charset=utf-8", PAGE))
        .get("/docs/begin.js", async |_: DocsClient| asset("text/javascript; charset=utf-8", INIT_SCRIPT))
        .get("/docs/swagger-ui-bundle.js", async |_: DocsClient| gzipped("text/javascript; charset=utf-8", script))
        .merge(guides::routes())
        .get("/docs/swagger-ui.css", async |_: DocsClient| gzipped("text/css; charset=utf-8", style))
}

/// Serves the embedded `docs/openapi.json` with this server's URL and the name of its cookie. A test compares it with
/// [`crate::generate_openapi_document`].
pub(crate) async fn openapi_json(_: DocsClient, State(app): State<App>) -> Response {
    let gzipped = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));
    serve_document(app.openapi_json(), gzipped, |document| document.set_server(app.settings()))
}

/// Serves the embedded `docs/platform-openapi.json`. The server does not know the URL that backends use, so that of the
/// document is relative.
pub(crate) async fn platform_openapi_json() -> Response {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let gzipped = include_bytes!(concat!(env!("OUT_DIR"), "/platform-openapi.json.gz"));
    serve_document(&DOCUMENT, gzipped, |document| document.set_server_url("/"))
}

fn serve_document(adapted: &OnceLock<Bytes>, gzipped: &[u8], adapt: impl FnOnce(&mut Document)) -> Response {
    let text = match adapted.get() {
        Some(text) => text.clone(),
        None => match adapted_document(gzipped, adapt) {
            Ok(text) => adapted.get_or_init(|| text.into()).clone(),
            Err(error) => return Refusal(Problem::internal(error)).into_response(),
        },
    };
    ([(header::CONTENT_TYPE, JSON)], text).into_response()
}

fn adapted_document(gzipped: &[u8], adapt: impl FnOnce(&mut Document)) -> Result<Vec<u8>, std::io::Error> {
    let mut text = String::new();
    GzDecoder::new(gzipped).read_to_string(&mut text)?;
    let mut document: Document = serde_json::from_str(&text)?;
    adapt(&mut document);
    Ok(serde_json::to_vec(&document)?)
}

fn asset(media_type: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        ],
        body,
    )
}

/// An asset that is sent compressed without content negotiation: only browsers load it, and all of them accept gzip.
fn gzipped(media_type: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    ([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))], asset(media_type, bytes))
}
