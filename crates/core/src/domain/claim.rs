//! Saying that a domain is one's own, and taking that back.

use super::sql::{self, Domain};
use super::{DomainName, Joining};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{DomainId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};

/// The most domains of one organization.
const MOST: usize = 50;

/// Shows an organization's domains, the oldest first.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings.
#[derive(Debug)]
pub struct List {
    /// Whose.
    pub organization: OrganizationId,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Domain>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Domain>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        Ok(cx.tx.all(sql::ALL, (grant.organization(),)).await?)
    }
}

/// Says that a domain is the organization's. Nothing follows from that before it is proved: see [`super::verify()`].
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings; `DOMAIN_EXISTS`; `TOO_MANY_DOMAINS`.
#[derive(Debug)]
pub struct Add {
    /// Whose.
    pub organization: OrganizationId,
    /// Which one.
    pub domain: DomainName,
    /// What its people may do once it is proved.
    pub joining: Joining,
}

impl Command for Add {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainExists, Code::TooManyDomains];
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        may_let_in(&grant, self.joining)?;
        if cx.tx.all(sql::ALL, (grant.organization(),)).await?.len() >= MOST {
            return Err(Code::TooManyDomains.into());
        }
        let added = (grant.organization(), cx.id(), self.domain.as_str(), self.joining, cx.now);
        Ok(cx.tx.optional(sql::INSERT, added).await?.ok_or(Code::DomainExists)?)
    }
}

/// Changes what the people of a domain may do.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings; `DOMAIN_NOT_FOUND`.
#[derive(Debug)]
pub struct Update {
    /// Whose.
    pub organization: OrganizationId,
    /// Which one.
    pub domain: DomainId,
    /// What they may do from now on.
    pub joining: Joining,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound];
    type Out = Domain;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Domain> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        may_let_in(&grant, self.joining)?;
        let changed = (grant.organization(), self.domain, self.joining, cx.now);
        Ok(cx.tx.optional(sql::UPDATE, changed).await?.ok_or(Code::DomainNotFound)?)
    }
}

/// Whoever opens a door for members has to be one who may let members in.
fn may_let_in(grant: &access::Grant, joining: Joining) -> Result<()> {
    if joining == Joining::None || grant.permissions().satisfies(RequiredPermission::ManageMembers) {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}

/// Takes a domain back. Whoever came in by it stays.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings; `DOMAIN_NOT_FOUND`.
#[derive(Debug)]
pub struct Delete {
    /// Whose.
    pub organization: OrganizationId,
    /// Which one.
    pub domain: DomainId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::DomainNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        cx.tx.optional(sql::DELETE, (grant.organization(), self.domain)).await?.ok_or(Code::DomainNotFound)?;
        Ok(())
    }
}
