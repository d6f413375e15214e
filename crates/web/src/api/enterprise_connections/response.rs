//! Connections in a response.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::enterprise_connection::{
    Connection, ConnectionDomain, ConnectionTrace, logout_redirect_uri, redirect_uri,
};
use vestibule_core::id::{ConnectionId, ConnectionTraceId, DeploymentId, DomainId, OrganizationId, UserId};
use vestibule_core::oidc::ConnectionCheck;
use vestibule_core::time::Timestamp;

use crate::app::App;

const PROTOCOL: &str = "oidc";

/// An organization's connection to its identity provider, without the client secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnterpriseConnection)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct ConnectionResponse {
    id: ConnectionId,
    organization_id: OrganizationId,
    deployment_id: DeploymentId,
    /// The first of `domains`.
    domain_id: Option<DomainId>,
    domain: Option<DomainResponse>,
    /// Always `oidc`.
    protocol: &'static str,
    /// Always `null`, like the two following ones: SAML is not supported.
    #[schema(value_type = Option<String>)]
    idp_entity_id: Option<()>,
    #[schema(value_type = Option<String>)]
    idp_sso_url: Option<()>,
    #[schema(value_type = Option<String>)]
    idp_certificate: Option<()>,
    oidc_client_id: String,
    oidc_issuer_url: String,
    /// Separated by spaces.
    oidc_scopes: String,
    jit_enabled: bool,
    #[schema(value_type = Object)]
    attribute_mapping: serde_json::Value,
    created_at: Timestamp,
    updated_at: Timestamp,
    name: String,
    domains: Vec<DomainResponse>,
    /// Whether people sign in through it.
    enabled: bool,
    /// Whether members with an address of its domains must sign in through it.
    required: bool,
    trusts_mfa: bool,
    has_client_secret: bool,
    oidc_client_secret_expires_at: Option<Timestamp>,
    /// What to register at the provider.
    #[schema(example = "https://join.example.com/auth/sso/oidc/callback/174066853261574144")]
    redirect_uri: String,
    /// What to register for the sign-out, if the provider asks for it.
    #[schema(example = "https://join.example.com/sign-in")]
    post_logout_redirect_uri: String,
    /// When an admin has signed in through it as it is now. It can be required from then on.
    admin_signed_in_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// A verified domain whose people sign in through a connection.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ConnectionDomain)]
struct DomainResponse {
    id: DomainId,
    organization_id: OrganizationId,
    #[schema(example = "example.com")]
    domain: String,
    fqdn: String,
    /// Always true.
    verified: bool,
}

impl DomainResponse {
    fn new(organization_id: OrganizationId, ConnectionDomain { id, domain, .. }: ConnectionDomain) -> Self {
        Self { id, organization_id, fqdn: domain.clone(), domain, verified: true }
    }
}

impl ConnectionResponse {
    pub(super) fn new(app: &App, connection: Connection) -> Self {
        let domains = connection.domains.into_iter();
        let domains: Vec<_> = domains.map(|domain| DomainResponse::new(connection.organization_id, domain)).collect();
        let first = domains.first().cloned();
        Self {
            id: connection.id,
            organization_id: connection.organization_id,
            deployment_id: app.response_context().deployment,
            domain_id: first.as_ref().map(|domain| domain.id),
            domain: first,
            protocol: PROTOCOL,
            idp_entity_id: None,
            idp_sso_url: None,
            idp_certificate: None,
            oidc_client_id: connection.client_id,
            oidc_issuer_url: connection.issuer,
            oidc_scopes: connection.scopes,
            jit_enabled: connection.jit_enabled,
            attribute_mapping: serde_json::from_str(&connection.attribute_mapping.to_json()).unwrap_or_default(),
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            name: connection.name,
            domains,
            enabled: connection.is_enabled,
            required: connection.is_required,
            trusts_mfa: connection.trusts_mfa,
            has_client_secret: connection.has_client_secret,
            oidc_client_secret_expires_at: connection.secret_expires_at,
            redirect_uri: redirect_uri(app.settings(), connection.organization_id),
            post_logout_redirect_uri: logout_redirect_uri(app.settings()),
            admin_signed_in_at: connection.admin_signed_in_at,
            last_used_at: connection.last_used_at,
        }
    }
}

/// What a test of a configuration has found. Nothing of it is what the provider said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnterpriseConnectionTestResult)]
pub(crate) struct CheckResponse {
    /// Whether no check has failed.
    success: bool,
    /// Always `oidc`.
    protocol: &'static str,
    checks: ChecksResponse,
    /// The code of each check that has failed, such as `{"discovery": "discovery_unreachable"}`.
    errors: BTreeMap<&'static str, &'static str>,
}

/// The checks. Those after one that fails are false.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnterpriseConnectionChecks)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
struct ChecksResponse {
    issuer_valid: bool,
    discovery_reachable: bool,
    discovery_valid: bool,
    authorization_endpoint: bool,
    token_endpoint: bool,
    /// Whether there are keys to verify ID tokens with.
    keys: bool,
    /// Whether the provider knows the client and its secret; `null` if it does not say so without a sign-in.
    client_accepted: Option<bool>,
}

impl From<ConnectionCheck> for CheckResponse {
    fn from(check: ConnectionCheck) -> Self {
        Self {
            success: check.errors.is_empty(),
            protocol: PROTOCOL,
            checks: ChecksResponse {
                issuer_valid: check.issuer_valid,
                discovery_reachable: check.discovery_reachable,
                discovery_valid: check.discovery_valid,
                authorization_endpoint: check.authorization_endpoint,
                token_endpoint: check.token_endpoint,
                keys: check.keys,
                client_accepted: check.client_accepted,
            },
            errors: check.errors.into_iter().map(|(check, kind)| (check, kind.as_str())).collect(),
        }
    }
}

/// A sign-in through a connection, or a test of it, step by step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnterpriseConnectionSignIn)]
pub(crate) struct TraceResponse {
    id: ConnectionTraceId,
    connection_id: ConnectionId,
    /// `sign_in`, or `test`, which signs nobody in.
    purpose: &'static str,
    success: bool,
    /// The code of the error; `null` if it succeeded.
    #[schema(example = "JIT_DISABLED")]
    error_code: Option<String>,
    /// Who signed in, as far as that is known.
    user_id: Option<UserId>,
    /// Each with its `name`, whether it succeeded, and what was received, without secrets.
    #[schema(value_type = Vec<Object>)]
    steps: Vec<serde_json::Value>,
    created_at: Timestamp,
}

impl From<ConnectionTrace> for TraceResponse {
    fn from(trace: ConnectionTrace) -> Self {
        Self {
            id: trace.id,
            connection_id: trace.connection_id,
            purpose: trace.purpose.as_str(),
            success: trace.error_code.is_empty(),
            error_code: Some(trace.error_code).filter(|code| !code.is_empty()),
            user_id: trace.user_id,
            steps: serde_json::from_str(&trace.steps).unwrap_or_default(),
            created_at: trace.created_at,
        }
    }
}
