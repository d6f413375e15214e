//! The list of all routes of the server-to-server API.

use axum::http::Uri;
use axum::{Json, Router};
use vestibule_core::{api_key, deployment_invitation, impersonation};

use super::{deployment_invitations, keys, tickets, waitlist};
use crate::app::App;
use crate::envelope::Refusal;
use crate::health;
use crate::openapi::{command, query};
use crate::restricted::HealthClient;
use crate::routes::api_routes;

pub(super) fn router(app: &App) -> Router {
    let routes = api_routes().merge(health::routes()).get(HEALTH, check_health);
    routes.with_fallback(async |_: Uri| Refusal(vestibule_core::Code::RouteNotFound.into())).with_state(app.clone())
}

/// Whether a request needs no API key.
pub(super) fn is_public(path: &str) -> bool {
    path == HEALTH || health::is_check(path)
}

/// Where clients of this API look whether it answers. It says no more than `/health/live`.
const HEALTH: &str = "/health";

async fn check_health(_: HealthClient) -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "ok"}))
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
        deployment_invitations::list => query::<deployment_invitation::List>();
        deployment_invitations::create => command::<deployment_invitation::Create>();
        deployment_invitations::delete => command::<deployment_invitation::Delete>();
        waitlist::list => query::<vestibule_core::waitlist::List>();
        waitlist::approve => command::<vestibule_core::waitlist::Approve>();
    }
}
