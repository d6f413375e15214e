//! `GET /deployment`: the public configuration. `/.well-known/meta` serves its UI settings too.

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::deployment::Deployment;
use vestibule_core::id::{DeploymentId, RoleId, WorkspaceRoleId};
use vestibule_core::settings::{Mode, PageUrl, Settings, SignUpMode, SocialProvider};
use vestibule_core::time::Timestamp;

use super::auth_settings::AuthSettings;
use crate::app::App;
use crate::envelope::{Refusal, success};
use crate::openapi::Enveloped;

/// The public configuration of this deployment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deployment)]
pub(crate) struct Configuration {
    pub(crate) id: DeploymentId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    name: String,
    enabled: bool,
    pub(crate) maintenance_mode: bool,
    /// `production` or `staging`.
    pub(crate) mode: &'static str,
    /// The host of this server.
    pub(crate) backend_host: String,
    /// The host of the application (`app.url`); that of this server if it is not set.
    pub(crate) frontend_host: String,
    pub(crate) mail_from_host: String,
    pub(crate) publishable_key: String,
    /// Always "0": projects are not supported.
    project_id: &'static str,
    pub(crate) b2b_settings: B2bSettings,
    auth_settings: AuthSettings,
    pub(crate) restrictions: SignUpRestrictions,
    /// The providers that people can sign in with, with `POST /auth/oauth2/init`.
    social_connections: Vec<SocialProviderResponse>,
    pub(crate) ui_settings: UiSettings,
}

/// A provider that people can sign in with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentSocialConnection)]
pub(crate) struct SocialProviderResponse {
    /// Its number in the list. No call takes it.
    pub(crate) id: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    deployment_id: DeploymentId,
    #[schema(example = "google_oauth")]
    pub(crate) provider: String,
    /// Its name on buttons.
    #[schema(example = "Google")]
    name: String,
    /// Always true: other providers are not listed.
    enabled: bool,
    /// Always `null`: the settings have the scopes.
    #[schema(value_type = Option<Vec<String>>)]
    user_defined_scopes: Option<()>,
    /// Always true.
    custom_credentials_set: bool,
}

impl SocialProviderResponse {
    pub(crate) fn list(deployment: &Deployment, settings: &Settings) -> Vec<Self> {
        let providers = settings.social.providers.iter().zip(1..);
        let response = |(provider, number): (&SocialProvider, u32)| Self {
            id: number.to_string(),
            created_at: deployment.created_at,
            updated_at: deployment.created_at,
            deployment_id: deployment.id,
            provider: provider.id.to_string(),
            name: provider.name.clone(),
            enabled: true,
            user_defined_scopes: None,
            custom_credentials_set: true,
        };
        providers.map(response).collect()
    }
}

/// The settings of organizations and workspaces.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct B2bSettings {
    id: DeploymentId,
    deployment_id: DeploymentId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Only for clients: the calls work anyway, as they do for workspaces.
    organizations_enabled: bool,
    /// True if the settings say so, or if there is a workspace.
    workspaces_enabled: bool,
    ip_allowlist_per_org_enabled: bool,
    ip_allowlist_per_workspace_enabled: bool,
    enforce_mfa_per_org_enabled: bool,
    enforce_mfa_per_workspace_enabled: bool,
    enterprise_sso_enabled: bool,
    allow_users_to_create_orgs: bool,
    allow_org_deletion: bool,
    allow_workspace_deletion: bool,
    custom_org_role_enabled: bool,
    custom_workspace_role_enabled: bool,
    limit_org_creation_per_user: bool,
    limit_workspace_creation_per_org: bool,
    /// 0 for no limit, as in the following limits.
    max_orgs_per_user: u32,
    org_creation_per_user_count: u32,
    workspaces_per_org_count: u32,
    max_allowed_org_members: u32,
    max_allowed_workspace_members: u32,
    default_org_creator_role_id: RoleId,
    default_org_member_role_id: RoleId,
    default_workspace_creator_role_id: WorkspaceRoleId,
    default_workspace_member_role_id: WorkspaceRoleId,
    /// The permissions that a new role may have: the built-in ones, then the custom ones that the settings list. If
    /// they list none, others are allowed too.
    organization_permissions: Vec<String>,
    /// Like `organization_permissions`, in a workspace.
    workspace_permissions: Vec<String>,
    /// The custom permissions with their state.
    permission_catalog: Vec<CatalogEntry>,
}

/// A custom permission.
#[derive(Debug, Serialize, ToSchema)]
struct CatalogEntry {
    key: String,
    /// True if the permission can no longer be added to roles.
    archived: bool,
}

/// The restrictions of sign-ups.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct SignUpRestrictions {
    id: DeploymentId,
    deployment_id: DeploymentId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// `public`, `restricted` or `waitlist`.
    sign_up_mode: &'static str,
    allowlist_enabled: bool,
    blocklist_enabled: bool,
    block_subaddresses: bool,
    block_disposable_emails: bool,
    block_voip_numbers: bool,
    country_restrictions: CountryRestrictions,
    #[schema(value_type = Vec<String>)]
    banned_keywords: [(); 0],
    #[schema(value_type = Vec<String>)]
    allowlisted_resources: [(); 0],
    #[schema(value_type = Vec<String>)]
    blocklisted_resources: [(); 0],
}

/// The countries that may sign up.
#[derive(Debug, Serialize, ToSchema)]
struct CountryRestrictions {
    enabled: bool,
    #[schema(value_type = Vec<String>)]
    country_codes: [(); 0],
}

/// The application's name and the URLs of its pages; empty if it has no such page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UiSettings {
    deployment_id: DeploymentId,
    app_name: String,
    privacy_policy_url: String,
    tos_page_url: String,
    sign_in_page_url: String,
    sign_up_page_url: String,
    waitlist_page_url: String,
    support_page_url: String,
    after_logo_click_url: String,
    user_profile_url: String,
    organization_profile_url: String,
    create_organization_url: String,
    /// After one of several accounts of the session has signed out.
    after_sign_out_one_page_url: String,
    /// After the last account of the session has signed out.
    after_sign_out_all_page_url: String,
    after_signup_redirect_url: String,
    after_signin_redirect_url: String,
    after_create_organization_redirect_url: String,
    favicon_image_url: &'static str,
    logo_image_url: &'static str,
    default_user_profile_image_url: &'static str,
    default_organization_profile_image_url: &'static str,
    default_workspace_profile_image_url: &'static str,
    use_initials_for_user_profile_image: bool,
    use_initials_for_organization_profile_image: bool,
    signup_terms_statement: &'static str,
    signup_terms_statement_shown: bool,
}

impl UiSettings {
    pub(crate) fn new(deployment_id: DeploymentId, settings: &Settings) -> Self {
        let app = &settings.app;
        let url = |page: &Option<PageUrl>| page.as_ref().map_or_else(String::new, |page| page.as_str().to_owned());
        let or_built_in = |page: &Option<PageUrl>, name: &str| match page {
            Some(page) => page.as_str().to_owned(),
            None => format!("{}/{name}", settings.public_url.as_str()),
        };
        Self {
            deployment_id,
            app_name: settings.name.clone(),
            privacy_policy_url: url(&app.privacy_policy_url),
            tos_page_url: url(&app.terms_url),
            sign_in_page_url: or_built_in(&app.sign_in_page_url, "sign-in"),
            sign_up_page_url: or_built_in(&app.sign_up_page_url, "sign-up"),
            waitlist_page_url: url(&app.waitlist_page_url),
            support_page_url: url(&app.support_page_url),
            after_logo_click_url: url(&app.after_logo_click_url),
            user_profile_url: or_built_in(&app.user_profile_url, "account"),
            organization_profile_url: or_built_in(&app.organization_profile_url, "organizations"),
            create_organization_url: or_built_in(&app.create_organization_url, "organizations"),
            after_sign_out_one_page_url: url(&app.after_sign_out_one_url),
            after_sign_out_all_page_url: url(&app.after_sign_out_url),
            after_signup_redirect_url: url(&app.after_sign_up_url),
            after_signin_redirect_url: url(&app.after_sign_in_url),
            after_create_organization_redirect_url: url(&app.after_create_organization_url),
            favicon_image_url: "",
            logo_image_url: "",
            default_user_profile_image_url: "",
            default_organization_profile_image_url: "",
            default_workspace_profile_image_url: "",
            use_initials_for_user_profile_image: true,
            use_initials_for_organization_profile_image: true,
            signup_terms_statement: "",
            signup_terms_statement_shown: false,
        }
    }
}

impl B2bSettings {
    fn new(deployment: &Deployment, settings: &Settings, has_workspace: bool) -> Self {
        let (roles, organizations) = (&settings.roles, settings.organizations);
        let entry =
            |key: &String| CatalogEntry { key: key.clone(), archived: roles.archived_permissions.contains(key) };
        let all: Vec<_> = roles.permissions.iter().map(entry).collect();
        let archived = roles.archived_permissions.iter().filter(|key| !roles.permissions.contains(key)).map(entry);
        Self {
            id: deployment.id,
            deployment_id: deployment.id,
            created_at: deployment.created_at,
            updated_at: deployment.created_at,
            organizations_enabled: organizations.is_enabled,
            workspaces_enabled: settings.workspaces.is_enabled || has_workspace,
            ip_allowlist_per_org_enabled: true,
            ip_allowlist_per_workspace_enabled: true,
            enforce_mfa_per_org_enabled: true,
            enforce_mfa_per_workspace_enabled: true,
            enterprise_sso_enabled: true,
            allow_users_to_create_orgs: true,
            allow_org_deletion: true,
            allow_workspace_deletion: true,
            custom_org_role_enabled: true,
            custom_workspace_role_enabled: true,
            limit_org_creation_per_user: organizations.max_per_user > 0,
            limit_workspace_creation_per_org: organizations.max_workspaces > 0,
            max_orgs_per_user: organizations.max_per_user,
            org_creation_per_user_count: organizations.max_per_user,
            workspaces_per_org_count: organizations.max_workspaces,
            max_allowed_org_members: settings.seats.max_per_organization,
            max_allowed_workspace_members: settings.seats.max_per_workspace,
            default_org_creator_role_id: deployment.creator_role_id,
            default_org_member_role_id: deployment.member_role_id,
            default_workspace_creator_role_id: deployment.workspace_creator_role_id,
            default_workspace_member_role_id: deployment.workspace_member_role_id,
            organization_permissions: roles.definable_in_organizations(),
            workspace_permissions: roles.definable_in_workspaces(),
            permission_catalog: all.into_iter().chain(archived).collect(),
        }
    }
}

impl SignUpRestrictions {
    fn new(deployment: &Deployment, settings: &Settings) -> Self {
        Self {
            id: deployment.id,
            deployment_id: deployment.id,
            created_at: deployment.created_at,
            updated_at: deployment.created_at,
            sign_up_mode: match settings.sign_up {
                SignUpMode::Public => "public",
                SignUpMode::Restricted => "restricted",
                SignUpMode::Waitlist => "waitlist",
            },
            allowlist_enabled: false,
            blocklist_enabled: false,
            block_subaddresses: false,
            block_disposable_emails: false,
            block_voip_numbers: false,
            country_restrictions: CountryRestrictions { enabled: false, country_codes: [] },
            banned_keywords: [],
            allowlisted_resources: [],
            blocklisted_resources: [],
        }
    }
}

impl Configuration {
    pub(crate) fn new(app: &App, deployment: &Deployment, has_workspace: bool) -> Self {
        let settings = app.settings();
        let host = settings.public_url.host_and_port();
        let (mode, kind) = match settings.mode {
            Mode::Production => ("production", "live"),
            Mode::Staging => ("staging", "test"),
        };
        Self {
            id: deployment.id,
            created_at: deployment.created_at,
            updated_at: deployment.created_at,
            name: settings.name.clone(),
            enabled: true,
            maintenance_mode: false,
            mode,
            backend_host: host.to_owned(),
            frontend_host: settings.app.host().unwrap_or(host).to_owned(),
            mail_from_host: settings
                .mail
                .from
                .rsplit_once('@')
                .map_or("", |(_, host)| host.trim_end_matches('>'))
                .to_owned(),
            publishable_key: format!("pk_{kind}_{}", STANDARD.encode(settings.public_url.as_str())),
            project_id: "0",
            b2b_settings: B2bSettings::new(deployment, settings, has_workspace),
            auth_settings: AuthSettings::new(deployment, settings, app.service().sends_mail()),
            restrictions: SignUpRestrictions::new(deployment, settings),
            social_connections: SocialProviderResponse::list(deployment, settings),
            ui_settings: UiSettings::new(deployment.id, settings),
        }
    }
}

/// Whether there is a workspace. The database is not asked if the settings enable workspaces anyway.
pub(crate) async fn has_workspace(app: &App) -> bool {
    !app.settings().workspaces.is_enabled && app.has_workspace().await
}

/// Returns the public configuration of this deployment.
#[utoipa::path(get, path = "/deployment", operation_id = "get_deployment", tag = "Deployment",
    responses((status = 200, description = "Deployment configuration retrieved", body = Enveloped<Configuration>)))]
pub(crate) async fn show(State(app): State<App>) -> Result<axum::response::Response, Refusal> {
    let deployment = app.service().deployment().map_err(Refusal)?;
    let has_workspace = has_workspace(&app).await;
    Ok(success(&Configuration::new(&app, deployment, has_workspace), None))
}
