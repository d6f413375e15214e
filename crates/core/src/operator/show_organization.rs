//! Showing one organization.

use super::MAX_SHOWN;
use super::sql::{self, ListedOrganization, OrganizationAdmin, OrganizationDomain};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::permission::Requirement;

/// An organization as operators see it.
#[derive(Debug)]
pub struct OrganizationProfile {
    pub organization: ListedOrganization,
    /// Oldest first, at most a hundred. Disabled ones too.
    pub admins: Vec<OrganizationAdmin>,
    pub domains: Vec<OrganizationDomain>,
}

/// Shows an organization, also a deleted one that is not erased yet.
///
/// # Errors
/// `ORGANIZATION_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowOrganization {
    pub organization: OrganizationId,
}

impl Query for ShowOrganization {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::OrganizationNotFound];
    type Out = OrganizationProfile;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OrganizationProfile> {
        let id = self.organization;
        let organization = cx.tx.optional(sql::ORGANIZATION, (id,)).await?.ok_or(Code::OrganizationNotFound)?;
        Ok(OrganizationProfile {
            organization,
            admins: cx.tx.all(sql::ADMINS, (id, MAX_SHOWN)).await?,
            domains: cx.tx.all(sql::DOMAINS, (id,)).await?,
        })
    }
}
