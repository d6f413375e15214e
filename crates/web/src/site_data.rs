//! `Clear-Site-Data`: at sign-out, the browser deletes what it has stored from this server (ASVS 14.3.1).

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

pub(crate) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Its value, without `"cookies"`, which would also end the browser's other sign-ins: a session can have several, and
/// one cookie has its token. The server has ended the sign-in anyway.
pub(crate) const CACHE_AND_STORAGE: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");

/// Adds the header to the response of a page that signs out. Browsers ignore it unless the URL is https or localhost.
pub(crate) fn clear(mut response: Response) -> Response {
    response.headers_mut().insert(CLEAR_SITE_DATA, CACHE_AND_STORAGE);
    response
}
