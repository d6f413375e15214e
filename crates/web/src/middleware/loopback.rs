//! During development, `localhost`, `127.0.0.1` and `[::1]` are names of one server, and three sites for browsers: a
//! session of one name does not exist on the others, and links in mail have the name of the public URL.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vestibule_core::settings::Settings;

use crate::accept::Preference;

/// Redirects a browser that opens a page under another name of this machine to the public URL. Calls of the API are
/// handled under every name, and so are requests of other clients.
pub(crate) fn redirect(request: &Request, preference: Preference, settings: &Settings) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || preference != Preference::Html {
        return None;
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    if !settings.public_url.is_loopback_alias(&host.to_ascii_lowercase()) {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let location = HeaderValue::from_str(&format!("{}{path}", settings.public_url.as_str())).ok()?;
    Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response())
}
