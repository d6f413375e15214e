//! Listing organizations.

use super::page::{BATCH, MAX_BATCHES, Page, PageBuilder};
use super::sql::{self, ListedOrganization};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::permission::Requirement;
use crate::search::SearchTerm;

/// Which organizations to list.
#[derive(Debug, Default)]
pub struct OrganizationFilter {
    /// Only those whose name contains this.
    pub search: Option<SearchTerm>,
    /// Only those in which no enabled user is an admin, and which are not deleted.
    pub is_without_admin: bool,
}

/// Lists organizations by id, which is the order in which they were created. Deleted ones are listed until they are
/// erased. Reads up to 100,000, as [`super::ListUsers`] does.
#[derive(Debug)]
pub struct ListOrganizations {
    pub filter: OrganizationFilter,
    /// Only organizations with a higher id.
    pub after: Option<OrganizationId>,
    /// From 1 to [`super::MAX_LISTED`].
    pub limit: usize,
}

impl Query for ListOrganizations {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Page<ListedOrganization, OrganizationId>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let mut page = PageBuilder::new(self.limit, self.after.unwrap_or_else(|| 0.into()));
        let select = |organization: ListedOrganization| self.filter.matches(&organization).then_some(organization);
        for _ in 0..MAX_BATCHES {
            let batch = cx.tx.all(sql::ORGANIZATIONS_AFTER, (page.after, i64::from(BATCH))).await?;
            if let Some(page) = page.add(batch, |organization| organization.id, select) {
                return Ok(page);
            }
        }
        Ok(page.finish())
    }
}

impl OrganizationFilter {
    fn matches(&self, organization: &ListedOrganization) -> bool {
        let is_found = self.search.as_ref().is_none_or(|search| search.is_in(&organization.name));
        let is_without_admin = organization.admin_count == 0 && organization.deleted_at.is_none();
        is_found && (is_without_admin || !self.is_without_admin)
    }
}
