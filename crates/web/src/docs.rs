//! `/docs`: the API's description as a page to read and try, from files inside the binary. It asks no other host for
//! anything.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// The viewer sets styles on its own elements; scripts come from this server only.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page and its files.
pub(crate) fn pages() -> Router<App> {
    // Without a word about the validator, the viewer would send the description to one on the internet.
    let config = Config::new(["/openapi.json"]).validator_url("none").try_it_out_enabled(true).with_credentials(true);
    Router::from(SwaggerUi::new("/docs").config(config)).layer(map_response(guard))
}

async fn guard(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    response
}
