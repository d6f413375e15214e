//! Listing links.

use super::sql::{self, SetupLink};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::permission::{RequiredPermission, Requirement};

/// Lists an organization's setup links, newest first, with those that have ended.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`.
#[derive(Debug)]
pub struct List {
    pub organization: OrganizationId,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Vec<SetupLink>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<SetupLink>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        Ok(cx.tx.all(sql::LIST, (grant.organization(),)).await?)
    }
}
