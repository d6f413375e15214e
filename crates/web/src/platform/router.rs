//! The list of all routes of the server-to-server API.

use axum::Router;
use axum::http::Uri;
use vestibule_core::api_key;

use super::keys;
use crate::app::App;
use crate::docs;
use crate::envelope::Refusal;
use crate::health;
use crate::openapi::{self, Document, command, query};
use crate::routes::api_routes;

const OPENAPI_PATH: &str = "/openapi.json";

pub(super) fn router(app: &App) -> Router {
    let routes = api_routes().merge(health::routes()).get(OPENAPI_PATH, docs::platform_openapi_json);
    routes.with_fallback(async |_: Uri| Refusal(vestibule_core::Code::RouteNotFound.into())).with_state(app.clone())
}

/// Whether a request needs no API key.
pub(super) fn is_public(path: &str) -> bool {
    health::is_check(path) || path == OPENAPI_PATH
}

/// Generates the OpenAPI document of the server-to-server API from its handlers. A server serves the checked-in
/// `docs/platform-openapi.json`.
pub fn generate_platform_openapi_document() -> serde_json::Result<Document> {
    openapi::generate(&openapi::PLATFORM, calls())
}

api_routes! {
    /// API keys.
    keys {
        keys::list => query::<api_key::List>();
        keys::create => command::<api_key::Create>();
        keys::rotate => command::<api_key::Rotate>();
        keys::revoke => command::<api_key::Revoke>();
    }
}
