//! Changing a connection.

use super::connection::{ClientId, ClientSecret, Connection, ConnectionScopes};
use super::mail::mail_admins;
use super::mapping::AttributeMapping;
use super::sql::{self, ConnectionDomain, ConnectionRow};
use super::{authority, domains};
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::event::{Changed, ConnectionNotRequired, ConnectionUpdated};
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, DomainId, OrganizationId};
use crate::names::ConnectionName;
use crate::outbox::MailKind;
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};
use crate::session;
use crate::setup_purpose::SetupPurpose;
use crate::time::Timestamp;

/// What becomes of the client secret.
#[derive(Clone, Debug, Default)]
pub enum SecretChange {
    #[default]
    Keep,
    /// The provider knows the service as a public client.
    Remove,
    Replace(ClientSecret),
}

/// What becomes of the end of the client secret.
#[derive(Clone, Copy, Debug, Default)]
pub enum SecretExpiry {
    /// A replaced secret has no known end.
    #[default]
    Keep,
    Unknown,
    At(Timestamp),
}

/// Changes the given settings of a connection; `None` leaves a setting unchanged.
///
/// A change of issuer, client or secret starts a new version: sign-ins that have begun are refused, and an admin has to
/// sign in through it before it can be required. With another issuer or client, other people answer for it, so sign-ins
/// that were made by it end, and all admins get a mail. With another issuer, it is not required any more.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`, and without `organization:admin` to enable a connection, to disable a
/// required one, and to change more than the name and the end of the secret of an enabled one;
/// `REAUTHENTICATION_REQUIRED` for what needs an admin. A setup link lifts no requirement, keeps the client of a required
/// connection, and changes domains only if it is for them. `CONNECTION_NOT_FOUND`;
/// `CONNECTION_HAS_NO_DOMAIN` to take the last domain of a required one; otherwise as for [`Create`](super::Create).
#[derive(Debug)]
pub struct Update {
    pub organization: OrganizationId,
    pub connection: ConnectionId,
    pub name: Option<ConnectionName>,
    pub issuer: Option<String>,
    pub client_id: Option<ClientId>,
    pub client_secret: SecretChange,
    pub secret_expiry: SecretExpiry,
    pub scopes: Option<ConnectionScopes>,
    /// All domains of the connection.
    pub domains: Option<Vec<DomainId>>,
    pub jit_enabled: Option<bool>,
    pub trusts_mfa: Option<bool>,
    pub attribute_mapping: Option<AttributeMapping>,
    pub is_enabled: Option<bool>,
}

impl Update {
    /// Changes nothing.
    pub const fn new(organization: OrganizationId, connection: ConnectionId) -> Self {
        Self {
            organization,
            connection,
            name: None,
            issuer: None,
            client_id: None,
            client_secret: SecretChange::Keep,
            secret_expiry: SecretExpiry::Keep,
            scopes: None,
            domains: None,
            jit_enabled: None,
            trusts_mfa: None,
            attribute_mapping: None,
            is_enabled: None,
        }
    }
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[
        Code::ReauthenticationRequired,
        Code::ConnectionNotFound,
        Code::InvalidIssuer,
        Code::InvalidField,
        Code::DomainNotFound,
        Code::DomainNotVerified,
        Code::DomainHasConnection,
        Code::ConnectionHasNoDomain,
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
    ];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Connection;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ConnectionUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Connection> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let (organization, id) = (grant.organization(), self.connection);
        let row = cx.tx.optional(sql::FIND, (organization, id)).await?.ok_or(Code::ConnectionNotFound)?;
        let old_domains = cx.tx.all(sql::DOMAINS, (organization, id)).await?;
        let new = NewValues::new(self, cx, &row)?;
        self.check(cx, &grant, (&row, &old_domains), &new).await?;
        self.store(cx, &row, &new).await?;
        if let Some(wanted) = &self.domains {
            domains::connect(cx, (organization, id), wanted, &old_domains).await?;
        }
        cx.tx.execute(sql::SET_ORGANIZATION_REQUIRES_SSO, (organization, cx.now)).await?;
        new.end_what_it_invalidates(cx, &row).await?;
        let updated = Connection::load(cx, organization, id).await?;
        if updated.is_required && updated.domains.is_empty() {
            return Err(Code::ConnectionHasNoDomain.into());
        }
        cx.emit(changes(&row, &old_domains, &updated, new.is_secret_changed));
        Ok(updated)
    }
}

/// The values of a connection after a change.
#[expect(clippy::struct_excessive_bools, reason = "independent settings and changes")]
struct NewValues {
    issuer: String,
    client_id: String,
    /// Sealed.
    client_secret: Option<Vec<u8>>,
    secret_expires_at: Option<Timestamp>,
    attribute_mapping: String,
    is_enabled: bool,
    is_required: bool,
    is_issuer_changed: bool,
    is_client_changed: bool,
    is_secret_changed: bool,
}

impl NewValues {
    fn new(update: &Update, cx: &Context<'_>, row: &ConnectionRow) -> Result<Self> {
        let issuer = match &update.issuer {
            Some(issuer) if *issuer != row.issuer => authority::parse_issuer(cx, issuer)?.0,
            Some(_) | None => row.issuer.clone(),
        };
        let client_id = update.client_id.as_ref().map_or(row.client_id.as_str(), ClientId::as_str).to_owned();
        let (client_secret, is_secret_changed) = match &update.client_secret {
            SecretChange::Keep => (row.client_secret.clone(), false),
            SecretChange::Remove => (None, row.client_secret.is_some()),
            SecretChange::Replace(secret) => (Some(secret.seal(cx, row.id)?), true),
        };
        let secret_expires_at = match update.secret_expiry {
            SecretExpiry::Keep => row.secret_expires_at.filter(|_| !is_secret_changed),
            SecretExpiry::Unknown => None,
            SecretExpiry::At(time) => Some(time).filter(|_| client_secret.is_some()),
        };
        let is_issuer_changed = issuer != row.issuer;
        let mapping = update.attribute_mapping.as_ref();
        Ok(Self {
            is_client_changed: client_id != row.client_id,
            issuer,
            client_id,
            client_secret,
            secret_expires_at,
            attribute_mapping: mapping.map_or_else(|| row.attribute_mapping.clone(), AttributeMapping::to_json),
            is_enabled: update.is_enabled.unwrap_or(row.is_enabled),
            is_required: row.is_required && !is_issuer_changed && update.is_enabled.unwrap_or(row.is_enabled),
            is_issuer_changed,
            is_secret_changed,
        })
    }

    /// Whether sign-ins that have begun are refused.
    const fn starts_version(&self) -> bool {
        self.is_issuer_changed || self.is_client_changed || self.is_secret_changed
    }

    /// Ends sign-ins that were made by the connection, and tells the admins, as far as the change demands it.
    async fn end_what_it_invalidates(&self, cx: &mut Context<'_>, row: &ConnectionRow) -> Result<()> {
        let is_replaced = self.is_issuer_changed || self.is_client_changed;
        let is_disabled = row.is_enabled && !self.is_enabled;
        if self.starts_version() || is_disabled {
            cx.tx.execute(sql::DELETE_REQUESTS, (row.id,)).await?;
            session::end_pending_sign_ins_of_connection(cx, row.id).await?;
        }
        if is_replaced || is_disabled {
            session::end_sign_ins_of_connection(cx, row.id).await?;
        }
        if is_replaced {
            mail_admins(cx, row.organization_id, MailKind::ConnectionChanged, row.id.get()).await?;
        }
        if row.is_required && !self.is_required {
            cx.emit(ConnectionNotRequired { organization_id: row.organization_id, connection_id: row.id });
        }
        Ok(())
    }
}

impl Update {
    /// # Errors
    /// `FORBIDDEN`; those of a mapping; `REAUTHENTICATION_REQUIRED`.
    async fn check(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        (row, connected): (&ConnectionRow, &[ConnectionDomain]),
        new: &NewValues,
    ) -> Result<()> {
        let is_mapping_changed = new.attribute_mapping != row.attribute_mapping;
        let wanted = self.domains.as_deref();
        let adds_domain =
            wanted.is_some_and(|wanted| wanted.iter().any(|id| connected.iter().all(|domain| domain.id != *id)));
        let removes_domain = wanted.is_some_and(|wanted| connected.iter().any(|domain| !wanted.contains(&domain.id)));
        if adds_domain || removes_domain {
            domains::require_purpose(cx)?;
        }
        let changes_who_enters = new.starts_version()
            || is_mapping_changed
            || adds_domain
            || removes_domain
            || self.scopes.as_ref().is_some_and(|scopes| scopes.as_str() != row.scopes)
            || self.jit_enabled.is_some_and(|jit_enabled| jit_enabled != row.jit_enabled)
            || self.trusts_mfa.is_some_and(|trusts_mfa| trusts_mfa != row.trusts_mfa);
        let enables = new.is_enabled && !row.is_enabled;
        // Without a domain, it is not required of the people with its addresses.
        let lifts_demand = row.is_required && (!new.is_required || removes_domain);
        // A setup link sets a connection up. It neither takes a demand back, nor sends the people of whom it is made to
        // another client of the provider.
        if lifts_demand || (row.is_required && new.is_client_changed) {
            grant.member()?;
        }
        let needs_admin = enables || lifts_demand || (row.is_enabled && changes_who_enters);
        if needs_admin {
            authority::require_admin(grant)?;
        }
        if is_mapping_changed && let Some(mapping) = &self.attribute_mapping {
            authority::check_mapping(cx, grant, mapping).await?;
        }
        if needs_admin {
            authority::require_recent_proof(cx).await?;
        }
        Ok(())
    }

    async fn store(&self, cx: &mut Context<'_>, row: &ConnectionRow, new: &NewValues) -> Result<()> {
        let starts_version = new.starts_version();
        let keeps_notice = !new.is_secret_changed && new.secret_expires_at == row.secret_expires_at;
        let change = sql::ChangedConnection {
            organization: row.organization_id,
            id: row.id,
            name: self.name.as_ref().map_or(row.name.as_str(), ConnectionName::as_str),
            issuer: &new.issuer,
            client_id: &new.client_id,
            client_secret: new.client_secret.as_deref(),
            scopes: self.scopes.as_ref().map_or(row.scopes.as_str(), ConnectionScopes::as_str),
            attribute_mapping: &new.attribute_mapping,
            is_enabled: new.is_enabled,
            jit_enabled: self.jit_enabled.unwrap_or(row.jit_enabled),
            is_required: new.is_required,
            trusts_mfa: self.trusts_mfa.unwrap_or(row.trusts_mfa),
            version: row.version + i64::from(starts_version),
            secret_expires_at: new.secret_expires_at,
            secret_notice_days: row.secret_notice_days.filter(|_| keeps_notice),
            admin_signed_in_at: row.admin_signed_in_at.filter(|_| !starts_version),
            now: cx.now,
        };
        cx.tx.execute(sql::UPDATE, change).await?;
        Ok(())
    }
}

/// What was changed, for the event.
fn changes(
    row: &ConnectionRow,
    old_domains: &[ConnectionDomain],
    updated: &Connection,
    is_secret_changed: bool,
) -> ConnectionUpdated {
    let time = |time: Option<Timestamp>| time.map_or_else(String::new, |time| time.to_string());
    let scopes = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    ConnectionUpdated {
        organization_id: updated.organization_id,
        connection_id: updated.id,
        name: Changed::new(row.name.as_str(), updated.name.as_str()),
        issuer: Changed::new(row.issuer.as_str(), updated.issuer.as_str()),
        client: Changed::new(row.client_id.as_str(), updated.client_id.as_str()),
        secret_changed: is_secret_changed.then_some(true),
        secret_expires_at: Changed::new(time(row.secret_expires_at), time(updated.secret_expires_at)),
        scopes: Changed::new(scopes(&row.scopes), scopes(&updated.scopes)),
        domains: Changed::new(domains::names(old_domains), domains::names(&updated.domains)),
        mapping_changed: (AttributeMapping::from_stored(&row.attribute_mapping) != updated.attribute_mapping)
            .then_some(true),
        jit_enabled: Changed::new(row.jit_enabled, updated.jit_enabled),
        trusts_mfa: Changed::new(row.trusts_mfa, updated.trusts_mfa),
        is_enabled: Changed::new(row.is_enabled, updated.is_enabled),
    }
}
