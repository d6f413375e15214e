//! The list of all routes.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodFilter;
use utoipa_axum::routes;
use vestibule_core::execution::Query;
use vestibule_core::permission::RequiredPermission::ManageSettings;
use vestibule_core::permission::Requirement::{Nothing, Organization, SignIn};
use vestibule_core::{
    Code, account, domain, enterprise_connection, identity, impersonation, invitation, join_request, membership,
    notification, offboarding, organization, ownership_transfer, password_reset, reauthentication, second_factor,
    session_token, setup_link, sign_in, sign_up, single_sign_on, verification, waitlist, webhook, workspace,
};

use crate::api::{
    REDIRECT_URI_ERRORS, audit_log, auth, captcha, deployment, domains, enterprise_connections, handovers, invitations,
    me, organizations, session, setup_links, webhooks, workspaces,
};
use crate::app::App;
use crate::envelope::Refusal;
use crate::metrics::RouteMetrics;
use crate::openapi::{self, Document, command, commands, nothing, query};
use crate::route_patterns::RoutePatterns;
use crate::routes::{Route, Routes, api_routes};

/// Returns the router, and the metrics of its routes.
pub(crate) fn router(app: &App) -> (Router, Vec<Arc<RouteMetrics>>) {
    let routes = all_routes();
    let readable = routes.patterns(|method| method == "GET");
    let fallback = async move |method: Method, uri: Uri| not_found(&readable, &method, &uri);
    let (router, metrics) = routes.with_fallback(fallback);
    (router.with_state(app.clone()), metrics)
}

/// Returns the patterns of all routes.
pub(crate) fn route_patterns() -> RoutePatterns {
    all_routes().patterns(|_| true)
}

/// Returns every route of a server: those of the API and its earlier versions, the pages, and the others.
pub fn route_list() -> Vec<Route> {
    all_routes().into_list()
}

/// What finishing to connect an account answers, and finishing a sign-in does not.
const NOT_SIGNED_IN: &[Code] = &[Code::Unauthorized];

fn all_routes() -> Routes {
    add_legacy_routes(api_routes())
        .get("/openapi.json", crate::docs::openapi_json)
        .merge(auth::routes())
        .merge(crate::api::export::routes())
        .merge(crate::docs::routes())
        .merge(crate::pages::pages())
        .merge(crate::health::routes())
        .merge(crate::images::routes())
        .merge(crate::mail_reports::routes())
        .merge(crate::well_known::routes())
}

/// Also the response for a known path with another method. A path that has a page or a call without its last slash is
/// redirected there: people add one, and so do proxies.
fn not_found(readable: &RoutePatterns, method: &Method, uri: &Uri) -> Response {
    let path = uri.path().trim_end_matches('/');
    let is_read = *method == Method::GET || *method == Method::HEAD;
    // A path that has a route begins with exactly one slash, so browsers do not read it as another host.
    if !is_read || path.len() == uri.path().len() || !readable.contains(path) {
        return Refusal(Code::RouteNotFound.into()).into_response();
    }
    let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
    Redirect::permanent(&format!("{path}{query}")).into_response()
}

/// Generates the OpenAPI document from the handlers, without examples of requests and responses. A server does not
/// generate it: it serves the checked-in `docs/openapi.json`, which has the examples.
pub fn generate_openapi_document() -> serde_json::Result<Document> {
    openapi::generate(&openapi::FRONTEND, calls())
}

api_routes! {
    /// Authentication, sessions, the caller's account, and public configuration.
    accounts {
        captcha::challenge => commands(Nothing, vestibule_core::challenge::ISSUE_ERRORS);
        captcha::redeem => commands(Nothing, vestibule_core::challenge::REDEEM_ERRORS);
        auth::sign_in::sign_in
            => commands(Nothing, sign_in::WITH_PASSWORD_ERRORS).with_errors(sign_in::START_WITH_EMAIL_ERRORS);
        auth::sign_up::sign_up => commands(Nothing, sign_up::SIGN_UP_ERRORS);
        auth::verification::prepare
            => commands(Nothing, verification::PREPARE_ERRORS).with_errors(sign_in::PrepareSecondFactor::ERRORS);
        auth::verification::attempt
            => commands(Nothing, sign_in::WITH_CODE_ERRORS).with_errors(sign_in::WITH_SECOND_FACTOR_ERRORS);
        auth::passkey::begin => commands(Nothing, sign_in::BEGIN_PASSKEY_SIGN_IN_ERRORS);
        auth::passkey::finish => commands(Nothing, sign_in::WITH_PASSKEY_ERRORS);
        auth::oauth2::init
            => commands(Nothing, single_sign_on::BEGIN_SOCIAL_ERRORS)
                .with_errors(auth::oauth2::PROVIDER_ERRORS)
                .with_errors(REDIRECT_URI_ERRORS)
                .with_errors(&[Code::InvalidInvitationToken]);
        auth::oauth2::finish
            => commands(Nothing, single_sign_on::FINISH_ERRORS)
                .with_errors(auth::callback::CALLBACK_ERRORS)
                .without_errors(NOT_SIGNED_IN);
        auth::complete_profile::complete => commands(Nothing, single_sign_on::COMPLETE_PROFILE_ERRORS);
        auth::sso::login
            => commands(Nothing, single_sign_on::BEGIN_ENTERPRISE_ERRORS)
                .with_errors(REDIRECT_URI_ERRORS)
                .with_errors(&[Code::InvalidInvitationToken]);
        auth::sso::finish
            => commands(Nothing, single_sign_on::FINISH_ERRORS)
                .with_errors(auth::callback::CALLBACK_ERRORS)
                .without_errors(NOT_SIGNED_IN);
        auth::sso::logout => commands(SignIn, single_sign_on::LOGOUT_ERRORS);
        auth::magic_link::verify => commands(Nothing, sign_in::WITH_LINK_ERRORS);
        auth::forgot_password::forgot
            => commands(Nothing, password_reset::START_PASSWORD_RESET_ERRORS)
                .with_errors(password_reset::VERIFY_RESET_CODE_ERRORS);
        auth::forgot_password::reset => commands(Nothing, password_reset::RESET_PASSWORD_ERRORS);
        auth::identify::identify => query::<sign_in::Identify>();
        auth::identifier::availability => query::<sign_in::IdentifierExists>();
        session::show::show => query::<vestibule_core::session::ShowCacheable>();
        session::sign_out::sign_out => command::<vestibule_core::session::SignOut>();
        session::switch_sign_in::switch_sign_in
            => command::<vestibule_core::session::SwitchSignIn>().with_errors(&[Code::RequiredField]);
        session::switch_organization::switch_organization
            => command::<vestibule_core::session::SwitchOrganization>();
        session::switch_workspace::switch_workspace => command::<workspace::SwitchWorkspace>();
        session::ticket::exchange => command::<impersonation::Exchange>();
        session::token::token => query::<session_token::Mint>();
        me::account::account => query::<account::ShowAccount>();
        me::update::update => command::<account::Update>().without_errors(&[Code::ImagesNotAvailable]);
        // Runs `account::Update` with nothing but the image, whose codes are those of the body.
        me::update::upload_picture => commands(SignIn, &[]);
        me::addresses::list => query::<account::ListAddresses>();
        me::addresses::add => command::<account::AddAddress>();
        me::addresses::show => query::<account::ShowAddress>();
        me::addresses::delete => command::<account::DeleteAddress>();
        me::addresses::make_primary => command::<account::MakePrimary>();
        me::addresses::prepare => commands(SignIn, account::PREPARE_ADDRESS_VERIFICATION_ERRORS);
        me::addresses::attempt
            => commands(SignIn, account::VERIFY_ADDRESS_ERRORS).with_errors(&[Code::RequiredField]);
        me::sign_ins::list => query::<vestibule_core::session::ListSignIns>();
        me::sign_ins::end => command::<account::EndSignIn>();
        me::reauthenticate::reauthenticate
            => commands(SignIn, reauthentication::PROVE_WITH_PASSWORD_ERRORS)
                .with_errors(reauthentication::PROVE_WITH_CODE_ERRORS)
                .with_errors(reauthentication::SEND_CODE_ERRORS)
                .with_errors(reauthentication::PROVE_WITH_FACTOR_ERRORS)
                .with_errors(reauthentication::PROVE_WITH_PASSKEY_ERRORS);
        me::reauthenticate::begin_passkey => commands(SignIn, reauthentication::BEGIN_PASSKEY_PROOF_ERRORS);
        me::authenticator::start => command::<second_factor::StartAuthenticator>();
        me::authenticator::verify => commands(SignIn, second_factor::VERIFY_AUTHENTICATOR_ERRORS);
        me::authenticator::delete => command::<second_factor::DeleteAuthenticator>();
        me::backup_codes::generate => command::<second_factor::GenerateBackupCodes>();
        me::backup_codes::regenerate => command::<second_factor::GenerateBackupCodes>();
        me::passkeys::list => query::<second_factor::ListPasskeys>();
        me::passkeys::begin => command::<second_factor::BeginPasskeyRegistration>();
        me::passkeys::finish => commands(SignIn, second_factor::FINISH_PASSKEY_REGISTRATION_ERRORS);
        me::passkeys::rename => command::<second_factor::RenamePasskey>();
        me::passkeys::delete => command::<second_factor::DeletePasskey>();
        me::social_connections::init
            => commands(SignIn, single_sign_on::BEGIN_LINK_ERRORS)
                .with_errors(auth::oauth2::PROVIDER_ERRORS)
                .with_errors(REDIRECT_URI_ERRORS);
        me::social_connections::finish
            => commands(SignIn, single_sign_on::FINISH_ERRORS).with_errors(auth::callback::CALLBACK_ERRORS);
        me::social_connections::disconnect => command::<identity::DisconnectIdentity>();
        me::social_connections::connect_pending => command::<single_sign_on::LinkPending>();
        me::notifications::show => query::<notification::ShowPreferences>();
        me::notifications::update => command::<notification::UpdatePreferences>();
        me::password::update => commands(SignIn, account::CHANGE_PASSWORD_ERRORS);
        me::password::remove => commands(SignIn, account::REMOVE_PASSWORD_ERRORS);
        me::password::delete => commands(SignIn, account::DELETE_ACCOUNT_ERRORS);
        me::organization_memberships::organization_memberships => query::<membership::ListOwn>();
        me::workspace_memberships::workspace_memberships => query::<workspace::ListOwn>();
        me::invitations::invitations => query::<invitation::ListOwn>();
        audit_log::list_own => query::<vestibule_core::audit::ListOwnEntries>();
        me::deleted_organizations::deleted_organizations => query::<organization::ListDeleted>();
        deployment::validate::validate => query::<invitation::Validate>();
        deployment::configuration::show => nothing();
        deployment::waitlist::join => commands(Nothing, waitlist::JOIN_ERRORS);
    }
    /// Organizations, invitations, domains and join requests.
    organizations {
        organizations::create::create => command::<organization::Create>();
        organizations::update::update => command::<organization::Update>();
        organizations::delete::delete => command::<organization::Delete>();
        organizations::delete::restore => command::<organization::Restore>();
        audit_log::list => query::<vestibule_core::audit::ListEntries>();
        organizations::explain::explain => query::<organization::Explain>();
        organizations::mfa::show => query::<organization::ShowMfaStatus>();
        handovers::offer => command::<ownership_transfer::Offer>();
        handovers::withdraw => command::<ownership_transfer::Withdraw>();
        handovers::accept => command::<ownership_transfer::Accept>();
        handovers::decline => command::<ownership_transfer::Decline>();
        handovers::list_own => query::<ownership_transfer::ListOwn>();
        organizations::leave::leave => command::<offboarding::Leave>();
        organizations::members::list => query::<membership::ListMembers>();
        organizations::remove_member::remove_member => command::<offboarding::Remove>();
        organizations::member_roles::replace => command::<membership::ReplaceRoles>();
        organizations::member_roles::assign => command::<membership::AssignRole>();
        organizations::member_roles::revoke => command::<membership::RevokeRole>();
        organizations::roles::list => query::<organization::ListRoles>();
        organizations::roles::create => command::<organization::CreateRole>();
        organizations::roles::show => query::<organization::ShowRole>();
        organizations::roles::update => command::<organization::UpdateRole>();
        organizations::roles::remove => command::<organization::RemoveRole>();
        domains::list => query::<domain::List>();
        domains::add => command::<domain::Add>();
        domains::update => command::<domain::Update>();
        domains::verify => commands(Organization(ManageSettings), domain::VERIFY_ERRORS);
        domains::delete => command::<domain::Delete>();
        domains::requests::joinable => query::<domain::ListJoinable>();
        domains::requests::join => command::<domain::Join>();
        domains::requests::list => query::<join_request::List>();
        domains::requests::approve => command::<join_request::Approve>();
        domains::requests::deny => command::<join_request::Deny>();
        domains::requests::renew => commands(Nothing, join_request::REQUEST_RENEWAL_ERRORS);
        enterprise_connections::list => query::<enterprise_connection::List>();
        enterprise_connections::create => command::<enterprise_connection::Create>();
        enterprise_connections::test_configuration
            => commands(Organization(ManageSettings), enterprise_connection::TEST_DRAFT_ERRORS);
        enterprise_connections::show => query::<enterprise_connection::Show>();
        enterprise_connections::update => command::<enterprise_connection::Update>();
        enterprise_connections::delete => command::<enterprise_connection::Delete>();
        enterprise_connections::test
            => commands(Organization(ManageSettings), enterprise_connection::TEST_SAVED_ERRORS);
        enterprise_connections::require => command::<enterprise_connection::SetRequired>();
        enterprise_connections::begin_test_sign_in
            => commands(Organization(ManageSettings), single_sign_on::BEGIN_TEST_ERRORS)
                .with_errors(&[Code::InvalidRedirectUri]);
        enterprise_connections::list_sign_ins => query::<enterprise_connection::ListTraces>();
        setup_links::list => query::<setup_link::List>();
        setup_links::create => command::<setup_link::Create>();
        setup_links::revoke => command::<setup_link::Revoke>();
        webhooks::list => query::<webhook::List<webhook::ForOrganization>>();
        webhooks::create => command::<webhook::Create<webhook::ForOrganization>>();
        webhooks::show => query::<webhook::Show<webhook::ForOrganization>>();
        webhooks::update => command::<webhook::Update<webhook::ForOrganization>>();
        webhooks::delete => command::<webhook::Delete<webhook::ForOrganization>>();
        webhooks::rotate => command::<webhook::Rotate<webhook::ForOrganization>>();
        webhooks::test => command::<webhook::Test<webhook::ForOrganization>>();
        webhooks::replay => command::<webhook::Replay<webhook::ForOrganization>>();
        webhooks::list_deliveries => query::<webhook::ListDeliveries<webhook::ForOrganization>>();
        webhooks::show_delivery => query::<webhook::ShowDelivery<webhook::ForOrganization>>();
        webhooks::replay_delivery => command::<webhook::Replay<webhook::ForOrganization>>();
        webhooks::cancel_delivery => command::<webhook::Cancel<webhook::ForOrganization>>();
        invitations::list::list => query::<invitation::List>();
        invitations::create::create => command::<invitation::Create>();
        invitations::bulk::bulk => command::<invitation::Bulk>();
        invitations::resend::resend => command::<invitation::Resend>();
        invitations::discard::discard => command::<invitation::Discard>();
        invitations::accept::accept => command::<invitation::Accept>();
        invitations::decline::decline => command::<invitation::Decline>();
    }
    workspaces {
        workspaces::create::create => command::<workspace::Create>();
        workspaces::show::show => query::<workspace::Show>();
        workspaces::update::update => command::<workspace::Update>();
        workspaces::update::delete => command::<workspace::Delete>();
        workspaces::members::leave => command::<workspace::Leave>();
        workspaces::members::list => query::<workspace::ListMembers>();
        workspaces::members::add => command::<workspace::AddMember>();
        workspaces::members::remove => command::<workspace::RemoveMember>();
        workspaces::roles::list => query::<workspace::ListRoles>();
        workspaces::roles::create => command::<workspace::CreateRole>();
        workspaces::roles::show => query::<workspace::ShowRole>();
        workspaces::roles::update => command::<workspace::UpdateRole>();
        workspaces::roles::remove => command::<workspace::RemoveRole>();
        workspaces::roles::replace => command::<workspace::ReplaceRoles>();
        workspaces::roles::assign => command::<workspace::AssignRole>();
        workspaces::roles::revoke => command::<workspace::RevokeRole>();
    }
}

/// A route of an earlier API version, which the OpenAPI document leaves out.
#[derive(Clone, Debug)]
pub struct LegacyRoute {
    /// In upper case.
    pub method: &'static str,
    pub path: &'static str,
    /// The path of the current route of the same handler.
    pub current_path: String,
}

/// Declares routes that clients of earlier API versions use. Each has the handler of a current route.
macro_rules! legacy_routes {
    ($($method:ident $path:literal => $first:ident $(:: $rest:ident)*;)+) => {
        fn add_legacy_routes(routes: Routes) -> Routes {
            routes$(.on(MethodFilter::$method, $path, $first $(:: $rest)*))+
        }

        /// Returns the legacy routes.
        pub fn legacy_routes() -> Vec<LegacyRoute> {
            vec![$(LegacyRoute {
                method: stringify!($method),
                path: $path,
                current_path: routes!(@path [path()] of $first $(:: $rest)*),
            }),+]
        }
    };
}

legacy_routes! {
    PUT "/session/switch-organization" => session::switch_organization::switch_organization;
    PATCH "/me" => me::update::update;
    DELETE "/me/email-addresses/{id}" => me::addresses::delete;
    POST "/me/signins" => me::sign_ins::list;
    PATCH "/me/signins/{id}/signout" => me::sign_ins::end;
    DELETE "/me/authenticator/{id}" => me::authenticator::delete;
    DELETE "/me/passkeys/{id}" => me::passkeys::delete;
    PUT "/session/switch-workspace" => session::switch_workspace::switch_workspace;
    DELETE "/organizations/{id}/invitations/{invitationId}" => invitations::discard::discard;
    PATCH "/organizations/{id}" => organizations::update::update;
    DELETE "/organizations/{id}" => organizations::delete::delete;
    DELETE "/organizations/{id}/leave" => organizations::leave::leave;
    DELETE "/organizations/{id}/members/{memberId}" => organizations::remove_member::remove_member;
    PUT "/organizations/{id}/members/{memberId}/roles/{roleId}" => organizations::member_roles::assign;
    DELETE "/organizations/{id}/members/{memberId}/roles/{roleId}" => organizations::member_roles::revoke;
    PUT "/workspaces/{id}" => workspaces::update::update;
    DELETE "/workspaces/{id}" => workspaces::update::delete;
    DELETE "/workspaces/{id}/members/{memberId}" => workspaces::members::remove;
    DELETE "/workspaces/{id}/roles/{roleId}" => workspaces::roles::remove;
    DELETE "/organizations/{id}/domains/{domainId}" => domains::delete;
    DELETE "/organizations/{id}/roles/{roleId}" => organizations::roles::remove;
}
