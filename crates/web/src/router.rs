//! Every route in one list, and the layers around them.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{delete, get, put};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vestibule_core::service::Service;

use crate::api::{auth, deployment, invitations, me, organizations, session, workspaces};
use crate::app::App;
use crate::middleware::{cors, cross_site, headers, respond};
use crate::openapi::{self, Alias};

/// The whole server as one service: the Frontend API, its description, and the page that shows it.
pub fn router(service: Arc<Service>) -> Router {
    let app = App::new(service);
    let (api, description) = api();
    let described = serde_json::to_string_pretty(&description).unwrap_or_default();
    api.route(
        "/openapi.json",
        get(move || async move { ([(header::CONTENT_TYPE, "application/json")], described).into_response() }),
    )
    .merge(crate::docs::pages())
    .merge(crate::pages::pages())
    .merge(crate::health::routes())
    .fallback(respond::not_found)
    .method_not_allowed_fallback(respond::not_found)
    .layer(CatchPanicLayer::custom(respond::panicked))
    .layer(from_fn_with_state(app.clone(), cross_site::layer))
    .layer(from_fn(respond::time_out))
    .layer(from_fn_with_state(app.clone(), respond::fill_refusals))
    .layer(cors::layer(app.settings()))
    .layer(from_fn_with_state(app.clone(), headers::layer))
    .layer(from_fn_with_state(app.clone(), respond::log))
    .with_state(app)
}

/// What `/openapi.json` says.
pub fn description() -> OpenApi {
    api().1
}

fn api() -> (Router<App>, OpenApi) {
    let (router, description) = OpenApiRouter::with_openapi(openapi::beginning())
        .routes(routes!(auth::sign_in::sign_in))
        .routes(routes!(auth::sign_up::sign_up))
        .routes(routes!(session::show::show))
        .routes(routes!(session::sign_out::sign_out))
        .routes(routes!(session::switch_sign_in::switch_sign_in))
        .routes(routes!(session::switch_organization::switch_organization))
        .routes(routes!(me::account::account))
        .routes(routes!(me::organization_memberships::organization_memberships))
        .routes(routes!(me::workspace_memberships::workspace_memberships))
        .routes(routes!(me::invitations::invitations))
        .routes(routes!(organizations::create::create))
        .routes(routes!(organizations::members::members))
        .routes(routes!(organizations::roles::roles))
        .routes(routes!(invitations::list::list, invitations::create::create))
        .routes(routes!(invitations::resend::resend))
        .routes(routes!(invitations::discard::discard))
        .routes(routes!(invitations::accept::accept))
        .routes(routes!(invitations::decline::decline))
        .routes(routes!(deployment::validate))
        .routes(routes!(workspaces::create::create))
        .split_for_parts();
    // The verbs of the era before: the same handlers, and one line each in the description (decision 6).
    let router = router
        .route("/session/switch-organization", put(session::switch_organization::switch_organization))
        .route("/organizations/{id}/invitations/{invitationId}", delete(invitations::discard::discard));
    let aliases = [
        Alias {
            path: "/session/switch-organization",
            older_method: HttpMethod::Put,
            older_path: "/session/switch-organization",
        },
        Alias {
            path: "/organizations/{id}/invitations/{invitationId}/discard",
            older_method: HttpMethod::Delete,
            older_path: "/organizations/{id}/invitations/{invitationId}",
        },
    ];
    (router, openapi::complete(description, &aliases))
}
