//! The default headers of every response. A handler's own headers take precedence.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// For everything but pages, `/docs/` and images.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

const DEFAULTS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
];

/// Capacity for a handler's own headers, so that the map is not rehashed.
const EXTRA_CAPACITY: usize = 6;

/// Returns the default headers, with a value for `Strict-Transport-Security` if there is one.
pub(crate) fn defaults(strict_transport_security: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(DEFAULTS.len() + 1 + EXTRA_CAPACITY);
    headers.extend(DEFAULTS);
    if let Some(value) = strict_transport_security {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(value));
    }
    headers
}

/// Adds the defaults to a response's headers. It extends a clone of the defaults, which costs a quarter of inserting
/// each default.
pub(crate) fn merge_defaults(headers: &mut HeaderMap, defaults: &HeaderMap) {
    let own = std::mem::replace(headers, defaults.clone());
    headers.extend(own);
}
