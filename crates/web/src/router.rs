//! The list of all routes.

use axum::Router;
use axum::routing::MethodFilter;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::HttpMethod;
use utoipa_axum::PathItemExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vestibule_core::Code;

use crate::api::{auth, deployment, domains, handovers, invitations, me, organizations, session, workspaces};
use crate::app::App;
use crate::envelope::Refusal;
use crate::openapi::{self, LegacyRoute};
use crate::routes::Routes;

pub(crate) fn router(app: &App) -> Router {
    add_legacy_routes(api_routes())
        .get("/openapi.json", crate::docs::openapi_json)
        .merge(crate::docs::routes())
        .merge(crate::pages::pages())
        .merge(crate::health::routes())
        .merge(crate::images::routes())
        .merge(crate::mail_reports::routes())
        .merge(crate::well_known::routes())
        .with_fallback(not_found)
        .with_state(app.clone())
}

/// Also the response for a known path with another method.
async fn not_found() -> Refusal {
    Refusal(Code::RouteNotFound.into())
}

/// Generates the OpenAPI document from the handlers. A server does not generate it: it serves the checked-in
/// `docs/openapi.json`.
pub fn openapi_document() -> OpenApi {
    openapi::finish_document(openapi_router().split_for_parts().1, LEGACY_ROUTES)
}

/// Makes two routers from one list of handlers: `api_routes` serves requests, `openapi_router` is only for the OpenAPI
/// document. Handlers that share a path stand in one line.
macro_rules! api_routes {
    ($($(#[$doc:meta])* $name:ident { $($($first:ident $(:: $rest:ident)*),+;)+ })+) => {
        fn api_routes() -> Routes {
            Routes::default()$($($(.on_methods(
                routes!(@path [methods()] of $first $(:: $rest)*).iter().map(PathItemExt::to_method_filter),
                &routes!(@path [path()] of $first $(:: $rest)*),
                &$first $(:: $rest)*,
            ))+)+)+
        }

        $($(#[$doc])*
        fn $name() -> OpenApiRouter<App> {
            OpenApiRouter::new()$(.routes(routes!($($first $(:: $rest)*),+)))+
        })+

        fn openapi_router() -> OpenApiRouter<App> {
            OpenApiRouter::with_openapi(openapi::base_document())$(.merge($name()))+
        }
    };
}

api_routes! {
    /// Authentication, sessions, the caller's account, and public configuration.
    accounts {
        auth::sign_in::sign_in;
        auth::sign_up::sign_up;
        auth::verification::prepare;
        auth::verification::attempt;
        auth::magic_link::verify;
        auth::forgot_password::forgot;
        auth::forgot_password::reset;
        auth::identifier::availability;
        session::show::show;
        session::sign_out::sign_out;
        session::switch_sign_in::switch_sign_in;
        session::switch_organization::switch_organization;
        session::switch_workspace::switch_workspace;
        session::token::token;
        me::account::account, me::update::update;
        me::update::upload_picture;
        me::addresses::list, me::addresses::add;
        me::addresses::show;
        me::addresses::delete;
        me::addresses::make_primary;
        me::addresses::prepare;
        me::addresses::attempt;
        me::sign_ins::list;
        me::sign_ins::end;
        me::password::update;
        me::password::remove;
        me::password::delete;
        me::organization_memberships::organization_memberships;
        me::workspace_memberships::workspace_memberships;
        me::invitations::invitations;
        me::deleted_organizations::deleted_organizations;
        deployment::validate::validate;
        deployment::configuration::show;
        deployment::waitlist::join;
    }
    /// Organizations, invitations, domains and join requests.
    organizations {
        organizations::create::create;
        organizations::update::update;
        organizations::delete::delete;
        organizations::delete::restore;
        organizations::explain::explain;
        handovers::offer;
        handovers::withdraw;
        handovers::accept;
        handovers::decline;
        handovers::list_own;
        organizations::leave::leave;
        organizations::members::list;
        organizations::remove_member::remove_member;
        organizations::member_roles::assign;
        organizations::member_roles::revoke;
        organizations::roles::list, organizations::roles::create;
        organizations::roles::remove;
        domains::list, domains::add;
        domains::update;
        domains::verify;
        domains::delete;
        domains::requests::joinable;
        domains::requests::join;
        domains::requests::list;
        domains::requests::approve;
        domains::requests::deny;
        domains::requests::renew;
        invitations::list::list, invitations::create::create;
        invitations::bulk::bulk;
        invitations::resend::resend;
        invitations::discard::discard;
        invitations::accept::accept;
        invitations::decline::decline;
    }
    workspaces {
        workspaces::create::create;
        workspaces::show::show;
        workspaces::update::update;
        workspaces::update::delete;
        workspaces::members::leave;
        workspaces::members::list, workspaces::members::add;
        workspaces::members::remove;
        workspaces::roles::list, workspaces::roles::create;
        workspaces::roles::remove;
        workspaces::roles::assign;
        workspaces::roles::revoke;
    }
}

/// Declares routes that clients of earlier API versions use. Each has the handler of the current route that it names.
macro_rules! legacy_routes {
    ($($method:ident $upper:ident $path:literal => $current:literal $handler:path;)+) => {
        const LEGACY_ROUTES: &[LegacyRoute] =
            &[$(LegacyRoute { current_path: $current, method: HttpMethod::$upper, path: $path }),+];

        fn add_legacy_routes(routes: Routes) -> Routes {
            routes$(.on(MethodFilter::$method, $path, $handler))+
        }
    };
}

legacy_routes! {
    PUT Put "/session/switch-organization" => "/session/switch-organization" session::switch_organization::switch_organization;
    PATCH Patch "/me" => "/me" me::update::update;
    DELETE Delete "/me/email-addresses/{id}" => "/me/email-addresses/{id}/delete" me::addresses::delete;
    POST Post "/me/signins" => "/me/signins" me::sign_ins::list;
    PATCH Patch "/me/signins/{id}/signout" => "/me/signins/{id}/signout" me::sign_ins::end;
    PUT Put "/session/switch-workspace" => "/session/switch-workspace" session::switch_workspace::switch_workspace;
    DELETE Delete "/organizations/{id}/invitations/{invitationId}"
        => "/organizations/{id}/invitations/{invitationId}/discard" invitations::discard::discard;
    PATCH Patch "/organizations/{id}" => "/organizations/{id}/update" organizations::update::update;
    DELETE Delete "/organizations/{id}" => "/organizations/{id}/delete" organizations::delete::delete;
    DELETE Delete "/organizations/{id}/leave" => "/organizations/{id}/leave" organizations::leave::leave;
    DELETE Delete "/organizations/{id}/members/{memberId}"
        => "/organizations/{id}/members/{memberId}/remove" organizations::remove_member::remove_member;
    PUT Put "/organizations/{id}/members/{memberId}/roles/{roleId}"
        => "/organizations/{id}/members/{memberId}/roles/{roleId}/add" organizations::member_roles::assign;
    DELETE Delete "/organizations/{id}/members/{memberId}/roles/{roleId}"
        => "/organizations/{id}/members/{memberId}/roles/{roleId}/remove" organizations::member_roles::revoke;
    PUT Put "/workspaces/{id}" => "/workspaces/{id}/update" workspaces::update::update;
    DELETE Delete "/workspaces/{id}" => "/workspaces/{id}/delete" workspaces::update::delete;
    DELETE Delete "/workspaces/{id}/members/{memberId}"
        => "/workspaces/{id}/members/{memberId}/remove" workspaces::members::remove;
    DELETE Delete "/workspaces/{id}/roles/{roleId}" => "/workspaces/{id}/roles/{roleId}/delete" workspaces::roles::remove;
    DELETE Delete "/organizations/{id}/domains/{domainId}" => "/organizations/{id}/domains/{domainId}/delete" domains::delete;
    DELETE Delete "/organizations/{id}/roles/{roleId}"
        => "/organizations/{id}/roles/{roleId}/remove" organizations::roles::remove;
}
