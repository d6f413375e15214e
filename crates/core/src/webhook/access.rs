//! Who manages which endpoints.

use std::fmt;

use super::sql::{self, EndpointRow};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{OrganizationId, WebhookEndpointId};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// The endpoints of the installation and of all organizations.
const ALL: i64 = -1;
/// The endpoints of the installation.
const INSTALLATION: i64 = 0;

/// How a caller comes to manage endpoints.
pub trait Access: Copy + fmt::Debug + Send + Sync + 'static {
    const REQUIRES: Requirement;
    const READ: ScopeRequirement;
    const WRITE: ScopeRequirement;

    /// Checks the caller.
    ///
    /// # Errors
    /// `ORGANIZATION_NOT_FOUND` for a key that is bound to a deleted organization; `FORBIDDEN` for a member.
    fn authorize(&self, cx: &mut Context<'_>) -> impl Future<Output = Result<Reach>> + Send;
}

/// The endpoints that a caller manages.
#[derive(Clone, Copy, Debug)]
pub struct Reach(i64);

impl Reach {
    /// As statements take it.
    pub(super) const fn number(self) -> i64 {
        self.0
    }

    /// The organization of a new endpoint, 0 for the installation.
    ///
    /// # Errors
    /// `ORGANIZATION_NOT_FOUND`, also for an organization that is not the caller's; `KEY_BOUND_TO_ORGANIZATION` for the
    /// installation.
    pub(super) async fn for_new(self, cx: &mut Context<'_>, organization: Option<OrganizationId>) -> Result<i64> {
        match (self.0, organization) {
            (ALL, None) => Ok(INSTALLATION),
            (ALL, Some(organization)) => {
                let found = cx.tx.optional(sql::ORGANIZATION_EXISTS, (organization,)).await?;
                found.ok_or(Code::OrganizationNotFound)?;
                cx.subject.organization = Some(organization);
                Ok(organization.get())
            }
            (_, None) => Err(Code::KeyBoundToOrganization.into()),
            (own, Some(organization)) if own == organization.get() => Ok(own),
            (_, Some(_)) => Err(Code::OrganizationNotFound.into()),
        }
    }

    /// Finds one of the endpoints.
    ///
    /// # Errors
    /// `WEBHOOK_ENDPOINT_NOT_FOUND`.
    pub(super) async fn find(self, cx: &mut Context<'_>, id: WebhookEndpointId) -> Result<EndpointRow> {
        let row = cx.tx.optional(sql::FIND, (id, self.0)).await?.ok_or(Code::WebhookEndpointNotFound)?;
        if row.organization_id != INSTALLATION {
            cx.subject.organization = Some(row.organization_id.into());
        }
        Ok(row)
    }
}

/// A backend with a scope, or the operator. A key that is bound to an organization manages the endpoints of that one.
#[derive(Clone, Copy, Debug)]
pub struct ForBackend;

impl Access for ForBackend {
    const REQUIRES: Requirement = Requirement::Operator;
    const READ: ScopeRequirement = ScopeRequirement::One(Scope::WebhooksRead);
    const WRITE: ScopeRequirement = ScopeRequirement::One(Scope::WebhooksWrite);

    async fn authorize(&self, cx: &mut Context<'_>) -> Result<Reach> {
        let Some(organization) = cx.api_key.as_ref().and_then(|key| key.organization_id) else {
            return Ok(Reach(ALL));
        };
        let grant = access::authorize(cx, organization, RequiredPermission::ManageSettings).await?;
        Ok(Reach(grant.organization().get()))
    }
}

/// A member with `organization:manage_settings` and `organization:view_audit_log`, for the endpoints of their organization.
/// An endpoint gets what the audit log has, with the names and addresses of people.
#[derive(Clone, Copy, Debug)]
pub struct ForOrganization(pub OrganizationId);

impl Access for ForOrganization {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const READ: ScopeRequirement = ScopeRequirement::NotForApiKeys;
    const WRITE: ScopeRequirement = ScopeRequirement::NotForApiKeys;

    async fn authorize(&self, cx: &mut Context<'_>) -> Result<Reach> {
        let grant = access::authorize(cx, self.0, RequiredPermission::ManageSettings).await?;
        if !grant.permissions().satisfies(RequiredPermission::ViewAuditLog) {
            return Err(Code::Forbidden.into());
        }
        Ok(Reach(grant.organization().get()))
    }
}
