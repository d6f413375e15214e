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

/// Adds them. Browsers are told to insist on https only where there is https.
pub(crate) fn add(headers: &mut HeaderMap, settings: &Settings) {
    // At once: a map that grows is hashed anew.
    headers.reserve(ALWAYS.len() + 2);
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
    if settings.public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
