//! The list of all routes of the API for backends.

use std::sync::Arc;

use axum::http::Uri;
use axum::{Json, Router};
use vestibule_core::Code;
use vestibule_core::organization::management;
use vestibule_core::permission::Requirement;
use vestibule_core::scope::Scope;
use vestibule_core::{
    api_key, audit, bootstrap, deployment_invitation, identity, impersonation, invitation, membership, offboarding,
    organization, second_factor, user_management, webhook, workspace,
};

use super::{
    audit_log, deployment_invitations, invitations, keys, members, organizations, roles, settings, tickets, users,
    waitlist, webhooks, workspaces,
};
use crate::app::App;
use crate::docs;
use crate::envelope::Refusal;
use crate::health;
use crate::metrics::RouteMetrics;
use crate::openapi::{self, Declaration, Document, command, commands, query};
use crate::restricted::HealthClient;
use crate::routes::{Route, Routes, api_routes};

const OPENAPI_PATH: &str = "/openapi.json";

/// Returns the router, and the metrics of its routes.
pub(super) fn router(app: &App) -> (Router, Vec<Arc<RouteMetrics>>) {
    let (router, metrics) = all_routes().with_fallback(async |_: Uri| Refusal(Code::RouteNotFound.into()));
    (router.with_state(app.clone()), metrics)
}

/// Returns every route of the server-to-server API.
pub fn platform_route_list() -> Vec<Route> {
    all_routes().into_list()
}

fn all_routes() -> Routes {
    let routes = api_routes().merge(health::routes()).get(HEALTH, check_health);
    routes.get(OPENAPI_PATH, docs::platform_openapi_json)
}

/// Whether a request needs no API key.
pub(super) fn is_public(path: &str) -> bool {
    path == HEALTH || health::is_check(path) || path == OPENAPI_PATH
}

/// Generates the OpenAPI document of the API for backends from its handlers. A server serves the checked-in
/// `docs/platform-openapi.json`.
pub fn generate_platform_openapi_document() -> serde_json::Result<Document> {
    openapi::generate(&openapi::PLATFORM, calls())
}

/// The codes of a cursor and a sort key that a list does not know.
const LIST_ERRORS: &[Code] = &[Code::InvalidCursor];

/// A call that is refused with this code.
fn refused(code: Code) -> Declaration {
    query::<user_management::CheckUserForChange>().with_errors(&[code])
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
    /// Organizations, their members and roles.
    organizations {
        organizations::list => query::<management::List>();
        organizations::create => command::<management::Create>();
        organizations::show => query::<management::Show>();
        organizations::update => command::<management::Update>();
        organizations::delete => command::<organization::Delete>();
        organizations::mfa => query::<organization::ShowMfaStatus>();
        members::list => query::<membership::ListMembers>();
        members::add => command::<membership::Add>();
        members::bulk::bulk => command::<membership::AddMany>();
        members::show => query::<membership::FindMember>();
        members::update => command::<membership::Update>();
        members::remove => command::<offboarding::Remove>();
        members::assign_role => command::<membership::AssignRole>();
        members::revoke_role => command::<membership::RevokeRole>();
        roles::list => query::<organization::ListRoles>();
        roles::create => command::<organization::CreateRole>();
        roles::update => command::<organization::UpdateRole>();
        roles::delete => command::<organization::RemoveRole>();
    }
    /// Invitations to organizations.
    invitations {
        invitations::list => query::<invitation::List>();
        invitations::create => command::<invitation::CreateForBackend>();
        invitations::discard => command::<invitation::Discard>();
    }
    /// Workspaces, their members and roles.
    workspaces {
        workspaces::list::list => query::<workspace::ListAll>();
        workspaces::update::create => command::<workspace::Create>();
        workspaces::show::show => query::<workspace::ShowWithRoles>();
        workspaces::update::update => command::<workspace::Update>();
        workspaces::update::delete => command::<workspace::Delete>();
        workspaces::members::list => query::<workspace::FindMembers>();
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
    /// Users and what belongs to them.
    users {
        users::list::list => query::<user_management::List>().with_errors(LIST_ERRORS);
        users::create::create => commands(Requirement::Operator, user_management::CREATE_USER_ERRORS).with_scope(Scope::UsersWrite);
        users::bulk::bulk => commands(Requirement::Operator, user_management::CREATE_USERS_ERRORS).with_scope(Scope::UsersWrite);
        users::show::show => query::<user_management::Show>();
        users::update::update => command::<user_management::UpdateUser>();
        users::update::delete => command::<user_management::DeleteUser>();
        users::password::update => commands(Requirement::Operator, user_management::SET_PASSWORD_ERRORS).with_scope(Scope::UsersWrite);
        users::password::remove => command::<user_management::RemovePassword>();
        users::addresses::list => query::<user_management::ListAddresses>();
        users::addresses::add => command::<user_management::AddAddress>();
        users::addresses::update => command::<user_management::UpdateAddress>();
        users::addresses::delete => command::<user_management::DeleteAddress>();
        users::addresses::make_primary => command::<user_management::MakePrimary>();
        users::sign_ins::list => query::<user_management::ListSignIns>();
        users::sign_ins::revoke => command::<user_management::EndSignIn>();
        users::sign_ins::revoke_all => command::<user_management::EndAllSignIns>();
        users::passkeys::list => query::<second_factor::ListPasskeysOfUser>();
        users::passkeys::rename => command::<second_factor::RenamePasskeyOfUser>();
        users::passkeys::delete => command::<second_factor::DeletePasskeyOfUser>();
        users::factors::add_authenticator => command::<second_factor::AddAuthenticatorForUser>();
        users::factors::delete_authenticators => command::<second_factor::DeleteAuthenticatorsOfUser>();
        users::factors::regenerate_backup_codes => command::<second_factor::RegenerateBackupCodesOfUser>();
        users::factors::reset => command::<second_factor::ResetSecondFactors>();
        users::factors::cancel_reset => command::<second_factor::CancelReset>();
        users::memberships::in_organizations => query::<user_management::ListMemberships>();
        users::memberships::in_workspaces => query::<user_management::ListWorkspaceMemberships>();
        users::social_connections::list => query::<identity::ListUserIdentities>();
        users::social_connections::delete => command::<identity::DeleteUserIdentity>();
        users::unsupported::list_phones => query::<user_management::CheckUser>();
        users::unsupported::add_phone => refused(Code::PhonesNotSupported);
        users::unsupported::update_phone => refused(Code::PhonesNotSupported);
        users::unsupported::delete_phone => refused(Code::PhonesNotSupported);
        users::unsupported::make_phone_primary => refused(Code::PhonesNotSupported);
    }
    /// Support, invitations to sign up, the waitlist and the settings.
    deployment {
        tickets::create => command::<impersonation::CreateTicket>();
        deployment_invitations::list => query::<deployment_invitation::List>();
        deployment_invitations::create => command::<deployment_invitation::Create>();
        deployment_invitations::delete => command::<deployment_invitation::Delete>();
        waitlist::list => query::<vestibule_core::waitlist::List>();
        waitlist::approve => command::<vestibule_core::waitlist::Approve>();
        settings::show => query::<bootstrap::ShowDeployment>();
        settings::organization_roles => query::<organization::ListSharedRoles>();
        settings::workspace_roles => query::<workspace::ListSharedRoles>();
        settings::social_connections => query::<bootstrap::ShowDeployment>();
    }
    /// Webhooks.
    webhooks {
        webhooks::list => query::<webhook::List<webhook::ForBackend>>();
        webhooks::create => command::<webhook::Create<webhook::ForBackend>>();
        webhooks::show => query::<webhook::Show<webhook::ForBackend>>();
        webhooks::update => command::<webhook::Update<webhook::ForBackend>>();
        webhooks::delete => command::<webhook::Delete<webhook::ForBackend>>();
        webhooks::rotate => command::<webhook::Rotate<webhook::ForBackend>>();
        webhooks::test => command::<webhook::Test<webhook::ForBackend>>();
        webhooks::replay => command::<webhook::Replay<webhook::ForBackend>>();
        webhooks::list_deliveries => query::<webhook::ListDeliveries<webhook::ForBackend>>();
        webhooks::show_delivery => query::<webhook::ShowDelivery<webhook::ForBackend>>();
        webhooks::replay_delivery => command::<webhook::Replay<webhook::ForBackend>>();
        webhooks::cancel_delivery => command::<webhook::Cancel<webhook::ForBackend>>();
    }
    /// The audit log.
    audit_logs {
        audit_log::list => query::<audit::ListInstallationEntries>();
        audit_log::list_of_organization => query::<audit::ListOrganizationEntries>();
        audit_log::list_of_user => query::<user_management::ListUserEntries>();
    }
}
