//! Creating a connection.

use super::connection::{ClientId, ClientSecret, Connection, ConnectionScopes};
use super::mapping::AttributeMapping;
use super::{MAX_CONNECTIONS, authority, domains, sql};
use crate::access;
use crate::error::{Code, Result};
use crate::event::ConnectionCreated;
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, DomainId, OrganizationId};
use crate::names::ConnectionName;
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};
use crate::setup_purpose::SetupPurpose;
use crate::time::Timestamp;

/// Creates a connection, which is disabled: nobody signs in through it before an admin enables it.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`; `INVALID_ISSUER`; `CONNECTION_LIMIT`; `DOMAIN_NOT_FOUND`,
/// `DOMAIN_NOT_VERIFIED` and `DOMAIN_HAS_CONNECTION`; `ROLE_NOT_FOUND`, `ROLE_EXCEEDS_YOURS` and `PERMISSION_ARCHIVED` for
/// a role of the mapping.
#[derive(Debug)]
pub struct Create {
    pub organization: OrganizationId,
    /// `None`: the host of the issuer.
    pub name: Option<ConnectionName>,
    pub issuer: String,
    pub client_id: ClientId,
    /// `None`: the provider knows the service as a public client.
    pub client_secret: Option<ClientSecret>,
    /// Without a secret, it has no effect.
    pub secret_expires_at: Option<Timestamp>,
    pub scopes: ConnectionScopes,
    pub domains: Vec<DomainId>,
    pub jit_enabled: bool,
    pub trusts_mfa: bool,
    pub attribute_mapping: AttributeMapping,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[
        Code::InvalidIssuer,
        Code::InvalidField,
        Code::ConnectionLimit,
        Code::DomainNotFound,
        Code::DomainNotVerified,
        Code::DomainHasConnection,
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
    ];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Connection;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ConnectionCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Connection> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        if !self.domains.is_empty() {
            domains::require_purpose(cx)?;
        }
        let (issuer, host) = authority::parse_issuer(cx, &self.issuer)?;
        authority::check_mapping(cx, &grant, &self.attribute_mapping).await?;
        let (organization, id): (_, ConnectionId) = (grant.organization(), cx.id());
        let secret = self.client_secret.as_ref().map(|secret| secret.seal(cx, id)).transpose()?;
        let mapping = self.attribute_mapping.to_json();
        let host: String = host.chars().take(100).collect();
        let row = sql::NewConnection {
            id,
            organization,
            name: self.name.as_ref().map_or(host.as_str(), ConnectionName::as_str),
            issuer: &issuer,
            client_id: self.client_id.as_str(),
            client_secret: secret.as_deref(),
            scopes: self.scopes.as_str(),
            attribute_mapping: &mapping,
            jit_enabled: self.jit_enabled,
            trusts_mfa: self.trusts_mfa,
            secret_expires_at: self.secret_expires_at.filter(|_| secret.is_some()),
            now: cx.now,
            max: MAX_CONNECTIONS,
        };
        if cx.tx.execute(sql::INSERT, row).await? == 0 {
            return Err(Code::ConnectionLimit.into());
        }
        domains::connect(cx, (organization, id), &self.domains, &[]).await?;
        let created = Connection::load(cx, organization, id).await?;
        cx.emit(ConnectionCreated {
            organization_id: organization,
            connection_id: id,
            name: created.name.clone(),
            issuer,
            domains: domains::names(&created.domains),
        });
        Ok(created)
    }
}
