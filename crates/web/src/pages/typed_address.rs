//! The address that was typed on one page and fills a field of the next one. A cookie carries it, because URLs end up in
//! logs and histories. Links of applications may have it in the query.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;

use super::context::PageContext;
use crate::app::App;
use crate::cookie;
use crate::extract::{FieldMap, FieldReader};

/// Empty if there is none.
#[derive(Clone, Debug)]
pub(super) struct TypedAddress(pub(super) String);

impl FromRequestParts<App> for TypedAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let query = FieldMap::parse_form(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
        let in_query = FieldReader::new(query).text("email").ok().flatten();
        let in_cookie = || cookie::address(&parts.headers, app.settings().public_url.is_https());
        Ok(Self(in_query.or_else(in_cookie).unwrap_or_default()))
    }
}

impl TypedAddress {
    /// Carries the address to the page of a redirect.
    pub(super) fn remember(cx: &PageContext, address: &EmailAddress, mut response: Response) -> Response {
        let cookie = cookie::set_address(address, cx.app.settings().public_url.is_https());
        response.headers_mut().append(header::SET_COOKIE, cookie);
        response
    }
}
