//! What the settings file says, for clients that ask: `GET /` and the lists below `/settings`. Nothing of it can be
//! changed here.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::bootstrap::ShowDeployment;
use vestibule_core::deployment::Deployment;
use vestibule_core::id::{DeploymentId, RoleId, WorkspaceRoleId};
use vestibule_core::permission::PermissionSet;
use vestibule_core::settings::Settings;
use vestibule_core::time::Timestamp;
use vestibule_core::{organization, workspace};

use super::page::{Page, WholeListQuery};
use super::response::PlatformResponse;
use crate::api::deployment::configuration::{
    B2bSettings, Configuration, SignUpRestrictions, SocialProviderResponse, UiSettings, has_workspace,
};
use crate::app::{App, CurrentCaller};
use crate::extract::Query;

/// The deployment with its settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentSettings)]
pub(crate) struct SettingsResponse {
    id: DeploymentId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Always false.
    maintenance_mode: bool,
    /// The host of the public listener.
    backend_host: String,
    /// The host of the application (`app.url`); that of the public listener if it is not set.
    frontend_host: String,
    mail_from_host: String,
    publishable_key: String,
    /// `production` or `staging`.
    mode: &'static str,
    auth_settings: AuthSettings,
    b2b_settings: B2bSettings,
    restrictions: SignUpRestrictions,
    ui_settings: UiSettings,
}

/// How users sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuthenticationSettings)]
struct AuthSettings {
    deployment_id: DeploymentId,
    email_address: FieldSettings,
    phone_number: FieldSettings,
    username: FieldSettings,
    first_name: FieldSettings,
    last_name: FieldSettings,
    password: PasswordSettings,
    magic_link: LinkSettings,
    passkey: PasskeySettings,
    auth_factors_enabled: FactorsEnabled,
    verification_policy: VerificationPolicy,
    /// Always `optional`: users choose for themselves, and organizations can require a second factor of their members.
    second_factor_policy: &'static str,
    /// Always `email_password`.
    first_factor: &'static str,
    multi_session_support: MultiSessionSupport,
    /// In seconds, like the two following durations.
    session_token_lifetime: u64,
    session_validity_period: u64,
    session_inactive_timeout: u64,
}

/// Whether users have a field, and must have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldSettings)]
struct FieldSettings {
    enabled: bool,
    required: bool,
}

/// The rules for passwords.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PasswordPolicySettings)]
struct PasswordSettings {
    enabled: bool,
    min_length: usize,
}

/// Links that sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MagicLinkSettings)]
struct LinkSettings {
    enabled: bool,
    require_same_device: bool,
}

/// The support for passkeys, which browsers refuse without https.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PasskeyPolicySettings)]
struct PasskeySettings {
    enabled: bool,
    prompt_registration_on_auth: bool,
    allow_autofill: bool,
}

/// The ways to prove who one is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FactorsEnabled)]
#[expect(clippy::struct_excessive_bools, reason = "fields that clients decode")]
struct FactorsEnabled {
    sso: bool,
    email_password: bool,
    username_password: bool,
    email_otp: bool,
    email_magic_link: bool,
    phone_otp: bool,
    web3_wallet: bool,
    backup_code: bool,
    authenticator: bool,
    passkey: bool,
}

/// What has to be verified at sign-up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignUpVerificationPolicy)]
struct VerificationPolicy {
    phone_number: bool,
    email: bool,
}

/// Several accounts in one session; 0 for no limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MultipleAccountSettings)]
struct MultiSessionSupport {
    enabled: bool,
    max_accounts_per_session: u32,
    max_sessions_per_account: u32,
}

impl AuthSettings {
    fn new(deployment_id: DeploymentId, settings: &Settings, has_mail: bool) -> Self {
        let field = |enabled, required| FieldSettings { enabled, required };
        let has_passkeys = settings.passkey_rp_id().is_some();
        Self {
            deployment_id,
            email_address: field(true, true),
            phone_number: field(false, false),
            username: field(true, false),
            first_name: field(true, false),
            last_name: field(true, false),
            password: PasswordSettings { enabled: true, min_length: settings.passwords.minimum_length },
            magic_link: LinkSettings { enabled: has_mail, require_same_device: false },
            passkey: PasskeySettings {
                enabled: has_passkeys,
                prompt_registration_on_auth: false,
                allow_autofill: has_passkeys,
            },
            auth_factors_enabled: FactorsEnabled {
                sso: !settings.social.providers.is_empty(),
                email_password: true,
                username_password: true,
                email_otp: has_mail,
                email_magic_link: has_mail,
                phone_otp: false,
                web3_wallet: false,
                backup_code: true,
                authenticator: true,
                passkey: has_passkeys,
            },
            verification_policy: VerificationPolicy { phone_number: false, email: settings.verify_addresses },
            second_factor_policy: "optional",
            first_factor: "email_password",
            multi_session_support: MultiSessionSupport {
                enabled: true,
                max_accounts_per_session: 0,
                max_sessions_per_account: 0,
            },
            session_token_lifetime: settings.tokens.lifetime.as_secs(),
            session_validity_period: settings.sessions.max_lifetime.as_secs(),
            session_inactive_timeout: settings.sessions.idle_timeout.as_secs(),
        }
    }
}

impl SettingsResponse {
    fn new(app: &App, configuration: Configuration) -> Self {
        let (settings, has_mail) = (app.settings(), app.service().sends_mail());
        Self {
            auth_settings: AuthSettings::new(configuration.id, settings, has_mail),
            id: configuration.id,
            created_at: configuration.created_at,
            updated_at: configuration.updated_at,
            maintenance_mode: configuration.maintenance_mode,
            backend_host: configuration.backend_host,
            frontend_host: configuration.frontend_host,
            mail_from_host: configuration.mail_from_host,
            publishable_key: configuration.publishable_key,
            mode: configuration.mode,
            b2b_settings: configuration.b2b_settings,
            restrictions: configuration.restrictions,
            ui_settings: configuration.ui_settings,
        }
    }
}

/// Shows the settings of the deployment, as its settings file has them.
#[utoipa::path(get, path = "/", operation_id = "get_deployment_settings", tag = "Settings",
    responses((status = 200, description = "The settings", body = SettingsResponse)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> PlatformResponse<SettingsResponse> {
    let reply = app.query(&caller, ShowDeployment).await;
    let has_workspace = reply.result.is_ok() && has_workspace(&app).await;
    let configuration = |deployment: Deployment| Configuration::new(&app, &deployment, has_workspace);
    reply.map(|deployment| SettingsResponse::new(&app, configuration(deployment))).into()
}

/// A role that all organizations share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentOrganizationRole)]
pub(crate) struct OrganizationRoleResponse {
    id: RoleId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    deployment_id: DeploymentId,
}

/// Lists the roles that all organizations share: the default role of members first, then the oldest.
#[utoipa::path(get, path = "/settings/b2b/organization-roles", operation_id = "list_deployment_organization_roles",
    tag = "Settings", params(WholeListQuery),
    responses((status = 200, description = "The roles", body = Page<OrganizationRoleResponse>)))]
pub(crate) async fn organization_roles(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<OrganizationRoleResponse>> {
    let deployment_id = app.response_context().deployment;
    let response = |role: organization::Role| OrganizationRoleResponse {
        id: role.id,
        created_at: role.created_at,
        updated_at: role.updated_at,
        name: role.name,
        permissions: role.permissions,
        deployment_id,
    };
    let reply = app.query(&caller, organization::ListSharedRoles).await;
    reply.map(|roles| Page::of_selected(roles, &query, |role| &role.name, |role| role.id, response)).into()
}

/// A role that all workspaces share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentWorkspaceRole)]
pub(crate) struct WorkspaceRoleResponse {
    id: WorkspaceRoleId,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
    deployment_id: DeploymentId,
}

/// Lists the roles that all workspaces share: the default role of members first, then the oldest.
#[utoipa::path(get, path = "/settings/b2b/workspace-roles", operation_id = "list_deployment_workspace_roles",
    tag = "Settings", params(WholeListQuery),
    responses((status = 200, description = "The roles", body = Page<WorkspaceRoleResponse>)))]
pub(crate) async fn workspace_roles(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<WorkspaceRoleResponse>> {
    let deployment_id = app.response_context().deployment;
    let response = |role: workspace::WorkspaceRole| WorkspaceRoleResponse {
        id: role.id,
        created_at: role.created_at,
        updated_at: role.updated_at,
        name: role.name,
        permissions: role.permissions,
        deployment_id,
    };
    let reply = app.query(&caller, workspace::ListSharedRoles).await;
    reply.map(|roles| Page::of_selected(roles, &query, |role| &role.name, |role| role.id, response)).into()
}

/// Lists the providers that people can sign in with.
#[utoipa::path(get, path = "/settings/social-connections", operation_id = "list_deployment_social_connections",
    tag = "Settings", params(WholeListQuery),
    responses((status = 200, description = "The providers", body = Page<SocialProviderResponse>)))]
pub(crate) async fn social_connections(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<SocialProviderResponse>> {
    let providers = |deployment: Deployment| SocialProviderResponse::list(&deployment, app.settings());
    let reply = app.query(&caller, ShowDeployment).await;
    reply
        .map(|deployment| {
            let position = |provider: &SocialProviderResponse| (provider.id.len(), provider.id.clone());
            Page::of_selected(
                providers(deployment),
                &query,
                |provider| &provider.provider,
                position,
                |provider| provider,
            )
        })
        .into()
}
