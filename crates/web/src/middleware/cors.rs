//! CORS: only the origins in `allowed_origins` and that of `app.url` may call the API with credentials.

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::CorsLayer;
use vestibule_core::settings::Settings;

use crate::api_response::SEATS;

const DEVELOPMENT_SESSION: HeaderName = HeaderName::from_static("x-development-session");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns `None` if no origin is allowed.
pub(crate) fn layer(settings: &Settings) -> Option<CorsLayer> {
    settings.other_origins().next().is_some().then(|| cors_layer(settings))
}

fn cors_layer(settings: &Settings) -> CorsLayer {
    let origins = settings.other_origins().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
        ])
        .allow_headers([header::CONTENT_TYPE, DEVELOPMENT_SESSION, IDEMPOTENCY_KEY])
        .expose_headers([DEVELOPMENT_SESSION, header::LINK, REQUEST_ID, header::RETRY_AFTER, SEATS, REPLAYED])
}
