//! Claiming a domain for an organization, and managing the claims.

use super::sql::{self, Domain};
use super::{DomainName, JoinPolicy};
use crate::access;
use crate::error::{Code, Result};
use crate::event::{Changed, DomainAdded, DomainDeleted, DomainUpdated};
use crate::execution::{Command, Context, Query};
use crate::id::{DomainId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::rate_limit;
use crate::security_log::{Audit, Change};
use crate::setup_purpose::SetupPurpose;

/// The maximum number of domains of one organization.
const MAX_DOMAINS: usize = 50;

/// Lists an organization's domains, oldest first.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`.
#[derive(Debug)]
pub struct List {
    pub organization: OrganizationId,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Domains);
    type Out = Vec<Domain>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Domain>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        Ok(cx.tx.all(sql::LIST, (grant.organization(),)).await?)
    }
}

/// Claims a domain. The claim has no effect until it is verified: see [`super::verify()`].
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`, or for an explicit policy other than [`JoinPolicy::None`]
/// without `organization:manage_members`; `TOO_MANY_DOMAINS`; `DOMAIN_EXISTS`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct Add {
    pub organization: OrganizationId,
    pub domain: DomainName,
    /// `None` for `domains.default_joining`, or [`JoinPolicy::None`] if the caller may not admit members.
    pub joining: Option<JoinPolicy>,
}

impl Command for Add {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::TooManyDomains, Code::DomainExists, Code::TooManyRequests];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Domains);
    type Out = Domain;

    fn audit(&self) -> Audit {
        Audit::Change(Change::DomainAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let joining = if let Some(joining) = self.joining {
            check_may_admit(&grant, joining)?;
            joining
        } else {
            let default = cx.executor.settings.domains.default_joining;
            check_may_admit(&grant, default).map_or(JoinPolicy::None, |()| default)
        };
        if cx.tx.all(sql::LIST, (grant.organization(),)).await?.len() >= MAX_DOMAINS {
            return Err(Code::TooManyDomains.into());
        }
        rate_limit::take_domain(cx, &grant).await?;
        let arguments = (grant.organization(), cx.id(), self.domain.as_str(), joining, cx.now);
        let added = cx.tx.optional(sql::INSERT, arguments).await?.ok_or(Code::DomainExists)?;
        let (organization_id, domain_id) = (grant.organization(), added.id);
        cx.emit(DomainAdded { organization_id, domain_id, domain: added.domain.clone() });
        Ok(added)
    }
}

/// Changes the join policy of a domain.
///
/// # Errors
/// `FORBIDDEN` as for [`Add`]; `DOMAIN_NOT_FOUND`.
#[derive(Debug)]
pub struct Update {
    pub organization: OrganizationId,
    pub domain: DomainId,
    pub joining: JoinPolicy,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound];
    type Out = Domain;

    fn audit(&self) -> Audit {
        Audit::Change(Change::DomainUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        check_may_admit(&grant, self.joining)?;
        let organization_id = grant.organization();
        let current = cx.tx.optional(sql::FIND, (organization_id, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        let arguments = (organization_id, self.domain, self.joining, cx.now);
        let updated = cx.tx.optional(sql::UPDATE, arguments).await?.ok_or(Code::DomainNotFound)?;
        let join_mode = Changed::new(current.joining.as_str(), updated.joining.as_str());
        let (domain_id, domain) = (updated.id, current.domain);
        cx.emit(DomainUpdated { organization_id, domain_id, domain, join_mode });
        Ok(updated)
    }
}

/// A policy that admits members takes the permission to manage members. Error: `FORBIDDEN`.
fn check_may_admit(grant: &access::Grant, joining: JoinPolicy) -> Result<()> {
    if joining == JoinPolicy::None || grant.permissions().satisfies(RequiredPermission::ManageMembers) {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}

/// Deletes a domain. Members who joined by it remain members.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`, and without `organization:admin` if people with this domain sign in
/// through an enabled connection; `DOMAIN_NOT_FOUND`.
#[derive(Debug)]
pub struct Delete {
    pub organization: OrganizationId,
    pub domain: DomainId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::DomainDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let organization_id = grant.organization();
        let current = cx.tx.optional(sql::FIND, (organization_id, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        let connection = cx.tx.optional(sql::ENABLED_CONNECTION, (organization_id, self.domain)).await?;
        if connection.is_some() && !grant.permissions().satisfies(RequiredPermission::Admin) {
            return Err(Code::Forbidden.into());
        }
        cx.tx.optional(sql::DELETE, (organization_id, self.domain)).await?.ok_or(Code::DomainNotFound)?;
        cx.emit(DomainDeleted { organization_id, domain_id: self.domain, domain: current.domain });
        Ok(())
    }
}
