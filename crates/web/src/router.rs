//! Every route in one list.

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
use crate::openapi::{self, Alias};
use crate::routes::Routes;

/// What finds a request's handler.
pub(crate) fn router(app: &App) -> Router {
    older_verbs(answering())
        .get("/openapi.json", crate::docs::description)
        .merge(crate::docs::pages())
        .merge(crate::pages::pages())
        .merge(crate::health::routes())
        .merge(crate::images::routes())
        .merge(crate::mail::routes())
        .merge(crate::well_known::routes())
        .or(not_found)
        .with_state(app.clone())
}

/// No such path, or not with this method.
async fn not_found() -> Refusal {
    Refusal(Code::RouteNotFound.into())
}

/// What `/openapi.json` has to say.
pub fn description() -> OpenApi {
    openapi::complete(describing().split_for_parts().1, OLDER)
}

/// Lists calls by their handlers, and makes of the list what answers them and what describes them. The two are made
/// apart, since a server answers and describes nothing: what it says of itself is written down in `docs/openapi.json`.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident { $($($first:ident $(:: $rest:ident)*),+;)+ })+) => {
        fn answering() -> Routes {
            Routes::default()$($($(.on_each(
                routes!(@path [methods()] of $first $(:: $rest)*).iter().map(PathItemExt::to_method_filter),
                &routes!(@path [path()] of $first $(:: $rest)*),
                &$first $(:: $rest)*,
            ))+)+)+
        }

        $($(#[$doc])*
        fn $name() -> OpenApiRouter<App> {
            OpenApiRouter::new()$(.routes(routes!($($first $(:: $rest)*),+)))+
        })+

        fn describing() -> OpenApiRouter<App> {
            OpenApiRouter::with_openapi(openapi::beginning())$(.merge($name()))+
        }
    };
}

calls! {
    /// Coming in, one's own account, and what everybody may know.
    people {
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
        me::update::picture;
        me::addresses::list, me::addresses::add;
        me::addresses::one;
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
    /// Organizations, and the ways into them.
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
        handovers::mine;
        organizations::leave::leave;
        organizations::members::members;
        organizations::remove_member::remove_member;
        organizations::member_roles::give;
        organizations::member_roles::take;
        organizations::roles::roles, organizations::roles::define;
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
    /// The rooms inside them.
    workspaces {
        workspaces::create::create;
        workspaces::show::show;
        workspaces::update::update;
        workspaces::update::delete;
        workspaces::members::leave;
        workspaces::members::list, workspaces::members::add;
        workspaces::members::remove;
        workspaces::roles::list, workspaces::roles::define;
        workspaces::roles::remove;
        workspaces::roles::give;
        workspaces::roles::take;
    }
}

/// Adds each older verb: a route to the handler that stands behind the newer one, and a line in the description.
macro_rules! older {
    ($($method:ident $upper:ident $path:literal => $newer:literal $handler:path;)+) => {
        /// The verbs of the eras before (decision 6).
        const OLDER: &[Alias] = &[$(Alias { path: $newer, older_method: HttpMethod::$upper, older_path: $path }),+];

        fn older_verbs(routes: Routes) -> Routes {
            routes$(.on(MethodFilter::$method, $path, $handler))+
        }
    };
}

older! {
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
        => "/organizations/{id}/members/{memberId}/roles/{roleId}/add" organizations::member_roles::give;
    DELETE Delete "/organizations/{id}/members/{memberId}/roles/{roleId}"
        => "/organizations/{id}/members/{memberId}/roles/{roleId}/remove" organizations::member_roles::take;
    PUT Put "/workspaces/{id}" => "/workspaces/{id}/update" workspaces::update::update;
    DELETE Delete "/workspaces/{id}" => "/workspaces/{id}/delete" workspaces::update::delete;
    DELETE Delete "/workspaces/{id}/members/{memberId}"
        => "/workspaces/{id}/members/{memberId}/remove" workspaces::members::remove;
    DELETE Delete "/workspaces/{id}/roles/{roleId}" => "/workspaces/{id}/roles/{roleId}/delete" workspaces::roles::remove;
    DELETE Delete "/organizations/{id}/domains/{domainId}" => "/organizations/{id}/domains/{domainId}/delete" domains::delete;
    DELETE Delete "/organizations/{id}/roles/{roleId}"
        => "/organizations/{id}/roles/{roleId}/remove" organizations::roles::remove;
}
