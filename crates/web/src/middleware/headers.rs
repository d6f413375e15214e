//! The headers that every answer carries, unless its handler knew better.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use vestibule_core::settings::Settings;

const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// What a handler adds at the most, usually: a map that grows is hashed anew.
const ADDED: usize = 6;

/// They, to begin each answer with. Browsers are told to insist on https only where there is https.
pub(crate) fn always(settings: &Settings) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(ALWAYS.len() + 1 + ADDED);
    headers.extend(ALWAYS);
    if settings.public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers
}

/// Puts them before what a handler has said. Copying them takes a quarter of what finding a place for each does.
pub(crate) fn put_before(headers: &mut HeaderMap, always: &HeaderMap) {
    let said = std::mem::replace(headers, always.clone());
    headers.extend(said);
}
