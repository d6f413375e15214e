//! The list of all routes of the server-to-server API.

use axum::Router;
use axum::http::Uri;
use vestibule_core::images::UPLOAD_ERRORS;
use vestibule_core::{api_key, invitation, workspace};

use super::workspaces::list::LIST_ERRORS;
use super::{invitations, keys, workspaces};
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

    /// Invitations to organizations.
    invitations {
        invitations::list => query::<invitation::List>().with_errors(LIST_ERRORS);
        invitations::create => command::<invitation::Invite>();
        invitations::discard => command::<invitation::Discard>();
    }

    /// Workspaces, their members and roles.
    workspaces {
        workspaces::list::list => query::<workspace::ListAll>().with_errors(LIST_ERRORS);
        workspaces::update::create => command::<workspace::Create>().with_errors(UPLOAD_ERRORS);
        workspaces::show::show => query::<workspace::ShowWithRoles>();
        workspaces::update::update => command::<workspace::Update>().with_errors(UPLOAD_ERRORS);
        workspaces::update::delete => command::<workspace::Delete>();
        workspaces::members::list => query::<workspace::FindMembers>().with_errors(LIST_ERRORS);
        workspaces::members::add => command::<workspace::AddUser>();
        workspaces::members::update => command::<workspace::UpdateMember>();
        workspaces::members::remove => command::<workspace::RemoveMember>();
        workspaces::members::assign_role => command::<workspace::AssignRole>();
        workspaces::members::revoke_role => command::<workspace::RevokeRole>();
        workspaces::roles::list => query::<workspace::ListRoles>();
        workspaces::roles::create => command::<workspace::CreateRole>();
        workspaces::roles::update => command::<workspace::UpdateRole>();
        workspaces::roles::delete => command::<workspace::RemoveRole>();
    }
}
