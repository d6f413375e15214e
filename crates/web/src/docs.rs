//! `/docs`: the API's description as a page to read and try, from files inside the binary. It asks no other host for
//! anything.

use std::io::Read;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use flate2::read::GzDecoder;
use vestibule_core::Problem;

use crate::envelope::Refusal;
use crate::routes::Routes;

/// The viewer sets styles on its own elements; scripts come from this server only.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Every call of Vestibule</title>
<link rel="stylesheet" href="./swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="viewer"></div>
<script src="./swagger-ui-bundle.js"></script>
<script src="./begin.js"></script>
</body>
</html>
"#;

/// Without a word about the validator, the viewer would send the description to one on the internet.
const BEGIN: &str = r##"SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: "none",
  tryItOutEnabled: true,
  withCredentials: true,
});
"##;

/// The page and its files.
pub(crate) fn pages() -> Routes {
    let viewer = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"));
    let style = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"));
    Routes::default()
        .get("/docs", async || Redirect::to("/docs/"))
        .get("/docs/", async || file("text/html; charset=utf-8", PAGE))
        .get("/docs/begin.js", async || file("text/javascript; charset=utf-8", BEGIN))
        .get("/docs/swagger-ui-bundle.js", async || packed("text/javascript; charset=utf-8", viewer))
        .get("/docs/swagger-ui.css", async || packed("text/css; charset=utf-8", style))
}

/// What `/openapi.json` says: the description as it was written down. A test holds it to [`crate::description`].
pub(crate) async fn description() -> Response {
    let packed: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));
    let mut text = Vec::new();
    match GzDecoder::new(packed).read_to_end(&mut text) {
        Ok(_) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => Refusal(Problem::internal(error)).into_response(),
    }
}

fn file(kind: &'static str, text: impl IntoResponse) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        ],
        text,
    )
}

/// A file as it lies in the binary. Every browser unpacks it; nothing else asks for it.
fn packed(kind: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    ([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))], file(kind, bytes))
}
