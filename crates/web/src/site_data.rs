//! `Clear-Site-Data`: at sign-out, the browser deletes what it has stored from this server (ASVS 14.3.1).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::App;
use crate::cookie;
use crate::extract::ExtractorErrors;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Its value, without `"cookies"`, which would also end the browser's other sign-ins: a session can have several, and
/// one cookie has its token. The server has ended the sign-in anyway.
const CACHE_AND_STORAGE: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");

/// Extracts the names of the cookies that a sign-out deletes: they have a session token, and the server sets them no
/// longer.
#[derive(Clone, Debug)]
pub(crate) struct OutdatedCookies(pub(crate) Vec<&'static str>);

impl FromRequestParts<App> for OutdatedCookies {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(cookie::outdated_sessions(&parts.headers, app.settings())))
    }
}

impl ExtractorErrors for OutdatedCookies {}

/// Adds the header to the response of a sign-out, and deletes cookies of these names. Browsers ignore the header unless
/// the URL is https or localhost.
pub(crate) fn clear(headers: &mut HeaderMap, outdated_cookies: &[&'static str]) {
    headers.insert(CLEAR_SITE_DATA, CACHE_AND_STORAGE);
    cookie::append_deletions(headers, outdated_cookies);
}
