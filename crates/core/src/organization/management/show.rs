//! Showing an organization.

use super::super::{Role, load_roles, sql};
use super::ManagedOrganization;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::workspace::{self, Workspace};

/// The most workspaces that [`Show`] returns.
pub const MAX_WORKSPACES: u16 = 50;

/// Shows an organization with its roles and its newest workspaces, up to [`MAX_WORKSPACES`].
///
/// # Errors
/// `FORBIDDEN` without an API key.
#[derive(Debug)]
pub struct Show {
    pub organization: OrganizationId,
}

#[derive(Debug)]
pub struct OrganizationDetails {
    pub organization: ManagedOrganization,
    /// The deployment's shared roles and the organization's own.
    pub roles: Vec<Role>,
    /// Newest first.
    pub workspaces: Vec<Workspace>,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsRead);
    type Out = OrganizationDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OrganizationDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        grant.api_key()?;
        let organization = cx.tx.one(sql::management::ORGANIZATION, (grant.organization(),)).await?;
        let roles = load_roles(cx, &grant).await?;
        let newest = (grant.organization(), i64::from(MAX_WORKSPACES));
        let workspaces = cx.tx.all(workspace::sql::management::OF_ORGANIZATION, newest).await?;
        Ok(OrganizationDetails { organization, roles, workspaces })
    }
}
