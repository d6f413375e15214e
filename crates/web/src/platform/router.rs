//! The list of all routes of the server-to-server API.

use axum::Router;
use axum::http::Uri;
use vestibule_core::{api_key, impersonation};

use super::{keys, tickets};
use crate::app::App;
use crate::envelope::Refusal;
use crate::health;
use crate::openapi::{command, query};
use crate::routes::api_routes;

pub(super) fn router(app: &App) -> Router {
    let routes = api_routes().merge(health::routes());
    routes.with_fallback(async |_: Uri| Refusal(vestibule_core::Code::RouteNotFound.into())).with_state(app.clone())
}

/// Whether a request needs no API key.
pub(super) fn is_public(path: &str) -> bool {
    health::is_check(path)
}

api_routes! {
    /// API keys.
    keys {
        keys::list => query::<api_key::List>();
        keys::create => command::<api_key::Create>();
        keys::rotate => command::<api_key::Rotate>();
        keys::revoke => command::<api_key::Revoke>();
    }
    /// Support, invitations to sign up and the waitlist.
    deployment {
        tickets::create => command::<impersonation::CreateTicket>();
    }
}
