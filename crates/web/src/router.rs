//! Every route in one list, and the layers around them.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{delete, get, patch, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vestibule_core::service::Service;

use crate::api::{auth, deployment, domains, handovers, invitations, me, organizations, session, workspaces};
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
    .merge(crate::images::routes())
    .merge(crate::mail::routes())
    .merge(crate::well_known::routes())
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
        .merge(people())
        .merge(organizations())
        .merge(workspaces())
        .split_for_parts();
    older_verbs(router, description)
}

/// Coming in, one's own account, and what everybody may know.
fn people() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::sign_in::sign_in))
        .routes(routes!(auth::sign_up::sign_up))
        .routes(routes!(auth::verification::prepare))
        .routes(routes!(auth::verification::attempt))
        .routes(routes!(auth::magic_link::verify))
        .routes(routes!(auth::forgot_password::forgot))
        .routes(routes!(auth::forgot_password::reset))
        .routes(routes!(auth::identifier::availability))
        .routes(routes!(session::show::show))
        .routes(routes!(session::sign_out::sign_out))
        .routes(routes!(session::switch_sign_in::switch_sign_in))
        .routes(routes!(session::switch_organization::switch_organization))
        .routes(routes!(session::switch_workspace::switch_workspace))
        .routes(routes!(session::token::token))
        .routes(routes!(me::account::account, me::update::update))
        .routes(routes!(me::update::picture))
        .routes(routes!(me::addresses::list, me::addresses::add))
        .routes(routes!(me::addresses::one))
        .routes(routes!(me::addresses::delete))
        .routes(routes!(me::addresses::make_primary))
        .routes(routes!(me::addresses::prepare))
        .routes(routes!(me::addresses::attempt))
        .routes(routes!(me::sign_ins::list))
        .routes(routes!(me::sign_ins::end))
        .routes(routes!(me::password::update))
        .routes(routes!(me::password::remove))
        .routes(routes!(me::password::delete))
        .routes(routes!(me::organization_memberships::organization_memberships))
        .routes(routes!(me::workspace_memberships::workspace_memberships))
        .routes(routes!(me::invitations::invitations))
        .routes(routes!(me::deleted_organizations::deleted_organizations))
        .routes(routes!(deployment::validate::validate))
        .routes(routes!(deployment::configuration::show))
        .routes(routes!(deployment::waitlist::join))
}

/// Organizations, and the ways into them.
fn organizations() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(organizations::create::create))
        .routes(routes!(organizations::update::update))
        .routes(routes!(organizations::delete::delete))
        .routes(routes!(organizations::delete::restore))
        .routes(routes!(organizations::explain::explain))
        .routes(routes!(handovers::offer))
        .routes(routes!(handovers::withdraw))
        .routes(routes!(handovers::accept))
        .routes(routes!(handovers::decline))
        .routes(routes!(handovers::mine))
        .routes(routes!(organizations::leave::leave))
        .routes(routes!(organizations::members::members))
        .routes(routes!(organizations::remove_member::remove_member))
        .routes(routes!(organizations::member_roles::give))
        .routes(routes!(organizations::member_roles::take))
        .routes(routes!(organizations::roles::roles, organizations::roles::define))
        .routes(routes!(organizations::roles::remove))
        .routes(routes!(domains::list, domains::add))
        .routes(routes!(domains::update))
        .routes(routes!(domains::verify))
        .routes(routes!(domains::delete))
        .routes(routes!(domains::requests::joinable))
        .routes(routes!(domains::requests::join))
        .routes(routes!(domains::requests::list))
        .routes(routes!(domains::requests::approve))
        .routes(routes!(domains::requests::deny))
        .routes(routes!(domains::requests::renew))
        .routes(routes!(invitations::list::list, invitations::create::create))
        .routes(routes!(invitations::bulk::bulk))
        .routes(routes!(invitations::resend::resend))
        .routes(routes!(invitations::discard::discard))
        .routes(routes!(invitations::accept::accept))
        .routes(routes!(invitations::decline::decline))
}

/// The rooms inside them.
fn workspaces() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(workspaces::create::create))
        .routes(routes!(workspaces::show::show))
        .routes(routes!(workspaces::update::update))
        .routes(routes!(workspaces::update::delete))
        .routes(routes!(workspaces::members::leave))
        .routes(routes!(workspaces::members::list, workspaces::members::add))
        .routes(routes!(workspaces::members::remove))
        .routes(routes!(workspaces::roles::list, workspaces::roles::define))
        .routes(routes!(workspaces::roles::remove))
        .routes(routes!(workspaces::roles::give))
        .routes(routes!(workspaces::roles::take))
}

/// Adds each older verb: a route to the handler that stands behind the newer one, and a line in the description.
macro_rules! older {
    ($router:expr, $($method:ident $upper:ident $path:literal => $newer:literal $handler:path;)+) => {{
        let router = $router$(.route($path, $method($handler)))+;
        let aliases = [$(Alias { path: $newer, older_method: HttpMethod::$upper, older_path: $path }),+];
        (router, aliases)
    }};
}

/// The verbs of the eras before (decision 6).
fn older_verbs(router: Router<App>, description: OpenApi) -> (Router<App>, OpenApi) {
    let (router, aliases) = older! { router,
        put Put "/session/switch-organization" => "/session/switch-organization" session::switch_organization::switch_organization;
        patch Patch "/me" => "/me" me::update::update;
        delete Delete "/me/email-addresses/{id}" => "/me/email-addresses/{id}/delete" me::addresses::delete;
        post Post "/me/signins" => "/me/signins" me::sign_ins::list;
        patch Patch "/me/signins/{id}/signout" => "/me/signins/{id}/signout" me::sign_ins::end;
        put Put "/session/switch-workspace" => "/session/switch-workspace" session::switch_workspace::switch_workspace;
        delete Delete "/organizations/{id}/invitations/{invitationId}"
            => "/organizations/{id}/invitations/{invitationId}/discard" invitations::discard::discard;
        patch Patch "/organizations/{id}" => "/organizations/{id}/update" organizations::update::update;
        delete Delete "/organizations/{id}" => "/organizations/{id}/delete" organizations::delete::delete;
        delete Delete "/organizations/{id}/leave" => "/organizations/{id}/leave" organizations::leave::leave;
        delete Delete "/organizations/{id}/members/{memberId}"
            => "/organizations/{id}/members/{memberId}/remove" organizations::remove_member::remove_member;
        put Put "/organizations/{id}/members/{memberId}/roles/{roleId}"
            => "/organizations/{id}/members/{memberId}/roles/{roleId}/add" organizations::member_roles::give;
        delete Delete "/organizations/{id}/members/{memberId}/roles/{roleId}"
            => "/organizations/{id}/members/{memberId}/roles/{roleId}/remove" organizations::member_roles::take;
        put Put "/workspaces/{id}" => "/workspaces/{id}/update" workspaces::update::update;
        delete Delete "/workspaces/{id}" => "/workspaces/{id}/delete" workspaces::update::delete;
        delete Delete "/workspaces/{id}/members/{memberId}"
            => "/workspaces/{id}/members/{memberId}/remove" workspaces::members::remove;
        delete Delete "/workspaces/{id}/roles/{roleId}" => "/workspaces/{id}/roles/{roleId}/delete" workspaces::roles::remove;
        delete Delete "/organizations/{id}/domains/{domainId}" => "/organizations/{id}/domains/{domainId}/delete" domains::delete;
        delete Delete "/organizations/{id}/roles/{roleId}"
            => "/organizations/{id}/roles/{roleId}/remove" organizations::roles::remove;
    };
    (router, openapi::complete(description, &aliases))
}
